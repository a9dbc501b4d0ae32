# SPDX-License-Identifier: BSD-3-Clause
"""Why packages or modules are needed (`go mod why`): a shortest chain of imports from the main module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from govgo.app.list.list import list_modules
from govgo.core.gosource.buildtags import any_tags
from govgo.core.records import NamedTuple
from govgo.errors import UsageError
from govgo.load.mainmodule.gowork import init_workfile
from govgo.load.packages.load import load_packages
from govgo.load.packages.loader import Loaded, PackageOpts
from govgo.load.session.policy import WHY

if TYPE_CHECKING:
    from govgo.load.session.session import Session


class Reason(NamedTuple):
    """Why one package or module is needed.

    Attributes:
        target: package or module path.
        chain: the packages from one of the main module to the target, each importing the next; () when it is not
            needed. A test stands as "path.test".
    """

    target: str
    chain: tuple[str, ...]


def why(session: Session, args: Sequence[str], *, modules: bool = False, vendor: bool = False) -> tuple[Reason, ...]:
    """A chain of imports for each package that `args` match, or for each module with `modules`.

    Args:
        session: the command.
        args: package patterns, or module paths and patterns.
        modules: `-m`.
        vendor: `-vendor`: leave the tests of dependencies out.

    Raises:
        UsageError: a version query in place of a module path.
        GovgoError: the modules or packages cannot be loaded.
    """
    session.policy = WHY
    init_workfile(session)
    opts = PackageOpts(
        tags=any_tags(),
        load_tests=not vendor,
        silence_package_errors=True,
        use_vendor_all=vendor,
        follow_std=True,
    )
    if modules:
        return _module_reasons(session, opts, args)
    matches = load_packages(session, opts, args).matches
    targets = [path for match in matches for path in match.packages or ()]
    # The graph again, from the main module now and not from the packages asked for.
    loaded = load_packages(session, opts, ["all"]).loaded
    return tuple(_reason(loaded, path, path) for path in targets)


def _module_reasons(session: Session, opts: PackageOpts, args: Sequence[str]) -> tuple[Reason, ...]:
    for arg in args:
        if "@" in arg:
            raise UsageError(f"{arg}: 'go mod why' requires a module path, not a version query")
    listing = list_modules(session, args)
    if listing.error is not None:
        raise listing.error
    _, packages, loaded = load_packages(session, opts, ["all"])
    nearest: dict[str, tuple[int, str]] = {}
    for path in packages:
        pkg = loaded.lookup(path)
        if pkg is not None and pkg.mod.path:
            depth = len(pkg.chain())
            known = nearest.get(pkg.mod.path)
            if known is None or depth < known[0]:
                nearest[pkg.mod.path] = (depth, path)
    return tuple(_reason(loaded, info.path, nearest.get(info.path, (0, ""))[1]) for info in listing.modules)


def _reason(loaded: Loaded, target: str, package: str) -> Reason:
    """The chain to `package`, which stands for `target`."""
    pkg = loaded.lookup(package)
    return Reason(target, () if pkg is None else tuple(pkg.why().splitlines()))
