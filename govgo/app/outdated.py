# SPDX-License-Identifier: BSD-3-Clause
"""`outdated`: which dependencies have newer versions, are retracted or deprecated.

The questions about all modules are asked together, step by step, so that hundreds of modules cost a handful of round
trips:

    1  the version lists, and those of the next two major versions
    2  the go.mod that says what is retracted; further major versions where the last ones exist
    3  the dates of the versions that are shown
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from govgo.core.findings import Place
from govgo.core.module.moduleversion import ModuleVersion, compare_versions, is_prerelease_version
from govgo.core.module.paths import INCOMPATIBLE
from govgo.core.module.versionquery import DisallowedError, NoMatchingVersionError, parse_query
from govgo.core.resolution.outdated import Audited, Dependency, MajorSearch, Outdated, Release
from govgo.core.resolution.resolution import Resolution
from govgo.core.version.pseudo import is_pseudo
from govgo.errors import Failure, GovgoError, is_not_found
from govgo.load.query.ages import present, published, warm_dates, why_not_counted
from govgo.load.query.prefetch import first_asks, know_latest_of_lists
from govgo.load.query.query import Allowed, choose_version, has_no_latest, query, refusal
from govgo.load.query.retract import (
    RETRACTED,
    ModuleRetractedError,
    allowed_versions,
    check_deprecation,
    check_retractions,
)
from govgo.load.query.source import VersionSource
from govgo.load.session.session import Session
from govgo.load.targets.errorfindings import from_error
from govgo.load.targets.resolve import Resolved, Unresolved, resolve_all
from govgo.load.targets.targets import shown
from govgo.ports.modules import Ask


def outdated(session: Session, where: Sequence[str], *, everything: bool = False) -> Outdated:
    """Look for newer versions of the dependencies of each module and workspace that `where` names.

    What fails for one dependency stands in its `fault`, and stops no other.

    Args:
        session: the command.
        where: directories, or `DIR/...`; none for the main module or the workspace.
        everything: look at the whole build list, not at direct requirements alone.

    Raises:
        UsageError: an argument names nothing, or there is no main module.
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    modules: list[Audited] = []
    for found in resolve_all(session, where):
        target = found.target
        if isinstance(found, Unresolved):
            directory, file = shown(session, target.root), shown(session, target.mod_file)
            modules.append(Audited(target.kind, target.path or directory, directory, file, faults=(found.fault,)))
        else:
            modules.append(search(found, everything=everything))
    horizon = session.settings.horizon
    return Outdated(
        tuple(modules),
        present(session),
        is_all=everything,
        as_of=None if horizon is None else horizon.as_of,
        min_age=None if horizon is None else horizon.min_age,
    )


def search(found: Resolved, *, everything: bool = False) -> Audited:
    """Look for newer versions of the dependencies of one module or workspace; `everything` as above.

    Raises:
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    found.activate()
    return _Search(found, everything=everything).run()


class _Subject:
    """A dependency while it is being looked at."""

    def __init__(self, dependency: Dependency) -> None:
        self.dependency = dependency
        self.majors = MajorSearch(dependency.current.mod)
        self.fault: GovgoError | None = None

    @property
    def mod(self) -> ModuleVersion:
        """What the code comes from."""
        return self.dependency.current.mod

    def tell_majors(self, session: Session, paths: Sequence[str]) -> None:
        """Tell the search for major versions which of `paths` have versions; a source that fails ends it."""
        answers = []
        for path in paths:
            try:
                answers.append((path, bool(session.repo.probe(path).list)))
            except Failure as error:
                if not is_not_found(error):
                    self.fault = self.fault or error
                answers.append((path, False))
        self.majors.tell(answers)


class _Search:
    """The dependencies of one module or workspace, looked at together."""

    def __init__(self, resolved: Resolved, *, everything: bool) -> None:
        self._session: Session = resolved.session
        self._resolution: Resolution = resolved.resolution
        self._everything = everything

    def run(self) -> Audited:
        resolution = self._resolution
        subjects = [_Subject(each) for each in self._dependencies()]
        sought = [each for each in subjects if each.mod.version]
        self._fetch(sought)
        for each in sought:
            each.dependency = self._judged(each)
        dependencies = self._dated([each.dependency for each in subjects])
        return Audited(
            kind=resolution.kind,
            name=resolution.name,
            directory=resolution.directory,
            mod_file=resolution.mod_file,
            dependencies=dependencies,
        )

    def _dependencies(self) -> Iterable[Dependency]:
        """What is to be looked at, by path."""
        resolution = self._resolution
        places: dict[str, list[Place]] = {}
        for stated in resolution.stated:
            places.setdefault(stated.mod.path, []).append(stated.place)
        for mod in resolution.modules:
            is_direct = mod.path in resolution.direct
            if mod.version and (is_direct or self._everything):
                source = resolution.replacement(mod) or mod
                yield Dependency(mod, is_direct, tuple(places.get(mod.path, ())), Release(*source))

    def _fetch(self, subjects: Sequence[_Subject]) -> None:
        """Fetch what the questions need, each step for all modules at once."""
        session, warm = self._session, self._session.repo.warm
        paths = list(dict.fromkeys(each.mod.path for each in subjects))
        wanted = {id(each): each.majors.wanted() for each in subjects}
        warm([*(Ask("versions", path) for path in paths), *_probes(wanted)])
        step = first_asks(session, paths)
        while step or any(wanted.values()):
            for each in subjects:
                each.tell_majors(session, wanted[id(each)])
            wanted = {id(each): each.majors.wanted() for each in subjects}
            warm([*step, *_probes(wanted)])
            step = []
        majors = [path for each in subjects for path in each.majors.found]
        warm(first_asks(session, majors))
        warm(know_latest_of_lists(session, [*paths, *majors]))

    def _judged(self, subject: _Subject) -> Dependency:
        """The dependency with what is newer, retracted and deprecated; no dates yet."""
        session, mod, found = self._session, subject.mod, subject.dependency
        allowed = allowed_versions(session)
        fault = subject.fault
        try:
            newest = self._release("upgrade", mod, allowed)
            young = self._young(mod, allowed, newest)
            patch = self._release("patch", mod, allowed)
            found = found._replace(
                newest=newest,
                patch=patch,
                young=young,
                behind=0 if newest is None else self._behind(mod, newest.version, allowed),
                majors=tuple(filter(None, (self._major(path, allowed) for path in subject.majors.found))),
                retracted=self._retracted(mod),
                deprecated=self._deprecated(mod),
            )
        except Failure as error:
            fault = error
        if fault is not None:
            places = subject.dependency.places
            found = found._replace(fault=from_error(None, fault, places[0] if places else None).unchecked())
        return found

    def _release(self, word: str, mod: ModuleVersion, allowed: Allowed) -> Release | None:
        """What a query answers for a module in use, None where that is not higher.

        The list suffices where it has an answer, but for an upgrade from a pseudo-version, which depends on dates.
        """
        session, (path, current) = self._session, mod
        matcher = parse_query(path, word, current)
        listed = VersionSource(session, path, session.repo).versions(matcher.prefix)
        version = None if is_pseudo(current) else choose_version(session, matcher, listed, allowed)
        if version is None:
            try:
                version = query(session, path, word, current, allowed).version
            except (NoMatchingVersionError, DisallowedError):
                return None
        return Release(path, version) if compare_versions(path, version, current) > 0 else None

    def _young(self, mod: ModuleVersion, allowed: Allowed, newest: Release | None) -> Release | None:
        """The version that would be the newest if it were old enough; untagged ones are not looked for."""
        session, (path, current) = self._session, mod
        horizon = session.settings.horizon
        if horizon is None or horizon.min_age is None:
            return None
        listed = VersionSource(session, path, session.repo).versions("")
        version = choose_version(session, parse_query(path, "upgrade", current), listed, allowed, any_age=True)
        if version is None or compare_versions(path, version, newest.version if newest else current) <= 0:
            return None
        return Release(path, version)

    def _behind(self, mod: ModuleVersion, newest: str, allowed: Allowed) -> int:
        """How many releases follow `mod`, up to `newest`."""
        path, current = mod
        session = self._session
        between = [
            ModuleVersion(path, version)
            for version in session.repo.versions(path).list
            if compare_versions(path, current, version) < 0 <= compare_versions(path, newest, version)
            and (version == newest or not is_prerelease_version(path, version))
            and version.endswith(INCOMPATIBLE) <= newest.endswith(INCOMPATIBLE)
            and refusal(allowed, ModuleVersion(path, version)) is None
        ]
        if session.settings.horizon is not None and session.settings.horizon.as_of is not None:
            warm_dates(session, between)
            return sum(why_not_counted(session, each, min_age=False) is None for each in between)
        return len(between)

    def _major(self, path: str, allowed: Allowed) -> Release | None:
        """The highest release of another major version; None where there are pre-releases alone."""
        listed = self._session.repo.probe(path)
        version = choose_version(self._session, parse_query(path, "latest"), listed, allowed)
        return None if version is None or is_prerelease_version(path, version) else Release(path, version)

    def _retracted(self, mod: ModuleVersion) -> tuple[str, ...]:
        try:
            check_retractions(self._session, mod)
        except ModuleRetractedError as error:
            return error.rationale or (RETRACTED,)
        except Failure as error:
            if not has_no_latest(error):
                raise
        return ()

    def _deprecated(self, mod: ModuleVersion) -> str:
        try:
            return check_deprecation(self._session, mod)
        except Failure as error:
            if not has_no_latest(error):
                raise
        return ""

    def _dated(self, dependencies: Sequence[Dependency]) -> tuple[Dependency, ...]:
        """The dependencies with the dates of the versions that are shown."""
        shown = {
            release.mod: None
            for each in dependencies
            if each.is_noteworthy and each.current.version
            for release in (each.current, each.patch, each.newest, each.young, *each.majors[-1:])
            if release is not None
        }
        warm_dates(self._session, list(shown))
        return tuple(self._with_dates(each) if each.is_noteworthy else each for each in dependencies)

    def _with_dates(self, each: Dependency) -> Dependency:
        if not each.current.version:
            return each
        *others, last = each.majors or (None,)
        dated = [self._date(release) for release in (each.current, each.patch, each.newest, each.young, last)]
        current, patch, newest, young, last = dated
        assert current is not None
        majors = tuple(release for release in (*others, last) if release is not None)
        return each._replace(current=current, patch=patch, newest=newest, young=young, majors=majors)

    def _date(self, release: Release | None) -> Release | None:
        """A release with its date, where that can be obtained."""
        if release is None:
            return None
        try:
            return release._replace(**published(self._session, release.mod)._asdict())
        except Failure:
            return release


def _probes(wanted: Mapping[int, Sequence[str]]) -> list[Ask]:
    return [Ask("probe", path) for paths in wanted.values() for path in paths]
