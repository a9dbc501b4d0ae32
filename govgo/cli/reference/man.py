# SPDX-License-Identifier: BSD-3-Clause
"""Man pages: govgo(1), one for each command, such as govgo-get(1), and govgo-codes(7).

They are made when a wheel is built (`hatch_build.py`), and by `scripts/make-man DIR`. The macros are those of man(7).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from govgo.cli.options import HELP_FLAGS
from govgo.cli.reference.pages import Page, all_pages, blocks_of, values_of
from govgo.cli.reference.variables import VARIABLES
from govgo.core.codes.codes import EXPLANATIONS

EXIT_CODES = (
    ("0", "done, nothing to report"),
    ("1", "done, and the answer is no: findings, untidy, no such version"),
    ("2", "usage or configuration, such as a package that is not installed"),
    ("3", "could not finish: network, proxy, database or disk; safe to retry"),
    ("4", "security stop: bytes contradict go.sum or the checksum database; do not retry"),
    ("70", "internal bug"),
    ("130", "interrupted"),
)


def man_pages(version: str) -> Iterator[tuple[str, str]]:
    """(file name, text) of every page; `version` is that of govgo."""
    pages = [page for page in all_pages() if not f"{page.path} ".startswith("govgo mod ")]
    for page in pages:
        name = page.path.replace(" ", "-")
        yield f"{name}.1", _page(page, version, [each for each in pages if _parent(each) == page.path])
    yield "govgo-codes.7", _codes(version)


def _parent(page: Page) -> str:
    return page.path.rpartition(" ")[0]


def _page(page: Page, version: str, children: list[Page]) -> str:
    lines = [
        _head(page.path.replace(" ", "-"), "1", version),
        ".SH NAME",
        f"{_text(page.path.replace(' ', '-'))} \\- {_text(page.purpose.rstrip('.'))}",
        ".SH SYNOPSIS",
        f".B {_text(page.path)}",
        _text(page.usage),
        ".SH DESCRIPTION",
        *_body(page.text),
    ]
    if children:
        lines.append(".SH COMMANDS")
        for child in children:
            lines += [".TP", f".BR {_text(child.path.replace(' ', '-'))} (1)", _line(child.purpose)]
    lines.append(".SH OPTIONS")
    for flag in page.flags:
        names = ", ".join(f"\\fB\\-{_text(name)}\\fR" for name in flag.names)
        lines += [".TP", f"{names} \\fI{_text(flag.metavar)}\\fR" if flag.metavar else names, _line(flag.help)]
        values = values_of(flag, page.formats)
        if values and not all(value in flag.help for value in values):
            lines.append(_line(f"One of {', '.join(values)}."))
    lines += [".TP", f"\\fB\\-{HELP_FLAGS[0]}\\fR, \\fB\\-{HELP_FLAGS[1]}\\fR", "Show the help and exit."]
    lines.append("Flags may be written with one dash or two.")
    lines.append(".SH EXIT STATUS")
    lines += _table(EXIT_CODES)
    if page.path == "govgo":
        lines.append(".SH ENVIRONMENT")
        lines += _table((each.name, each.title.replace("`", "")) for each in VARIABLES)
    lines += [".SH SEE ALSO", ".BR govgo (1)," if page.path != "govgo" else ".BR go (1),", ".BR govgo\\-codes (7)"]
    return "\n".join(lines) + "\n"


def _codes(version: str) -> str:
    lines = [
        _head("govgo-codes", "7", version),
        ".SH NAME",
        "govgo\\-codes \\- the codes of findings and errors of govgo",
        ".SH DESCRIPTION",
        "Reports name each finding and each error by its code.",
        ".B govgo explain CODE",
        "prints these texts.",
    ]
    for code, each in EXPLANATIONS.items():
        lines += [f".SS {_text(code)}", _line(each.title)]
        for paragraph in each.meaning.split("\n\n"):
            lines += [".PP", _line(paragraph)]
        if each.remedy:
            lines += [".PP", _line(f"What to do: {each.remedy}")]
        lines += [".PP", f"Exit code: {_text(each.exits)}"]
    lines += [".SH SEE ALSO", ".BR govgo (1)"]
    return "\n".join(lines) + "\n"


def _head(name: str, section: str, version: str) -> str:
    return f'.TH "{_text(name).upper()}" "{section}" "" "govgo {_text(version)}" "govgo manual"'


def _body(text: str) -> Iterator[str]:
    for number, block in enumerate(blocks_of(text)):
        if number:
            yield ".PP"
        if block.is_literal:
            yield from (".nf", ".RS 4", *map(_line, block.lines), ".RE", ".fi")
        else:
            yield _line(" ".join(block.lines))


def _table(rows: Iterable[tuple[str, str]]) -> list[str]:
    return [part for name, text in rows for part in (".TP", f".B {_text(name)}", _line(text))]


def _line(text: str) -> str:
    """Text as a line of its own: one that begins with a dot or an apostrophe would be a request."""
    shown = _text(text)
    return f"\\&{shown}" if shown.startswith((".", "'")) else shown


def _text(text: str) -> str:
    """Text within a line. Hyphens are written so that they can be copied, and quotes so that they stay as they are."""
    return text.translate(_ESCAPES)


_ESCAPES = str.maketrans({"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti"})
