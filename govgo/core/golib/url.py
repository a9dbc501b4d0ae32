# SPDX-License-Identifier: BSD-3-Clause
"""URLs as Go's net/url reads and prints them, as far as module proxies need it.

    https://user:secret@proxy.example.com:8080/a%20b?q#f
    scheme  user password host                path query fragment

A URL has its path decoded and, if its writer encoded it in another than the usual way, also as written (`raw_path`), as
net/url.URL does.

Source of the rules: package net/url; RFC 3986.
"""

from __future__ import annotations

from functools import lru_cache

from govgo.core.golib.quote import quote
from govgo.core.golib.unicode import DIGITS, LETTERS
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.core.typehints import TYPE_CHECKING
from govgo.errors import UsageError

if TYPE_CHECKING:
    import re

# RFC 3986's unreserved characters, and what net/url leaves alone within a path and within one segment.
_UNRESERVED = f"{LETTERS}{DIGITS}-_.~"
_PATH_SAFE = frozenset((_UNRESERVED + "$&+,/:;=@").encode())
_SEGMENT_SAFE = frozenset((_UNRESERVED + "$&+:=@").encode())
_HOST_SAFE = frozenset((_UNRESERVED + "!$&'()*+,;=:[]<>\"").encode())
_VALID_ENCODED = _PATH_SAFE | frozenset(b"!'()*[]%")
_USERINFO = late(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*\Z")
_SCHEME_CHARS = f"{LETTERS}{DIGITS}+.-"
_PLAIN_CHARS = f"{_UNRESERVED}$&+:=@/"
_ESCAPE = late(rb"%([0-9A-Fa-f]{2})")
_ESCAPE_IN_HOST = late("%[0-7][0-9A-Fa-f]")
_BAD_ESCAPE = late(r"(?s)%(?![0-9A-Fa-f]{2}).{0,2}")
_IPV4 = late(r"[0-9]+(\.[0-9]+){3}")

HIDDEN = "xxxxx"
"""What stands in messages where a secret was."""
_WORD = late(r"""(?<![A-Za-z0-9+.\-])([0-9+.\-]*+)([A-Za-z][A-Za-z0-9+.\-]*+:/[^\s"'<>]*)""")
_HEAD = late(r"([A-Za-z][A-Za-z0-9+.\-]*:)?/*")
_AUTHORITY = late(r"[^/?#]*")
# An "@" behind the host may still end a password with "/", "?" or "#" in it. These do not: the path element @v or
# @latest of a proxy, a version as in lookup/PATH@v1.2.3 and, behind a sound host, an element such as @scope. Behind
# what no user name looks like - a name with a dot, an address, localhost - none does, as for net/url. Behind a name
# with a port, as of a container, it has to stand before a host with a dot or port: athens:3000/team@corp is no secret.
_LATE_AT = late(r"@(?<!/@)(?!v[0-9]+\.[0-9]+\.)")
_LATE_AT_OF_HOST = late(r"@(?<!/@)(?!v[0-9]+\.[0-9]+\.)(?=localhost|[^/?#]*[.:])")
_ANY_AT = late(r"@(?!v/|latest\Z|v[0-9]+\.[0-9]+\.)")
_SOUND_HOST = late(r"(\[.*\]|[^:]*)(:[0-9]*)?\Z")
_HOST_AND_PORT = late(r"[\w\-]+:[1-9][0-9]{1,4}\Z")
_CERTAIN_HOST = late(r"(\[.*\]|localhost|[\w\-]+(\.[\w\-]+)+\.?)(:[0-9]*)?\Z")
_OTHER_AT = late(r":/+[^/?#]*@|@(?:(?<!/@)(?!v[0-9]+\.[0-9]+\.)|(?<=/@)(?!v/|latest\Z))")
_QUOTED = late(r'"(?:[^"\\]|\\.)*"')
# User names that are not a secret in a URL without a password: git@github.com, by its key.
_BY_KEY = frozenset({"ssh:", "git+ssh:", "ssh+git:"})
# Passwords that say that the name is the secret.
_NO_PASSWORDS = frozenset({"", "x-oauth-basic"})
_OPEN_QUERY = "go-get=1"


class GoURL(NamedTuple):
    """A parsed URL. `user` is None when there is no userinfo, `password` when that has none."""

    scheme: str = ""
    opaque: str = ""
    user: str | None = None
    password: str | None = None
    host: str = ""
    path: str = ""
    raw_path: str = ""
    query: str = ""
    force_query: bool = False
    fragment: str = ""
    omit_host: bool = False

    def escaped_path(self) -> str:
        """The path as it is sent: `raw_path` if that is a valid encoding of `path`, else the usual encoding."""
        raw = self.raw_path
        if raw and _VALID_ENCODED.issuperset(_bytes(raw)):
            try:
                if _unescape(raw) == self.path:
                    return raw
            except UsageError:
                pass
        return "*" if self.path == "*" else _escape(self.path, _PATH_SAFE)

    def redacted(self) -> str:
        """The URL as messages show it (`mask`)."""
        return mask(str(self))

    def without_userinfo(self) -> str:
        """The URL without user name and password."""
        return str(self._replace(user=None, password=None))

    def join(self, path: str) -> GoURL:
        """The URL with the slash-separated `path` added to its end."""
        if not path:
            return self
        path = path.removeprefix("/")
        return self._replace(
            path=self.path.removesuffix("/") + "/" + path,
            raw_path=self.raw_path.removesuffix("/") + "/" + path,
        )

    def resolve(self, reference: GoURL) -> GoURL:
        """The URL that `reference` stands for where it is found at this one (RFC 3986, section 5; `ResolveReference`).

        >>> str(parse("https://h.example/a/b?q").resolve(parse("../c//d#f")))
        'https://h.example/c//d#f'
        """
        found = reference if reference.scheme else reference._replace(scheme=self.scheme)
        path = reference.escaped_path()
        if reference.scheme or reference.host or reference.user is not None:
            return found if reference.opaque else found._with_path(_without_dots(path))
        if not path and not reference.force_query and not reference.query:
            found = found._replace(query=self.query, fragment=reference.fragment or self.fragment)
        found = found._replace(user=self.user, password=self.password, host=self.host)
        base = self.escaped_path()
        if path and not path.startswith("/"):
            path = base[: base.rfind("/") + 1] + path
        return found._with_path(_without_dots(path or base))

    def _with_path(self, escaped: str) -> GoURL:
        path = _unescape(escaped)
        return self._replace(path=path, raw_path="" if _escape(path, _PATH_SAFE) == escaped else escaped)

    @property
    def hostname(self) -> str:
        """The host without port and brackets."""
        host = self.host
        if host.startswith("["):
            return host[1 : host.index("]")]
        return host.partition(":")[0]

    @property
    def port(self) -> int:
        """The port, or the usual one of http and https, or 0; of a number with too many digits the first six."""
        digits = self.host.rpartition("]")[2].rpartition(":")
        if digits[1] and digits[2]:
            return int(digits[2].lstrip("0")[:6] or 0)
        return {"http": 80, "https": 443}.get(self.scheme, 0)

    def __str__(self) -> str:
        out = self.scheme + ":" if self.scheme else ""
        if self.opaque:
            out += self.opaque
        else:
            authority = ""
            if self.user is not None:
                authority = _escape(self.user, _SEGMENT_SAFE - frozenset(b"@:"))
                if self.password is not None:
                    authority += ":" + _escape(self.password, _SEGMENT_SAFE - frozenset(b"@:"))
                authority += "@"
            authority += _escape(self.host, _HOST_SAFE)
            if authority or (self.scheme and self.path and not self.omit_host):
                out += "//" + authority
            path = self.escaped_path()
            if path and not path.startswith("/") and self.host:
                path = "/" + path
            out += path
        if self.force_query or self.query:
            out += "?" + self.query
        if self.fragment:
            out += "#" + self.fragment
        return out


@lru_cache(maxsize=64)
def parse(text: str) -> GoURL:
    """Parse an absolute or relative URL reference (net/url.Parse).

    Raises:
        UsageError: with net/url's text `parse "URL": …`; secrets in the URL are masked.
    """
    rest, _, fragment = text.partition("#")
    try:
        return _parse(rest, fragment)
    except UsageError as err:
        raise _masked(text, rest, err) from None


def parse_request_uri(text: str) -> GoURL:
    """Parse an absolute URL or an absolute path, in which `#` begins no fragment (net/url.ParseRequestURI).

    Raises:
        UsageError: as `parse`.
    """
    try:
        _refuse_controls(text)
        if not text:
            raise UsageError("empty url")
        if text != "*" and not text.startswith(("/", ":")) and not _scheme(text):
            raise UsageError("invalid URI for request")
        return _parse(text, "")
    except UsageError as err:
        raise _masked(text, text, err) from None


def mask(text: str) -> str:
    """A URL, or what was meant to be one, as messages show it: without secrets.

    Hidden are passwords, also such that end the host too early because they hold "/", "?" or "#", unless what then
    stands in the host's place can only be one; a user name that stands alone, for it is a token; the query and the
    fragment. net/url's Redacted hides well-formed passwords only.

    >>> mask("https://me:pa/ss@h.example/m/@v/list?token=1")
    'https://me:xxxxx@h.example/m/@v/list?xxxxx'
    """
    if "?" not in text and "#" not in text and not _OTHER_AT.search(text):
        return text  # nearly all, and messages about requests are many
    return _masked_parts(text)


def _masked_parts(text: str) -> str:
    """`mask` without its short way."""
    head = _match(_HEAD, text)
    if head == "/" or head.lower() == "file:///":
        return text  # a path
    rest = text[len(head) :]
    authority = _match(_AUTHORITY, rest)
    at = authority.rfind("@")
    host = authority[at + 1 :]
    if not _CERTAIN_HOST.match(host):
        sound = _LATE_AT_OF_HOST if _HOST_AND_PORT.match(host) else _LATE_AT
        for found in (sound if _SOUND_HOST.match(host) else _ANY_AT).finditer(rest, len(authority)):
            at = found.start()
    if at >= 0:
        rest = _masked_user(head, rest[:at]) + rest[at:]
    return head + _masked_tail(rest)


def mask_all(text: str) -> str:
    """`text`, a sentence or a command line, with the URLs in it masked."""
    return _WORD.sub(lambda match: match[1] + mask(match[2]), text)


def _match(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.match(text)
    return found[0] if found else ""


def _masked_user(head: str, userinfo: str) -> str:
    name, colon, password = userinfo.partition(":")
    if not colon:
        return name if head.rstrip("/").lower() in _BY_KEY else HIDDEN
    shown = HIDDEN if password in _NO_PASSWORDS or "/" in name else name
    return f"{shown}:{HIDDEN}"


def _masked_tail(rest: str) -> str:
    rest, mark, fragment = rest.partition("#")
    rest, question, query = rest.partition("?")
    shown = query if query in ("", _OPEN_QUERY) else HIDDEN
    return f"{rest}{question}{shown}{mark}{HIDDEN if fragment else ''}"


def _masked(text: str, shown: str, err: UsageError) -> UsageError:
    """The error of a text that is not a URL; where that has secrets, what `err` quotes may be a part of them."""
    masked = mask(text)
    if masked == text:
        return UsageError(f"parse {quote(shown)}: {err}")
    return UsageError(f"parse {quote(masked)}: {_QUOTED.sub(quote(HIDDEN), str(err))}")


def segment_escape(text: str) -> str:
    """Escape for a path: each segment as url.PathEscape does, which also escapes "," and ";"."""
    return text if _is_plain(text) else _escape(text, _SEGMENT_SAFE | frozenset(b"/"))


def is_plain(path: str) -> bool:
    """Whether neither escaping nor `clean_path` changes a path that begins with a slash."""
    return _is_plain(path) and "//" not in path and "/." not in path and path[-1:] != "/"


def clean_path(path: str) -> str:
    """The shortest equivalent slash-separated path (Go's path.Clean)."""
    rooted = path.startswith("/")
    out: list[str] = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part == "..":
            if out and out[-1] != "..":
                out.pop()
            elif not rooted:
                out.append(part)
        else:
            out.append(part)
    return ("/" if rooted else "") + "/".join(out) or "."


def _without_dots(path: str) -> str:
    """An escaped path with its dot segments carried out (RFC 3986, section 5.2.4), and its empty ones kept."""
    out: list[str] = []
    *_, last = parts = path.split("/")
    for part in parts:
        if part == "..":
            del out[-1:]
            if out == [""]:
                out.clear()  # so that "/a/..//b" is "/b", as in net/url
        elif part != ".":
            out.append(part)
    if last in (".", ".."):
        out.append("")
    joined = "/".join(out)
    return joined if joined.startswith("/") or not path else "/" + joined


def _scheme(text: str) -> str:
    """What stands before the first colon if it can be a scheme, else ""."""
    head, colon, _ = text.partition(":")
    return head if colon and head[:1] in LETTERS and not head.strip(_SCHEME_CHARS) else ""


def _is_plain(text: str) -> bool:
    return not text.strip(_PLAIN_CHARS)


def _refuse_controls(text: str) -> None:
    if any(c < " " or c == "\x7f" for c in text):
        raise UsageError("net/url: invalid control character in URL")


def _parse(text: str, fragment: str) -> GoURL:
    _refuse_controls(text)
    if text == "*":
        return GoURL(path="*")
    if text.startswith(":"):
        raise UsageError("missing protocol scheme")
    scheme = _scheme(text).lower()
    rest = text[len(scheme) + 1 :] if scheme else text
    force_query = rest.endswith("?") and rest.count("?") == 1
    rest, _, query = rest.partition("?")
    if not rest.startswith("/"):
        if scheme:
            return GoURL(scheme, rest, query=query, force_query=force_query, fragment=fragment)
        if ":" in rest.partition("/")[0]:
            raise UsageError("first path segment in URL cannot contain colon")
    user = password = None
    host = ""
    omit_host = False
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, rest = rest[2:].partition("/")
        rest = slash + rest
        user, password, host = _parse_authority(scheme, authority)
    elif scheme and rest.startswith("/"):
        omit_host = True
    url = GoURL(scheme, "", user, password, host, "", "", query, force_query, _unescape(fragment), omit_host)
    return url._with_path(rest)


def _parse_authority(scheme: str, authority: str) -> tuple[str | None, str | None, str]:
    userinfo, at, host = authority.rpartition("@")
    host = _parse_host(scheme, host)
    if not at:
        return None, None, host
    if not _USERINFO.match(userinfo):
        raise UsageError("net/url: invalid userinfo")
    name, colon, secret = userinfo.partition(":")
    return _unescape(name), _unescape(secret) if colon else None, host


def _parse_host(scheme: str, host: str) -> str:
    bracket = host.rfind("[")
    if bracket > 0:
        raise UsageError("invalid IP-literal")
    if bracket == 0:
        end = host.rfind("]")
        if end < 0:
            raise UsageError("missing ']' in host")
        _check_port(host[end + 1 :])
        address = _unescape(host[1:end])
        _check_ipv6(address.partition("%")[0])
        return "[" + address + "]" + host[end + 1 :]
    if ":" in host:
        cut = host.index(":") if scheme in ("http", "https") else host.rindex(":")
        _check_port(host[cut:])
    for i, c in enumerate(host):
        if c == "%":
            continue
        if c < "\x80" and ord(c) not in _HOST_SAFE:
            raise UsageError(f"invalid character {quote(host[i])} in host name")
    for found in _ESCAPE_IN_HOST.finditer(host) if "%" in host else ():
        if found.group() != "%25":
            raise UsageError(f"invalid URL escape {quote(found.group())}")
    return _unescape(host)


def _check_port(text: str) -> None:
    if text and (text[0] != ":" or text[1:].strip(DIGITS)):
        raise UsageError(f"invalid port {quote(text)} after host")


def _check_ipv6(text: str) -> None:
    import ipaddress

    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        if _IPV4.fullmatch(text):
            raise UsageError("invalid IP-literal") from None
        raise UsageError(f"invalid host: ParseAddr({quote(text)}): unable to parse IP") from None


def _unescape(text: str) -> str:
    if "%" not in text:
        return text
    bad = _BAD_ESCAPE.search(text)
    if bad:
        raise UsageError(f"invalid URL escape {quote(bad.group())}")
    data = _ESCAPE.sub(lambda m: bytes.fromhex(m.group(1).decode()), _bytes(text))
    return data.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    """What a text is made of: Go's strings are bytes, which need not be UTF-8."""
    return text.encode("utf-8", "surrogateescape")


def _escape(text: str, safe: frozenset[int]) -> str:
    table = _escape_table(safe)
    return "".join([table[b] for b in _bytes(text)])


@lru_cache(maxsize=8)
def _escape_table(safe: frozenset[int]) -> tuple[str, ...]:
    return tuple(chr(b) if b in safe else f"%{b:02X}" for b in range(256))
