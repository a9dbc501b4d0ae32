# SPDX-License-Identifier: BSD-3-Clause
"""A whole small world: a proxy with modules, the checksum database's log of them behind it, a user's directories.

    with World(tmp_path) as world:
        world.publish("q.io/a", "v1.0.0", "module q.io/a\n")
        world.main("module example.com/main\n\nrequire q.io/a v1.0.0\n", {"a.go": 'package m\n\nimport _ "q.io/a"\n'})
        world.environment   # for govgo and go alike

What the proxy and the log say is true until a test makes them lie: `world.proxy.script`, `world.database.forge`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import TracebackType

import pytest

from govgo.core.gosum.dirhash import h1, hash_gomod
from govgo.core.module.moduleversion import ModuleVersion
from tests.simulators.proxy import ProxySimulator
from tests.simulators.sumdb_log import Log, Server
from tests.simulators.zips import module_zip


@cache
def _first_records() -> Log:
    """What each world's log begins with: hashing it anew for each of 800 worlds would take seconds."""
    return Log().grow(300)


class World:
    """See the module's docstring.

    Attributes:
        proxy: serves the modules, and the database below /sumdb/NAME.
        log: the honest log.  database: answers for it.
        home: the user's home; GOPATH is in it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "home"
        self.home.mkdir(parents=True, exist_ok=True)
        self.log = _first_records().copy()
        self.database = Server(self.log)
        self.proxy = ProxySimulator()
        self.proxy.handlers[f"/sumdb/{self.log.name}"] = self._sumdb

    def __enter__(self) -> World:
        self.proxy.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.proxy.__exit__(kind, error, trace)

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of a command."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "GOPATH": str(self.home / "go"),
            "GOMODCACHE": str(self.cache),
            "GOCACHE": str(self.home / "gocache"),
            "GOPROXY": self.proxy.url,
            "GOSUMDB": self.log.key,
            "GOENV": "off",
            "GOFLAGS": "-modcacherw",
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
        }

    def use(self, monkeypatch: pytest.MonkeyPatch, **more: str) -> None:
        """Make the environment, and `more` of it, that of commands run in this process."""
        for name, value in {**self.environment, **more}.items():
            monkeypatch.setenv(name, value)

    @property
    def cache(self) -> Path:
        """The module cache."""
        return self.home / "go" / "pkg" / "mod"

    @property
    def latest(self) -> Path:
        """The file of the newest tree head."""
        return self.home / "go" / "pkg" / "sumdb" / self.log.name / "latest"

    def publish(self, path: str, version: str, gomod: str = "", files: Mapping[str, str] | None = None) -> str:
        """Put a module version on the proxy and into the log; its record, two lines of go.sum."""
        gomod = gomod or f"module {path}\n"
        contents = {"go.mod": gomod, **(files or {"a.go": "package a\n"})}
        data = {name: text.encode() for name, text in contents.items()}
        self.proxy.add_module(path, version, gomod)
        self.proxy.files[f"/{path}/@v/{version}.zip"] = module_zip(f"{path}@{version}", data)
        zip_sum = h1((f"{path}@{version}/{name}", hashlib.sha256(text).digest()) for name, text in data.items())
        record = f"{path} {version} {zip_sum}\n{path} {version}/go.mod {hash_gomod(gomod.encode())}\n"
        self.log.add(path, version, record)
        self.log.grow(7)
        return record

    def calm(self) -> None:
        """End all lies: proxy and database are honest again, and nothing was asked yet."""
        self.proxy.calm()
        self.database.__dict__.update(Server(self.log).__dict__)

    def record(self, mod: ModuleVersion) -> str:
        """The record of a module version."""
        return self.log.records[self.log.numbers[mod.path, mod.version]].decode()

    def main(self, gomod: str, files: Mapping[str, str] | None = None, name: str = "main") -> Path:
        """A main module's directory."""
        directory = self.root / name
        for file, text in {"go.mod": gomod, **(files or {})}.items():
            target = directory / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        return directory

    def _sumdb(self, rest: str) -> bytes:
        return b"" if rest == "/supported" else self.database.body(rest)
