# SPDX-License-Identifier: BSD-3-Clause
"""What web hooks say: signatures, payloads as the documents of the hosts show them, and what a tag may be."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import InputError
from govgo.serve.hooks.payload import (
    Change,
    Place,
    is_signed,
    modules_of,
    parse_change,
    repository_name,
)

SECRET = b"It's a Secret to Everybody"


def test_the_vector_of_github() -> None:
    """docs.github.com, "Validating webhook deliveries": testing the webhook payload validation."""
    told = b"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert is_signed({b"x-hub-signature-256": told}, b"Hello, World!", SECRET)
    assert not is_signed({b"x-hub-signature-256": told}, b"Hello, World?", SECRET)
    assert not is_signed({b"x-hub-signature-256": told}, b"Hello, World!", b"another secret")


BODY = b"{}"
RIGHT = hmac.new(SECRET, BODY, hashlib.sha256).hexdigest().encode()


@pytest.mark.parametrize(
    ("headers", "signed"),
    [
        ({b"x-gitea-signature": RIGHT}, True),
        ({b"x-govgo-signature": b"sha256=" + RIGHT}, True),
        ({b"x-gitlab-token": SECRET}, True),
        ({b"x-gitlab-token": SECRET + b" "}, False),
        ({b"x-gitlab-token": b""}, False),
        ({b"x-gitea-signature": RIGHT.upper()}, False),
        ({b"x-gitea-signature": RIGHT[:-1]}, False),
        ({b"x-hub-signature-256": b"sha256="}, False),
        ({b"x-hub-signature": b"sha1=" + hmac.new(SECRET, BODY, "sha1").hexdigest().encode()}, False),
        ({b"x-hub-signature-256": b"\xff"}, False),
        ({}, False),
    ],
)
def test_signatures(headers: dict[bytes, bytes], signed: bool) -> None:
    assert is_signed(headers, BODY, SECRET) is signed


GITHUB = {"html_url": "https://github.com/Codertocat/Hello-World", "clone_url": "https://github.com/x/y.git"}
GITEA = {"html_url": "http://gitea.example:3000/gitea/webhooks", "clone_url": "http://gitea.example:3000/x.git"}
GITLAB = {"web_url": "http://gitlab.example/jsmith/example", "git_http_url": "http://gitlab.example/jsmith/example.git"}


@pytest.mark.parametrize(
    ("event", "document", "want"),
    [
        (
            b"x-github-event: push",
            {"ref": "refs/tags/v1.2.3", "before": "0" * 40, "after": "a" * 40, "deleted": False, "repository": GITHUB},
            Change("github.com/Codertocat/Hello-World", "refs/tags/v1.2.3"),
        ),
        (
            b"x-github-event: push",
            {"ref": "refs/heads/main", "after": "a" * 40, "repository": GITHUB},
            Change("github.com/Codertocat/Hello-World", "refs/heads/main"),
        ),
        (
            b"x-github-event: push",
            {"ref": "refs/tags/v1", "after": "0" * 40, "deleted": True, "repository": GITHUB},
            None,
        ),
        (b"x-github-event: push", {"ref": "refs/tags/v1.0.0", "after": "0" * 40, "repository": GITHUB}, None),
        (
            b"x-github-event: create",
            {"ref": "v1.2.3", "ref_type": "tag", "repository": GITHUB},
            Change("github.com/Codertocat/Hello-World", "refs/tags/v1.2.3"),
        ),
        (
            b"x-github-event: create",
            {"ref": "main", "ref_type": "branch", "repository": GITHUB},
            Change("github.com/Codertocat/Hello-World", "refs/heads/main"),
        ),
        (
            b"x-github-event: release",
            {"action": "published", "release": {"tag_name": "v2.0.0"}, "repository": GITHUB},
            Change("github.com/Codertocat/Hello-World", "refs/tags/v2.0.0"),
        ),
        (b"x-github-event: ping", {"zen": "Keep it logically awesome.", "hook_id": 1}, None),
        (b"x-github-event: star", {"action": "created"}, None),
        (
            b"x-gitea-event: push",
            {"ref": "refs/tags/v0.1.0", "before": "0" * 40, "after": "b" * 40, "repository": GITEA},
            Change("gitea.example/gitea/webhooks", "refs/tags/v0.1.0"),
        ),
        (
            b"x-gitlab-event: Tag Push Hook",
            {"object_kind": "tag_push", "ref": "refs/tags/v1.0.0", "after": "c" * 40, "project": GITLAB},
            Change("gitlab.example/jsmith/example", "refs/tags/v1.0.0"),
        ),
        (
            b"x-gitlab-event: Tag Push Hook",
            {"object_kind": "tag_push", "ref": "refs/tags/v1.0.0", "after": "0" * 40, "project": GITLAB},
            None,
        ),
        (b"x-gitlab-event: Issue Hook", {"object_kind": "issue", "project": GITLAB}, None),
        (b"", {"module": "corp.example/x", "version": "v1.0.0"}, Change("corp.example/x", "refs/tags/v1.0.0", True)),
        (b"", {"module": "corp.example/x"}, Change("corp.example/x", "", True)),
    ],
)
def test_payloads(event: bytes, document: dict[str, Any], want: Change | None) -> None:
    name, _, value = event.partition(b": ")
    assert parse_change({name: value} if name else {}, json.dumps(document).encode()) == want


@pytest.mark.parametrize(
    ("event", "body", "text"),
    [
        (b"", b"", "is no JSON"),
        (b"", b"[]", "is no JSON object"),
        (b"", b"{}", "has no module$"),
        (b"", b'{"module":1}', "are not strings"),
        (b"", b'{"module":"x","version":[]}', "are not strings"),
        (b"", b"\xff", "is no JSON"),
        (b"", b"[" * 100_000, "is no JSON"),
        (b"push", b"{}", "has no ref$"),
        (b"push", b'{"ref":"refs/tags/v1.0.0"}', "has no repository$"),
        (b"push", b'{"ref":"refs/tags/v1.0.0","repository":{"clone_url":"https://x.io/y"}}', "has no html_url$"),
        (b"push", b'{"ref":"refs/tags/v1.0.0","repository":{"html_url":7}}', "a value of another kind"),
        (b"push", b'{"ref":"refs/tags/v1.0.0","repository":{"html_url":"http://[x"}}', "a URL in it is none"),
        (
            b"create",
            b'{"ref":7,"ref_type":"tag","repository":{"html_url":"https://x.io/y"}}',
            "a value of another kind",
        ),
        (b"release", b'{"release":{},"repository":{}}', "has no tag_name$"),
    ],
)
def test_payloads_that_are_none(event: bytes, body: bytes, text: str) -> None:
    with pytest.raises(InputError, match=text):
        parse_change({b"x-github-event": event} if event else {}, body)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/corp/lib", "github.com/corp/lib"),
        ("https://me:secret@git.example:8443/corp/lib.git/", "git.example/corp/lib"),
        ("ssh://git@git.example/corp/lib.git", "git.example/corp/lib"),
    ],
)
def test_names_of_repositories(url: str, name: str) -> None:
    assert repository_name(url) == name


R = "github.com/corp/lib"


@pytest.mark.parametrize(
    ("change", "places", "want"),
    [
        (Change(R, "refs/tags/v1.2.3"), [], [(R, "v1.2.3")]),
        (Change(R, "refs/tags/v0.1.0-rc.1"), [], [(R, "v0.1.0-rc.1")]),
        (Change(R, "refs/tags/v2.0.0"), [], [(f"{R}/v2", "v2.0.0"), (R, "v2.0.0+incompatible")]),
        (Change(R, "refs/tags/sub/dir/v1.0.0"), [], [(f"{R}/sub/dir", "v1.0.0")]),
        (Change(R, "refs/tags/sub/v3.0.1"), [], [(f"{R}/sub/v3", "v3.0.1")]),
        (Change(R, "refs/tags/release-1"), [], [(R, "")]),
        (Change(R, "refs/tags/v1"), [], [(R, "")]),
        (Change(R, "refs/heads/main"), [], [(R, "")]),
        (Change(R, "refs/heads/main"), [Place("corp.example/lib")], [(R, ""), ("corp.example/lib", "")]),
        (
            Change(R, "refs/tags/sub/v1.0.0"),
            [Place("corp.example/lib")],
            [(f"{R}/sub", "v1.0.0"), ("corp.example/lib/sub", "v1.0.0")],
        ),
        (
            Change(R, "refs/tags/go/v1.0.0"),
            [Place("corp.example/lib", "go")],
            [(f"{R}/go", "v1.0.0"), ("corp.example/lib", "v1.0.0")],
        ),
        (Change(R, "refs/tags/gone/v1.0.0"), [Place("corp.example/lib", "go")], [(f"{R}/gone", "v1.0.0")]),
        (Change("corp.example/x", "refs/tags/v1.0.0", True), [], [("corp.example/x", "v1.0.0")]),
        (Change("corp.example/x", "refs/tags/v2.0.0", True), [], []),
        (Change("corp.example/x", "", True), [], [("corp.example/x", "")]),
        (Change("localhost/x", "refs/tags/v1.0.0"), [], []),
        (Change("../../etc", "refs/tags/v1.0.0"), [], []),
        (Change("x.io/a b", "refs/heads/main"), [], []),
    ],
)
def test_what_a_tag_may_be(change: Change, places: list[Place], want: list[tuple[str, str]]) -> None:
    assert modules_of(change, places) == tuple(ModuleVersion(*each) for each in want)
