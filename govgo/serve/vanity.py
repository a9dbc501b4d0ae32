# SPDX-License-Identifier: BSD-3-Clause
"""Import paths that begin with the name of this server: where their code is, for go (`?go-get=1`) and for people.

    GET /x/sub?go-get=1 of the host corp.example, where [[vanity]] has the prefix corp.example/x

    <meta name="go-import" content="corp.example/x mod https://proxy.corp.example">
    <meta name="go-import" content="corp.example/x git https://git.corp.example/x">

go takes the tag with `mod`, where there is one, and others the first one that they know. Which path is meant say the
Host header and the path of the request; no other header counts. Everybody may ask, as nobody learns more than the
prefixes and their repositories.

Source: the Go Modules Reference, "Finding a repository for a module path".
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import parse_qsl

from govgo.core.vcs.coderepo import has_path_prefix
from govgo.serve.hooks.payload import Place, repository_name
from govgo.serve.http.routes import Call, Reply, Route
from govgo.serve.tables import Vanity

_FRESH_S = 300
_HEADERS = (
    (b"cache-control", b"public, max-age=%d" % _FRESH_S),
    (b"vary", b"host"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
)


class VanityRoute:
    """See the module's docstring."""

    def __init__(self, rules: Sequence[Vanity]) -> None:
        """`rules` are those of the settings; of two for one path the longer prefix counts."""
        self._rules = sorted(rules, key=lambda rule: -len(rule.prefix))
        self._paths = tuple(f"/{rule.prefix.partition('/')[2]}" for rule in rules if "/" in rule.prefix)

    def route(self) -> Route:
        """What the site is to know."""
        return Route(self._matches, self.answer, kind="vanity", is_open=True)

    def places(self, repository: str) -> tuple[Place, ...]:
        """The import paths of a repository, which is named as an import path would."""
        return tuple(
            Place(rule.prefix, rule.subdir)
            for rule in self._rules
            if rule.vcs != "mod" and repository_name(rule.repo).lower() == repository.lower()
        )

    def _matches(self, path: str, query: str) -> bool:
        if _is_go(query):
            return True
        return "/@" not in path and any(path == each or path.startswith(f"{each}/") for each in self._paths)

    async def answer(self, call: Call) -> Reply:
        """The page for a path."""
        host = call.headers.get(b"host", b"").decode("latin-1").lower()
        host = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        path = f"{host.rstrip('.')}{call.path}".rstrip("/")
        rule = next((each for each in self._rules if has_path_prefix(path, each.prefix)), None)
        if rule is None:
            return Reply(404, "text/plain; charset=utf-8", b"not found: no import path of this server\n", _HEADERS)
        return Reply(200, "text/html; charset=utf-8", page_of(rule, path).encode(), _HEADERS)


def page_of(rule: Vanity, path: str) -> str:
    """The page for an import path, as go reads it and as a browser shows it."""
    tags = [(rule.vcs, rule.repo, rule.subdir)]
    if rule.proxy:
        tags.insert(0, ("mod", rule.proxy, ""))
    metas = "".join(
        f'<meta name="go-import" content="{escape(" ".join(filter(None, (rule.prefix, *tag))))}">\n' for tag in tags
    )
    where = escape(rule.repo)
    if rule.repo.startswith(("https://", "http://")) and rule.vcs != "mod":
        where = f'<a href="{where}">{where}</a>'
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'{metas}<meta name="viewport" content="width=device-width">\n<title>{escape(path)}</title>\n</head>\n'
        f"<body>\n<h1>{escape(path)}</h1>\n<p>A Go import path.</p>\n<pre>go get {escape(path)}</pre>\n"
        f"<p>Its code: {where}</p>\n</body>\n</html>\n"
    )


def _is_go(query: str) -> bool:
    return "go-get" in query and ("go-get", "1") in parse_qsl(query)
