# SPDX-License-Identifier: BSD-3-Clause
"""Every variable of the environment that govgo reads, for documents, man pages and completion.

`govgo help environment` has the most important ones in a shorter form. Source for go's own: `go help environment`.
"""

from __future__ import annotations

from govgo.core.records import NamedTuple


class Variable(NamedTuple):
    """A variable: its name, one sentence, and its default where that says something."""

    name: str
    title: str
    default: str = ""


VARIABLES = (
    Variable("GOPROXY", "Where modules come from: URLs, `direct` and `off`, separated by commas or bars.", "see go"),
    Variable("GOSUMDB", "The checksum database: `NAME`, `NAME+KEY`, `NAME URL`, or `off`.", "that of the Go project"),
    Variable("GOPRIVATE", "Patterns of module paths that no public proxy and no public database is asked about."),
    Variable("GONOPROXY", "Patterns of module paths that come from their repositories, past GOPROXY.", "GOPRIVATE"),
    Variable("GONOSUMDB", "Patterns of module paths that the checksum database is not asked about.", "GOPRIVATE"),
    Variable("GOINSECURE", "Patterns of module paths that may be fetched without TLS."),
    Variable("GOAUTH", "Where credentials come from: `netrc`, `off`, `git DIR`, or a program.", "netrc"),
    Variable("GOVCS", "Which version control systems may be used for which modules.", "public:git|hg,private:all"),
    Variable("GOFLAGS", "Flags for every command that knows them, as in `-modcacherw -tags=integration`."),
    Variable("GOMODCACHE", "The module cache, shared with the go command.", "GOPATH/pkg/mod"),
    Variable("GOPATH", "Where GOMODCACHE lies by default.", "~/go"),
    Variable("GOCACHE", "go's build cache. govgo prints it, and keeps nothing there."),
    Variable("GOENV", "The go env file, which `go env -w` and `govgo env -w` write; `off` for none."),
    Variable("GOWORK", "The go.work file to use, or `off`.", "the nearest go.work"),
    Variable("GO111MODULE", "`off` switches modules off, which govgo then refuses.", "on"),
    Variable(
        "GOTOOLCHAIN", "The Go release to answer as; +auto lets it give way to a newer one. None is downloaded.", "auto"
    ),
    Variable("GOOS", "The operating system that build constraints are judged for."),
    Variable("GOARCH", "The architecture that build constraints are judged for."),
    Variable("CGO_ENABLED", "Whether files that use cgo count."),
    Variable("GOEXPERIMENT", "Experiments of the toolchain, which are build tags."),
    Variable("GODEBUG", "Settings of Go's library; printed by `govgo env`, without effect here."),
    Variable("GOBIN", "Where go installs programs; printed, without effect here."),
    Variable("GOROOT", "The Go installation that go's messages name; none is needed."),
    Variable("GOTMPDIR", "Where go has temporary files; printed, without effect here."),
    Variable("GOEXE", "The ending of names of executables; cannot be set."),
    Variable("GOHOSTOS", "The operating system of this machine; cannot be set."),
    Variable("GOHOSTARCH", "The architecture of this machine; cannot be set."),
    Variable("GOMOD", "The go.mod of the main module; cannot be set."),
    Variable("GOVERSION", "The release that govgo answers as; cannot be set."),
    Variable("GOVGO_GO_VERSION", "Answer as this Go release, such as `1.24.3`.", "the newest that is known"),
    Variable(
        "GOVGO_VULNDB", "Databases of advisories for `govgo audit`, separated by commas.", "that of the Go project"
    ),
    Variable("GOVGO_PUBLISH", "The URL of the server that `govgo publish` sends versions to."),
    Variable("GOVGO_PUBLISH_TOKEN", "The token for it; else that of the netrc file."),
    Variable("GOVGO_TIMEOUT", "How long to wait for an answer to begin, such as `20m`; `0` without end.", "10m"),
    Variable("GOVGO_DEBUG", "`1` prints a traceback where govgo itself fails."),
    Variable("NO_COLOR", "Any value: no colours. See no-color.org."),
    Variable("FORCE_COLOR", "Any value: colours even where no terminal is."),
    Variable("CI", "Any value but `0` and `false`: a line now and then in place of a live one."),
    Variable("TERM", "`dumb`: no live line and no colours."),
    Variable("HTTP_PROXY", "The HTTP proxy for http URLs; also in small letters."),
    Variable("HTTPS_PROXY", "The HTTP proxy for https URLs; also in small letters."),
    Variable("NO_PROXY", "Hosts that are asked without an HTTP proxy; also in small letters."),
    Variable("SSL_CERT_FILE", "A file of certificates to trust in place of the system's."),
    Variable("SSL_CERT_DIR", "Directories of certificates to trust in place of the system's."),
    Variable("NETRC", "The netrc file with credentials.", "~/.netrc"),
    Variable("XDG_CACHE_HOME", "Where govgo keeps what is its own, such as parsed advisories.", "~/.cache"),
    Variable("XDG_CONFIG_HOME", "Where the go env file lies.", "~/.config"),
    Variable("HOME", "Where the defaults of all these begin."),
    Variable("TMPDIR", "Where temporary files go.", "/tmp"),
)
"""In the order of documents: about modules, about the platform, govgo's own, about the terminal and the network."""
