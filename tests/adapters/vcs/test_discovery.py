# SPDX-License-Identifier: BSD-3-Clause
"""Finding repositories and proxies by import path. Texts as go 1.26.8 has them (cmd/go/internal/vcs)."""

from __future__ import annotations

import asyncio

import pytest

from govgo.adapters.http.client import Page
from govgo.adapters.vcs.discovery import Discovery, RepoRoot
from govgo.core.goenv import GoEnv
from govgo.errors import GovgoError, LookupDisabledError, NetworkError, NotFoundError, is_not_found

TAG = '<meta name="go-import" content="{}">'.format


class Pages:
    """A web of pages by URL; other URLs cannot be reached, and what begins with "cut" breaks off.

    Repositories are where `repos` says.
    """

    def __init__(self, pages: dict[str, str], repos: tuple[str, ...] = ()) -> None:
        self.pages = pages
        self.repos = repos
        self.asked: list[str] = []
        self.insecure: list[bool] = []

    def client(self, insecure: bool) -> Pages:
        self.insecure.append(insecure)
        return self

    async def page(self, url: str, limit_bytes: int) -> Page:
        self.asked.append(url)
        text = self.pages.get(url)
        if text is None:
            raise NetworkError(f'Get "{url}": dial tcp: no route')
        if text.startswith("404"):
            return Page(url, text[3:].encode(), NotFoundError(f"reading {url}: 404 Not Found"))
        if text.startswith("cut"):
            return Page(url, text[3:].encode(), NetworkError(f'read "{url}": unexpected EOF'))
        return Page(url, text.encode()[:limit_bytes])

    async def ping(self, url: str) -> bool:
        self.asked.append(url)
        return url in self.repos


def find(web: Pages, path: str, **settings: str) -> RepoRoot:
    async def run() -> RepoRoot:
        env = GoEnv(
            goinsecure=settings.get("goinsecure", ""),
            govcs=settings.get("govcs", "*:all"),
            goprivate=settings.get("goprivate", ""),
            process={"GIT_ALLOW_PROTOCOL": settings.get("protocols", "")},
        )
        return await Discovery(env, web.client, web.ping).find(path)

    return asyncio.run(run())


def refusal(web: Pages, path: str, **settings: str) -> GovgoError:
    with pytest.raises(GovgoError) as caught:
        find(web, path, **settings)
    return caught.value


M = "https://q.io/m?go-get=1"
SUB = "https://q.io/m/sub?go-get=1"


def test_hosts_that_are_known_are_not_asked() -> None:
    web = Pages({})
    assert find(web, "github.com/a/b/c/v2") == RepoRoot("github.com/a/b", "git", "https://github.com/a/b")
    assert web.asked == []


@pytest.mark.parametrize(
    ("settings", "repos", "url", "asked"),
    [
        ({}, ("https", "ssh", "git"), "https", ["https"]),
        ({}, ("ssh", "http", "git"), "ssh", ["https", "git+ssh", "ssh"]),
        ({"goinsecure": "q.io"}, ("http",), "http", ["git", "https", "http"]),
        ({"protocols": "git:http"}, ("http",), "http", ["git", "http"]),
    ],
)
def test_schemes_are_tried_in_turn(
    settings: dict[str, str], repos: tuple[str, ...], url: str, asked: list[str]
) -> None:
    web = Pages({}, tuple(f"{scheme}://q.io/m" for scheme in repos))
    assert find(web, "q.io/m.git/sub", **settings) == RepoRoot("q.io/m.git", "git", f"{url}://q.io/m")
    assert web.asked == [f"{scheme}://q.io/m" for scheme in asked]


def test_no_scheme_fits() -> None:
    web = Pages({}, ("http://q.io/m",))
    error = refusal(web, "q.io/m.git")
    assert str(error) == "no secure protocol found for repository"
    # Nothing else tells a missing login from a missing repository: git's own words are not shown, as in go.
    assert "`git ls-remote https://q.io/m`" in error.hint
    assert str(refusal(Pages({}), "q.io/m.git", goinsecure="q.io")) == "no protocol found for repository"


def test_a_page_names_the_repository() -> None:
    web = Pages({M: TAG("q.io/m git https://h.io/r")})
    assert find(web, "q.io/m") == RepoRoot("q.io/m", "git", "https://h.io/r")
    assert web.asked == [M]
    assert web.insecure == [False]


@pytest.mark.parametrize("beginning", ["", "<html>", "<html><meta name="])
def test_a_page_that_breaks_off_does_not_say_that_there_are_no_tags(beginning: str) -> None:
    error = refusal(Pages({M: f"cut{beginning}"}), "q.io/m")
    assert str(error) == f'unrecognized import path "q.io/m": read "{M}": unexpected EOF'
    assert not is_not_found(error.inner)
    tag = TAG("q.io/m git https://h.io/r")
    assert find(Pages({M: f"cut<head>{tag}"}), "q.io/m").repo == "https://h.io/r"


def test_the_page_of_the_prefix_must_say_the_same() -> None:
    web = Pages({SUB: TAG("q.io/m git https://h.io/r go"), M: TAG("q.io/m git https://h.io/r go")})
    assert find(web, "q.io/m/sub") == RepoRoot("q.io/m", "git", "https://h.io/r", "go")
    assert web.asked == [SUB, M]


def test_a_proxy_is_named() -> None:
    web = Pages({M: TAG("q.io/m git https://h.io/r") + TAG("q.io/m mod https://p.io")})
    assert find(web, "q.io/m", govcs="*:off") == RepoRoot("q.io/m", "mod", "https://p.io")


def test_a_page_of_a_bad_status_may_name_it_too() -> None:
    assert find(Pages({M: "404" + TAG("q.io/m git https://h.io/r")}), "q.io/m").repo == "https://h.io/r"


def test_the_root_of_a_host() -> None:
    web = Pages({"https://q.io/?go-get=1": TAG("q.io git https://h.io/r")})
    assert find(web, "q.io").root == "q.io"


def test_over_http_only_where_that_is_allowed() -> None:
    web = Pages({M.replace("https", "http"): TAG("q.io/m git http://h.io/r")})
    assert is_not_found(refusal(web, "q.io/m"))
    assert web.asked == [M]
    assert find(web, "q.io/m", goinsecure="q.io").repo == "http://h.io/r"
    assert web.insecure == [False, True, False]


UNKNOWN = 'unrecognized import path "q.io/m": '


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        (None, f'https fetch: Get "{M}": dial tcp: no route'),
        ("404", f"reading {M}: 404 Not Found"),
        ("404<a", f"reading {M}: 404 Not Found"),
        ("<a", "parsing q.io/m: XML syntax error on line 1: unexpected EOF"),
        ("hello", f"parse {M}: no go-import meta tags ()"),
        (TAG("q.io/x git u"), f"parse {M}: no go-import meta tags (meta tag q.io/x did not match import path q.io/m)"),
        (TAG("q.io/m git u") * 2, 'parse //q.io/m?go-get=1: multiple meta tags match import path "q.io/m"'),
        (TAG("q.io/m cvs https://h.io"), f'{M}: unknown vcs "cvs"'),
        (TAG("q.io/m git h.io/r"), f'{M}: invalid repo root "h.io/r": no scheme'),
        (TAG("q.io/m git file:///srv/r"), f'{M}: invalid repo root "file:///srv/r": file scheme disallowed'),
        (TAG("q.io/m git https://h.io/r /etc"), f'{M}: invalid subdirectory "/etc": leading slash'),
        (TAG("q.io/m git https://h.io/r -x"), f'{M}: invalid subdirectory "-x": leading hyphen'),
        (TAG("q.io git https://h.io/r"), 'fetching q.io: Get "https://q.io/?go-get=1": dial tcp: no route'),
    ],
)
def test_pages_that_do_not_help(page: str | None, fault: str) -> None:
    web = Pages({} if page is None else {M: page})
    error = refusal(web, "q.io/m")
    assert str(error) == UNKNOWN + fault
    assert is_not_found(error)


@pytest.mark.parametrize(
    "root", ["ext://sh", "ext::sh -c x://", "codecommit://r", "ftp://h.io/r", "fd://17", "svn://h.io"]
)
def test_attack_a_tag_with_the_scheme_of_a_helper(root: str) -> None:
    """git runs git-remote-SCHEME for a scheme that it does not know itself (gitremote-helpers)."""
    scheme = root.partition(":")[0]
    words = root.partition(" ")[0]
    error = refusal(Pages({M: TAG(f"q.io/m git {words}")}), "q.io/m")
    assert str(error) == UNKNOWN + f'{M}: invalid repo root "{words}": {scheme} scheme disallowed'


@pytest.mark.parametrize("protocols", ["", "file", "https:file"])
def test_attack_a_tag_with_a_repository_of_this_machine(protocols: str) -> None:
    """Go refuses `file` before it looks at GIT_ALLOW_PROTOCOL."""
    error = refusal(Pages({M: TAG("q.io/m git file:///srv/r")}), "q.io/m", protocols=protocols)
    assert str(error) == UNKNOWN + f'{M}: invalid repo root "file:///srv/r": file scheme disallowed'


@pytest.mark.parametrize("scheme", ["git", "https", "http", "git+ssh", "ssh"])  # those of cmd/go's vcsGit
def test_the_schemes_of_git(scheme: str) -> None:
    page = {M: TAG(f"q.io/m git {scheme}://h.io/r")}
    assert find(Pages(page), "q.io/m").repo == f"{scheme}://h.io/r"
    assert find(Pages(page), "q.io/m", protocols=f"file:{scheme}").repo == f"{scheme}://h.io/r"
    fault = f'{M}: invalid repo root "{scheme}://h.io/r": {scheme} scheme disallowed'
    assert str(refusal(Pages(page), "q.io/m", protocols="file")) == UNKNOWN + fault


def test_a_scheme_that_the_user_allows() -> None:
    page = {M: TAG("q.io/m git codecommit://r")}
    assert find(Pages(page), "q.io/m", protocols="codecommit").repo == "codecommit://r"


def test_attack_a_secret_in_a_tag_that_is_refused() -> None:
    error = refusal(Pages({M: TAG("q.io/m git ftp://me:secret@h.io/r")}), "q.io/m")
    assert str(error) == UNKNOWN + f'{M}: invalid repo root "ftp://me:xxxxx@h.io/r": ftp scheme disallowed'


def test_attack_a_page_that_speaks_for_its_host() -> None:
    """Whoever owns q.io/~bob must not decide where q.io is."""
    bob = "https://q.io/~bob?go-get=1"
    root = "https://q.io/?go-get=1"
    web = Pages({bob: TAG("q.io git https://evil.io/r"), root: TAG("q.io git https://h.io/r")})
    assert str(refusal(web, "q.io/~bob")) == (
        f'unrecognized import path "q.io/~bob": {bob} and //q.io/?go-get=1 disagree about go-import for q.io'
    )
    web.pages[root] = "hello"
    assert str(refusal(web, "q.io/~bob")) == (
        f'unrecognized import path "q.io/~bob": fetching q.io: no go-import meta tag found in {root}'
    )


def test_attack_a_password_in_a_page_is_masked() -> None:
    web = Pages({M: TAG("q.io/m git https://me:secret@h.io:port/r")})
    assert "secret" not in str(refusal(web, "q.io/m"))


def test_govcs_has_the_last_word() -> None:
    web = Pages({M: TAG("q.io/m git https://h.io/r")})
    error = refusal(web, "q.io/m", govcs="public:hg")
    assert str(error) == UNKNOWN + "GOVCS disallows using git for public q.io/m; see 'go help vcs'"
    error = refusal(web, "github.com/a/b", govcs="*:off")
    assert str(error) == "GOVCS disallows using git for public github.com/a/b; see 'go help vcs'"
    assert is_not_found(error)


@pytest.mark.parametrize("path", ["q.io/x.hg", "chiselapp.com/user/k/repository/f", "launchpad.net/x", "q.io/m"])
def test_other_systems_are_named(path: str) -> None:
    error = refusal(Pages({M: TAG("q.io/m hg https://h.io/r")}), path)
    assert isinstance(error, LookupDisabledError)
    assert not is_not_found(error)
    assert str(error).startswith(f"module {path}: version control system ")


def test_a_path_without_a_host() -> None:
    assert str(refusal(Pages({}), "m/x")) == (
        'unrecognized import path "m/x": https fetch: import path does not begin with hostname'
    )
