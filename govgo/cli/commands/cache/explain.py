# SPDX-License-Identifier: BSD-3-Clause
"""`govgo explain CODE`."""

from __future__ import annotations

from govgo.cli.call import show
from govgo.cli.options import argument, command, option
from govgo.core.codes.codes import EXPLANATIONS
from govgo.errors import UsageError
from govgo.report.explain import code_list, explanation_text


@command(own=True, usage="[-list] code...")
@option("-list", "is_list", is_flag=True, help="List all codes, each with one sentence.")
@argument("codes")
def explain(codes: tuple[str, ...], *, is_list: bool) -> None:
    """Explain the code of a finding or an error: what has happened, and what to do.

    Reports in JSON, SARIF and other formats name each finding by its code.

    \b
    govgo explain sum-mismatch
    govgo explain -list
    """
    if is_list == bool(codes):
        raise UsageError("explain: name a code, or -list for all of them")
    if is_list:
        show(code_list(dict(EXPLANATIONS)))
        return
    for code in codes:
        if code not in EXPLANATIONS:
            from govgo.core.closest import closest

            close = closest(code, EXPLANATIONS)
            hint = f"did you mean `govgo explain {close}`?" if close else "`govgo explain -list` lists all codes"
            raise UsageError(f"explain: no such code: {code}", hint=hint)
    from govgo.cli.outputs import style_of

    width = style_of().width
    show("\n".join(explanation_text(code, EXPLANATIONS[code], width) for code in codes))
