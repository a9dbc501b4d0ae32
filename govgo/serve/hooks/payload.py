# SPDX-License-Identifier: BSD-3-Clause
"""What a web hook says: who has signed it, which repository has changed, and which module versions that may be.

    GitHub          X-GitHub-Event: push, create, release     X-Hub-Signature-256: sha256=HEX of the body
    Gitea, Forgejo  X-Gitea-Event: push, create, release      X-Gitea-Signature: HEX of the body
    GitLab          X-Gitlab-Event: Push Hook, Tag Push Hook  X-Gitlab-Token: the secret
    anybody else    {"module":"corp.example/x","version":"v1.2.3"}    X-Govgo-Signature: sha256=HEX of the body

A payload has URLs; none is ever asked. Host and path of the repository are the name of a module, as for `go get`, or
lead to one by `[[vanity]]`. What is then asked, and where, say the settings of the server alone.

Sources: docs.github.com, "Webhook events and payloads", "Validating webhook deliveries"; docs.gitlab.com, "Webhook
events"; docs.gitea.com, "Webhooks".
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import INCOMPATIBLE, canonical_version, check, check_path
from govgo.core.records import NamedTuple
from govgo.core.version import semver
from govgo.errors import Failure, InputError

TAGS = "refs/tags/"
_ZERO = "0" * 40

Headers = Mapping[bytes, bytes]


class Change(NamedTuple):
    """What has changed.

    Attributes:
        name: of the repository: host and path, as an import path has them; or of a module, where `is_module`.
        ref: "refs/tags/v1.2.3", "refs/heads/main"; "" where nothing is known.
        is_module: `name` is a module path, and the tag its version.
    """

    name: str
    ref: str = ""
    is_module: bool = False

    @property
    def tag(self) -> str:
        """The tag, "" for a branch."""
        return self.ref.removeprefix(TAGS) if self.ref.startswith(TAGS) else ""


class Place(NamedTuple):
    """Another import path of a repository: `root` is its directory `subdir`, "" for its own root."""

    root: str
    subdir: str = ""


def is_signed(headers: Headers, body: bytes, secret: bytes) -> bool:
    """Whether somebody who knows the secret has sent this; compared in constant time."""
    digest = hmac.new(secret, body, hashlib.sha256).hexdigest().encode()
    for name in (b"x-hub-signature-256", b"x-gitea-signature", b"x-govgo-signature"):
        told = headers.get(name)
        if told is not None and hmac.compare_digest(told.removeprefix(b"sha256="), digest):
            return True
    token = headers.get(b"x-gitlab-token")
    return token is not None and hmac.compare_digest(token, secret)


def parse_change(headers: Headers, body: bytes) -> Change | None:
    """What a payload says; None for one that says nothing about versions, such as a ping.

    Raises:
        InputError: it cannot be understood.
    """
    try:
        document = json.loads(body)
        if not isinstance(document, dict):
            raise InputError("the payload is no JSON object")
        for name in (b"x-gitea-event", b"x-github-event"):  # Gitea sends both
            if name in headers:
                return _forge_change(headers[name].decode("latin-1"), document)
        if b"x-gitlab-event" in headers:
            return _gitlab_change(document)
        module, version = document["module"], document.get("version", "")
        if not isinstance(module, str) or not isinstance(version, str):
            raise InputError("module and version are not strings")
        return Change(module, f"{TAGS}{version}" if version else "", is_module=True)
    except KeyError as error:
        raise InputError(f"the payload has no {error.args[0]}") from None
    except (ValueError, RecursionError):
        raise InputError("the payload is no JSON, or a URL in it is none") from None
    except (TypeError, AttributeError):
        raise InputError("a field of the payload has a value of another kind") from None


def _forge_change(event: str, document: Mapping[str, Any]) -> Change | None:
    if event not in ("push", "create", "release"):
        return None
    if document.get("deleted") is True:
        return None
    if event == "release":
        ref = f"{TAGS}{document['release']['tag_name']}"
    elif event == "create":
        ref = f"{'refs/heads/' if document['ref_type'] == 'branch' else TAGS}{document['ref'].removeprefix(TAGS)}"
    else:
        ref = document["ref"]
    if document.get("after") == _ZERO:
        return None
    return Change(repository_name(document["repository"]["html_url"]), str(ref))


def _gitlab_change(document: Mapping[str, Any]) -> Change | None:
    if document.get("object_kind") not in ("push", "tag_push") or document.get("after") == _ZERO:
        return None
    return Change(repository_name(document["project"]["web_url"]), str(document["ref"]))


def repository_name(url: str) -> str:
    """Host and path of a repository's URL, as an import path has them: no port, no ".git", no login."""
    parts = urlsplit(url)
    return f"{parts.hostname or ''}{parts.path.rstrip('/').removesuffix('.git')}"


def modules_of(change: Change, places: Iterable[Place] = ()) -> tuple[ModuleVersion, ...]:
    """The module versions that a tag may be; with "" for a version where a branch may concern them all.

    A tag `sub/v2.1.0` is a version of the module in the directory `sub`, whose path ends with `/v2`, or of one that
    was none at that time (+incompatible, in the root alone).

    Args:
        change: what has changed.
        places: other import paths of the repository.
    """
    if change.is_module:
        return _sound([ModuleVersion(change.name, change.tag)])
    directory, _, version = change.tag.rpartition("/")
    if not change.tag or canonical_version(version) != version:
        return _sound([ModuleVersion(place.root, "") for place in (Place(change.name), *places)])
    found = []
    for place in (Place(change.name), *places):
        if directory != place.subdir and not directory.startswith(f"{place.subdir}/" if place.subdir else ""):
            continue
        rest = directory.removeprefix(place.subdir).strip("/")
        path = f"{place.root}/{rest}" if rest else place.root
        major = semver.major(version)
        if major in ("v0", "v1"):
            found.append(ModuleVersion(path, version))
        else:
            found.append(ModuleVersion(f"{path}/{major}", version))
            if not directory:
                found.append(ModuleVersion(path, version + INCOMPATIBLE))
    return _sound(found)


def _sound(mods: Iterable[ModuleVersion]) -> tuple[ModuleVersion, ...]:
    """Those that can exist."""
    return tuple(mod for mod in mods if _can_exist(mod))


def _can_exist(mod: ModuleVersion) -> bool:
    try:
        check_path(mod.path)
        if mod.version:
            check(*mod)
    except Failure:
        return False
    return canonical_version(mod.version) == mod.version
