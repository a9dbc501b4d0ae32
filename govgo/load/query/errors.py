# SPDX-License-Identifier: BSD-3-Clause
"""Why a query about a package or module pattern has no answer."""

from __future__ import annotations

from govgo.core.golib.quote import quote
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import QueryError


class WildcardInFirstElementError(QueryError):
    """A pattern such as `a...` with a wildcard in its first path element, so that no module can be asked about."""

    code = "wildcard-first-element"

    def __init__(self, pattern: str, query: str) -> None:
        super().__init__(f"no modules to query for {pattern}@{query} because first path element contains a wildcard")
        self.pattern = pattern
        self.query = query


class PackageNotInModuleError(QueryError):
    """A module answers the query, but holds no package that matches the pattern.

    Not a NotFoundError: the source did answer, so no other one is asked.

    Attributes:
        mod: the module version looked at; empty when only main modules were.
        replacement: what replaces it.
        import_path: the pattern, when it is one import path; "" for a wildcard.
    """

    code = "package-not-in-module"

    def __init__(
        self,
        *,
        mod: ModuleVersion | None = None,
        replacement: ModuleVersion | None = None,
        query: str,
        pattern: str,
        main_modules: tuple[ModuleVersion, ...] = (),
    ) -> None:
        mod = mod or ModuleVersion("", "")
        what = f"packages matching {pattern}" if "..." in pattern else f"package {pattern}"
        if len(main_modules) == 1:
            text = f"main module ({main_modules[0]}) does not contain {what}"
        elif main_modules:
            text = f"workspace modules do not contain {what}"
        else:
            found = _found(mod, replacement, query)
            text = f"module {mod.path}@{query} found{found}, but does not contain {what}"
        super().__init__(text)
        self.main_modules = main_modules
        self.mod = mod
        self.replacement = replacement
        self.query = query
        self.pattern = pattern
        self.import_path = "" if "..." in pattern else pattern


def _found(mod: ModuleVersion, replacement: ModuleVersion | None, query: str) -> str:
    facts = [mod.version] if query != mod.version else []
    if replacement is not None:
        facts.append(f"replaced by {replacement}")
    return f" ({', '.join(facts)})" if facts else ""


class QueryMatchesMainModulesError(QueryError):
    """A version is asked of a main module, which has none."""

    code = "query-matches-main-modules"

    def __init__(
        self,
        *,
        main_modules: tuple[ModuleVersion, ...] = (),
        pattern: str,
        query: str,
        pattern_is_module: bool,
    ) -> None:
        if pattern_is_module:
            text = f"can't request version {quote(query)} of the main module ({pattern})"
        else:
            plural = "s" if len(main_modules) > 1 else ""
            names = ", ".join(main.path for main in main_modules)
            text = (
                f"can't request version {quote(query)} of pattern {quote(pattern)} "
                f"that includes the main module{plural} ({names})"
            )
        super().__init__(text)
        self.main_modules = main_modules
        self.pattern = pattern
        self.query = query
        self.pattern_is_module = pattern_is_module


class QueryUpgradesAllError(QueryError):
    """A version is asked of the pattern `all`, which includes the main modules: reported before go.mod is read."""

    code = "query-upgrades-all"

    def __init__(self, query: str) -> None:
        super().__init__(f'can\'t request version {quote(query)} of pattern "all" that includes the main modules')
        self.query = query


class QueryMatchesPackagesInMainModuleError(QueryError):
    """A version is asked of packages that lie in a main module."""

    code = "query-matches-main-packages"

    def __init__(self, *, pattern: str, query: str, packages: tuple[str, ...]) -> None:
        if len(packages) > 1:
            text = f"pattern {pattern} matches {len(packages)} packages in the main module"
        elif "..." in pattern or pattern in ("std", "cmd", "tool", "work", "all"):
            text = f"pattern {pattern} matches package {packages[0]} in the main module"
        else:
            text = f"package {packages[0]} is in the main module"
        super().__init__(f"{text}, so can't request version {query}")
        self.pattern = pattern
        self.query = query
        self.packages = packages
