# SPDX-License-Identifier: BSD-3-Clause
"""Where the repository, or the proxy, of a module path is: the path itself says so, or the meta tags of its server.

    example.org/a/b.git/c        a path with a qualifier: the repository example.org/a/b.git
    github.com/a/b/c             a host that is known: github.com/a/b
    example.org/x                any other: GET https://example.org/x?go-get=1, whose page holds
                                 <meta name="go-import" content="example.org/x git https://git.example.org/x">

Source: the Go Modules Reference, "Finding a repository for a module path"; cmd/go/internal/vcs
(RepoRootForImportPath), with its texts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from govgo.adapters.attribution import prefixed
from govgo.adapters.loop.memo import Memo
from govgo.core.goenv import GoEnv
from govgo.core.golib import url as gourl
from govgo.core.golib.quote import quote
from govgo.core.records import NamedTuple
from govgo.core.vcs.govcs import check_govcs
from govgo.core.vcs.metatags import MOD, MetaImport, NoMetaTagError, match_meta_import, parse_meta_imports
from govgo.core.vcs.repopath import SYSTEMS, RepoName, late_static_repo, static_repo
from govgo.errors import Failure, InputError, LookupDisabledError, NetworkError, NotFoundError

if TYPE_CHECKING:
    from govgo.adapters.http.client import Page

MAX_PAGE_BYTES = 1 << 20
"""How much of a page is searched for meta tags, in bytes; go sets no limit."""
# The schemes of git repositories, in the order in which go tries them for one whose path names none; and those of them
# that are safe. A stranger's tag may name no other: git would run a program for it (git-remote-SCHEME).
_GIT_SCHEMES = ("git", "https", "http", "git+ssh", "ssh")
_SECURE_SCHEMES = frozenset({"https", "git+ssh", "ssh"})


class RepoRoot(NamedTuple):
    """A repository, or a proxy (`vcs` is "mod").

    Attributes:
        root: the import path of the repository's root, or of the directory `subdir` in it.
        vcs: the version control system, as its command is called.
        repo: the URL.
        subdir: the directory in the repository that holds what `root` names, "" for its root.
    """

    root: str
    vcs: str
    repo: str
    subdir: str = ""


class Pages(Protocol):
    """Fetches pages (`HttpClient.page`)."""

    async def page(self, url: str, limit_bytes: int) -> Page: ...


class Discovery:
    """Finds repositories. Each page is fetched only once."""

    def __init__(
        self,
        env: GoEnv,
        pages: Callable[[bool], Pages],
        ping: Callable[[str], Awaitable[bool]],
    ) -> None:
        """Nothing is asked yet.

        Args:
            env: go's settings: GOINSECURE, GOVCS, GOPRIVATE.
            pages: the client for pages; for True, one that accepts any certificate and redirect (GOINSECURE).
            ping: whether git finds a repository at a URL.
        """
        self._env = env
        self._pages = pages
        self._ping = ping
        self._fetched: Memo[tuple[str, bool], Page] = Memo()

    async def find(self, path: str) -> RepoRoot:
        """The repository or proxy of a module path.

        Raises:
            LookupDisabledError: it needs a version control system other than git.
            NotFoundError: there is none, or what there is cannot be used.
        """
        insecure = self._env.is_insecure(path)
        try:
            return await self._find(path, insecure)
        except LookupDisabledError:
            raise
        except Failure as err:
            # A host whose paths stand for a system other than git where its pages have no meta tags.
            late = late_static_repo(path)
            if late is not None:
                check_govcs(self._env, late.vcs, late.root)
                raise _unsupported(path, late.vcs) from err
            raise NotFoundError(str(err), inner=err, hint=err.hint) from err

    async def _find(self, path: str, insecure: bool) -> RepoRoot:
        known = static_repo(path)
        if known is not None:
            check_govcs(self._env, known.vcs, known.root)
            if known.vcs != "git":
                raise _unsupported(path, known.vcs)
            return RepoRoot(known.root, known.vcs, await self._url(known, insecure))
        try:
            return await self._ask(path, insecure)
        except LookupDisabledError:
            raise
        except Failure as err:
            raise prefixed(err, f"unrecognized import path {quote(path)}: ") from err

    async def _url(self, name: RepoName, insecure: bool) -> str:
        """The URL of a repository; where the path names no scheme, the first at which git finds one."""
        if name.has_scheme:
            return name.repo
        secure = self._allowed_schemes() or _SECURE_SCHEMES
        for scheme in _GIT_SCHEMES:
            if (insecure or scheme in secure) and await self._ping(f"{scheme}://{name.repo}"):
                return f"{scheme}://{name.repo}"
        raise NotFoundError(
            f"no {'' if insecure else 'secure '}protocol found for repository",
            hint=f"git could not read a repository there: `git ls-remote https://{name.repo}` says why",
        )

    def _allowed_schemes(self) -> frozenset[str]:
        """Those that GIT_ALLOW_PROTOCOL names, which git obeys, too; empty where it does not say."""
        allowed = self._env.process.get("GIT_ALLOW_PROTOCOL", "")
        return frozenset(allowed.split(":")) if allowed else frozenset()

    async def _ask(self, path: str, insecure: bool) -> RepoRoot:
        """The repository that the page of `path` names, confirmed by the page of the prefix that it names."""
        where = _page_url(path)
        try:
            page = await self._page(path, insecure)
        except Failure as err:
            raise prefixed(err, "http/https fetch: " if insecure else "https fetch: ") from err
        tags = _tags(page, path)
        try:
            tag = match_meta_import(tags, path)
        except NoMetaTagError as err:
            raise NotFoundError(f"parse {page.url}: no go-import meta tags ({err})") from err
        except InputError as err:
            raise prefixed(err, f"parse {where}: ") from err
        if tag.prefix != path:
            await self._verify(tag, path, page.url, insecure)
        return self._root(tag, path, page.url)

    async def _verify(self, tag: MetaImport, path: str, shown: str, insecure: bool) -> None:
        """Check that the page of a tag's prefix has the same tag.

        Otherwise whoever writes the page of example.org/~me could redirect all of example.org.
        """
        try:
            page = await self._page(tag.prefix, insecure)
        except Failure as err:
            raise prefixed(err, f"fetching {tag.prefix}: ") from err
        tags = _tags(page, page.url)
        if not tags:
            raise NotFoundError(f"fetching {tag.prefix}: no go-import meta tag found in {page.url}")
        try:
            agrees = match_meta_import(tags, path) == tag
        except InputError:
            agrees = False
        if not agrees:
            where = _page_url(tag.prefix)
            raise NotFoundError(f"{shown} and {where} disagree about go-import for {tag.prefix}")

    def _root(self, tag: MetaImport, path: str, shown: str) -> RepoRoot:
        fault = {"/": "leading slash", "-": "leading hyphen"}.get(tag.subdir[:1])
        if fault:
            raise InputError(f"{shown}: invalid subdirectory {quote(tag.subdir)}: {fault}")
        try:
            scheme = gourl.parse(tag.repo_root).scheme
        except Failure as err:
            raise prefixed(err, f"{shown}: invalid repo root {quote(gourl.mask(tag.repo_root))}: ") from err
        fault = "file scheme disallowed" if scheme == "file" else "" if scheme else "no scheme"
        if not fault and tag.vcs == "git" and scheme not in (self._allowed_schemes() or _GIT_SCHEMES):
            fault = f"{scheme} scheme disallowed"
        if fault:
            raise InputError(f"{shown}: invalid repo root {quote(gourl.mask(tag.repo_root))}: {fault}")
        if tag.vcs != MOD:
            if tag.vcs not in SYSTEMS:
                raise InputError(f"{shown}: unknown vcs {quote(tag.vcs)}")
            check_govcs(self._env, tag.vcs, tag.prefix)
            if tag.vcs != "git":
                raise _unsupported(path, tag.vcs)
        return RepoRoot(tag.prefix, tag.vcs, tag.repo_root, tag.subdir)

    async def _page(self, path: str, insecure: bool) -> Page:
        """The page for an import path: over https, or over http where that fails and GOINSECURE allows it."""
        return await self._fetched.get((path, insecure), lambda: self._fetch(path, insecure))

    async def _fetch(self, path: str, insecure: bool) -> Page:
        if "." not in path.partition("/")[0]:
            raise InputError("import path does not begin with hostname")
        url = _page_url(path)
        try:
            return await self._pages(insecure).page("https:" + url, MAX_PAGE_BYTES)
        except NetworkError:
            if not insecure:
                raise
        return await self._pages(False).page("http:" + url, MAX_PAGE_BYTES)


def _page_url(path: str) -> str:
    """`//HOST/PATH?go-get=1`."""
    host, _, rest = path.partition("/")
    return str(gourl.parse(f"//{host}")._replace(path="/" + rest, query="go-get=1"))


def _tags(page: Page, name: str) -> list[MetaImport]:
    """The meta tags of a page; without any, a bad status or unreadable text is an error."""
    try:
        tags = parse_meta_imports(page.body)
    except InputError as err:
        raise page.error or prefixed(err, f"parsing {name}: ") from err
    if not tags and page.error is not None:
        raise page.error
    return tags


def _unsupported(path: str, vcs: str) -> LookupDisabledError:
    return LookupDisabledError(
        f"module {path}: version control system {vcs} is not supported; only git is",
        hint="set GOPROXY to a proxy that knows this module, or let the go command fetch it into this GOMODCACHE",
    )
