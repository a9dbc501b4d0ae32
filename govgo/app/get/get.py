# SPDX-License-Identifier: BSD-3-Clause
"""`get`: add, upgrade, downgrade and remove requirements."""

from __future__ import annotations

from collections.abc import Sequence

from govgo.app.get.argument import parse_arguments
from govgo.app.get.candidates import Resolver
from govgo.app.get.check import check_packages
from govgo.app.get.choose import apply_upgrades, check_wildcards, resolve_candidates
from govgo.core.module.moduleversion import ModuleVersion, compare_versions, is_toolchain
from govgo.core.records import NamedTuple
from govgo.core.version.goversion import EXPLICIT_INDIRECT_VERSION
from govgo.core.version.goversion import compare as compare_go
from govgo.errors import Failure, UsageError
from govgo.load.buildlist.requirements import in_force
from govgo.load.mainmodule.gowork import find_go_work, read_work_file, update_work_go_version, write_work_file
from govgo.load.mainmodule.load import has_mod_root, load_mod_file
from govgo.load.mainmodule.write import WriteOptions, commit_requirements
from govgo.load.packages.imports import META_PACKAGES
from govgo.load.packages.load import load_packages
from govgo.load.packages.loader import PackageOpts
from govgo.load.session.policy import GET
from govgo.load.session.session import Session

_NO_MODULE = (
    "go.mod file not found in current directory or any parent directory.\n"
    "\t'go get' is no longer supported outside a module.\n"
    "\tTo build and install a command, use 'go install' with a version,\n"
    "\tlike 'go install example.com/cmd@latest'\n"
    "\tFor more information, see https://golang.org/doc/go-get-install-deprecation\n"
    "\tor run 'go help get' or 'go help install'."
)


class GetOptions(NamedTuple):
    """The flags of get: -u ("", "upgrade" or "patch"), -t and -tool."""

    upgrade: str = ""
    load_tests: bool = False
    tool: bool = False


class Change(NamedTuple):
    """One changed requirement; "" or "none" stands for absence."""

    path: str
    old: str
    new: str

    @property
    def verb(self) -> str:
        """go's word for the change: added, removed, upgraded or downgraded."""
        if not self.old:
            return "added"
        if self.new in ("", "none"):
            return "removed"
        return "upgraded" if compare_versions(self.path, self.new, self.old) > 0 else "downgraded"

    def __str__(self) -> str:
        if self.verb == "added":
            return f"added {self.path} {self.new}"
        if self.verb == "removed":
            return f"removed {self.path} {self.old}"
        return f"{self.verb} {self.path} {self.old} => {self.new}"

    @property
    def note(self) -> str:
        """A remark about the change, or ""."""
        limit = EXPLICIT_INDIRECT_VERSION
        if self.path != "go" or not compare_go(self.old, limit) < 0 <= compare_go(self.new, limit):
            return ""
        return f"\tnote: expanded dependencies to upgrade to go {limit} or higher; run 'go mod tidy' to clean up"


class GetResult(NamedTuple):
    """What get changed, `go` and `toolchain` first, then by path; the module paths that the arguments asked for."""

    changes: tuple[Change, ...]
    requested: tuple[str, ...] = ()


def get(session: Session, arguments: Sequence[str], options: GetOptions) -> GetResult:
    """Resolve the arguments to module versions, select these, and write go.mod and go.sum.

    Raises:
        ReportedError: arguments that cannot be satisfied, each of which was reported; nothing was written.
        GovgoError: the module, the sources or the checksum database refuse; nothing was written.
    """
    session.policy = GET
    if not has_mod_root(session):
        raise UsageError(_NO_MODULE)
    queries, drop_toolchain = parse_arguments(session, arguments, options.upgrade)
    session.policy = GET._replace(loads_found=len(queries) == 1 and not options.upgrade)
    load_mod_file(session)
    resolver = Resolver(session, queries, upgrade=options.upgrade, load_tests=options.load_tests)
    resolver.start()
    _converge(resolver)
    check_wildcards(resolver)
    check_packages(resolver, [query.pattern for query in queries if query.matches_packages])
    add_tools, drop_tools = _tools(resolver, options) if options.tool else ((), ())
    if session.settings.horizon is not None:
        from govgo.load.buildlist.ages import check_ages

        rs = in_force(session)
        assert rs is not None
        check_ages(session, rs)
    before = _requirements(session)
    commit_requirements(
        session,
        WriteOptions(
            drop_toolchain=drop_toolchain,
            explicit_toolchain=any(query.pattern == "toolchain" for query in queries),
            add_tools=add_tools,
            drop_tools=drop_tools,
        ),
        resolver.loaded,
    )
    changes = _changes(resolver, before, _requirements(session))
    _update_work(session)
    return GetResult(changes, tuple(resolver.resolved))


def _converge(resolver: Resolver) -> None:
    """Find candidates, choose among them and load packages until the build list does not change any more."""
    while True:
        resolver.refresh()
        if resolve_candidates(resolver, resolver.queries):
            continue
        if apply_upgrades(resolver, resolver.upgrades()):
            continue
        resolver.find_missing_wildcards()
        if not resolve_candidates(resolver, resolver.wildcard_queries):
            return


def _tools(resolver: Resolver, options: GetOptions) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tool lines to add and to drop."""
    queries = resolver.queries
    for query in queries:
        if query.pattern in META_PACKAGES or query.pattern == "toolchain":
            raise UsageError(f'go get -tool does not work with "{query.pattern}".')
    opts = PackageOpts(load_tests=options.load_tests, allow_errors=True, silence_no_go_errors=True)
    matches, _, resolver.loaded = load_packages(resolver.session, opts, [query.pattern for query in queries])
    add: list[str] = []
    drop: list[str] = []
    for query, match in zip(queries, matches, strict=False):
        (drop if query.version == "none" else add).extend(match.packages or ())
    return tuple(add), tuple(drop)


def _requirements(session: Session) -> tuple[ModuleVersion, ...]:
    """What go.mod requires, its go and toolchain lines included."""
    file = session.main.mod_file(session.main.single())
    assert file is not None
    found = [line.mod for line in file.require]
    if file.go is not None:
        found.append(ModuleVersion("go", file.go.version))
    if file.toolchain is not None:
        found.append(ModuleVersion("toolchain", file.toolchain.name))
    return tuple(found)


def _changes(resolver: Resolver, before: Sequence[ModuleVersion], after: Sequence[ModuleVersion]) -> tuple[Change, ...]:
    """The changes of modules that arguments name, and of requirements in go.mod; other changes are not reported."""
    found: dict[str, Change] = {}
    for path, (version, _) in resolver.resolved.items():
        old = resolver.initial.get(path, "")
        if not is_toolchain(path) and old != version and (old or version != "none"):
            found[path] = Change(path, old, version)
    for mv in before:
        new = resolver.current.get(mv.path, "")
        if not is_toolchain(mv.path) and mv.version != new:
            found[mv.path] = Change(mv.path, mv.version, new)
    for mv in after:
        old = resolver.initial.get(mv.path, "")
        if not is_toolchain(mv.path) and mv.version != old:
            found[mv.path] = Change(mv.path, old, mv.version)
    for name in ("go", "toolchain"):
        old, new = (next((mv.version for mv in mods if mv.path == name), "") for mods in (before, after))
        if old != new:
            found[name] = Change(name, old, new)
    first = {"go": 0, "toolchain": 1}
    return tuple(sorted(found.values(), key=lambda change: (first.get(change.path, 2), change.path)))


def _update_work(session: Session) -> None:
    """Raise the go line of the workspace that uses this module to that of the module."""
    path = find_go_work(session)
    if not path:
        return
    try:
        work = read_work_file(session, path)
    except Failure:
        return
    if update_work_go_version(work, session.main.go_version()):
        write_work_file(session, path, work)
