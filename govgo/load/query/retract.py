# SPDX-License-Identifier: BSD-3-Clause
"""Which versions must not be chosen: those that a main module excludes or their author retracted. Also deprecation.

Retractions and the deprecation of a module are read from the go.mod of its latest version, whatever version is in use:
an author can retract a version only by publishing a later one.

Rules: Go Modules Reference, "exclude directive", "retract directive" and "Deprecated module".
"""

from __future__ import annotations

import unicodedata
from typing import ClassVar

from govgo.core.golib.quote import quote
from govgo.core.lazyregex import late
from govgo.core.modfile.summary import Retracted
from govgo.core.module.moduleversion import ModuleVersion, version_key
from govgo.core.module.versionquery import DisallowedError
from govgo.errors import Failure, GovgoError, QueryError
from govgo.load.dependency.gomod import raw_summary
from govgo.load.query.query import Allowed, query
from govgo.load.session.session import Session

RETRACTED = "retracted by module author"

_MAX_RETRACTIONS = 2000
"""Retractions of one module; go has no limit, and compares each of them with each version of a list."""

_MESSAGE_LIMIT_BYTES = 500  # cmd/go's modload.ShortMessage
_CONTROL_SPACES = "\t\n\v\f\r\x85"
_INVALID_VERSION = late(r"[^\s@:]+@(?P<version>[^\s:]+): invalid (?P<noun>version|pseudo-version): ")
_MODULE_PREFIX = late(r"(?:module [^\s:]+|[^\s@]+@[^\s@]+): ")


class ExcludedError(DisallowedError):
    """A version that an exclude directive of a main module names."""

    code: ClassVar[str] = "excluded"

    def __init__(self, mv: ModuleVersion) -> None:
        super().__init__(f"{mv}: excluded by go.mod")
        self.mv = mv


class ModuleRetractedError(DisallowedError):
    """A version that its author retracted; `rationale` holds the reasons given."""

    code: ClassVar[str] = "retracted"

    def __init__(self, mv: ModuleVersion, rationale: tuple[str, ...]) -> None:
        self.reason = RETRACTED
        if rationale:
            self.reason += f": {short_message(rationale[0], RETRACTED)}"
        super().__init__(f"{mv}: {self.reason}")
        self.mv = mv
        self.rationale = rationale


class RetractionLoadingError(QueryError):
    """The go.mod that would hold the retractions of `mv` could not be read, often because the machine is offline."""

    code: ClassVar[str] = "retraction-loading"

    def __init__(self, mv: ModuleVersion, cause: GovgoError) -> None:
        super().__init__(f"loading module retractions for {mv}: {strip_module_prefix(str(cause))}", inner=cause)
        self.mv = mv


class DeprecationLoadingError(QueryError):
    """The go.mod that would hold the deprecation of a module could not be read."""

    code: ClassVar[str] = "deprecation-loading"

    def __init__(self, path: str, cause: GovgoError) -> None:
        super().__init__(f"loading deprecation for {path}: {cause}", inner=cause)


def check_allowed(session: Session, mv: ModuleVersion) -> None:
    """Refuse versions that are excluded or retracted.

    Raises:
        DisallowedError: it is.
        RetractionLoadingError: the retractions cannot be read.
    """
    check_exclusions(session, mv)
    check_retractions(session, mv)


def check_exclusions(session: Session, mv: ModuleVersion) -> None:
    """Refuse versions that a main module excludes. Raises ExcludedError."""
    if session.main.excluded(mv):
        raise ExcludedError(mv)


def allowed_versions(session: Session) -> Allowed:
    """`check_allowed` as a predicate for queries."""
    return lambda mv: check_allowed(session, mv)


def allowed_or_retracted_versions(session: Session) -> Allowed:
    """`check_exclusions` as a predicate for queries."""
    return lambda mv: check_exclusions(session, mv)


def check_retractions(session: Session, mv: ModuleVersion) -> None:
    """Refuse versions that their author retracted.

    Main modules and modules of which all versions are replaced cannot be retracted.

    Raises:
        ModuleRetractedError: it was retracted.
        RetractionLoadingError: the retractions cannot be read.
    """
    if not mv.version or session.main.replacement(ModuleVersion(mv.path, "")) is not None:
        return
    try:
        latest = query_latest_ignoring_retractions(session, mv.path)
        retracted = raw_summary(session, latest).retract
        if len(retracted) > _MAX_RETRACTIONS:
            raise QueryError(f"{latest} has too many retractions (limit is {_MAX_RETRACTIONS})")
    except Failure as error:
        raise RetractionLoadingError(mv, error) from error
    if not retracted:
        return
    known = session.part(_Intervals)
    intervals = known.get(latest)
    if intervals is None:
        intervals = known[latest] = Retracted(mv.path, retracted)
    hits = intervals.hits(version_key(mv.path, mv.version))
    if hits:
        raise ModuleRetractedError(mv, tuple(hit.rationale for hit in hits if hit.rationale))


class _Intervals(dict[ModuleVersion, Retracted]):
    """The retractions in the go.mod of a module version."""


def check_deprecation(session: Session, mv: ModuleVersion) -> str:
    """The deprecation message of the module of `mv`, "" when it is not deprecated.

    Raises:
        DeprecationLoadingError: the go.mod cannot be read.
    """
    if not mv.version or session.main.replacement(ModuleVersion(mv.path, "")) is not None:
        return ""
    try:
        return raw_summary(session, query_latest_ignoring_retractions(session, mv.path)).deprecated
    except Failure as error:
        raise DeprecationLoadingError(mv.path, error) from error


class _Latest(dict[str, ModuleVersion | GovgoError]):
    """By module path, the version whose go.mod is asked, or why there is none."""


def know_latest(session: Session, latest: ModuleVersion) -> ModuleVersion | None:
    """Take `latest` for the latest version of its module, as its list says; the version whose go.mod is asked.

    None where the question was asked before and failed: that answer stands for the whole command.
    """
    known = session.part(_Latest).setdefault(latest.path, session.main.resolve(latest))
    return known if isinstance(known, ModuleVersion) else None


def query_latest_ignoring_retractions(session: Session, path: str) -> ModuleVersion:
    """The version whose go.mod holds the retractions of module `path`: its latest, or what replaces that.

    Raises:
        GovgoError: as `query`; the answer, errors too, is remembered.
    """
    latest = session.part(_Latest)
    known = latest.get(path)
    if known is None:
        try:
            known = _query_latest(session, path)
        except Failure as error:
            known = error
        latest[path] = known
    if isinstance(known, GovgoError):
        raise known
    return known


def _query_latest(session: Session, path: str) -> ModuleVersion:
    replacement = session.main.replacement(ModuleVersion(path, ""))
    if replacement is not None:
        return replacement
    latest = ModuleVersion(path, query(session, path, "latest").version)
    return session.main.resolve(latest)


def short_message(text: str, empty_default: str) -> str:
    """`text` of a go.mod made fit for a terminal: its first line, if it is short and printable."""
    line = text.partition("\n")[0].strip()
    if not line:
        return empty_default
    if len(line.encode("utf-8", "surrogateescape")) > _MESSAGE_LIMIT_BYTES:
        return "(message omitted: too long)"
    if any(unicodedata.category(char)[0] not in "LMNPSZ" and char not in _CONTROL_SPACES for char in line):
        return "(message omitted: contains non-printable characters)"
    return line


def strip_module_prefix(text: str) -> str:
    """An error text without the `path@version: ` or `module path: ` that it begins with.

    An error about an invalid version keeps the version: `version "v1.0.0" invalid: …`.
    """
    invalid = _INVALID_VERSION.match(text)
    if invalid:
        return f"{invalid['noun']} {quote(invalid['version'])} invalid: {text[invalid.end() :]}"
    match = _MODULE_PREFIX.match(text)
    return text[match.end() :] if match else text


def names_module(text: str, path: str) -> bool:
    """Whether an error text already says which module it is about, `path` most likely (go's module.ModuleError)."""
    return text.startswith((f"{path}@", f"module {path}: ")) or _MODULE_PREFIX.match(text) is not None
