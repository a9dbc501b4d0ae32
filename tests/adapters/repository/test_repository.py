# SPDX-License-Identifier: BSD-3-Clause
"""The repository over real loopback proxies, directories and caches: GOPROXY's rules, and attacks on them.

The texts are those that go 1.26.8 prints for the same situations.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest

from govgo.adapters.http.preconnect import Spares
from govgo.adapters.loop.network import Network
from govgo.adapters.modcache.cache import NoModCacheError
from govgo.adapters.modzip import unzip
from govgo.adapters.modzip.read import Archive
from govgo.adapters.repository.repository import Repository
from govgo.adapters.workspace.goenvfile import load_env
from govgo.core.gosum.dirhash import hash_gomod
from govgo.core.gosum.ledger import SumLedger
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import (
    BadZipError,
    DiskError,
    ForkError,
    LookupDisabledError,
    NetworkError,
    NotFoundError,
    SumMismatchError,
    UnavailableError,
    UsageError,
    is_not_found,
)
from govgo.ports.modules import Ask, Versions
from govgo.ports.reporter import Cancelled
from tests.simulators.modulehome import Home, refusal, tree
from tests.simulators.proxy import Body, Endless, ProxySimulator, Reset, Status
from tests.simulators.sumdb_log import Log, Server

A = ModuleVersion("q.io/a", "v1.0.0")


# The same answers over http and from a directory.


@pytest.mark.parametrize("kind", ["http", "file"])
def test_the_five_questions(home: Home, tmp_path: Path, kind: str) -> None:
    with ProxySimulator() as proxy:
        proxy.add_module("q.io/a", "v1.0.0")
        proxy.add_module("q.io/a", "v1.1.0", "module q.io/a\n\nrequire q.io/B v1.0.0\n")
        proxy.files["/q.io/a/@latest"] = proxy.files["/q.io/a/@v/v1.1.0.info"]
        repo = home.repo(proxy.url if kind == "http" else tree(proxy, tmp_path / "tree"))
        assert repo.versions("q.io/a") == Versions(("v1.0.0", "v1.1.0"))
        assert repo.versions("q.io/a", "v1.1") == Versions(("v1.1.0",))
        assert repo.info("q.io/a", "v1.1.0").version == "v1.1.0"
        assert repo.latest("q.io/a").version == "v1.1.0"
        assert repo.gomod(A) == b"module q.io/a\n"
        directory = repo.zip_dir(A)
        assert sorted(os.listdir(directory)) == ["a.go", "go.mod"]
        assert repo.cached_dir(A) == directory
        assert Path(repo.cache_file(A, "ziphash")).read_text().startswith("h1:")
        assert home.cached() >= {f"q.io/a/@v/v1.0.0.{suffix}" for suffix in ("mod", "zip", "ziphash")}


def test_what_is_cached_needs_no_source(home: Home) -> None:
    with ProxySimulator() as proxy:
        proxy.add_module("q.io/a", "v1.0.0")
        first = home.repo(proxy.url)
        assert first.download([A])[0].error is None
    again = home.repo("off")
    assert again.info("q.io/a", "v1.0.0").version == "v1.0.0"
    assert again.gomod(A) == b"module q.io/a\n"
    assert again.zip_dir(A) == first.zip_dir(A)
    assert again.download([A])[0].error is None


def test_what_was_answered_is_told_without_the_event_loop(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with ProxySimulator() as proxy:
        proxy.add_module("q.io/a", "v1.0.0")
        repo = home.repo(proxy.url)

        def questions() -> tuple[object, ...]:
            asked = repo.versions("q.io/a"), repo.info("q.io/a", "v1.0.0")
            return *asked, *repo.try_sources(lambda view: (view.versions("q.io/a"), view.info("q.io/a", "v1.0.0")))

        first = questions()
        assert first[0] == Versions(("v1.0.0",))
        with monkeypatch.context() as patch:
            patch.delattr(Network, "run")
            assert questions() == first


def test_a_missing_file_of_a_directory_is_told_as_go_does(home: Home, tmp_path: Path) -> None:
    repo = home.repo(f"file://{tmp_path}")
    url = f"file://{tmp_path}/q.io"
    assert str(refusal(lambda: repo.gomod(A))) == (
        f"q.io/a@v1.0.0: reading {url}/a/@v/v1.0.0.mod: no such file or directory"
    )
    assert str(refusal(lambda: repo.info("q.io/a", "HEAD"))) == (
        f"q.io/a@HEAD: invalid version: reading {url}/a/@v/%21h%21e%21a%21d.info: no such file or directory"
    )
    assert str(refusal(lambda: repo.versions("q.io/Big"))) == (
        f"module q.io/Big: reading {url}/%21big/@v/list: no such file or directory"
    )


# The chain.


def test_only_not_found_moves_past_a_comma(home: Home) -> None:
    with ProxySimulator() as one, ProxySimulator() as two:
        two.add_module("q.io/a", "v1.0.0")
        assert home.repo(f"{one.url},{two.url}").gomod(A) == b"module q.io/a\n"
        one.script("*", Status(500, b"Broken"))
        error = refusal(lambda: home.repo(f"{one.url},{two.url}", GOMODCACHE="/nowhere/x").gomod(A))
        assert str(error) == f"q.io/a@v1.0.0: reading {one.url}/q.io/a/@v/v1.0.0.mod: 500 Broken"
        assert "was not asked" in error.hint


def test_any_error_moves_past_a_bar(home: Home) -> None:
    with ProxySimulator() as one, ProxySimulator() as two:
        two.add_module("q.io/a", "v1.0.0")
        one.script("*", Reset())
        assert home.repo(f"{one.url}|{two.url}").gomod(A) == b"module q.io/a\n"


def test_a_failure_is_told_before_a_not_found(home: Home) -> None:
    with ProxySimulator() as one, ProxySimulator() as two:
        one.script("*", Status(403, b"Forbidden"))
        error = refusal(lambda: home.repo(f"{one.url}|{two.url}").gomod(A))
        assert isinstance(error, NetworkError)
        assert str(error) == f"q.io/a@v1.0.0: reading {one.url}/q.io/a/@v/v1.0.0.mod: 403 Forbidden"
        assert error.hint.startswith(f"GOPROXY: {one.url}: as above; {two.url}: q.io/a@v1.0.0: reading ")


def test_not_found_anywhere_says_who_was_asked(home: Home) -> None:
    with ProxySimulator() as one, ProxySimulator() as two:
        repo = home.repo(f"{one.url},{two.url},direct", GOVCS="*:off")
        error = refusal(lambda: repo.gomod(ModuleVersion("q.io/a.git", "v1.0.0")))
        assert isinstance(error, NotFoundError)
        assert [source for source, _ in error.tried] == [one.url, two.url, "direct"]


def test_goproxy_off_and_direct(home: Home) -> None:
    off = refusal(lambda: home.repo("off").gomod(A))
    assert str(off) == "module lookup disabled by GOPROXY=off"
    assert is_not_found(off)
    direct = refusal(lambda: home.repo("direct", GOVCS="*:off").gomod(ModuleVersion("q.io/a.git", "v1.0.0")))
    assert str(direct) == "GOVCS disallows using git for public q.io/a.git; see 'go help vcs'"
    assert is_not_found(direct)
    other = refusal(lambda: home.repo("direct", GOVCS="*:all").gomod(ModuleVersion("q.io/a.svn", "v1.0.0")))
    assert isinstance(other, LookupDisabledError)
    assert str(other) == "module q.io/a.svn: version control system svn is not supported; only git is"


def test_a_goproxy_that_makes_no_sense(home: Home) -> None:
    error = refusal(lambda: home.repo("foo").gomod(A))
    assert isinstance(error, UsageError)
    assert str(error) == "invalid proxy URL missing scheme: foo"


def test_attack_a_private_path_is_never_sent_to_a_proxy(home: Home) -> None:
    """GOVCS keeps the test off the network: what is left is a refusal to run git."""
    private = ModuleVersion("corp.example/a.git", "v1.0.0")
    with ProxySimulator() as proxy:
        repo = home.repo(proxy.url, GOPRIVATE="corp.example", GOSUMDB="sum.golang.org", GOVCS="*:off")
        calls: list[Callable[[], object]] = [
            lambda: repo.versions(private.path),
            lambda: repo.info(private.path, "main"),
            lambda: repo.latest(private.path),
            lambda: repo.gomod(private),
            lambda: repo.zip_dir(private),
        ]
        for call in calls:
            assert "GOVCS disallows using git for private corp.example/a.git" in str(refusal(call))
        assert repo.sum_from_database(private) is None
        assert proxy.asked == []


def test_lookups_can_be_disabled(home: Home) -> None:
    with ProxySimulator() as proxy:
        repo = home.repo(proxy.url)
        repo.disable_lookup("module lookup disabled by -mod=vendor")
        assert str(refusal(lambda: repo.versions("q.io/a"))) == "module lookup disabled by -mod=vendor"
        assert proxy.asked == []


def test_a_query_can_be_tried_source_by_source(home: Home) -> None:
    with ProxySimulator() as one, ProxySimulator() as two:
        one.files["/q.io/a/@v/list"] = b"v9.9.9\n"
        two.add_module("q.io/a", "v1.0.0")
        repo = home.repo(f"{one.url},{two.url}")
        found = repo.try_sources(lambda source: source.info("q.io/a", source.versions("q.io/a").list[-1]))
        assert found.version == "v1.0.0"


# Lies.


def test_attack_info_for_another_version(home: Home) -> None:
    with ProxySimulator() as proxy:
        proxy.script("/q.io/a/@v/v1.0.0.info", Body(b'{"Version":"v1.0.1"}'))
        assert str(refusal(lambda: home.repo(proxy.url).info("q.io/a", "v1.0.0"))) == (
            "q.io/a@v1.0.0: proxy returned info for version v1.0.1 instead of requested version"
        )
        assert home.cached() == set()


def test_attack_info_with_terminal_escapes(home: Home) -> None:
    with ProxySimulator() as proxy:
        proxy.script("/q.io/a/@v/main.info", Body(b'{"Version":"v1.0.0\\u001b[2J"}'))
        text = str(refusal(lambda: home.repo(proxy.url).info("q.io/a", "main")))
        assert text.isprintable()
        assert text.startswith(f'q.io/a@main: invalid version: invalid response from proxy "{proxy.url}": ')


def test_attack_an_info_that_names_a_path_outside_the_cache(home: Home) -> None:
    with ProxySimulator() as proxy:
        proxy.script("/q.io/a/@v/main.info", Body(b'{"Version":"../../../../evil"}'))
        assert home.repo(proxy.url).info("q.io/a", "main").version == "../../../../evil"
        assert home.cached() == set()
        assert not list(home.root.parent.rglob("evil*"))


def test_attack_an_endless_list(home: Home) -> None:
    with ProxySimulator() as proxy:
        proxy.script("/q.io/a/@v/v1.0.0.info", Endless())
        assert isinstance(refusal(lambda: home.repo(proxy.url).info("q.io/a", "v1.0.0")), UnavailableError)


def test_short_versions_in_a_list_are_told(home: Home) -> None:
    with ProxySimulator(
        {"/q.io/a/@v/list": b"v1\nv1.2\nv1.2.3\n\nnonsense\nv0.0.0-20240102030405-0123456789ab\n"}
    ) as proxy:
        assert home.repo(proxy.url).versions("q.io/a").list == ("v1", "v1.2", "v1.2.3")
        told = "v1 and 1 more in @v/list: not canonical, so passed over when the latest version is looked for"
        assert home.report.notes == [f"module q.io/a: {told}"]


def test_the_newest_pseudo_version_of_a_list_is_the_latest(home: Home) -> None:
    older, newer = "v0.0.0-20230102030405-0123456789ab", "v0.0.0-20240102030405-0123456789ab"
    with ProxySimulator({"/q.io/a/@v/list": f"{newer}\n{older}\n".encode()}) as proxy:
        proxy.files[f"/q.io/a/@v/{newer}.info"] = f'{{"Version":"{newer}"}}'.encode()
        assert home.repo(proxy.url).latest("q.io/a").version == newer


def test_attack_another_gomod_than_go_sum_knows(home: Home) -> None:
    gosum = f"q.io/a v1.0.0/go.mod {hash_gomod(b'module q.io/other')}\n".encode()
    with ProxySimulator() as proxy:
        proxy.add_module("q.io/a", "v1.0.0")
        repo = home.repo(proxy.url, SumLedger("/m/go.sum", gosum))
        error = refusal(lambda: repo.gomod(A))
        assert isinstance(error, SumMismatchError)
        assert "SECURITY ERROR" in str(error)
        assert home.cached() == set()


def test_attack_a_mismatch_is_not_mended_by_another_source(home: Home) -> None:
    gosum = f"q.io/a v1.0.0/go.mod {hash_gomod(b'module q.io/a')}\n".encode()
    with ProxySimulator() as bad, ProxySimulator() as good:
        bad.add_module("q.io/a", "v1.0.0", "module q.io/evil\n")
        good.add_module("q.io/a", "v1.0.0", "module q.io/a")
        repo = home.repo(f"{bad.url}|{good.url}", SumLedger("/m/go.sum", gosum))
        assert isinstance(refusal(lambda: repo.gomod(A)), SumMismatchError)
        assert good.asked == []


@pytest.mark.usefixtures("extracting")
def test_attack_another_zip_than_go_sum_knows(home: Home) -> None:
    with ProxySimulator() as proxy:
        proxy.add_module("q.io/a", "v1.0.0")
        repo = home.repo(proxy.url, SumLedger("/m/go.sum", f"q.io/a v1.0.0 h1:{'A' * 43}=\n".encode()))
        assert isinstance(refusal(lambda: repo.zip_dir(A)), SumMismatchError)
        assert isinstance(refusal(lambda: repo.download([A])), SumMismatchError)
        assert not [name for name in home.cached() if "zip" in name or "tmp" in name]
        assert not list(home.root.glob("go/pkg/mod/q.io/*"))  # it was extracted while it was hashed


def test_a_zip_and_its_tree_are_read_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    contents = Archive.contents
    monkeypatch.setattr(Archive, "contents", lambda self, entry: read.append(entry.name) or contents(self, entry))
    with ProxySimulator() as proxy:
        proxy.add_module("q.io/a", "v1.0.0")
        assert sorted(os.listdir(home.repo(proxy.url).zip_dir(A))) == ["a.go", "go.mod"]
    assert sorted(read) == ["q.io/a@v1.0.0/a.go", "q.io/a@v1.0.0/go.mod"]


def test_nothing_is_left_of_a_zip_whose_extraction_is_interrupted(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread makes the tree after the command has ended, unless that waits for it."""
    begun, begin = threading.Event(), unzip._Tree.begin

    def begin_late(tree: unzip._Tree, names: list[str]) -> None:
        begun.set()
        time.sleep(0.2)
        begin(tree, names)

    monkeypatch.setattr(unzip._Tree, "begin", begin_late)
    with ProxySimulator() as proxy:
        proxy.add_module("q.io/a", "v1.0.0")
        with closing(home.repo(proxy.url, cancelled=begun.is_set)) as repo, pytest.raises(Cancelled):
            repo.zip_dir(A)
        assert not [name for name in home.cached() if "zip" in name or "tmp" in name]
        assert not list(home.root.glob("go/pkg/mod/q.io/*"))


@pytest.mark.usefixtures("extracting")
@pytest.mark.parametrize("body", [b"PK\x03\x04 and no more", b"\n<!DOCTYPE html>\n<title>Log in</title>\n"])
def test_a_zip_that_is_refused_is_told_with_its_url(home: Home, body: bytes) -> None:
    with ProxySimulator() as none, ProxySimulator() as proxy:
        proxy.add_module("q.io/a", "v1.0.0")
        proxy.files["/q.io/a/@v/v1.0.0.zip"] = body
        error = refusal(lambda: home.repo(f"{none.url},{proxy.url}").zip_dir(A))
        assert isinstance(error, BadZipError)
        assert error.is_page == (b"html" in body)
        assert home.report.notes == [f"refused the zip of q.io/a@v1.0.0 that {proxy.url}/q.io/a/@v/v1.0.0.zip served"]


@pytest.mark.usefixtures("extracting")
def test_attack_a_zip_whose_gomod_is_another(home: Home) -> None:
    with ProxySimulator() as proxy:
        proxy.add_module("q.io/a", "v1.0.0")
        proxy.files["/q.io/a/@v/v1.0.0.mod"] = b"module q.io/a\n\nrequire q.io/b v1.0.0\n"
        repo = home.repo(proxy.url)
        repo.gomod(A)
        refusal(lambda: repo.zip_dir(A))
        assert not [name for name in home.cached() if "zip" in name]


@pytest.mark.usefixtures("extracting")
def test_a_broken_zip_is_fetched_from_the_next_source(home: Home) -> None:
    with ProxySimulator() as one, ProxySimulator() as two:
        for proxy in (one, two):
            proxy.add_module("q.io/a", "v1.0.0")
        one.script("/q.io/a/@v/v1.0.0.zip", Reset(after_half=True))
        assert sorted(os.listdir(home.repo(f"{one.url}|{two.url}").zip_dir(A))) == ["a.go", "go.mod"]


def test_cached_zips_that_kept_records_prove_need_no_event_loop(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither source nor database is asked, and what go.sum lacks counts as used."""
    with ProxySimulator() as proxy:
        proxy.add_module("q.io/a", "v1.0.0")
        h1 = home.repo(proxy.url).download([A], extract=False)[0].sum
        log = Log()
        log.add(*A, f"q.io/a v1.0.0 {h1}\nq.io/a v1.0.0/go.mod h1:{'A' * 43}=\n")
        server = Server(log)
        proxy.handlers[f"/sumdb/{log.name}"] = lambda rest: b"" if rest == "/supported" else server.body(rest)
        first = home.repo(proxy.url, SumLedger("/m/go.sum", b""), GOSUMDB=log.key).download([A], extract=False)
        assert first[0].error is None
    with monkeypatch.context() as patch:
        patch.delattr(Network, "run")
        ledger = SumLedger("/m/go.sum", b"")
        assert home.repo(proxy.url, ledger, GOSUMDB=log.key).download([A], extract=False) == first
        assert ledger.h1_only(A) == (h1,)


def test_attack_a_cached_zip_that_kept_records_contradict(home: Home) -> None:
    with ProxySimulator() as proxy:
        proxy.add_module("q.io/a", "v1.0.0")
        home.repo(proxy.url).download([A], extract=False)
        log = Log()
        log.add(*A)
        server = Server(log)
        proxy.handlers[f"/sumdb/{log.name}"] = lambda rest: b"" if rest == "/supported" else server.body(rest)
        for _ in range(2):  # the second time by what was kept the first time
            repo = home.repo(proxy.url, SumLedger("/m/go.sum", b""), GOSUMDB=log.key)
            assert isinstance(refusal(lambda repo=repo: repo.download([A], extract=False)), SumMismatchError)


def test_download_keeps_what_went_well(home: Home) -> None:
    with ProxySimulator() as proxy:
        proxy.add_module("q.io/a", "v1.0.0")
        proxy.add_module("q.io/b", "v1.0.0")
        del proxy.files["/q.io/b/@v/v1.0.0.zip"]
        b = ModuleVersion("q.io/b", "v1.0.0")
        missing = ModuleVersion("q.io/c", "v1.0.0")
        done = home.repo(proxy.url).download([b, A, missing])
        assert [each.mod for each in done] == [b, A, missing]
        assert done[0].gomod.endswith("q.io/b/@v/v1.0.0.mod")
        assert done[0].zip == ""
        assert "404 Not Found" in str(done[0].error)
        assert done[1].error is None
        assert done[1].sum.startswith("h1:")
        assert os.path.isfile(done[1].zip)
        assert os.path.isdir(done[1].dir)
        assert done[2].info == ""


# State.


def test_reset_checks_by_the_new_ledger(home: Home) -> None:
    with ProxySimulator() as proxy:
        proxy.add_module("q.io/a", "v1.0.0")
        repo = home.repo(proxy.url)
        repo.gomod(A)
        repo.reset(SumLedger("/m/go.sum", f"q.io/a v1.0.0/go.mod h1:{'A' * 43}=\n".encode()))
        assert isinstance(refusal(lambda: repo.gomod(A)), SumMismatchError)


def test_after_reset_a_zip_that_failed_is_not_asked_for_again(home: Home) -> None:
    """`get` in a workspace looks at the packages once more, by the sums of the workspace."""
    with ProxySimulator() as proxy:
        proxy.add_module("q.io/a", "v1.0.0")
        del proxy.files["/q.io/a/@v/v1.0.0.zip"]
        repo = home.repo(proxy.url)
        first = refusal(lambda: repo.zip_dir(A))
        proxy.add_module("q.io/a", "v1.0.0")
        repo.reset(SumLedger())
        assert str(refusal(lambda: repo.zip_dir(A))) == str(first)


def test_the_go_and_toolchain_modules(home: Home) -> None:
    with ProxySimulator() as proxy:
        listed = "v0.0.1-go1.21.3.linux-amd64\nv0.0.1-go1.99.0.linux-amd64\nv0.0.1-go1.99.0.darwin-arm64\n"
        proxy.files["/golang.org/toolchain/@v/list"] = listed.encode()
        proxy.files["/golang.org/toolchain/@v/v0.0.1-go1.99.0.linux-amd64.info"] = (
            b'{"Version":"v0.0.1-go1.99.0.linux-amd64"}'
        )
        repo = home.repo(proxy.url)
        assert repo.versions("go").list == ("1.21.3", "1.26.8", "1.99.0")
        assert repo.versions("toolchain").list == ("go1.21.3", "go1.26.8", "go1.99.0")
        assert repo.info("go", "1.2").version == "1.2"
        assert repo.info("toolchain", "1.99.0").version == "go1.99.0"
        assert repo.latest("go").version == "1.99.0"
        assert str(refusal(lambda: repo.info("go", "1.99"))) == "go language version 1.99 is not a toolchain version"
        assert str(refusal(lambda: repo.info("go", "x"))) == "invalid go version x"


def test_a_cache_that_cannot_be(home: Home) -> None:
    repo = Repository(load_env({"GOENV": "off", "GOPROXY": "file:///nosuch"}), home.report)
    with (
        closing(repo),
        pytest.raises(NoModCacheError, match=r"^module cache not found: neither GOMODCACHE nor GOPATH is set$"),
    ):
        repo.zip_dir(ModuleVersion("q.io/a", "v1.0.0"))
    with pytest.raises(UsageError, match='GOMODCACHE entry is relative; must be absolute path: "x"'):
        Repository(load_env({"GOENV": "off", "GOMODCACHE": "x"}), home.report)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(os.mkdir, "read {}: is a directory", id="in go's words, which opens it, and fails to read it"),
        pytest.param(os.mkfifo, "open {}: not a regular file", id="a pipe, at which go waits for ever"),
    ],
)
def test_what_is_no_file_in_the_place_of_a_go_mod_cannot_be_read(
    home: Home, make: Callable[[str], None], said: str
) -> None:
    with ProxySimulator() as proxy:
        proxy.add_module("q.io/a", "v1.0.0")
        place = str(home.root / "go/pkg/mod/q.io/a@v1.0.0")
        with closing(home.repo(proxy.url)) as repo:
            assert repo.zip_dir(ModuleVersion("q.io/a", "v1.0.0")) == place
        os.unlink(f"{place}/go.mod")
        make(f"{place}/go.mod")
        env = load_env({"HOME": str(home.root), "GOENV": "off", "GOSUMDB": "off", "GOPROXY": "off"})
        with closing(Repository(env, home.report, too_new=lambda what, go: UsageError(f"{what} needs {go}"))) as repo:
            error = refusal(partial(repo.zip_dir, ModuleVersion("q.io/a", "v1.0.0")))
        assert str(error) == said.format(f"{place}/go.mod")


class FullDisk:
    """A client that has met a fork in a lookup that nobody waits for, and cannot keep the tree head."""

    misbehaviour = ForkError("two histories")

    async def flush(self) -> None:
        raise DiskError("write latest: no space left on device")

    aclose = flush


@pytest.mark.parametrize("end", [Repository.settle, Repository.close])
def test_attack_a_fork_that_a_full_disk_would_hide(home: Home, end: Callable[[Repository], None]) -> None:
    """trust.md: no later error takes the place of evidence."""
    with ProxySimulator() as proxy, suppress(DiskError, ForkError), closing(home.repo(proxy.url)) as repo:
        proxy.add_module("q.io/a", "v1.0.0")
        assert repo.versions("q.io/a").list == ("v1.0.0",)
        repo._sums._database = FullDisk()  # type: ignore[assignment]
        with pytest.raises(ForkError, match="two histories"):
            end(repo)


@pytest.mark.parametrize(
    ("goproxy", "path", "variables", "opened"),
    [
        pytest.param("http://p.test:81/x,direct", "q.io/a", {}, [("p.test", 81, 2)], id="http"),
        pytest.param("https://p.test|http://other.test", "q.io/a", {}, [("p.test", 443, 1)], id="https: HTTP/2"),
        pytest.param("http://u:p@[::1]:8080", "q.io/a", {}, [("::1", 8080, 2)], id="an address of IPv6, a login"),
        pytest.param("file:///nosuch,http://p.test", "q.io/a", {}, [], id="a directory first"),
        pytest.param("direct", "q.io/a", {}, [], id="repositories"),
        pytest.param("off", "q.io/a", {}, [], id="nothing"),
        pytest.param("http://p.test", "q.io/a", {"GOPRIVATE": "q.io"}, [], id="a private module"),
        pytest.param("http://p.test", "r.io/a", {"GOPRIVATE": "q.io"}, [("p.test", 80, 2)], id="another private one"),
        pytest.param("http://p.test", "q.io/a", {"HTTP_PROXY": "http://h.test"}, [], id="behind a proxy"),
        pytest.param("ftp://p.test", "q.io/a", {}, [], id="an unknown scheme"),
    ],
)
def test_the_first_proxy_is_connected_to_while_the_client_is_loaded(
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    goproxy: str,
    path: str,
    variables: dict[str, str],
    opened: list[tuple[str, int, int]],
) -> None:
    calls: list[tuple[str, int, int]] = []
    monkeypatch.setattr(Spares, "expect", lambda _, host, port, count: calls.append((host, port, count)))
    monkeypatch.setattr(Repository, "_run", lambda _, work: work.close())
    monkeypatch.setattr("govgo.adapters.repository.background.Background.begin", lambda *_: None)
    repo = home.repo(goproxy, **variables)
    repo.begin([Ask("versions", path), Ask("latest", path)])
    assert calls == opened
    repo.begin([Ask("probe", path)])
    assert calls[len(opened) :] == [(host, port, 1 if port == 443 else 3) for host, port, _ in opened]
