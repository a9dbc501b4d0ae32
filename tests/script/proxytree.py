# SPDX-License-Identifier: BSD-3-Clause
"""A file:// proxy made from text archives, one module version each (`testdata/mod/PATH_VERSION.txt`).

The archive's comment may hold `.info` and `.mod` files under these names; other files go into the zip.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from tests.script.engine import parse_archive


def escaped(text: str) -> str:
    """The case-escaped form of a module path or version (Go Modules Reference, "Module proxies")."""
    return re.sub(r"[A-Z]", lambda found: "!" + found[0].lower(), text)


def add_version(root: Path, path: str, version: str, files: dict[str, str], *, listed: bool = True) -> None:
    """Write one module version into the proxy tree at `root`."""
    versions = root / escaped(path) / "@v"
    versions.mkdir(parents=True, exist_ok=True)
    files = dict(files)
    info = files.pop(".info", f'{{"Version":"{version}","Time":"2020-01-02T03:04:05Z"}}\n')
    mod = files.pop(".mod", files.get("go.mod", f"module {path}\n"))
    name = escaped(version)
    (versions / f"{name}.info").write_text(info)
    (versions / f"{name}.mod").write_text(mod)
    with zipfile.ZipFile(versions / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file, text in files.items():
            archive.writestr(zipfile.ZipInfo(f"{path}@{version}/{file}", (1980, 1, 1, 0, 0, 0)), text)
    if listed:
        with (versions / "list").open("a") as listing:
            listing.write(version + "\n")
    elif not (versions / "list").exists():
        (versions / "list").touch()


def build(source: Path, root: Path) -> str:
    """Make the proxy of all archives in `source`; returns its URL."""
    for archive_file in sorted(source.glob("*.txt")):
        archive = parse_archive(archive_file.read_text())
        path, version = archive.comment.split()[0].rsplit("@", 1)
        pseudo = re.search(r"\d{14}-[0-9a-f]{12}$", version) is not None
        add_version(root, path, version, dict(archive.files), listed=not pseudo)
    return root.as_uri()
