# SPDX-License-Identifier: BSD-3-Clause
"""What two mirrors do not share, and what became of the parts of one on its way."""

from __future__ import annotations

import os
from collections.abc import Sequence

from govgo.core.mirror.manifest import Manifest
from govgo.core.mirror.outcomes import Compared, Shipped
from govgo.core.module.moduleversion import sort_key
from govgo.core.safetext import one_line
from govgo.core.storage.keys import module_of_key
from govgo.report.document import encode, module_members, results_document
from govgo.report.mirror.verify import verify_document, verify_text
from govgo.report.style import PLAIN, Style
from govgo.report.words import amount, many

DIFF_SCHEMA = "govgo.mirror.diff/1"
EXPORT_SCHEMA = "govgo.mirror.export/1"
IMPORT_SCHEMA = "govgo.mirror.import/1"


def diff_text(run: Compared, style: Style = PLAIN) -> str:
    """A line for each module version that one of them alone has, then the files in numbers."""
    difference = run.difference
    lines: list[str] = []
    for mark, colour, keys in (("+", "green", difference.added), ("-", "red", difference.removed)):
        for mod in sorted({m for key in keys if (m := module_of_key(key)) is not None}, key=sort_key):
            lines.append(f" {style.paint(mark, colour)} {mod.path} {mod.version}")
    size = amount(_size(run.new, difference.needed))
    lines.append(
        f"{many(len(difference.added), 'file')} more, {len(difference.changed):,} changed ({size} to ship), "
        f"{len(difference.removed):,} fewer"
    )
    return "".join(f"{line}\n" for line in lines)


def diff_json(run: Compared) -> str:
    """The files, as a document."""
    difference = run.difference
    rows = (("added", difference.added), ("changed", difference.changed), ("removed", difference.removed))
    results = []
    for change, keys in rows:
        for key in keys:
            content = run.new.files.get(key) or run.old.files[key]
            mod = module_of_key(key)
            module = None if mod is None else module_members(mod)
            results.append({"change": change, "key": key, "bytes": content.size, "module": module})
    summary = {
        **{change: len(keys) for change, keys in rows},
        "bytes_to_ship": _size(run.new, difference.needed),
    }
    return results_document(DIFF_SCHEMA, summary, results)


def _size(manifest: Manifest, keys: Sequence[str]) -> int:
    return sum(manifest.files[key].size for key in keys)


def export_text(run: Shipped) -> str:
    """The file of each part, then what is in them."""
    lines = [one_line(name) for name, _ in run.parts]
    size = amount(sum(size for _, size in run.parts))
    lines.append(f"{many(len(run.files), 'file')} ({size}) in {many(len(run.parts), 'part')}")
    return "".join(f"{line}\n" for line in lines)


def export_json(run: Shipped) -> str:
    """The same as a document."""
    return results_document(EXPORT_SCHEMA, _summary(run), _parts(run))


def import_text(run: Shipped, style: Style = PLAIN) -> str:
    """What the check has found, and what was written."""
    checked = run.checked
    assert checked is not None
    if checked.findings:
        return verify_text(checked, style, is_import=True) + "nothing was written\n"
    size = amount(_size(run.manifest, run.files))
    return f"{verify_text(checked, style)}imported {many(len(run.files), 'file')} ({size})\n"


def import_json(run: Shipped) -> str:
    """The same as a document."""
    assert run.checked is not None
    document = verify_document(run.checked, IMPORT_SCHEMA)
    return encode({**document, "summary": {**document["summary"], **_summary(run)}})  # type: ignore[dict-item]


def _summary(run: Shipped) -> dict[str, object]:
    return {
        "parts": len(run.parts),
        "shipped_files": len(run.files),
        "shipped_bytes": _size(run.manifest, run.files),
    }


def _parts(run: Shipped) -> list[dict[str, object]]:
    return [{"file": os.path.basename(name), "bytes": size} for name, size in run.parts]
