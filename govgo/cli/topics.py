# SPDX-License-Identifier: BSD-3-Clause
"""Texts of `govgo help TOPIC`: what no single command's help can say."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_EXIT_CODES = """\
Exit codes do not depend on the output format; where several apply, the worst wins (4 > 3 > 1).

  0    done, nothing to report
  1    done, and the answer is no: findings, untidy, no such version, a change that -mod=readonly forbids
  2    usage or configuration
  3    could not finish: network, proxy, checksum database, disk; safe to retry
  4    security stop: bytes contradict go.sum or the checksum database, a fork, a bad signature; do not retry
  70   internal bug (GOVGO_DEBUG=1 prints where)
  130  interrupted
"""

_ENVIRONMENT = """\
govgo reads go's own variables, and the go env file that `go env -w` writes ($GOENV). `govgo env` prints them.

  GOPROXY      where modules come from: URLs, direct, off; after "," the next entry is tried for 404 and 410 only,
               after "|" for any failure
  GOSUMDB      the checksum database: name, name+key, "name URL", off
  GONOSUMDB, GONOPROXY, GOPRIVATE
               patterns of module paths that are not asked of the public database, of proxies, or of either
  GOAUTH       where credentials come from: netrc, off, "git DIR", or a program; see `govgo help private`
  GOINSECURE   patterns of module paths that may be fetched without TLS
  GOMODCACHE   the module cache, shared with the go command
  GOFLAGS      flags for every command that knows them
  GOWORK       a go.work file, or off
  GOTOOLCHAIN  the Go release to answer as, and whether it may give way to a newer one, where go would switch;
               govgo never downloads a toolchain

govgo's own:

  GOVGO_GO_VERSION   answer as this Go release
  GOVGO_VULNDB       databases of advisories for `audit`, separated by commas
  GOVGO_PUBLISH      the server that `publish` sends to; GOVGO_PUBLISH_TOKEN is its token
  GOVGO_TIMEOUT      how long to wait for an answer to begin, such as 20m; 0 without end (10m where it is not set)
  GOVGO_DEBUG=1      print a traceback for an internal error
  NO_COLOR, FORCE_COLOR, CI, TERM=dumb
               are honoured; so are HTTP_PROXY, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR and NETRC
"""

_PRIVATE = """\
Modules that must not be seen by public services are named by patterns:

  govgo env -w GOPRIVATE='*.corp.example,github.com/acme/secret'

A module path that matches GOPRIVATE is never sent to a public proxy or to the checksum database: the module comes from
its git repository. GONOPROXY and GONOSUMDB do each half by itself. Where a proxy of your own has the private modules:

  govgo env -w GOPROXY=https://proxy.corp.example,direct GONOPROXY=none

Credentials come from the proxy's URL, the netrc file (machine HOST login USER password TOKEN) or GOAUTH. They are sent
over https alone, to that host and the hosts below it, and appear in no output. git, which fetches the repository, reads
the netrc file and has its own credential helpers. Certificates of your own authority: SSL_CERT_FILE for govgo, and for
git `git config --global http.sslCAInfo FILE`.
"""

_MODULE_AUTH = """\
Each module version is authenticated by two hashes in go.sum: one of its zip, one of its go.mod file. A hash that go.sum
lacks is looked up in the checksum database: govgo fetches the record, checks the signature of the database's tree head,
proves that the record is in that tree and that the tree extends every tree seen before, and only then writes the line.

"checksum mismatch" means that the bytes are not those that were recorded. The usual reason is a release
whose tag was moved; a proxy or a cache that was tampered with looks the same. Do not work around it: use another
version, or find out what changed. `govgo verify` shows every hash side by side.

A fork means that the database showed two signed trees of which neither extends the other. It is evidence of
misbehaviour; both signed notes are saved in the file that the message names.
"""

_FORMATS = """\
Standard output is data, standard error is talk. list, graph, download, why and edit print go's own formats. Reports of
govgo's own are one JSON document with a "schema" member; fields are only ever added.

  govgo verify -o text:-             for people
  govgo verify -o json:report.json   for programs
  govgo verify -o sarif:out.sarif    for code scanning, anchored at the go.sum line
  govgo verify -o markdown:-         for a pull request; also junit, github and gitlab

-o can be given several times in one run.
"""

TOPICS: Mapping[str, str] = MappingProxyType(
    {
        "environment": _ENVIRONMENT,
        "exit-codes": _EXIT_CODES,
        "formats": _FORMATS,
        "module-auth": _MODULE_AUTH,
        "private": _PRIVATE,
    }
)
"""Topic to text."""
