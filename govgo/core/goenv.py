# SPDX-License-Identifier: BSD-3-Clause
"""The settings of the go command, their defaults, and the small languages that some of them are written in.

    GOPROXY=https://a.example|https://b.example,direct     after "|" any error moves on, after "," only "not found"
    GOPRIVATE=*.corp.example.com,rsc.io/private            globs of path prefixes (core/module/patterns.py)
    GOFLAGS=-mod=mod '-tags=a b'                           flags, quoted where they hold white space

This is the only file that names the public module proxy and the public databases of checksums and vulnerabilities.
Sources: the Go Modules Reference, "Environment variables"; cmd/go's go.env and modfetch/key.go; `go help environment`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from govgo.core.golib.quote import quote
from govgo.core.records import NamedTuple
from govgo.core.version.goversion import REFERENCE_RELEASE, compare, is_valid
from govgo.errors import UsageError

DEFAULT_GOPROXY = "https://proxy.golang.org,direct"
DEFAULT_GOSUMDB = "sum.golang.org"
DEFAULT_GOTOOLCHAIN = "auto"
DEFAULT_VULNDB = "https://vuln.go.dev"

# Verifier keys of checksum databases that GOSUMDB may name without a key (cmd/go, modfetch/key.go).
KNOWN_SUMDB_KEYS: Mapping[str, str] = MappingProxyType(
    {"sum.golang.org": "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"}
)
# Other hosts that serve a known database (the Go Modules Reference, "Environment variables", GOSUMDB).
SUMDB_ALIASES: Mapping[str, str] = MappingProxyType(
    {"sum.golang.google.cn": "sum.golang.org https://sum.golang.google.cn"}
)

# Flags of any go command, which GOFLAGS may therefore hold (cmd/go, base.InitGOFLAGS).
_FLAGS = (
    "C a artifacts asan asmflags bench benchmem benchtime blockprofile blockprofilerate buildmode buildvcs c cache "
    "changed compat compiled compiler count cover covermode coverpkg coverprofile cpu cpuprofile d debug-actiongraph "
    "debug-runtime-trace debug-trace deps diff dropexclude dropgodebug dropignore dropreplace droprequire dropretract "
    "droptool dropuse e exclude exec export f failfast find fix fixtool fmt fullpath fuzz fuzzcache fuzzminimizetime "
    "fuzztime gccgoflags gcflags go godebug i ignore insecure installsuffix json ldflags linkshared list m memprofile "
    "memprofilerate mod modcache modcacherw modfile module msan mutexprofile mutexprofilefraction n o outputdir "
    "overlay p parallel pgo pkgdir print r race replace require retract retracted reuse run short shuffle skip t tags "
    "test testcache timeout tool toolchain toolexec trace trimpath u use v vendor versions vet vettool w work x"
)
_KNOWN_FLAGS = frozenset(_FLAGS.split())

_PLAIN_URL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-/")

NOPROXY = "noproxy"
DIRECT = "direct"
OFF = "off"

# What `go env -w` accepts (cmd/go, internal/cfg.KnownEnv).
_NAMES = (
    "AR CC CGO_CFLAGS CGO_CFLAGS_ALLOW CGO_CFLAGS_DISALLOW CGO_CPPFLAGS CGO_CPPFLAGS_ALLOW "
    "CGO_CPPFLAGS_DISALLOW CGO_CXXFLAGS CGO_CXXFLAGS_ALLOW CGO_CXXFLAGS_DISALLOW CGO_ENABLED "
    "CGO_FFLAGS CGO_FFLAGS_ALLOW CGO_FFLAGS_DISALLOW CGO_LDFLAGS CGO_LDFLAGS_ALLOW "
    "CGO_LDFLAGS_DISALLOW CXX FC GCCGO GO111MODULE GO386 GOAMD64 GOARCH GOARM GOARM64 GOAUTH "
    "GOBIN GOCACHE GOCACHEPROG GOENV GOEXE GOEXPERIMENT GOFIPS140 GOFLAGS GOGCCFLAGS GOHOSTARCH "
    "GOHOSTOS GOINSECURE GOMIPS GOMIPS64 GOMODCACHE GONOPROXY GONOSUMDB GOOS GOPATH GOPPC64 "
    "GOPRIVATE GOPROXY GORISCV64 GOROOT GOSUMDB GOTMPDIR GOTOOLCHAIN GOTOOLDIR GOVCS GOWASM "
    "GOWORK GO_EXTLINK_ENABLED PKG_CONFIG "
)
KNOWN_NAMES = frozenset(_NAMES.split())


class ProxySpec(NamedTuple):
    """One entry of GOPROXY: a URL, "direct", "off", or an implicit "noproxy" where GONOPROXY is set.

    `fall_back_on_error` is set by the separator `|` after the entry: any error moves on, not only a 404.
    """

    url: str
    fall_back_on_error: bool = False


class NetworkEnv(NamedTuple):
    """What the environment says about connections; "" where it says nothing.

    `netrc` is the path of the netrc file, "" where no home directory is known. `cgi`: this is a program of a web server
    (REQUEST_METHOD is set), where a header of a request can set HTTP_PROXY.
    """

    http_proxy: str = ""
    https_proxy: str = ""
    no_proxy: str = ""
    ssl_cert_file: str = ""
    ssl_cert_dir: str = ""
    netrc: str = ""
    cgi: bool = False


_NONE: Mapping[str, str] = MappingProxyType({})


class GoEnv(NamedTuple):
    """The effective settings: the environment, then the go env file, then the defaults.

    `values` holds the same by variable name, with every other GO… variable of the environment or the file; `changed`
    names those that differ from the default. `process` is the whole environment, for the commands that govgo runs; it
    may hold secrets.
    """

    gopath: str = ""
    gomodcache: str = ""
    goproxy: str = DEFAULT_GOPROXY
    gosumdb: str = DEFAULT_GOSUMDB
    gonosumdb: str = ""
    gonoproxy: str = ""
    goprivate: str = ""
    goinsecure: str = ""
    goflags: str = ""
    gowork: str = ""
    gotoolchain: str = DEFAULT_GOTOOLCHAIN
    goenv: str = ""
    govcs: str = ""
    goauth: str = "netrc"
    goos: str = "linux"
    goarch: str = "amd64"
    cgo_enabled: bool = True
    gobin: str = ""
    gocache: str = ""
    goroot: str = ""
    goexperiment: str = ""
    go111module: str = ""
    go_version: str = ""
    git_user_agent: str = ""
    network: NetworkEnv = NetworkEnv()
    process: Mapping[str, str] = _NONE
    values: Mapping[str, str] = _NONE
    changed: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"GoEnv(values={dict(self.values)})"  # `process` may hold secrets

    def get(self, name: str, default: str = "") -> str:
        """The value of a variable by its name in the environment."""
        return self.values.get(name, default)

    def advisory_databases(self) -> tuple[str, ...]:
        """What GOVGO_VULNDB names, separated by commas; else Go's database of vulnerabilities."""
        return tuple(name for name in self.get("GOVGO_VULNDB").split(",") if name) or (DEFAULT_VULNDB,)

    def proxies(self) -> tuple[ProxySpec, ...]:
        """The GOPROXY list.  Raises UsageError for a list that go refuses."""
        return parse_goproxy(self.goproxy, self.gonoproxy)

    def flags(self) -> tuple[str, ...]:
        """The words of GOFLAGS.  Raises UsageError."""
        return parse_goflags(self.goflags)

    def uses_proxy(self, path: str) -> bool:
        """Whether a module path may be asked of a proxy (GONOPROXY)."""
        return not _covers(self.gonoproxy, path)

    def uses_sumdb(self, path: str) -> bool:
        """Whether the checksum database is asked about a module path.

        The toolchain's sums come from the database whatever GOSUMDB and GONOSUMDB say, since no go.sum
        records them; a lone file:// proxy is the one exception (cmd/go, modfetch.useSumDB).
        """
        if path == "golang.org/toolchain":
            lone_file = self.goproxy.startswith("file://") and not set(",|") & set(self.goproxy)
            if not lone_file and "proxy.golang.org" not in self.git_user_agent:
                return True
        return self.gosumdb != OFF and not _covers(self.gonosumdb, path)

    def is_insecure(self, path: str) -> bool:
        """Whether GOINSECURE covers a module path."""
        return _covers(self.goinsecure, path)


def _covers(patterns: str, path: str) -> bool:
    """Whether one of comma-separated patterns matches a module path or a path above it."""
    if not patterns:
        return False  # as nearly always
    from govgo.core.module.patterns import match_prefix_patterns

    return match_prefix_patterns(patterns, path)


def check_environment(env: GoEnv) -> None:
    """Refuse the settings with which no go command starts, whichever it is (cmd/go, main and modload.FindGoWork).

    Raises:
        UsageError: GOPATH, GOWORK or GOVGO_GO_VERSION makes no sense.
    """
    if env.get("GOVGO_GO_VERSION") and not is_valid(env.go_version):
        raise UsageError(f"invalid GOVGO_GO_VERSION {quote(env.get('GOVGO_GO_VERSION'))}")
    if env.get("GOVGO_GO_VERSION") and compare(env.go_version, REFERENCE_RELEASE) > 0:
        raise UsageError(
            f"GOVGO_GO_VERSION {quote(env.get('GOVGO_GO_VERSION'))} is newer than go{REFERENCE_RELEASE}, "
            "the newest release that govgo can answer as"
        )
    for entry in env.gopath.split(":"):
        if entry.startswith("~"):
            raise UsageError(f"GOPATH entry cannot start with shell metacharacter '~': {quote(entry)}")
        if entry and not entry.startswith("/"):
            raise UsageError(
                f"GOPATH entry is relative; must be absolute path: {quote(entry)}.\n"
                "For more details see: 'go help gopath'"
            )
    if env.gowork not in ("", "auto", OFF) and not env.gowork.startswith("/") and env.go111module != OFF:
        raise UsageError("invalid GOWORK: not an absolute path")


def parse_goproxy(goproxy: str, gonoproxy: str = "") -> tuple[ProxySpec, ...]:
    """Split a GOPROXY list (the Go Modules Reference, "GOPROXY"; cmd/go, modfetch.proxyList).

    Entries after "off" or "direct" are ignored, as in go. An entry such as `example.com` gets `https://` in front.

    Raises:
        UsageError: a URL that is not a proxy URL, or a list without entries.
    """
    specs: list[ProxySpec] = []
    if gonoproxy and goproxy != DIRECT:
        specs.append(ProxySpec(NOPROXY))
    rest = goproxy
    while rest:
        cut = min((i for i in (rest.find(","), rest.find("|")) if i >= 0), default=len(rest))
        url, separator, rest = rest[:cut].strip(), rest[cut : cut + 1], rest[cut + 1 :]
        if not url:
            continue
        if url in (OFF, DIRECT):
            specs.append(ProxySpec(url))
            break
        if set(".:/") & set(url) and ":/" not in url and not url.startswith("/"):
            url = "https://" + url
        check_proxy_url(url)
        specs.append(ProxySpec(url, separator == "|"))
    if not specs or specs == [ProxySpec(NOPROXY)]:
        raise UsageError("GOPROXY list is not the empty string, but contains no entries")
    return tuple(specs)


def check_proxy_url(url: str) -> None:
    """Check that a URL can be a module proxy: http, https, or file with nothing but a path.

    Raises:
        UsageError: with the go command's text, passwords masked.
    """
    if url.startswith(("http://", "https://")) and _PLAIN_URL.issuperset(url.partition("//")[2]):
        return  # nothing in it that the parser could refuse; spares most commands the 2 ms of loading it
    from govgo.core.golib.url import parse

    base = parse(url)
    match base.scheme:
        case "http" | "https":
            return
        case "file":
            extra = base.opaque or base.host or base.query or base.fragment or base.force_query or base.omit_host
            if extra or base.user is not None:
                raise UsageError(f"invalid file:// proxy URL with non-path elements: {base.redacted()}")
        case "":
            raise UsageError(f"invalid proxy URL missing scheme: {base.redacted()}")
        case _:
            raise UsageError(f"invalid proxy URL scheme (must be https, http, file): {base.redacted()}")


def quoted_split(text: str) -> tuple[str, ...]:
    """Split at white space; a field in single or double quotes may contain white space (cmd/internal/quoted).

    Raises:
        UsageError: a quote is not closed.
    """
    fields: list[str] = []
    i = 0
    while i < len(text):
        c = text[i]
        if c in " \t\n\r":
            i += 1
        elif c in "\"'":
            end = text.find(c, i + 1)
            if end < 0:
                raise UsageError(f"unterminated {c} string")
            fields.append(text[i + 1 : end])
            i = end + 1
        else:
            start = i
            while i < len(text) and text[i] not in " \t\n\r":
                i += 1
            fields.append(text[start:i])
    return tuple(fields)


def parse_goflags(text: str) -> tuple[str, ...]:
    """The words of GOFLAGS, each a flag `-x`, `--x`, `-x=value` or `--x=value` of some go command.

    Raises:
        UsageError: `parsing $GOFLAGS: …`.
    """
    try:
        words = quoted_split(text)
    except UsageError as err:
        raise UsageError(f"parsing $GOFLAGS: {err}") from None
    for word in words:
        if fault := goflags_fault(word):
            raise UsageError(f"parsing $GOFLAGS: {fault}")
    return words


def goflags_fault(word: str) -> str:
    """What is wrong with one word of GOFLAGS, "" for nothing."""
    if not word.startswith("-") or word in ("-", "--") or word.startswith(("---", "-=", "--=")):
        return f"non-flag {quote(word)}"
    name = word.lstrip("-").partition("=")[0]
    return "" if name in _KNOWN_FLAGS else f"unknown flag -{name}"
