# SPDX-License-Identifier: BSD-3-Clause
"""Repositories over one GOPATH, a proxy's tree on disk, and a loader that follows every requirement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from govgo.adapters.http.engine import Timeouts
from govgo.adapters.http.retry import RetryPolicy
from govgo.adapters.loop.network import NetworkOptions
from govgo.adapters.repository.repository import Repository
from govgo.adapters.workspace.goenvfile import load_env
from govgo.core.gosum.ledger import SumLedger
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import GovgoError
from govgo.ports.reporter import Cancellation
from tests.simulators.listener import Listener
from tests.simulators.proxy import ProxySimulator

OPTIONS = NetworkOptions(timeouts=Timeouts(2, 2, 2, 10), retry=RetryPolicy(retries=1, base_s=0.01))


class Home:
    """Repositories with one GOPATH and one reporter."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.report = Listener()
        self.open: list[Repository] = []

    def repo(
        self,
        goproxy: str,
        ledger: SumLedger | None = None,
        *,
        cancelled: Callable[[], bool] | None = None,
        **environ: str,
    ) -> Repository:
        options = OPTIONS._replace(cancellation=None if cancelled is None else Cancellation(cancelled))
        env = {"HOME": str(self.root), "GOENV": "off", "GOSUMDB": "off", "PATH": "", **environ}
        made = Repository(
            load_env({**env, "GOPROXY": goproxy}), self.report, ledger=ledger, options=options, writable_dirs=True
        )
        self.open.append(made)
        return made

    def close(self) -> None:
        for repo in self.open:
            repo.close()

    def cached(self) -> set[str]:
        """The files below cache/download, locks and the database's apart."""
        base = self.root / "go/pkg/mod/cache/download"
        found = {str(p.relative_to(base)) for p in base.rglob("*") if p.is_file()}
        return {name for name in found if not name.endswith(".lock") and not name.startswith("sumdb/")}


def refusal(call: Callable[[], object]) -> GovgoError:
    with pytest.raises(GovgoError) as caught:
        call()
    return caught.value


def tree(proxy: ProxySimulator, root: Path) -> str:
    """The proxy's files as a directory; its file URL."""
    for path, data in proxy.files.items():
        file = root / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return f"file://{root}"


class Feed:
    """A loader that follows every requirement."""

    def __init__(self, *roots: ModuleVersion) -> None:
        self.fresh = list(roots)
        self.seen = set(roots)
        self.answers: dict[ModuleVersion, bytes | Exception] = {}
        self.taken_back: list[ModuleVersion] = []
        self.later: list[ModuleVersion] = []

    def likely(self) -> Sequence[ModuleVersion]:
        return self.later

    def wanted(self) -> Sequence[ModuleVersion]:
        fresh, self.fresh = self.fresh, []
        return fresh

    def tell(self, mv: ModuleVersion, answer: bytes | Exception) -> None:
        if mv in self.answers:
            self.taken_back.append(mv)
        self.answers[mv] = answer
        if isinstance(answer, bytes):
            for line in answer.decode().splitlines():
                if line.startswith("require "):
                    found = ModuleVersion(*line.split()[1:3])
                    if found not in self.seen:
                        self.seen.add(found)
                        self.fresh.append(found)


def chain(proxy: ProxySimulator, length: int) -> list[ModuleVersion]:
    """q.io/m0 requires q.io/m1 requires …"""
    mods = [ModuleVersion(f"q.io/m{i}", "v1.0.0") for i in range(length)]
    for i, mv in enumerate(mods):
        more = f"\nrequire q.io/m{i + 1} v1.0.0\n" if i + 1 < length else ""
        proxy.add_module(*mv, f"module {mv.path}\n{more}")
    return mods
