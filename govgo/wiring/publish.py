# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `publish`: a version as a zip, of a git tag, of a directory, or as it is, and a server.

The zip of a tag is made as `direct` would make it, so its hash is the one that everybody gets who makes it again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import closing
from typing import BinaryIO

from govgo.adapters.disk.diskerror import absolute, disk_error
from govgo.adapters.disk.temporary import new_directory, new_file
from govgo.adapters.http.engine import Timeouts
from govgo.adapters.http.send import Posted, Poster, Uploader
from govgo.adapters.modzip.directory import create_zip_from_dir
from govgo.adapters.modzip.examine import examine
from govgo.adapters.vcs.git import Git
from govgo.adapters.vcs.gitrepo import GitRepo
from govgo.adapters.vcs.gitshow import checkout_around
from govgo.adapters.vcs.gitsource import GitSource
from govgo.core.goenv import GoEnv
from govgo.core.golib.url import segment_escape
from govgo.core.gosum.dirhash import hash_gomod
from govgo.core.modfile import module_path
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import canonical_version, check, split_path_version
from govgo.core.modzip.bounds import MAX_GO_MOD
from govgo.core.records import NamedTuple
from govgo.core.safetext import visible
from govgo.core.storage.keys import file_key
from govgo.core.storage.published import AlreadyPublishedError
from govgo.core.vcs.coderepo import locate
from govgo.core.version.pseudo import is_pseudo
from govgo.errors import BadZipError, NetworkError, NotFoundError, UnavailableError, UsageError

TAG, DIRECTORY, ZIP = "tag", "directory", "zip"
_ENOUGH_S = 60.0


class Sent(NamedTuple):
    """A version that was published, or would be.

    Attributes:
        mod: the version.
        source: what its zip was made of: TAG, DIRECTORY or ZIP.
        size: of the zip, in bytes.
        h1, gomod_h1: of the zip and of its go.mod.
        url: of the server, without a password.
        status: "published", "present" where the same was there before, or "planned".
    """

    mod: ModuleVersion
    source: str
    size: int
    h1: str
    gomod_h1: str
    url: str
    status: str


def run_publish(
    env: GoEnv, version: str, where: str, url: str, timeouts: Timeouts, *, worktree: bool, dry_run: bool
) -> Sent:
    """Publish a version.

    Args:
        env: go's settings; the token is GOVGO_PUBLISH_TOKEN.
        version: canonical.
        where: the directory of a module, or a module zip.
        url: of the server.
        timeouts: how long it may take.
        worktree: take the files of the directory as they are, whatever git says.
        dry_run: make the zip, ask the server what it has, and send nothing.

    Raises:
        UsageError: an argument makes no sense.
        UnpublishableError, BadZipError: the files are not a version of the module.
        NotFoundError: there is no such tag.
        AlreadyPublishedError: the version was published before with other bytes.
        NetworkError: the server refuses, or does not answer.
    """
    uploader = Uploader(
        Poster(env.network, timeouts), url, env.process.get("GOVGO_PUBLISH_TOKEN", ""), env.network.netrc
    )
    with new_directory("govgo-publish-") as staging:
        mod, source, path = _zip(env, version, absolute(where), staging, worktree=worktree)
        found = examine(path, mod)
        size = os.stat(path).st_size
        key = segment_escape(f"publish/{file_key(mod, 'zip')}")
        sent = Sent(mod, source, size, found.h1, hash_gomod(found.gomod), uploader.shown, "planned")
        before = _judged(uploader.get(key), mod, uploader.shown)
        if before is not None:
            if before.get("sum") != found.h1:
                raise AlreadyPublishedError(f"{mod} is published already, with other bytes ({before.get('sum')})")
            return sent._replace(status="present")
        if dry_run:
            return sent
        if _judged(uploader.put(key, path), mod, uploader.shown) is None:
            raise NotFoundError(f"{uploader.shown}: no server that versions can be published on")
    return sent._replace(status="published")


def _judged(answer: Posted, mod: ModuleVersion, shown: str) -> Mapping[str, object] | None:
    """What the server has as a version; None for nothing.

    Raises:
        AlreadyPublishedError, NetworkError, UnavailableError: see `run_publish`.
    """
    text = visible(answer.body.decode("utf-8", "replace")).strip()[:1000]
    if answer.status in (200, 201):
        try:
            document = json.loads(answer.body)
        except (ValueError, RecursionError):
            document = None
        if isinstance(document, dict) and document.get("module") == mod.path:
            return document
        raise UnavailableError(f"{shown}: no server that versions can be published on")
    if answer.status == 404 and text.endswith("is not published"):
        return None
    if answer.status == 409:
        raise AlreadyPublishedError(text)
    raise NetworkError(f"publishing {mod} at {shown}: {answer.status}: {text}", url=shown, status=answer.status)


def _zip(env: GoEnv, version: str, where: str, staging: str, *, worktree: bool) -> tuple[ModuleVersion, str, str]:
    """The version, what its zip was made of, and the file."""
    if canonical_version(version) != version:
        raise UsageError(f"{version}: want a version such as v1.2.3")
    if not os.path.isdir(where):
        return _of_zip(where, version)
    try:
        with open(os.path.join(where, "go.mod"), "rb") as file:
            path = module_path(file.read(MAX_GO_MOD))
    except OSError as error:
        raise disk_error("open", os.path.join(where, "go.mod"), error) from error
    mod = ModuleVersion(path, version)
    check(*mod)
    with new_file(staging) as (target, opened):
        root = "" if worktree else checkout_around(where)
        if root:
            _zip_tag(env, mod, root, where, opened)
            return mod, TAG, target
        create_zip_from_dir(opened, mod, where)
        return mod, DIRECTORY, target


def _of_zip(where: str, version: str) -> tuple[ModuleVersion, str, str]:
    """A zip names its module in the names of its files: MODULE@VERSION/…"""
    from govgo.adapters.modzip.read import Rules, open_archive

    try:
        with open_archive(where, Rules.STRICT) as archive:
            first = archive.entries[0].name if archive.entries else ""
    except BadZipError as error:
        raise BadZipError(f"{where}: {error}", inner=error) from error
    path, mark, _ = first.partition(f"@{version}/")
    if not mark:
        raise UsageError(f"{where}: no module zip of a version {version}")
    check(path, version)
    return ModuleVersion(path, version), ZIP, where


def _zip_tag(env: GoEnv, mod: ModuleVersion, root: str, directory: str, target: BinaryIO) -> None:
    """The zip of the files under the tag of a version."""
    prefix, suffix, _ = split_path_version(mod.path)
    inside = os.path.relpath(os.path.realpath(directory), root)
    inside = "" if inside == "." else inside
    major = suffix.lstrip("/.")
    if major and (inside == major or inside.endswith(f"/{major}")):  # a directory for a major version
        inside = inside[: -len(major)].rstrip("/")
    with (
        new_directory("govgo-publish-") as cache,
        closing(Git(env.process, timeout_s=_ENOUGH_S)) as git,
    ):
        repo = GitRepo(git, f"file://{root}", cache, lambda url: False)
        module = locate(mod.path, prefix, inside)
        tag = module.tag_prefix + mod.version
        if not is_pseudo(mod.version) and tag not in (name for name, _ in repo.tags(tag)[0]):
            hint = f"`git tag {tag}` makes it, and -worktree takes the files as they are"
            raise NotFoundError(f"{root} has no tag {tag}: {hint}")
        GitSource(module, repo, env.go_version, None).zip(mod.version, target)
