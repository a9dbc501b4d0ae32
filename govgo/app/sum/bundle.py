# SPDX-License-Identifier: BSD-3-Clause
"""Write a proof bundle of go.sum, and prove go.sum by one (docs/design/proof-bundle.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from govgo.app.sum.database import BundleDatabase
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.sumdb.bundle import format_bundle, parse_bundle, prove_bundle
from govgo.core.sumdb.gosumdb import database_of
from govgo.core.sumdb.note import parse_verifier
from govgo.core.sumdb.tlog import Tree
from govgo.errors import GovgoError
from govgo.load.mainmodule.read import read_as
from govgo.ports.sumdb import BundleSource

if TYPE_CHECKING:
    from govgo.load.session.session import Session


class WrittenBundle(NamedTuple):
    """What `write_bundle` wrote.

    Attributes:
        tree: the tree that everything is proved in.
        records: how many records the bundle has.
        size_bytes: of the file.
        left_out: module versions of which nothing could be proved, and why; private ones are not among them.
    """

    tree: Tree
    records: int
    size_bytes: int
    left_out: Mapping[ModuleVersion, GovgoError]


def write_bundle(session: Session, database: BundleSource, file: str, mods: Iterable[ModuleVersion]) -> WrittenBundle:
    """Prove module versions and write a bundle that proves them again.

    What the database does not cover, or cannot prove, is left out.

    Args:
        session: the command.
        database: where proofs come from.
        file: absolute path of the bundle.
        mods: keys of go.sum; "/go.mod" at the end of a version makes no difference.

    Raises:
        ForkError, BadSignatureError: the database misbehaves.
        IntegrityError, UnavailableError: the tiles for the proof cannot be obtained.
        DiskError: the file cannot be written.
    """
    wanted = dict.fromkeys(mod for mod in mods if database.covers(mod.path))
    found = database.lookup_many(wanted)
    proved = [mod for mod in wanted if not isinstance(found[mod], GovgoError)]
    left_out = {mod: answer for mod in wanted if isinstance(answer := found[mod], GovgoError)}
    bundle = database.bundle(proved)
    data = format_bundle(bundle)
    # The bundle is checked before it is written, as its reader will check it.
    head = prove_bundle(parse_bundle(data), parse_verifier(database_of(session.settings.env).key)).head
    session.files.write(file, data)
    return WrittenBundle(head.tree, len(bundle.records), len(data), left_out)


def prove_from_bundle(session: Session, file: str) -> BundleDatabase:
    """Read a bundle and prove it by the key that GOSUMDB names, without network.

    Args:
        session: the command.
        file: absolute path of the bundle.

    Returns:
        The bundle as a database; ask it for the keys of go.sum.

    Raises:
        SumDbFormatError: the file is not a bundle.
        BadSignatureError: the key did not sign it.
        IntegrityError: its proof fails.
        DiskError: it cannot be read.
        UsageError: GOSUMDB names no key.
    """
    data = read_as(session, file)
    verifier = parse_verifier(database_of(session.settings.env).key)
    return BundleDatabase(verifier.name, prove_bundle(parse_bundle(data), verifier), session.settings.env.uses_sumdb)
