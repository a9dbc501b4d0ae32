# SPDX-License-Identifier: BSD-3-Clause
"""`govgo proxies`: module versions at several proxies, compared, and judged by the protocol.

The rules are those of `core.goproxy.judge`. Every proxy is asked everything, in three rounds: what versions there are;
the files of one version; its zip, which is held against the go.mod that the same proxy has.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping, Sequence
from typing import TYPE_CHECKING

from govgo.app.sum.heads import compare_heads
from govgo.core.findings import Finding, ModuleReport, Verdict, merge_alike
from govgo.core.goenv import DIRECT, NOPROXY, OFF, check_proxy_url, parse_goproxy
from govgo.core.golib.url import mask
from govgo.core.goproxy.answers import Answer, Looked, ProxyComparison, Question
from govgo.core.goproxy.judge import judge, newest, version_of
from govgo.core.goproxy.proxyfaults import judge_whole, kind_of
from govgo.core.module.escape import escape_path, escape_version
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import canonical_version, check, is_canonical, path_major_prefix, split_path_version
from govgo.core.module.versionquery import parse_path_version
from govgo.core.records import NamedTuple
from govgo.core.sumdb.record import lookup_path
from govgo.errors import Failure, InputError, SecurityError, UsageError
from govgo.load.targets.errorfindings import from_error
from govgo.load.targets.resolve import Unresolved, resolve_all
from govgo.load.targets.targets import shown_start

if TYPE_CHECKING:
    from govgo.load.session.session import Session
    from govgo.ports.evidence import Peers
    from govgo.ports.sumdb import HeadDatabase

_NO_SUCH = "999999.999999"
"""Minor and patch version of a version that no module has."""


class Mirror(NamedTuple):
    """The checksum database that proxies may serve, too: it, and its name."""

    database: HeadDatabase
    name: str


def proxy_urls(session: Session, given: Sequence[str]) -> tuple[str, ...]:
    """The proxies to ask: those given, else the entries of GOPROXY.

    Raises:
        UsageError: there is none, or a URL is none of a proxy.
    """
    specs = [spec for each in given for spec in parse_goproxy(each)] if given else list(session.settings.env.proxies())
    urls = [spec.url for spec in specs if spec.url not in (DIRECT, OFF, NOPROXY)]
    if not urls:
        raise UsageError("no proxy to ask: GOPROXY names none; name some with -proxy")
    for url in urls:
        check_proxy_url(url)
    return tuple(dict.fromkeys(urls))


def compare_proxies(
    session: Session,
    names: Sequence[str],
    given: Sequence[str],
    peers: Peers,
    mirror: Mirror | None,
    skip: Collection[Question],
) -> ProxyComparison:
    """Ask every proxy the same.

    Args:
        session: the command.
        names: modules, each perhaps with @version; none for the build list.
        given: proxies; none for those of GOPROXY, which are asked about public modules alone.
        peers: asks proxies.
        mirror: the checksum database, None where none is asked.
        skip: what is not asked.

    Raises:
        UsageError: a name or URL makes no sense, or there is no main module.
        SecurityError: the checksum database misbehaves.
    """
    started, begin_s = session.clock.now(), session.clock.monotonic_s()
    urls = proxy_urls(session, given)
    faults: list[Finding] = []
    mods = [_named(name) for name in names] if names else _build_list(session, faults)
    env = session.settings.env
    private = [mod for mod in mods if not given and not env.uses_proxy(mod.path)]
    faults += [_private(mod) for mod in private]
    asker = _Asker(session, urls, peers, mirror, frozenset(skip))
    looked = asker.look([mod for mod in dict.fromkeys(mods) if mod not in private])
    whole = list(judge_whole(asker.names, looked))
    faults += [finding for _, finding in whole]
    useless = frozenset(proxy for proxy, finding in whole if finding.verdict is not Verdict.PASSED)
    mirrors = asker.compare_mirrors(faults, useless)
    reports = [
        ModuleReport("module", str(each.module), ".", (), (), merge_alike(found))
        for each, found in ((each, [*asker.unproved(each.module), *judge(each, useless)]) for each in looked)
    ]
    return ProxyComparison(
        proxies=asker.names,
        looked=tuple(looked),
        mirrors=mirrors,
        modules=tuple(reports),
        findings=tuple(faults),
        started=started,
        duration_s=session.clock.monotonic_s() - begin_s,
        here=shown_start(session),
    )


def _named(name: str) -> ModuleVersion:
    path, version, _ = parse_path_version(name)
    try:
        escape_path(path)
        if version:
            check(path, version)
    except InputError as error:
        raise UsageError(f"{name}: {error}") from error
    if version and version != canonical_version(version):
        raise UsageError(f"{name}: want a whole version, such as {path}@v1.2.3")
    return ModuleVersion(path, version)


def _build_list(session: Session, faults: list[Finding]) -> list[ModuleVersion]:
    """What is built, without what has no version."""
    found: dict[ModuleVersion, None] = {}
    for each in resolve_all(session, ()):
        if isinstance(each, Unresolved):
            faults.append(each.fault.unchecked())
            continue
        built = (each.resolution.replacement(mod) or mod for mod in each.resolution.modules)
        found.update(dict.fromkeys(mod for mod in built if mod.version))
    return list(found)


def _private(mod: ModuleVersion) -> Finding:
    text = f"{mod}: no proxy may see it (GONOPROXY): not asked"
    return Finding("private", None, Verdict.PASSED, text, mod, reason="private modules: no proxy may see them")


class _Asker:
    """One run of questions; `names` are the proxies as they are shown, each by a name of its own."""

    def __init__(
        self,
        session: Session,
        urls: Sequence[str],
        peers: Peers,
        mirror: Mirror | None,
        skip: frozenset[Question],
    ) -> None:
        self._session = session
        self._urls = urls
        self._peers = peers
        self._mirror = mirror
        self._skip = skip
        self._answers: dict[tuple[str, Question, str], Answer] = {}
        self._unproved: dict[str, Finding] = {}
        masked = [mask(url) for url in urls]
        self.names = tuple(
            name if masked.count(name) == 1 else f"{name} ({number})" for number, name in enumerate(masked, 1)
        )

    def look(self, mods: Sequence[ModuleVersion]) -> list[Looked]:
        """Everything about each module version."""
        first = (Question.LIST, Question.LATEST)
        self._ask([(question, mod) for mod in mods for question in first])
        chosen = [mod if mod.version else ModuleVersion(mod.path, self._newest(mod.path)) for mod in mods]
        known = [mod for mod in chosen if mod.version]
        rest = (Question.INFO, Question.MOD, Question.ABSENT, Question.LOOKUP)
        self._ask([(question, mod) for mod in known for question in rest])
        if Question.ZIP not in self._skip:
            self._ask_zips(known)
        return [self._looked(mod) for mod in chosen]

    def _ask(self, wanted: Sequence[tuple[Question, ModuleVersion]]) -> None:
        kept = [each for each in wanted if self._is_asked(*each)]
        asked = [(url, question, mod) for question, mod in kept for url in self._urls]
        files = self._peers.files([(url, self._file(question, mod)) for url, question, mod in asked])
        for (url, question, mod), answer in zip(asked, files, strict=True):
            self._answers[url, question, _key(question, mod)] = answer

    def _is_asked(self, question: Question, mod: ModuleVersion) -> bool:
        if question is Question.LOOKUP:
            is_public = self._session.settings.env.uses_sumdb(mod.path)
            return self._mirror is not None and is_public and question not in self._skip
        return question not in self._skip

    def _file(self, question: Question, mod: ModuleVersion) -> str:
        path, version = escape_path(mod.path), escape_version(mod.version) if mod.version else ""
        match question:
            case Question.LIST:
                return f"{path}/@v/list"
            case Question.LATEST:
                return f"{path}/@latest"
            case Question.ABSENT:
                major = path_major_prefix(split_path_version(mod.path)[1]) or "v1"
                return f"{path}/@v/{major}.{_NO_SUCH}.info"
            case Question.LOOKUP:
                assert self._mirror is not None
                return f"sumdb/{self._mirror.name}/{lookup_path(mod)}"
        return f"{path}/@v/{version}.{question.value}"

    def _ask_zips(self, mods: Sequence[ModuleVersion]) -> None:
        wanted: list[tuple[str, ModuleVersion, bytes | None]] = []
        for mod in mods:
            for url in self._urls:
                gomod = self._answers.get((url, Question.MOD, str(mod)))
                wanted.append((url, mod, gomod.data if gomod is not None and gomod.is_found else None))
        for (url, mod, _), answer in zip(wanted, self._peers.zips(wanted), strict=True):
            self._answers[url, Question.ZIP, str(mod)] = answer

    def _newest(self, path: str) -> str:
        """The version to look at where none is named: the highest of all lists, else the first @latest."""
        lists = [self._answers.get((url, Question.LIST, path)) for url in self._urls]
        found = newest(each for each in lists if each is not None)
        latest = (self._answers.get((url, Question.LATEST, path)) for url in self._urls)
        named = (version_of(each) for each in latest if each is not None and each.is_found)
        return found or next((version for version in named if is_canonical(version)), "")

    def _looked(self, mod: ModuleVersion) -> Looked:
        answers: dict[str, Mapping[Question, Answer]] = {}
        for name, url in zip(self.names, self._urls, strict=True):
            mine = {each: self._answers.get((url, each, _key(each, mod))) for each in Question}
            answers[name] = {question: answer for question, answer in mine.items() if answer is not None}
        return Looked(mod, answers, self._proved(mod))

    def _proved(self, mod: ModuleVersion) -> tuple[str, str]:
        """What the database proves of a version; `unproved` says why it cannot be asked."""
        if not mod.version or self._mirror is None:
            return "", ""
        repo = self._session.repo
        try:
            return repo.sum_from_database(mod) or "", repo.sum_from_database(mod.gomod_key()) or ""
        except Failure as error:
            self._unproved[str(mod)] = from_error(None, error)._replace(module=mod).unchecked()
            return "", ""

    def unproved(self, mod: ModuleVersion) -> tuple[Finding, ...]:
        """Why a version could not be held against the database; () where it could."""
        found = self._unproved.get(str(mod))
        return (found,) if found is not None else ()

    def compare_mirrors(self, faults: list[Finding], useless: Container[str]) -> dict[str, int]:
        """The tree size at each proxy that serves the database; each is proved to be of the history that we know.

        `useless` proxies are not asked.
        """
        sizes: dict[str, int] = {}
        if self._mirror is None or Question.LOOKUP in self._skip:
            return sizes
        path = f"sumdb/{self._mirror.name}/supported"
        asked = [(name, url) for name, url in zip(self.names, self._urls, strict=True) if name not in useless]
        supported = self._peers.files([(url, path) for _, url in asked])
        for (name, url), answer in zip(asked, supported, strict=True):
            if answer.is_absent:
                continue
            kind = kind_of(answer)
            if not answer.is_found and kind is not None:
                text = f"{name}: {path}: {answer.fault}"
                faults.append(Finding(kind.code, None, kind.verdict, text, remedy=kind.remedy))
                continue
            (compared,) = compare_heads(self._session, self._mirror.database, [url], [])
            error = compared.error
            if error is None:
                sizes[name] = compared.head.tree.size if compared.head is not None else 0
            else:
                verdict = Verdict.CONTRADICTION if isinstance(error, SecurityError) else Verdict.UNCHECKED
                faults.append(Finding(error.code, None, verdict, f"{name}: {error}", hint=error.hint))
        return sizes


def _key(question: Question, mod: ModuleVersion) -> str:
    """What an answer is kept by: those about a module's versions concern all of them."""
    return mod.path if question in (Question.LIST, Question.LATEST) else str(mod)
