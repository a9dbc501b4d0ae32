# SPDX-License-Identifier: BSD-3-Clause
"""`govgo.toml`, the file beside go.mod or go.work with the policy of a project (`schemas/govgo.toml-1.json`).

    required-version = ">=0.1"

    [check]
    verify = true
    tidy = true
    replacements = "no-local"
    min-age = "14d"
    warn = ["deprecated"]
    modules.deny = [{ module = "q.io/old", reason = "q.io/new is maintained" }]
    licenses.allow = ["MIT", "Apache-2.0", "BSD-3-Clause"]
    waivers = [{ rule = "too-young", module = "q.io/x", reason = "we wrote it", expires = 2027-01-31 }]

    [licenses]
    override = [
        { module = "q.io/x", version = "v1.2.0", license = "MIT", reason = "see q.io/x/issues/7" },
    ]

    [audit]
    ignore = [
        { id = "GO-2026-0001", module = "q.io/x", reason = "we do not parse strangers' files", expires = 2027-01-31 },
    ]

It holds policy alone. What decides where modules come from and whom to trust (proxies, keys, private modules, the
cache) is of the environment, and no file of a repository that somebody checks out may change it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import NoReturn

from govgo.core.findings import USUAL_CLAIMS, Claim
from govgo.core.licenses.expression import canonical
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.patterns import glob_match
from govgo.core.policy.durations import parse_age
from govgo.core.policy.rules import RULES
from govgo.core.policy.values import (
    VERSION_RANGE,
    AdvisoryRule,
    CheckPolicy,
    GoLine,
    LicenseRule,
    Majors,
    ModuleRule,
    Reach,
    Replacements,
    Waiver,
)
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line, why_malformed
from govgo.core.tomllines import KeyLines
from govgo.core.tomltext import line_of_fault, parse_toml
from govgo.core.version import goversion, semver
from govgo.errors import InputError, PatternError, UsageError

NAME = "govgo.toml"
MAX_BYTES = 1 << 20
MAX_ENTRIES = 10_000
"""In one list. Each pattern is an expression to compile, and is compared with each module."""
MAX_TEXT = 4096
"""Characters of a text, such as a pattern."""


class PolicyFileError(UsageError):
    """A govgo.toml that cannot be used; the sentence names the file, the line where it is known, and the key.

    Attributes:
        line: the line of the key, or of the fault; 0 where there is none.
    """

    code = "policy-file"

    def __init__(self, file: str, text: str, line: int = 0) -> None:
        super().__init__(f"{file}:{line}: {text}" if line else f"{file}: {text}")
        self.file = file
        self.line = line


class NoPolicyError(UsageError):
    """No govgo.toml states a rule for a module that is to be checked; the sentence names both."""

    code = "no-policy"


class LicenseOverride(NamedTuple):
    """What somebody found a licence to be.

    Attributes:
        module: a module path.
        version: "" for every version.
        expression: the licence, a canonical SPDX expression.
        reason: why.
        line: where the entry begins, 0 for nowhere.
    """

    module: str
    version: str
    expression: str
    reason: str
    line: int = 0

    def concerns(self, mod: ModuleVersion) -> bool:
        """Whether it is about a module version."""
        return mod.path == self.module and self.version in ("", mod.version)


class AuditIgnore(NamedTuple):
    """A vulnerability that somebody looked into.

    Attributes:
        id: its name in any database.
        module: the module path, "" for any.
        reason: why it does not count.
        expires: the last day on which it does not count, None for no end.
        line: where the entry begins, 0 for nowhere.
    """

    id: str
    module: str
    reason: str
    expires: date | None
    line: int = 0

    def concerns(self, names: Collection[str], path: str) -> bool:
        """Whether it is about a vulnerability with these names, in the module at a path."""
        return self.id in names and self.module in ("", path)


class ProjectPolicy(NamedTuple):
    """What a govgo.toml says; `file` is its name in reports, "" where there is none."""

    file: str = ""
    license_overrides: tuple[LicenseOverride, ...] = ()
    audit_ignores: tuple[AuditIgnore, ...] = ()
    check: CheckPolicy = CheckPolicy()


def parse_policy(file: str, data: bytes, running: str = "") -> ProjectPolicy:
    """Read a govgo.toml.

    Args:
        file: its name in errors.
        data: its bytes.
        running: the version of govgo, which `required-version` has to allow; "" for any.

    Raises:
        PolicyFileError: it is not TOML, wants another version of govgo, has a key that is not known, or a value that
            makes no sense.
    """

    if len(data) > MAX_BYTES:
        raise PolicyFileError(file, f"more than {MAX_BYTES} bytes")
    try:
        document = parse_toml(data)
    except (ValueError, RecursionError) as error:
        why = why_malformed(error)
        raise PolicyFileError(file, why, line_of_fault(why)) from None
    return _policy(_Table(file, "", document, KeyLines(data.decode())), running)


def _policy(table: _Table, running: str) -> ProjectPolicy:
    _check_version(table, running)  # another version may know other keys
    table.known("required-version", "check", "licenses", "audit")
    licenses, audit = table.table("licenses"), table.table("audit")
    licenses.known("override")
    audit.known("ignore")
    return ProjectPolicy(
        table.file,
        tuple(_override(each) for each in licenses.tables("override")),
        tuple(_ignore(each) for each in audit.tables("ignore")),
        _check(table.table("check"), is_stated="check" in table),
    )


class _Table:
    """A table of the file, and where it stands: the prefix of its keys in errors."""

    def __init__(self, file: str, prefix: str, entries: Mapping[str, object], lines: KeyLines) -> None:
        self.file = file
        self.line = lines.of(prefix.removesuffix("."))
        self._prefix = prefix
        self._entries = entries
        self._lines = lines

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def fail(self, key: str, text: str) -> NoReturn:
        """Raise PolicyFileError about a key."""
        name = f"{self._prefix}{one_line(key)}"
        raise PolicyFileError(self.file, _shown(f"{name}: {text}"), self._lines.of(name))

    def get(self, key: str) -> object:
        """The value of a key, None where it has none; a list or text has no more than some bounds allow."""
        value = self._entries.get(key)
        if isinstance(value, list) and len(value) > MAX_ENTRIES:
            self.fail(key, _too_many(value))
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, str) and len(each) > MAX_TEXT:
                self.fail(key, f"a text of {len(each):,} characters, and at most {MAX_TEXT:,} are read")
        return value

    def items(self) -> Iterator[tuple[str, object]]:
        """All keys with their values."""
        if len(self._entries) > MAX_ENTRIES:
            raise PolicyFileError(self.file, f"{self._prefix.removesuffix('.')}: {_too_many(self._entries)}", self.line)
        for key in self._entries:
            yield key, self.get(key)

    def known(self, *names: str) -> None:
        """Refuse other keys than these."""
        for key in self._entries:
            if key in names:
                continue
            bare = key.lower().replace("-", "").replace("_", "")
            variable = _NOT_HERE.get(bare) or _NOT_HERE.get(bare.removeprefix("go"))
            if variable is not None:
                self.fail(key, f"{_WHY_NOT}; it is set by {variable}")
            guess = guess_at(key, names)
            self.fail(key, f"unknown key{guess or ';'} keys are {', '.join(names)}")

    def text(self, key: str, *, optional: bool = False) -> str:
        """A text that is not empty; "" for one that is left out, if it may be."""
        value = self.get(key)
        if optional and key not in self._entries:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.fail(key, "want a text that is not empty")
        return value

    def flag(self, key: str) -> bool:
        """True or false, false where it is left out."""
        value = self._entries.get(key, False)
        if not isinstance(value, bool):
            self.fail(key, "want true or false")
        return value

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of texts, none of which is empty; None where it is left out."""
        if key not in self._entries:
            return None
        value = self.get(key)
        if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
            self.fail(key, "want a list of texts")
        return tuple(value)

    def table(self, key: str) -> _Table:
        """A table, empty where it is left out."""
        value = self._entries.get(key, {})
        if not isinstance(value, dict):
            self.fail(key, "want a table")
        return _Table(self.file, f"{self._prefix}{one_line(key)}.", value, self._lines)

    def tables(self, key: str) -> Iterator[_Table]:
        """The tables of a list, none where it is left out."""
        entries = self.get(key) if key in self._entries else []
        if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
            self.fail(key, "want a list of tables")
        for number, each in enumerate(entries):
            yield self.entry(key, number, each)

    def entry(self, key: str, number: int, value: Mapping[str, object]) -> _Table:
        """One table of a list."""
        return _Table(self.file, f"{self._prefix}{key}[{number}].", value, self._lines)

    def day(self, key: str) -> date | None:
        """A day, None where it is left out."""
        value = self._entries.get(key)
        if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
            self.fail(key, "want a day, such as 2027-01-31")
        return value

    def age(self, key: str) -> timedelta | None:
        """An age, None where it is left out."""
        text = self.text(key, optional=True)
        try:
            return parse_age(text) if text else None
        except InputError as error:
            self.fail(key, one_line(str(error)))


def _too_many(entries: Collection[object]) -> str:
    return f"{len(entries):,} entries, and at most {MAX_ENTRIES:,} are read"


def _shown(text: str) -> str:
    """`text`, which names what somebody wrote: a key or value may be as long as the file."""
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"


_LONGEST_TEXT = 1000
_WHY_NOT = (
    "may not stand here: where modules come from and whom to trust is not decided by a file of the repository, which "
    "every change may rewrite"
)
_NOT_HERE = {
    **dict.fromkeys(("proxy", "proxies", "proxyurl", "noproxy"), "GOPROXY and GONOPROXY"),
    **dict.fromkeys(("sumdb", "nosumdb", "nosumcheck", "key", "keys", "publickey", "verifierkey"), "GOSUMDB"),
    **dict.fromkeys(("private", "privatemodules", "insecure"), "GOPRIVATE, GONOSUMDB and GOINSECURE"),
    **dict.fromkeys(("cache", "cachedir", "cachepath", "modcache", "gopath"), "GOMODCACHE, GOPATH and XDG_CACHE_HOME"),
    **dict.fromkeys(("db", "database", "databases", "vulndb", "govgovulndb"), "GOVGO_VULNDB and -db"),
    **dict.fromkeys(("auth", "netrc", "token", "password", "credentials"), "GOAUTH and the netrc file"),
    **dict.fromkeys(("flags", "env", "environment", "vcs", "toolchain"), "the environment"),
}
"""Keys that somebody may look for here, without dashes and mostly without "go" before them, and what sets them."""


def guess_at(word: str, words: Collection[str]) -> str:
    """What was meant: "; did you mean check?", or "" where nothing is like it."""
    from govgo.core.closest import closest

    meant = closest(word, words)
    return f"; did you mean {meant}?" if meant else ""


def _check_version(table: _Table, running: str) -> None:
    text = table.text("required-version", optional=True)
    if not text:
        return
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        wanted = SpecifierSet(text)
    except InvalidSpecifier:
        table.fail("required-version", f"{one_line(text)!r} is none: want a version as in PEP 440, such as >=0.1,<1")
    if running and not wanted.contains(running, prereleases=True):
        table.fail("required-version", f"this is govgo {running}, and the file wants {one_line(text)}")


def _override(table: _Table) -> LicenseOverride:
    table.known("module", "version", "license", "reason")
    module, version = table.text("module"), table.text("version", optional=True)
    expression = _expression(table, "license", table.text("license"))
    return LicenseOverride(module, version, expression, table.text("reason"), table.line)


def _expression(table: _Table, key: str, text: str) -> str:
    expression = canonical(text)
    if not expression:
        table.fail(key, f"{one_line(text)}: no SPDX expression; others are LicenseRef-NAME")
    return expression


def _ignore(table: _Table) -> AuditIgnore:
    table.known("id", "module", "reason", "expires")
    module = table.text("module", optional=True)
    return AuditIgnore(table.text("id"), module, table.text("reason"), table.day("expires"), table.line)


def _check(table: _Table, *, is_stated: bool) -> CheckPolicy:
    """The table `[check]`."""
    table.known(
        *("verify", "tidy", "modules", "replacements", "no-pseudo-versions", "no-incompatible", "no-retracted"),
        *("no-deprecated", "min-age", "min-age-except", "licenses", "advisories", "majors", "go", "max-modules"),
        *("warn", "waivers"),
    )
    modules = table.table("modules")
    modules.known("allow", "deny")
    exceptions = table.texts("min-age-except") or ()
    for each in exceptions:
        _pattern(table, "min-age-except", each)
    if exceptions and "min-age" not in table:
        table.fail("min-age-except", "says nothing without min-age")
    return CheckPolicy(
        is_stated=is_stated,
        verify=_claims(table),
        tidy=table.flag("tidy"),
        allowed=_modules(modules, "allow"),
        denied=_modules(modules, "deny") or (),
        replacements=_replacements(table),
        no_pseudo_versions=_reach(table, "no-pseudo-versions"),
        no_incompatible=_reach(table, "no-incompatible"),
        no_retracted=_reach(table, "no-retracted"),
        no_deprecated=_reach(table, "no-deprecated"),
        min_age=table.age("min-age"),
        min_age_except=exceptions,
        max_modules=_max_modules(table),
        majors=_majors(table.table("majors")) if "majors" in table else None,
        go=_go_line(table.table("go")) if "go" in table else None,
        licenses=_licenses(table.table("licenses")) if "licenses" in table else None,
        advisories=_advisories(table),
        warned=frozenset(_rule(table, "warn", each) for each in table.texts("warn") or ()),
        waivers=tuple(_waiver(each) for each in table.tables("waivers")),
        line=table.line,
    )


def _claims(table: _Table) -> tuple[Claim, ...]:
    """What `verify` is to check: everything for true, or the claims that are named."""
    value = table.get("verify")
    if value is None or isinstance(value, bool):
        return USUAL_CLAIMS if value else ()
    if not isinstance(value, list) or not value:
        table.fail("verify", f"want true, or a list of {', '.join(Claim)}")
    for each in value:
        if each not in list(Claim):
            table.fail("verify", f"unknown claim {one_line(str(each))!r}; claims are {', '.join(Claim)}")
    return tuple(claim for claim in Claim if claim in value)


def _reach(table: _Table, key: str) -> Reach | None:
    value = table.get(key)
    if value is None or isinstance(value, bool):
        return Reach.ALL if value else None
    if value != Reach.DIRECT:
        table.fail(key, 'want true, false or "direct"')
    return Reach.DIRECT


def _max_modules(table: _Table) -> int | None:
    value = table.get("max-modules")
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        table.fail("max-modules", "want a number, 0 or more")
    return value


def _pattern(table: _Table, key: str, text: str) -> str:
    """A pattern of module paths; one that could match nothing is refused, since it would forbid nothing."""
    if "..." in text:
        table.fail(key, f"{one_line(text)}: want a pattern as in GOPRIVATE, which is for all paths below it, too")
    try:
        glob_match(text, "")
    except PatternError:
        table.fail(key, f"{one_line(text)}: syntax error in pattern")
    if not text.strip("/") or "," in text or text != text.strip():
        table.fail(key, f"{one_line(text)}: want one pattern as in GOPRIVATE")
    return text


def _versions(table: _Table, key: str) -> str:
    text = table.text(key, optional=True)
    match = VERSION_RANGE.fullmatch(text)
    if text and (match is None or not semver.is_valid(match[2])):
        table.fail(key, f"{one_line(text)}: want a version such as v1.2.3, or one side of it as in <v1.2.3")
    return text


def _modules(table: _Table, key: str) -> tuple[ModuleRule, ...] | None:
    """A list of modules: patterns, or tables with a pattern, versions and a reason."""
    if key not in table:
        return None
    value = table.get(key)
    if not isinstance(value, list):
        table.fail(key, "want a list of patterns or tables")
    found = []
    for number, each in enumerate(value):
        if isinstance(each, dict):
            entry = table.entry(key, number, each)
            entry.known("module", "versions", "reason")
            module = _pattern(entry, "module", entry.text("module"))
            found.append(ModuleRule(module, _versions(entry, "versions"), entry.text("reason", optional=True)))
        elif isinstance(each, str):
            found.append(ModuleRule(_pattern(table, key, each)))
        else:
            table.fail(key, "want a list of patterns or tables")
    return tuple(found)


def _replacements(table: _Table) -> Replacements | None:
    """ "none", "no-local", or the directives that are allowed."""
    value = table.get("replacements")
    if value is None:
        return None
    if value in ("none", "no-local"):
        return Replacements(allowed=() if value == "none" else None)
    if not isinstance(value, list):
        table.fail("replacements", 'want "none", "no-local", or a list such as ["q.io/x => q.io/fork"]')
    allowed = []
    for each in table.texts("replacements") or ():
        old, arrow, new = each.partition("=>")
        if not arrow:
            table.fail("replacements", f"{one_line(each)}: want OLD => NEW")
        allowed.append((_pattern(table, "replacements", old.strip()), _pattern(table, "replacements", new.strip())))
    return Replacements(allowed=tuple(allowed))


def _majors(table: _Table) -> Majors:
    table.known("newest", "allow")
    allow = table.table("allow")
    found = []
    for path, _ in allow.items():
        majors = allow.texts(path) or ()
        for each in majors:
            if semver.major(f"{each}.0.0") != each:
                allow.fail(path, f"{one_line(each)}: want major versions such as v2")
        found.append((path, frozenset(majors)))
    return Majors(table.flag("newest"), tuple(found))


def _go_line(table: _Table) -> GoLine:
    table.known("min", "max")
    for key in ("min", "max"):
        text = table.text(key, optional=True)
        if text and not goversion.is_valid(text):
            table.fail(key, f"{one_line(text)}: want a Go version such as 1.24")
    return GoLine(table.text("min", optional=True), table.text("max", optional=True))


def _licenses(table: _Table) -> LicenseRule:
    table.known("allow", "deny", "packages")
    if "allow" not in table and "deny" not in table:
        table.fail("allow", "want the licences that are allowed, or those that are denied (deny)")

    def names(key: str) -> frozenset[str] | None:
        given = table.texts(key)
        return None if given is None else frozenset(_license(table, key, each) for each in given)

    return LicenseRule(names("allow"), names("deny") or frozenset(), table.flag("packages"))


def _license(table: _Table, key: str, text: str) -> str:
    expression = _expression(table, key, text)
    if any(word in expression.split() for word in ("AND", "OR")):
        table.fail(key, f"{one_line(text)}: want each licence by itself; AND and OR are for the texts to say")
    return expression


def _advisories(table: _Table) -> AdvisoryRule | None:
    value = table.get("advisories")
    if value is None or isinstance(value, bool):
        return AdvisoryRule() if value else None
    entry = table.table("advisories")
    entry.known("packages", "max-db-age")
    return AdvisoryRule(entry.flag("packages"), entry.age("max-db-age"))


def _rule(table: _Table, key: str, text: str) -> str:
    if text not in RULES:
        table.fail(key, f"unknown rule {one_line(text)!r}{guess_at(text, RULES)}")
    return text


def _waiver(table: _Table) -> Waiver:
    table.known("rule", "module", "versions", "reason", "expires")
    module = table.text("module", optional=True)
    if "versions" in table and not module:
        table.fail("versions", "says nothing without module")
    return Waiver(
        _rule(table, "rule", table.text("rule")),
        _pattern(table, "module", module) if module else "",
        _versions(table, "versions"),
        table.text("reason"),
        table.day("expires"),
        table.line,
    )
