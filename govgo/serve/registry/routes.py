# SPDX-License-Identifier: BSD-3-Clause
"""The paths of the registry, and what they answer.

    /                        what this server is              /mod/PATH                  a module
    /search?q=&after=        modules                          /mod/PATH@VERSION          a version
    /static/NAME             the style sheet                  /mod/PATH/requiredby       who requires it

    /api/1/modules?q=&after=&limit=          /api/1/modules/PATH?skip=&limit=      /api/1/modules/PATH/requiredby
    /api/1/modules/PATH@VERSION                                                    /api/1/modules/PATH/importedby

A module whose own path ends in /requiredby or /importedby is found by PATH@latest.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qsl

from govgo.core.lazyregex import late
from govgo.core.module.paths import check_path
from govgo.core.registry.pages import Page, Standing
from govgo.errors import Failure, GovgoError, InputError, NotFoundError
from govgo.serve.http.routes import Call, Reply, Route
from govgo.serve.registry.registry import MOST_ROWS, Registry

API = "/api/1/"
_MODULES = "modules"
_STATIC = "/static/"
_MODULE = "/mod/"
_REQUIRED_BY, _IMPORTED_BY = "/requiredby", "/importedby"
_HTML = "text/html; charset=utf-8"
_JSON = "application/json"
_ROWS = 50
_LIST_ROWS = 100
_MAX_QUERY = 2000
_HOST = late(r"[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::[0-9]{1,5})?")
_FRESH = (b"cache-control", b"private, max-age=10")
_PAGE_HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
        b"frame-ancestors 'none'",
    ),
    (b"referrer-policy", b"same-origin"),
    _FRESH,
)


def registry_route(registry: Registry, *, tls: bool) -> Route:
    """The route of a registry; `tls` is whether this server speaks HTTPS itself."""
    answers = _Answers(registry, "https" if tls else "http")
    return Route(_matches, answers.answer, kind="registry")


def _matches(path: str, query: str) -> bool:
    return path in ("/", "/search", "/mod") or path.startswith((API, _STATIC, _MODULE))


class _Query:
    """The parameters of a request."""

    def __init__(self, text: str) -> None:
        """Raises InputError where there are too many."""
        if len(text) > _MAX_QUERY:
            raise InputError("the query is too long")
        try:
            pairs = parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="replace", max_num_fields=20)
        except ValueError:
            raise InputError("the query has too many parameters") from None
        self._values = dict(pairs)

    def text(self, name: str) -> str:
        """A parameter, "" for none."""
        return self._values.get(name, "")

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A number. Raises InputError where it is none, or out of bounds."""
        text = self._values.get(name, "")
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high):
            raise InputError(f"{name}: want a number from {low} to {high}")
        return int(text)


class _Answers:
    def __init__(self, registry: Registry, scheme: str) -> None:
        self._registry = registry
        self._scheme = scheme

    async def answer(self, call: Call) -> Reply:
        """The answer to a request."""
        if call.path.startswith(_STATIC):
            return _static(call.path.removeprefix(_STATIC))
        address = self._address(call)
        if call.path.startswith(API):
            return await self._document(call, address)
        return await self._page(call, address)

    def _address(self, call: Call) -> str:
        """The URL by which the client reaches this server, as far as its Host header can be one."""
        host = call.headers.get(b"host", b"").decode("latin-1")
        return f"{self._scheme}://{host}" if _HOST.fullmatch(host) else ""

    async def _page(self, call: Call, address: str) -> Reply:
        from govgo.report.registry.html import failure_page, page_html

        try:
            page = await self._value(call.path, _Query(call.query), address)
            return Reply(200, _HTML, page_html(page).encode("utf-8", "replace"), _PAGE_HEADERS)
        except Failure as error:
            standing: Standing = await self._registry.standing(address)
            body = failure_page(standing, error).encode("utf-8", "replace")
            return Reply(_status(error), _HTML, body, _PAGE_HEADERS)

    async def _value(self, path: str, query: _Query, address: str) -> Page:
        registry = self._registry
        if path == "/":
            return await registry.home(address)
        if path == "/search":
            return await registry.modules(address, query.text("q"), query.text("after"), _ROWS)
        rest = path.removeprefix(_MODULE)
        if rest.endswith(_REQUIRED_BY):
            named = _named(rest.removesuffix(_REQUIRED_BY))
            return await registry.requirers(address, named, query.text("after"), _LIST_ROWS)
        module, at, version = rest.partition("@")
        if at:
            return await registry.version(address, _named(module), version)
        return await registry.module(address, _named(module), query.number("skip", 0, 0, 10**6), _ROWS)

    async def _document(self, call: Call, address: str) -> Reply:
        from govgo.report.registry import json

        kind, ask = self._asked(call.path.removeprefix(API))
        try:
            page = await ask(_Query(call.query), address)
            return Reply(200, _JSON, json.page_document(page).encode("utf-8", "replace"), (_FRESH,))
        except Failure as error:
            body = json.failure_document(kind, error).encode("utf-8", "replace")
            return Reply(_status(error), _JSON, body, (_FRESH,))

    def _asked(self, rest: str) -> tuple[str, Callable[[_Query, str], Coroutine[Any, Any, Page]]]:
        """The kind of document that a path below the API names, and what makes it."""
        registry = self._registry

        async def modules(query: _Query, address: str) -> Page:
            limit = query.number("limit", _LIST_ROWS, 1, MOST_ROWS)
            return await registry.modules(address, query.text("q"), query.text("after"), limit)

        async def requirers(query: _Query, address: str) -> Page:
            limit = query.number("limit", _LIST_ROWS, 1, MOST_ROWS)
            path = _named(name.removesuffix(_REQUIRED_BY))
            return await registry.requirers(address, path, query.text("after"), limit)

        async def imports(query: _Query, address: str) -> Page:
            limit = query.number("limit", _LIST_ROWS, 1, MOST_ROWS)
            return await registry.imports(address, _named(name.removesuffix(_IMPORTED_BY)), limit)

        async def version(query: _Query, address: str) -> Page:
            module, _, which = name.partition("@")
            return await registry.version(address, _named(module), which)

        async def module(query: _Query, address: str) -> Page:
            limit = query.number("limit", _LIST_ROWS, 1, MOST_ROWS)
            return await registry.module(address, _named(name), query.number("skip", 0, 0, 10**6), limit)

        async def nothing(query: _Query, address: str) -> Page:
            raise NotFoundError("not found: documents are /api/1/modules, and below it PATH and PATH@VERSION")

        top, slash, name = rest.partition("/")
        if top != _MODULES:
            return "modules", nothing
        if not slash or not name:
            return "modules", modules
        if "@" in name:
            return "version", version
        if name.endswith(_REQUIRED_BY):
            return "requiredby", requirers
        if name.endswith(_IMPORTED_BY):
            return "importedby", imports
        return "module", module


def _named(path: str) -> str:
    """A module path. Raises NotFoundError where it can be none."""
    try:
        check_path(path)
    except InputError as error:
        raise NotFoundError(f"not found: {error}") from error
    return path


def _static(name: str) -> Reply:
    from govgo.report.registry.style import sheet, sheet_name

    if name != sheet_name():
        return Reply(404, "text/plain; charset=utf-8", b"not found\n", (_FRESH,))
    return Reply(200, "text/css; charset=utf-8", sheet(), ((b"cache-control", b"public, max-age=31536000, immutable"),))


def _status(error: GovgoError) -> int:
    if isinstance(error, NotFoundError):
        return 404
    return 400 if isinstance(error, InputError) else 503
