# SPDX-License-Identifier: BSD-3-Clause
"""`go mod edit` and `go work edit`: what -json and -fmt -print print, and the errors of malformed files."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from govgo.cli.call import Call
from govgo.cli.commands.change.edit import edit as mod_edit
from govgo.cli.commands.change.edit import work_edit
from govgo.cli.console import ConsoleReporter
from govgo.cli.options import read_line
from govgo.errors import GovgoError
from tests.conformance.vectors import Case, check, differ, raw, spread


@spread
def test_mod_edit_cmd(step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GOENV", "off")
    monkeypatch.setenv("GOFLAGS", "")
    monkeypatch.setenv("GOTOOLCHAIN", "local")  # as recorded

    def run(case: Case, *flags: str) -> tuple[str, str]:
        command = mod_edit if case["file"] == "go.mod" else work_edit
        out = io.BytesIO()
        text = io.TextIOWrapper(out, "utf-8", "surrogateescape", newline="\n", write_through=True)
        with redirect_stdout(text):
            try:
                with Call("govgo edit", ConsoleReporter()) as call:
                    call.flags, values = read_line(command, call.path, flags, ())
                    command.function(**values)
            except GovgoError as error:
                return "", str(error)
        text.flush()
        return out.getvalue().decode("utf-8", "surrogateescape"), ""

    def run_case(case: Case) -> str:
        for name in ("go.mod", "go.work"):
            (tmp_path / name).unlink(missing_ok=True)
        (tmp_path / case["file"]).write_bytes(raw(case["text"]))
        shown, error = run(case, "-json")
        if case["code"]:
            want = "\n".join(case["err"]).removeprefix("go: ")
            return differ(error.replace(str(tmp_path), "$MAIN"), want)
        formatted, _ = run(case, "-fmt", "-print")
        return differ((shown, formatted, error), (case["json"], case["fmt"], ""))

    check("mod_edit_cmd", "", run_case, step)
