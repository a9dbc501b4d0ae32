# SPDX-License-Identifier: BSD-3-Clause
"""A module inside a repository: where its files are, and how tags and commits become versions.

Nothing is fetched here: the caller reads from the repository and passes what it found. A module at

    path       github.com/rsc/foo/bar/v2      code root  github.com/rsc/foo

has the code directory `bar`, the tags `bar/v2.x.y`, and its go.mod in `bar/` or in `bar/v2/`.

Source of the rules: the Go Modules Reference, "Mapping versions to commits", "Module directories within a
repository", "Pseudo-versions" and "+incompatible versions"; texts as cmd/go/internal/modfetch (codeRepo).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from govgo.core.golib.quote import quote
from govgo.core.golib.url import clean_path
from govgo.core.modfile import module_path, parse_lax
from govgo.core.module.info import Origin
from govgo.core.module.paths import (
    INCOMPATIBLE,
    canonical_version,
    match_path_major,
    path_major_prefix,
    split_path_version,
)
from govgo.core.records import NamedTuple
from govgo.core.version import semver
from govgo.core.version.pseudo import is_pseudo, pseudo_base, pseudo_rev, pseudo_time
from govgo.errors import GovgoError, InputError, InvalidPathError, InvalidVersionError


class Commit(NamedTuple):
    """A commit, as its repository describes it.

    Attributes:
        name: its full hash.  short: its first twelve digits, as in pseudo-versions.
        version: the tag that was asked for, if the commit has it; else the full hash.
        time: when it was committed, UTC.
        tags: all tags that name it, in the order of their bytes.
        origin: where this was found, and what must be unchanged for it to hold.
    """

    name: str
    short: str
    version: str
    time: datetime
    tags: tuple[str, ...]
    origin: Origin


class TagChoice(NamedTuple):
    """The versions that the tags of a commit stand for.

    Attributes:
        exact: the version that was asked for, if a tag is its canonical form; else "".
        pseudo_base: the version that was asked for, if only a tag with build metadata stands for it; else "".
        canonical: the versions of all canonical tags, highest first.
    """

    exact: str = ""
    pseudo_base: str = ""
    canonical: tuple[str, ...] = ()


class CodeModule(NamedTuple):
    """A module path and its place in a repository; made by `locate`.

    Attributes:
        path: the module path.
        code_root: the import path of the repository's root.
        code_dir: the directory of the module, "" for the root; its go.mod may also be in the subdirectory vN.
        path_prefix, path_major: the path without and the path's major version suffix ("/v2", ".v2").
        pseudo_major: the major version that pseudo-versions must have, "" for v0 and v1.
    """

    path: str
    code_root: str
    code_dir: str
    path_prefix: str
    path_major: str
    pseudo_major: str

    @property
    def tag_prefix(self) -> str:
        """What the module's tags have before the version."""
        return self.code_dir + "/" if self.code_dir else ""

    @property
    def base_tag_prefix(self) -> str:
        """What the tags begin with that a pseudo-version may be based on."""
        return self.tag_prefix + (self.path_major[1:] + "." if self.path_major else "")

    @property
    def never_tagged(self) -> bool:
        """Whether no tag can be a version: those of gopkg.in/m.v2 are not those of gopkg.in/m.v2-unstable."""
        return self.path.startswith("gopkg.in/") and self.path.endswith("-unstable")

    def revision(self, rev: str) -> str:
        """The name that a version or other revision has in the repository: `bar/v1.2.3` for v1.2.3."""
        if not semver.is_valid(rev):
            return rev
        if is_pseudo(rev):
            return pseudo_rev(rev)
        return self.tag_prefix + rev.removesuffix(INCOMPATIBLE)

    def tagged_version(self, tag: str) -> tuple[str, bool]:
        """The version that a tag stands for, or "", and whether the tag is its canonical form."""
        if not tag.startswith(self.tag_prefix) or is_pseudo(tag):
            return "", False
        bare = tag[len(self.tag_prefix) :]
        v = _canonical(bare)
        if not v or not bare.startswith(v):
            return "", False
        return v, v == bare

    def listed(self, tags: Iterable[str], prefix: str = "") -> tuple[list[str], list[str]]:
        """The versions of this module among `tags`, and those that would need "+incompatible" (not appended here)."""
        fit: list[str] = []
        misfit: list[str] = []
        start = self.tag_prefix + prefix
        for tag in tags:
            if not tag.startswith(start):
                continue
            v = tag[len(self.tag_prefix) :]
            if not v or v != _canonical(v) or is_pseudo(v):
                continue
            if match_path_major(v, self.path_major):
                fit.append(v)
            elif not self.code_dir and not self.path_major and semver.compare(semver.major(v), "v1") > 0:
                misfit.append(v)
        return semver.sort(fit), semver.sort(misfit)

    def choose_tags(self, commit: Commit, asked: str) -> TagChoice:
        """Which of a commit's tags count; `asked` is the revision as the user named it, or ""."""
        base = ""
        canonical: list[str] = []
        for tag in commit.tags:
            v, is_canonical = self.tagged_version(tag)
            if not v:
                continue
            if asked and semver.compare(v, asked) == 0:
                if is_canonical:
                    return TagChoice(exact=v)
                base = v
            if is_canonical:
                canonical.append(v)
        canonical.sort(key=semver.key, reverse=True)
        return TagChoice(pseudo_base=base, canonical=tuple(canonical))

    def fits(self, v: str) -> bool:
        """Whether the major version of `v` is that of the path."""
        return match_path_major(v, self.path_major)

    @property
    def may_be_incompatible(self) -> bool:
        """Whether versions can be +incompatible: at the root of a repository, without a major version suffix."""
        return not self.code_dir and not self.path_major

    def with_incompatible(self, v: str, asked: str, *, incompatible_ok: bool) -> str:
        """The version for the canonical `v`, with "+incompatible" where it needs that.

        Args:
            v: a canonical version without suffix, or the pseudo-version that was asked for.
            asked: the revision as the user named it, or "".
            incompatible_ok: whether "+incompatible" is allowed, as the module has no go.mod at that version.

        Raises:
            GovgoError: `asked` is canonical and means another version, or the major version does not fit.
        """
        if v == asked.removesuffix(INCOMPATIBLE):
            v = asked
        base = v.removesuffix(INCOMPATIBLE)
        fault = ""
        if not self.fits(base):
            if incompatible_ok:
                v = base + INCOMPATIBLE
            elif self.path_major:
                fault = "module path includes a major version suffix, so major version must match"
            else:
                expected = quote(f"{self.path_prefix}/{semver.major(v)}")
                fault = f"module contains a go.mod file, so module path must match major version ({expected})"
        elif v.endswith(INCOMPATIBLE):
            fault = f"{INCOMPATIBLE} suffix not allowed: major version {semver.major(v)} is compatible"
        if asked and asked == canonical_version(asked):
            asked_base = asked.removesuffix(INCOMPATIBLE)
            if asked_base != base:
                raise self.invalid(asked, f"resolves to version {v} ({asked_base} is not a tag)")
        if fault:
            raise self.invalid(v, fault)
        return v

    def check_pseudo(self, version: str, commit: Commit) -> str:
        """Check the hash and time of a pseudo-version, and return the version that it is based on, or "".

        With another time or base it would sort elsewhere, and an old commit could pass for a new one.

        Raises:
            InvalidVersionError: they are not those of the commit, or no such version can come before it.
        """
        try:
            rev = pseudo_rev(version)
            self._check_commit(version, rev, commit)
            base = pseudo_base(version.removesuffix(INCOMPATIBLE))
        except InvalidVersionError as err:
            raise self.invalid(err.version or version, err.reason or str(err), noun="pseudo-version") from err
        if not base:
            if not self.pseudo_major and semver.major(version) == "v1":
                raise self.invalid_pseudo(version, "major version without preceding tag must be v0, not v1")
            return ""
        for tag in commit.tags:
            if tag.removeprefix(self.tag_prefix) == base:
                raise self.invalid_pseudo(
                    version,
                    f"tag ({tag}) found on revision {rev} is already canonical, "
                    "so should not be replaced with a pseudo-version derived from that tag",
                )
        return base

    def _check_commit(self, version: str, rev: str, commit: Commit) -> None:
        if rev != commit.short:
            if rev.startswith(commit.short):
                fault = "revision is longer than canonical"
            elif commit.short.startswith(rev):
                fault = "revision is shorter than canonical"
            else:
                fault = "does not match short name of revision"
            raise InvalidVersionError(f"{fault} (expected {commit.short})", version=version)
        if pseudo_time(version) != commit.time.replace(microsecond=0):
            expected = f"{commit.time.astimezone(UTC):%Y%m%d%H%M%S}"
            raise InvalidVersionError(
                f"does not match version-control timestamp (expected {expected})", version=version
            )

    def missing_base(self, version: str, base: str, last_tag: str) -> GovgoError:
        """Why a pseudo-version cannot be based on `base`; `last_tag` is the tag that is not an ancestor, or ""."""
        if not last_tag:
            return self.invalid_pseudo(version, f"preceding tag ({base}) not found")
        rev = pseudo_rev(version)
        return self.invalid_pseudo(version, f"revision {rev} is not a descendent of preceding tag ({last_tag})")

    def invalid(self, version: str, reason: str, *, noun: str = "version") -> InvalidVersionError:
        """`PATH@VERSION: invalid version: REASON`."""
        text = f"{self.path}@{version}: invalid {noun}: {reason}"
        return InvalidVersionError(text, version=version, reason=reason, is_pseudo=noun != "version")

    def invalid_pseudo(self, version: str, reason: str) -> InvalidVersionError:
        """`PATH@VERSION: invalid pseudo-version: REASON`."""
        return self.invalid(version, reason, noun="pseudo-version")

    def go_mod_files(self) -> tuple[str, str]:
        """Where the module's go.mod may be: in the code directory, and in its subdirectory for the major version.

        The second is "" for modules that cannot have one.
        """
        second = ""
        if self.path_major.startswith("/") and self.code_root != self.path:
            second = _join(self.code_dir, self.path_major[1:], "go.mod")
        return _join(self.code_dir, "go.mod"), second

    def find_go_mod(self, version: str, gomod: bytes | None, major_gomod: bytes | None) -> tuple[str, bytes | None]:
        """The directory of the module at a version, and its go.mod; None where there is none and none is needed.

        Args:
            version: the version or revision.
            gomod, major_gomod: the files at the two places of `go_mod_files`; None for one that is not there.

        Raises:
            InputError: the module is not there at that version.
        """
        rev = self.revision(version)
        first, second = self.go_mod_files()
        declared = module_path(gomod) if gomod is not None else ""
        found = gomod is not None and (self._has_major(declared) or self._passes_by_bug(declared))
        if second and self._is_in_major_dir(rev, found, first, second, major_gomod):
            return second.removesuffix("/go.mod"), major_gomod
        if found:
            return self.code_dir, gomod
        suffix = f" (and ...{self.path_major}/go.mod does not exist)" if second else ""
        if gomod is not None:
            raise InputError(f"{first} {self._mismatch(version, declared, suffix)} at revision {rev}")
        if not self.code_dir and (not self.path_major or self.path_major.startswith(".")):
            return "", None
        if second:
            raise InputError(f"missing {self.path_prefix}/go.mod and ...{self.path_major}/go.mod at revision {rev}")
        raise InputError(f"missing {self.path_prefix}/go.mod at revision {rev}")

    def _is_in_major_dir(self, rev: str, found: bool, first: str, second: str, gomod: bytes | None) -> bool:
        """Whether the module is in the subdirectory of its major version, whose go.mod this is."""
        if gomod is None:
            return False
        declared, major = module_path(gomod), self.path_major
        if self._has_major(declared):
            if found:
                both = f"{self.path_prefix}/{first} and ...{major}/go.mod"
                raise InputError(f"{both} both have ...{major} module paths at revision {rev}")
            return True
        place = f"{self.code_root}/{second}"
        if not declared:
            raise InputError(f"{place} is missing module path at revision {rev}")
        raise InputError(f"{place} has non-...{major} module path {quote(declared)} at revision {rev}")

    def _mismatch(self, version: str, declared: str, suffix: str) -> str:
        if not declared:
            return f"is missing module path{suffix}"
        if self.path_major:
            return f"has non-...{self.path_major} module path {quote(declared)}{suffix}"
        if not split_path_version(declared)[2]:
            return f"has malformed module path {quote(declared)}{suffix}"
        return f"has post-{semver.major(version)} module path {quote(declared)}{suffix}"

    def _has_major(self, declared: str) -> bool:
        """Whether a go.mod with this module path has our major version; otherwise the path may be that of a fork."""
        if not declared:
            return False
        _, major, ok = split_path_version(declared)
        if not ok:
            return False
        if not self.path_major:
            return path_major_prefix(major) in ("", "v0", "v1")
        return bool(major) and self.path_major[1:] == major[1:]

    def _passes_by_bug(self, declared: str) -> bool:
        """Whether go accepts this by an old mistake: a fork of a gopkg.in module (golang.org/issue/34254)."""
        return not self.path_major and declared.startswith("gopkg.in/")


def locate(path: str, code_root: str, subdir: str = "") -> CodeModule:
    """The place of module `path` in the repository whose root is `code_root`.

    Args:
        path, code_root: import paths.
        subdir: the directory in the repository that `code_root` stands for (go-import meta tags), or "".

    Raises:
        InputError, InvalidPathError: the repository cannot hold the module.
    """
    if not has_path_prefix(path, code_root):
        raise InputError(f"mismatched repo: found {code_root} for {path}")
    prefix, major, ok = split_path_version(path)
    if not ok:
        raise InvalidPathError(f"invalid module path {quote(path)}")
    code_dir = ""
    if code_root == path:
        prefix = path
    elif not has_path_prefix(prefix, code_root):
        raise InputError(f"repository rooted at {code_root} cannot contain module {path}")
    else:
        code_dir = prefix[len(code_root) :].strip("/")
    if subdir:
        code_dir = _join(code_dir, subdir)
        if code_dir == ".." or code_dir.startswith(("../", "/")):
            raise InputError(f"invalid subdirectory {quote(subdir)} for module {path}")
    return CodeModule(path, code_root, code_dir, prefix, major, path_major_prefix(major))


def is_base(tag: str, base: str) -> bool:
    """Whether a tag (without the module's prefix) is the version `base`, whatever its build metadata."""
    return bool(_canonical(tag)) and semver.compare(tag, base) == 0


def has_path_prefix(path: str, prefix: str) -> bool:
    """Whether the elements of `path` begin with those of `prefix`."""
    if prefix.endswith("/"):
        return path.startswith(prefix)
    return path == prefix or path.startswith(prefix + "/")


def retracting_version(versions: Sequence[str]) -> str:
    """Of versions in ascending order, the one whose go.mod says what is retracted (the latest); "" for none."""
    fit = []
    for v in versions:
        if v.endswith(INCOMPATIBLE):
            break
        fit.append(v)
    releases = [v for v in fit if not semver.prerelease(v)]
    return (releases or fit or [""])[-1]


def retractions(gomod: bytes) -> tuple[tuple[str, str], ...]:
    """The retracted intervals (lowest, highest) of a go.mod.  Raises ModFileErrors."""
    return tuple((each.low, each.high) for each in parse_lax("go.mod", gomod).retract)


def is_retracted(v: str, intervals: Iterable[tuple[str, str]]) -> bool:
    """Whether one of the intervals holds `v`."""
    return any(semver.compare(low, v) <= 0 <= semver.compare(high, v) for low, high in intervals)


def _canonical(tag: str) -> str:
    """The version that a tag (without the module's prefix) is, or "". The longest that proxies list is the longest."""
    return semver.canonical(tag) if len(tag) <= semver.MAX_LENGTH else ""


def _join(*parts: str) -> str:
    return clean_path("/".join(part for part in parts if part))
