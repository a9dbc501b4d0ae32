# SPDX-License-Identifier: BSD-3-Clause
"""A comparison as one JSON document, `govgo.diff/1` (schema: `schemas/govgo.diff-1.json`).

Fields are only ever added.
"""

from __future__ import annotations

from govgo.core.resolution.compare import Change, Comparison, ModuleChange, Selected, SideName, TargetChanges
from govgo.core.resolution.review import SourceDiff
from govgo.core.safetext import visible
from govgo.report.document import encode, fault_entries, heading, module_members, place_members

SCHEMA = "govgo.diff/1"


def json_report(run: Comparison) -> str:
    """The document, a newline at its end."""
    document = {
        **heading(SCHEMA),
        "summary": {
            "different": run.is_different,
            "modules": len(run.targets),
            **{change.value: sum(target.count(change) for target in run.targets) for change in Change},
            "errors": len(run.findings),
            "offline": run.offline,
            "time": run.now.isoformat(timespec="seconds"),
        },
        "old": _side(run.old),
        "new": _side(run.new),
        "results": [_target(run, target) for target in run.targets],
        "sources": [_source(source) for source in run.sources],
        "notes": list(run.notes),
        "errors": fault_entries(run.findings),
    }
    return encode(document)


def _side(side: SideName) -> dict[str, object]:
    return {"kind": side.kind, "name": side.name, "commit": side.commit or None}


def _target(run: Comparison, target: TargetChanges) -> dict[str, object]:
    states = {(True, True): "both", (False, True): "new", (True, False): "old"}
    return {
        "kind": target.kind,
        "path": target.path,
        "directory": target.directory,
        "in": states[target.is_old, target.is_new],
        "build_list": {"old": target.sizes[0], "new": target.sizes[1]},
        "modules": [_change(run, each) for each in target.modules],
        "files": [{"file": f.file, "removed": list(f.removed), "added": list(f.added)} for f in target.files],
    }


def _change(run: Comparison, each: ModuleChange) -> dict[str, object]:
    return {
        "change": each.change.value,
        "path": each.path,
        "old": None if each.old is None else _selected(run, each.old),
        "new": None if each.new is None else _selected(run, each.new),
    }


def _selected(run: Comparison, side: Selected) -> dict[str, object]:
    facts = run.facts.get(side.source) if side.source is not None else None
    return {
        "version": side.mod.version,
        "replacement": None if side.replacement is None else module_members(side.replacement),
        "direct": side.is_direct,
        "decided_by": [{**module_members(each.source), **place_members(each.place)} for each in side.deciding],
        "asked": None if side.asked is None else place_members(side.asked),
        "time": None if facts is None or facts.time is None else facts.time.isoformat(),
        "retracted": None if facts is None else facts.is_retracted,
        "retractions": [] if facts is None else [visible(reason) for reason in facts.retracted],
        "deprecated": "" if facts is None else visible(facts.deprecated),
        "unknown": "" if facts is None else visible(facts.unknown),
        "license": None if facts is None else facts.license,
    }


def _source(source: SourceDiff) -> dict[str, object]:
    sides = zip(("old", "new"), (source.old, source.new), source.hashes, strict=True)
    return {
        "path": source.path,
        **{name: None if mod is None else {**module_members(mod), "hash": digest} for name, mod, digest in sides},
        "notable": [
            {"kind": each.sort.value, "detail": each.detail, "files": list(each.files), "test": each.is_test}
            for each in source.notable
        ],
        "files": [
            {"file": each.name, "change": each.change, "note": each.note, "diff": each.text} for each in source.files
        ],
    }
