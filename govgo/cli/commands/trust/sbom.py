# SPDX-License-Identifier: BSD-3-Clause
"""`govgo sbom`: bills of materials."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from govgo.cli.options import argument, command, module_options, offline_option, option
from govgo.cli.outputs import Reports, fault_of, output_options
from govgo.cli.session import environment, network_options, open_session
from govgo.core.findings import worst
from govgo.core.lazyregex import late
from govgo.core.sbom.sbom import Sboms, only_document
from govgo.core.typehints import TYPE_CHECKING, Any
from govgo.errors import UsageError

if TYPE_CHECKING:
    from govgo.report.style import Style


@command(own=True, usage="[flags] [./... | directories | binaries]")
@option("-packages", "packages", is_flag=True, help="Tell what the build and what its tests need; needs the sources.")
@option("-licenses", "licenses", is_flag=True, help="Tell the licence of each module, by the texts in its zip.")
@option("-advisories", "advisories", is_flag=True, help="Tell known vulnerabilities, as audit finds them.")
@option("-db", "databases", multiple=True, metavar="SOURCE", help="Ask SOURCE for advisories, as audit does.")
@option("-reproducible", "reproducible", is_flag=True, help="No time and no serial number: the same bytes each time.")
@offline_option
@output_options
@module_options
@argument("where")
def sbom(where: tuple[str, ...], **flags: Any) -> int:
    """Write a bill of materials: the exact build list, who requires whom, and what is proved of each module.

    The edges are those of govgo graph -selected. A module has its h1 hash from go.sum or from its zip in the module
    cache, the SHA-256 of that zip, and the record that proves it if the checksum database was asked before. A replaced
    module is shown as its replacement. The main module has the state of its git repository; the files that -o names
    do not count as changes. For a Go binary the document has the modules in it.

    Each document is about one module, workspace or binary. With several, name a directory for them: -o cyclonedx:DIR/

    \b
    govgo sbom                                         as a table
    govgo sbom --format cyclonedx > app.cdx.json       CycloneDX 1.6; cyclonedx1.7 for 1.7
    govgo sbom --reproducible -o spdx:app.spdx.json    SPDX 2.3
    govgo sbom --packages --licenses --advisories -o cyclonedx:app.cdx.json
    govgo sbom ./... -o cyclonedx:sboms/               one document for each module
    govgo sbom bin/tool -o spdx:tool.spdx.json         of a Go binary

    CycloneDX and licences need: pip install 'govgo[audit]'

    Formats: text, json, cyclonedx, cyclonedx1.7, spdx.

    Exit codes: 0 written, 3 something could not be looked at, 4 a contradiction.
    """
    with Reports(flags, FORMATS, partial(_failed, flags), split=_split) as reports:
        if flags["databases"] and not flags["advisories"]:
            raise UsageError("-db names databases of advisories: add -advisories")
        session = open_session(flags, announce=False, offline=flags["offline"], fails_soon=True)
        from govgo.wiring.sbom import SbomOptions, run_sbom

        databases: tuple[str, ...] = ()
        if flags["advisories"]:
            databases = tuple(flags["databases"] or environment().advisory_databases())
        options = SbomOptions(
            packages=flags["packages"],
            licenses=flags["licenses"],
            databases=databases,
            timeless=flags["reproducible"],
            offline=flags["offline"],
            ignored=reports.files,
        )
        run = run_sbom(session, where, options, network_options(flags, fails_soon=True))
        reports.tell(run)
    reports.tell_faults(run.faults)
    return reports.exit_code(worst(run.faults))


def _failed(flags: Mapping[str, Any], error: BaseException) -> Sboms:
    """A run in which nothing could be looked at."""
    from datetime import UTC, datetime

    return Sboms((), (fault_of(error),), None if flags["reproducible"] else datetime.now(UTC))


_SUFFIXES = {"text": "txt", "json": "json", "cyclonedx": "cdx.json", "cyclonedx1.7": "cdx.json", "spdx": "spdx.json"}
_NOT_IN_A_NAME = late(r"[^A-Za-z0-9.-]+")


def _split(form: str, run: Sboms) -> Iterator[tuple[str, Sboms]]:
    """Each document alone, and the name of its file."""
    taken: set[str] = set()
    for document in run.documents:
        plain = name = _NOT_IN_A_NAME.sub("_", document.name).strip("._") or "main"
        number = 1
        while name in taken:
            number += 1
            name = f"{plain}_{number}"
        taken.add(name)
        yield f"{name}.{_SUFFIXES[form]}", run._replace(documents=(document,))


def _text(run: Sboms, style: Style) -> str:
    from govgo.report.sbom.text import sbom_text

    return sbom_text(run, style)


def _json(run: Sboms, _: Style) -> str:
    from govgo.report.sbom.json import sbom_json

    return sbom_json(run)


def _cyclonedx(version: str, run: Sboms, _: Style) -> str:
    from govgo.report.sbom.cyclonedx import cyclonedx_json

    return cyclonedx_json(run, only_document(run), version)


def _spdx(run: Sboms, _: Style) -> str:
    from govgo.report.sbom.spdx import spdx_json

    return spdx_json(run, only_document(run))


FORMATS: Mapping[str, Callable[[Sboms, Style], str]] = {
    "text": _text,
    "json": _json,
    "cyclonedx": partial(_cyclonedx, "1.6"),
    "cyclonedx1.7": partial(_cyclonedx, "1.7"),
    "spdx": _spdx,
}
