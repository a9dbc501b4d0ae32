# SPDX-License-Identifier: BSD-3-Clause
"""Outdated dependencies as one JSON document, `govgo.outdated/1` (schema: `schemas/govgo.outdated-1.json`).

Every dependency that was looked at is in it. Dates are asked for, and given, where there is something newer to say.
Fields are only ever added.
"""

from __future__ import annotations

from govgo.core.resolution.outdated import Audited, Dependency, Outdated, Release
from govgo.core.safetext import visible
from govgo.report.document import encode, fault_entries, heading, moment, place_members

SCHEMA = "govgo.outdated/1"


def json_report(run: Outdated) -> str:
    """The document, a newline at its end."""
    every = list(run.dependencies())
    faults = [fault for _, _, fault in run.all_faults()]
    document = {
        **heading(SCHEMA),
        "summary": {
            "dependencies": len(every),
            "outdated": sum(each.is_outdated for each in every),
            "retracted": sum(bool(each.retracted) for each in every),
            "deprecated": sum(bool(each.deprecated) for each in every),
            "later_majors": sum(bool(each.majors) for each in every),
            "errors": len(faults),
            "all": run.is_all,
            "time": moment(run.now),
            "as_of": moment(run.as_of),
            "min_age_s": None if run.min_age is None else int(run.min_age.total_seconds()),
        },
        "modules": [_module(module) for module in run.modules],
        "errors": fault_entries(faults),
    }
    return encode(document)


def _module(module: Audited) -> dict[str, object]:
    return {
        "kind": module.kind,
        "name": module.name,
        "directory": module.directory,
        "file": module.mod_file,
        "dependencies": [_dependency(each) for each in module.dependencies],
    }


def _dependency(each: Dependency) -> dict[str, object]:
    place = each.places[0] if each.places else None
    lag = each.lag
    return {
        "path": each.mod.path,
        "version": each.mod.version,
        "direct": each.is_direct,
        **place_members(place),
        "replaced_by": {"path": each.current.path, "version": each.current.version} if each.is_replaced else None,
        "outdated": each.is_outdated,
        "current": _release(each.current),
        "patch": _release(each.patch),
        "newest": _release(each.newest),
        "majors": [_release(release) for release in each.majors],
        "behind": {"releases": each.behind, "days": None if lag is None else lag.days},
        "retracted": [visible(reason) for reason in each.retracted],
        "deprecated": visible(each.deprecated),
        "too_young": _release(each.young),
        "error": None if each.fault is None else visible(each.fault.text),
    }


def _release(release: Release | None) -> dict[str, object] | None:
    if release is None:
        return None
    time, dated_by = moment(release.time), release.dated_by or None
    return {"path": release.path, "version": release.version, "time": time, "dated_by": dated_by}
