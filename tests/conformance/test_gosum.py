# SPDX-License-Identifier: BSD-3-Clause
"""go.sum texts, good and bad, under the commands that read and write it; each run by the service behind the command."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.modcache.verify import CacheAudit
from govgo.adapters.workspace.goenvfile import load_env
from govgo.app import download as downloads
from govgo.app.list.info import ListMode
from govgo.app.list.list import start_listing
from govgo.app.modverify import modules_to_verify
from govgo.app.tidy import tidy
from govgo.core.module.escape import escape_path
from govgo.core.module.paths import is_std
from govgo.errors import GovgoError, ReportedError
from govgo.load.mainmodule.write import report_warnings
from govgo.load.packages.load import load_packages
from govgo.load.packages.loader import PackageOpts
from govgo.load.session.session import Session, Settings
from govgo.report.list.text import module_line
from govgo.wiring.session import make_session
from tests.conformance.vectors import Case, check, load, spread
from tests.simulators.repo import Transcript

Answer = Iterator[str] | list[str]


class World:
    """The modules of the vectors behind a file:// proxy, a filled module cache, and main modules beside each other."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.setup = next(case for case in load("gosum") if case["op"] == "setup")
        self._runs = 0
        for name, files in self.setup["modules"].items():
            self._publish(name, files)
        session, _ = self.open(self.setup["go_sum"], "full")
        downloads.finish_download(session, downloads.download(session, ["all"]), ["all"], quiet=False)

    def _publish(self, name: str, files: dict[str, str]) -> None:
        path, _, version = name.partition("@")
        directory = self.root / "proxy" / escape_path(path) / "@v"
        directory.mkdir(parents=True, exist_ok=True)
        with (directory / "list").open("a") as listing:
            listing.write(f"{version}\n")
        info = {"Version": version, "Time": "2024-01-01T00:00:00Z"}
        (directory / f"{version}.info").write_text(json.dumps(info))
        (directory / f"{version}.mod").write_text(files["go.mod"])
        with zipfile.ZipFile(directory / f"{version}.zip", "w") as archive:
            for file, text in files.items():
                archive.writestr(f"{name}/{file}", text)

    def open(self, go_sum: str | None, cache: str) -> tuple[Session, Transcript]:
        """A session in a new copy of the main module."""
        self._runs += 1
        main = self.root / f"main{self._runs}"
        main.mkdir()
        for file, text in self.setup["main"].items():
            (main / file).write_text(text)
        if go_sum is not None:
            (main / "go.sum").write_bytes(go_sum.encode("utf-8", "surrogateescape"))
        environ = {
            "HOME": str(self.root),
            "GOPATH": str(self.root / "gopath"),
            "GOMODCACHE": str(self.root / ("full" if cache == "full" else f"cache{self._runs}")),
            "GOPROXY": f"file://{self.root}/proxy",
            "GOSUMDB": "off",
            "GOENV": "off",
            "GOTOOLCHAIN": "local",
        }
        reporter = Transcript()
        settings = Settings(cwd=str(main), env=load_env(environ))
        return make_session(settings, reporter, announce=False), reporter


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    root = tmp_path_factory.mktemp("gosum")
    yield World(root)
    for directory in root.rglob("*"):
        if directory.is_dir() and not directory.is_symlink():
            directory.chmod(0o755)
    shutil.rmtree(root)


def _list_modules(session: Session) -> Answer:
    listing = start_listing(session, ["all"], ListMode())
    for info in listing.modules:
        if info.error is not None:
            session.fail(GovgoError(info.error))
    if listing.error is not None:
        session.fail(listing.error)
    session.finish()
    return [module_line(info) for info in listing.modules]


def _list_packages(session: Session) -> Answer:
    """`go list -deps -e .`: the package and all that it imports, what is imported first."""
    opts = PackageOpts(load_tests=False, allow_errors=True, silence_package_errors=True)
    loaded = load_packages(session, opts, ["."]).loaded
    order: dict[str, None] = {}

    def visit(path: str) -> None:
        if path in order or is_std(path):
            return
        package = loaded.lookup(path)
        for imported in sorted(each.path for each in package.imports) if package is not None else ():
            visit(imported)
        order[path] = None

    visit("example.com/m")
    return list(order)


def _verify(session: Session) -> Answer:
    audit = CacheAudit(ModCache(session.settings.env.gomodcache, writable_dirs=False))
    found = audit.faults(modules_to_verify(session))
    return [sentence for faults in found for sentence in faults] or ["all modules verified"]


def _tidy(session: Session) -> Answer:
    tidy(session)
    return []


def _download(session: Session) -> Answer:
    result = downloads.download(session, [])
    downloads.finish_download(session, result, [], quiet=False)
    return []


COMMANDS: dict[str, Callable[[Session], Answer]] = {
    "go list -m all": _list_modules,
    "go list -deps -e -f {{.ImportPath}} .": _list_packages,
    "go mod verify": _verify,
    "go mod tidy": _tidy,
    "go mod download": _download,
}


def _run(world: World, go_sum: str | None, run: Case) -> Case:
    session, reporter = world.open(go_sum, run["cache"])
    code, out, err = 0, [], ""
    try:
        out = list(COMMANDS[run["cmd"]](session))
        report_warnings(session)  # as at the end of every command
    except ReportedError:
        code, err = 1, "\n".join(line.removeprefix("go: ") for line in reporter.lines)
    except GovgoError as error:
        code, err = 1, str(error)
    after = Path(session.settings.cwd, "go.sum")
    if not code:
        err = "\n".join(line for line in reporter.lines if not line.startswith(("go: downloading ", "go: finding ")))
    told: Case = {"cmd": run["cmd"], "cache": run["cache"], "code": code, "out": out}
    told["err"] = _once(err.replace(session.settings.cwd, "$MAIN").splitlines())
    text = after.read_bytes().decode("utf-8", "surrogateescape") if after.exists() else None
    if text != go_sum:
        told["go_sum"] = text
    return told


def _plain(run: Case) -> Case:
    """A run as recorded, in the form that `_run` has."""
    return {**run, "err": _once([line.removeprefix("go: ") for line in run["err"]])}


def _once(lines: list[str]) -> list[str]:
    """What a run told, without the second of two equal warnings (docs/design/fidelity.md)."""
    return list(dict.fromkeys(line for line in lines if line))


@spread
def test_gosum(step: int, world: World) -> None:
    def run_case(case: Case) -> str:
        faults = []
        for run in case["runs"]:
            got, want = _run(world, case["go_sum"], run), _plain(run)
            if got != want:
                wrong = {key: (got.get(key), want.get(key)) for key in want if got.get(key) != want.get(key)}
                faults.append(f"{case['name']}: {run['cmd']} ({run['cache']}): (got, want) {wrong or got}")
        return "\n".join(faults)

    check("gosum", "run", run_case, step)
