# SPDX-License-Identifier: BSD-3-Clause
"""What `go get` makes of a module graph: messages, go.mod, go.sum, and the build list afterwards.

Runs the command line over a file:// proxy, in this process.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from govgo.cli.main import invoke
from tests.conformance.vectors import Case, check, spread
from tests.script.proxytree import add_version

_SOURCE = "package x\n"
_KEPT_APART = "go: downloading "


class Machine:
    """A directory with a main module and a proxy for each case."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.capsys, self.monkeypatch = root, capsys, monkeypatch
        self.number = 0

    def prepare(self, case: Case) -> Path:
        """Write the modules; returns the directory of the main module, which becomes the working directory."""
        self.number += 1
        root = self.root / str(self.number)
        for name, text in case["mods"].items():
            path, _, version = name.rpartition("@")
            pseudo = "-0.20" in version or version.startswith("v0.0.0-20")
            add_version(root / "proxy", path, version, {"go.mod": text, "x.go": _SOURCE}, listed=not pseudo)
        main = root / "main"
        for directory, text in {"": case["main"], **case.get("local", {})}.items():
            (main / directory).mkdir(parents=True, exist_ok=True)
            if text:
                (main / directory / "go.mod").write_text(text)
            if directory:
                (main / directory / "x.go").write_text(_SOURCE)
        for name, value in {
            "GOPROXY": (root / "proxy").as_uri(),
            "GOMODCACHE": str(root / "cache"),
            "GOPATH": str(root / "gopath"),
        }.items():
            self.monkeypatch.setenv(name, value)
        (root / "proxy").mkdir(exist_ok=True)
        self.monkeypatch.chdir(main)
        return main

    def run(self, *args: str) -> tuple[int, list[str], list[str]]:
        """(exit code, lines of output, lines of errors in the words of the vectors)."""
        code = invoke(list(args))
        out, err = self.capsys.readouterr()
        root = self.root / str(self.number)
        for place, name in ((root / "main", "$MAIN"), (root / "proxy", "$PROXY"), (root / "cache", "$CACHE")):
            err = err.replace(str(place), name)
        lines = [
            "go: " + line.removeprefix("govgo: ") if line.startswith("govgo: ") else line for line in err.splitlines()
        ]
        return code, out.splitlines(), [line for line in lines if not line.startswith(_KEPT_APART)]

    def run_case(self, case: Case) -> str:
        """Where govgo and the case differ, "" nowhere."""
        main = self.prepare(case)
        code, _, err = self.run("get", *case["args"])
        got: dict[str, object] = {"code": int(code != 0), "out": err}
        got["go_mod"] = (main / "go.mod").read_text()
        got["go_sum"] = (main / "go.sum").read_text().splitlines() if (main / "go.sum").exists() else []
        self.monkeypatch.setenv("GOFLAGS", "-modcacherw -mod=mod")
        list_code, listed, list_err = self.run("list", "-m", "all")
        self.monkeypatch.setenv("GOFLAGS", "-modcacherw")
        got |= {"list": listed} if list_code == 0 else {"list_err": list_err}
        want = dict(case.items()) | {"code": int(case["code"] != 0)}
        want.setdefault("go_mod", case["main"])
        want.setdefault("go_sum", [])
        keys = [
            "code",
            "out",
            "go_mod",
            "go_sum",
            *(["list"] if "list" in case else []),
            *(["list_err"] if "list_err" in case else []),
        ]
        return "; ".join(
            f"{key}: got {got.get(key)!r}, want {want[key]!r}" for key in keys if got.get(key) != want[key]
        )


@spread
def test_get(step: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "HOME": str(tmp_path),
        "GOSUMDB": "off",
        "GOENV": "off",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-modcacherw",
        "GOWORK": "off",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("GOPRIVATE", "GONOSUMDB", "GONOPROXY", "GOVGO_GO_VERSION"):
        monkeypatch.delenv(name, raising=False)
    check("get", "", Machine(tmp_path, capsys, monkeypatch).run_case, step)
