# SPDX-License-Identifier: BSD-3-Clause
"""Read the environment and the go env file into a `GoEnv`; rewrite that file as `go env -w` and `-u` do.

    GOPROXY=https://proxy.example          a setting in each line of ~/.config/go/env
    # a comment

A variable of the environment comes before a setting of the file, which comes before the default. Below the command
line, no other file looks at the environment (tests/test_layers.py).
Sources: cmd/go/internal/cfg (Getenv, EnvFile, gopathDir) and cmd/go/internal/envcmd (updateEnvFile).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from govgo.adapters.disk.diskerror import absolute
from govgo.core.goenv import (
    DEFAULT_GOPROXY,
    DEFAULT_GOSUMDB,
    DEFAULT_GOTOOLCHAIN,
    KNOWN_NAMES,
    GoEnv,
    NetworkEnv,
)
from govgo.core.version.goversion import REFERENCE_RELEASE
from govgo.errors import DiskError, UsageError

# From uname(2)'s names of machines to Go's.
_MACHINES = {
    "x86_64": "amd64",
    "amd64": "amd64",
    "aarch64": "arm64",
    "arm64": "arm64",
    "i386": "386",
    "i686": "386",
    "armv6l": "arm",
    "armv7l": "arm",
    "ppc64le": "ppc64le",
    "ppc64": "ppc64",
    "s390x": "s390x",
    "riscv64": "riscv64",
    "loongarch64": "loong64",
    "mips64": "mips64",
}
# Those of go.env in go's root directory.
_DEFAULTS = {"GOPROXY": DEFAULT_GOPROXY, "GOSUMDB": DEFAULT_GOSUMDB, "GOTOOLCHAIN": DEFAULT_GOTOOLCHAIN}


def env_file(environ: Mapping[str, str]) -> tuple[str, bool, str]:
    """Where the go env file is.

    Returns:
        Its path, "" where there can be none; whether GOENV names it; and why there is none, "" where there is one.
    """
    named = environ.get("GOENV", "")
    if named == "off":
        return "", False, "GOENV=off"
    if named:
        return named, True, ""
    home = environ.get("HOME", "")
    if sys.platform == "darwin":
        if not home:
            return "", False, "$HOME is not defined"
        return os.path.join(home, "Library/Application Support", "go/env"), False, ""
    config = environ.get("XDG_CONFIG_HOME", "")
    if config:
        if not os.path.isabs(config):
            return "", False, "path in $XDG_CONFIG_HOME is relative"
        return os.path.join(config, "go/env"), False, ""
    if not home:
        return "", False, "neither $XDG_CONFIG_HOME nor $HOME are defined"
    return os.path.join(home, ".config", "go/env"), False, ""


def read_env_file(path: str) -> dict[str, str]:
    """The settings of a go env file; other lines are skipped, and a file that cannot be read has none."""
    try:
        with open(path, "rb") as f:
            data = f.read()
    except OSError:
        return {}
    settings: dict[str, str] = {}
    for line in data.split(b"\n"):
        key, equals, value = line.partition(b"=")
        if equals and key and b"A" <= line[:1] <= b"Z":
            settings[key.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
    return settings


def load_env(environ: Mapping[str, str] | None = None) -> GoEnv:
    """The settings in force: from `environ` (that of the process if it is None), the go env file, and the defaults."""
    if environ is None:
        environ = os.environ
    file, named, _ = env_file(environ)
    stored = read_env_file(file) if file else {}

    home = environ.get("HOME", "")
    gopath = _setting(environ, stored, "GOPATH", _default_gopath(environ))
    private = _setting(environ, stored, "GOPRIVATE")
    defaults = _defaults(environ, gopath, private)
    if gopath == _default_gopath(environ) and not gopath.startswith("/"):
        gopath = defaults["GOPATH"] = ""  # made from a relative HOME; go does without a GOPATH then
    # cmd/go's own script tests set the release by TESTGO_VERSION.
    version = environ.get("GOVGO_GO_VERSION") or environ.get("TESTGO_VERSION") or REFERENCE_RELEASE
    values = _values(environ, stored, defaults)
    values["GOENV"] = file
    values["GOVERSION"] = "go" + version.removeprefix("go")
    given = {n for n in values if environ.get(n) or stored.get(n)}
    if "CGO_ENABLED" in given:
        cgo = _cgo_enabled("", values["CC"], values, environ.get("PATH", ""))
        defaults["CGO_ENABLED"] = "1" if cgo else "0"
    changed = {n for n in given if values[n] != defaults.get(n, "")}
    if not named:
        changed.discard("GOENV")
    return GoEnv(
        gopath=gopath,
        gomodcache=values["GOMODCACHE"],
        goproxy=values["GOPROXY"],
        gosumdb=values["GOSUMDB"],
        gonosumdb=values["GONOSUMDB"],
        gonoproxy=values["GONOPROXY"],
        goprivate=private,
        goinsecure=values["GOINSECURE"],
        goflags=values["GOFLAGS"],
        gowork=values["GOWORK"],
        gotoolchain=values["GOTOOLCHAIN"],
        goenv=file,
        govcs=values["GOVCS"],
        goauth=values["GOAUTH"],
        goos=values["GOOS"],
        goarch=values["GOARCH"],
        cgo_enabled=values["CGO_ENABLED"] == "1",
        gobin=values["GOBIN"],
        gocache=values["GOCACHE"],
        goroot=values["GOROOT"],
        goexperiment=values["GOEXPERIMENT"],
        go111module=values["GO111MODULE"],
        go_version=version.removeprefix("go"),
        git_user_agent=environ.get("GIT_HTTP_USER_AGENT", ""),
        network=_network(environ, home),
        process=dict(environ),
        values=values,
        changed=frozenset(changed),
    )


def _setting(environ: Mapping[str, str], stored: Mapping[str, str], name: str, default: str = "") -> str:
    if environ.get(name):
        return environ[name]
    # An empty setting takes the place of those defaults that stand in a file, too, which is go's own go.env.
    return stored[name] if name in stored and name in _DEFAULTS else stored.get(name) or default


def _values(environ: Mapping[str, str], stored: Mapping[str, str], defaults: Mapping[str, str]) -> dict[str, str]:
    """Every go variable, sorted by name."""
    names = sorted(KNOWN_NAMES | stored.keys() | {n for n in environ if n.startswith(("GO", "CGO_"))})
    values = {name: _setting(environ, stored, name, defaults.get(name, "")) for name in names}
    values["GODEBUG"] = environ.get("GODEBUG", "")
    cache = _setting(environ, stored, "GOCACHE")
    if cache and not os.path.isabs(cache):
        values["GOCACHE"] = "off"
    values["GOEXE"] = ".exe" if values["GOOS"] == "windows" else ""
    values["GOHOSTOS"], values["GOHOSTARCH"] = _host()
    cgo = _cgo_enabled(_setting(environ, stored, "CGO_ENABLED"), values["CC"], values, environ.get("PATH", ""))
    values["CGO_ENABLED"] = "1" if cgo else "0"
    return values


def _defaults(environ: Mapping[str, str], gopath: str, private: str) -> dict[str, str]:
    """What counts where neither the environment nor the go env file says anything."""
    goos, goarch = _host()
    first = gopath.split(os.pathsep)[0]
    clang = goos == "darwin"
    return {
        **_DEFAULTS,
        "GOMODCACHE": os.path.join(first, "pkg/mod") if first else "",
        "GONOPROXY": private,
        "GONOSUMDB": private,
        "GOAUTH": "netrc",
        "GOOS": goos,
        "GOARCH": goarch,
        # `go env -changed` compares with this: GOPATH of the environment is a default to go, only the file changes it.
        "GOPATH": environ.get("GOPATH") or _default_gopath(environ),
        "GOCACHE": _cache_dir(environ),
        "GOROOT": _goroot(environ.get("PATH", "")),
        "AR": "ar",
        "CC": "clang" if clang else "gcc",
        "CXX": "clang++" if clang else "g++",
        "GCCGO": "gccgo",
    }


def _default_gopath(environ: Mapping[str, str]) -> str:
    home = environ.get("HOME", "")
    return os.path.join(home, "go") if home else ""


def update_env_file(environ: Mapping[str, str], add: Mapping[str, str], drop: frozenset[str]) -> None:
    """Set and unset variables in the go env file, keeping comments and, of duplicates, the last.

    Raises:
        UsageError: there is no go env file.
        DiskError: it could not be read or written.
    """
    from govgo.adapters.disk.renew import keeping_places
    from govgo.adapters.workspace.workspace import DiskWorkspace

    path, _, why = env_file(environ)
    if not path:
        raise UsageError(f"cannot find go env config: {why}")
    lines = _read_lines(path, must_exist=not add)
    where: dict[str, int] = {}
    for i, line in enumerate(lines):
        key = _line_key(line)
        if key:
            if key in where:
                lines[where[key]] = ""
            where[key] = i
    for key, value in add.items():
        if key in where:
            lines[where[key]] = f"{key}={value}\n"
        else:
            lines.append(f"{key}={value}\n")
    for key in drop:
        if key in where:
            lines[where[key]] = ""
    data = "".join(_sort_blocks(lines)).encode("utf-8", "surrogateescape")
    try:
        DiskWorkspace(places=keeping_places(environ)).write(absolute(path), data)
    except DiskError as error:
        raise DiskError(f"writing go env config: {error}", path=path, inner=error) from error


def _sort_blocks(lines: list[str]) -> list[str]:
    """The lines with each run of settings sorted by name; comments and empty lines stay where they are."""
    out: list[str] = []
    block: list[str] = []
    for line in lines:
        if _line_key(line):
            block.append(line)
        else:
            out += sorted(block, key=_line_key)
            out.append(line)
            block = []
    return out + sorted(block, key=_line_key)


def _line_key(line: str) -> str:
    key, equals, _ = line.partition("=")
    return key if equals and "#" not in key else ""


def _read_lines(path: str, *, must_exist: bool) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as f:
            data = f.read()
    except FileNotFoundError as err:
        if must_exist:
            raise DiskError(f"reading go env config: open {path}: no such file or directory", path=path) from err
        return []
    except OSError as err:
        reason = (err.strerror or str(err)).lower()
        # To Go a directory can be opened; it is reading that fails.
        operation = "read" if isinstance(err, IsADirectoryError) else "open"
        raise DiskError(f"reading go env config: {operation} {path}: {reason}", path=path, inner=err) from err
    lines = data.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1] + "\n"] if lines[-1] else [])


def _host() -> tuple[str, str]:
    goos = {"win32": "windows", "cygwin": "windows"}.get(sys.platform, sys.platform.rstrip("0123456789"))
    machine = os.uname().machine.lower() if hasattr(os, "uname") else "amd64"
    return goos, _MACHINES.get(machine, machine)


def _cache_dir(environ: Mapping[str, str]) -> str:
    """The default of GOCACHE (os.UserCacheDir): a relative HOME is taken as it is, a relative XDG_CACHE_HOME is not."""
    base = environ.get("XDG_CACHE_HOME", "")
    home = environ.get("HOME", "")
    if sys.platform == "darwin" or not base:
        base = os.path.join(home, "Library/Caches" if sys.platform == "darwin" else ".cache") if home else ""
    elif not os.path.isabs(base):
        base = ""
    return os.path.join(base, "go-build") if base else "off"


def _goroot(search: str) -> str:
    """The directory of the Go installation in PATH, "" for none: go's messages name it. Its go command is not run."""
    program = _find_program("go", search)
    if not program:
        return ""
    roots = (os.path.dirname(os.path.dirname(name)) for name in (os.path.abspath(program), os.path.realpath(program)))
    return next((root for root in roots if os.path.isdir(os.path.join(root, "pkg", "tool"))), "")


def _find_program(name: str, search: str) -> str:
    places = (os.path.join(directory, name) for directory in search.split(os.pathsep) if directory)
    return next((place for place in places if os.access(place, os.X_OK)), "")


def _cgo_enabled(value: str, cc: str, values: Mapping[str, str], search: str) -> bool:
    if value in ("0", "1"):
        return value == "1"
    if (values["GOOS"], values["GOARCH"]) != (values["GOHOSTOS"], values["GOHOSTARCH"]):
        return False
    compiler = cc.split()[0] if cc.split() else ""
    if os.path.isabs(compiler):
        return os.access(compiler, os.X_OK)
    return _find_program(compiler, search) != ""


def _network(environ: Mapping[str, str], home: str) -> NetworkEnv:
    def either(name: str) -> str:
        return environ.get(name) or environ.get(name.lower(), "")

    return NetworkEnv(
        http_proxy=either("HTTP_PROXY"),
        https_proxy=either("HTTPS_PROXY"),
        no_proxy=either("NO_PROXY"),
        ssl_cert_file=environ.get("SSL_CERT_FILE", ""),
        ssl_cert_dir=environ.get("SSL_CERT_DIR", ""),
        netrc=environ.get("NETRC") or (os.path.join(home, ".netrc") if home else ""),
        cgi=environ.get("REQUEST_METHOD", "") != "",
    )
