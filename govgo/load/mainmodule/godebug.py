# SPDX-License-Identifier: BSD-3-Clause
"""Which `godebug` lines a main module or go.work may have.

Source of the names: go.dev/doc/godebug, as of the reference release (internal/godebugs of go 1.26.8).
"""

from __future__ import annotations

from govgo.core.golib.quote import quote
from govgo.core.version import goversion
from govgo.errors import InputError

# fmt: off
SETTINGS = frozenset((
    "allowmultiplevcs", "asynctimerchan", "containermaxprocs", "cryptocustomrand",
    "dataindependenttiming", "decoratemappings", "embedfollowsymlinks", "execerrdot", "fips140",
    "fips140ems", "gocachehash", "gocachetest", "gocacheverify", "gotestjsonbuildtext", "gotypesalias",
    "htmlmetacontenturlescape", "http2client", "http2debug", "http2server", "httpcookiemaxnum",
    "httplaxcontentlength", "httpmuxgo121", "httpservecontentkeepheaders", "installgoroot",
    "jstmpllitinterp", "multipartfiles", "multipartmaxheaders", "multipartmaxparts", "multipathtcp",
    "netdns", "netedns0", "panicnil", "randautoseed", "randseednop", "rsa1024min", "tarinsecurepath",
    "tls10server", "tls3des", "tlsmaxrsasize", "tlsmlkem", "tlsrsakex", "tlssecpmlkem", "tlssha1",
    "tlsunsafeekm", "updatemaxprocs", "urlmaxqueryparams", "urlstrictcolons", "winreadlinkvolume",
    "winsymlink", "x509keypairleaf", "x509negativeserial", "x509rsacrt", "x509sha256skid",
    "x509usefallbackroots", "x509usepolicies", "zipinsecurepath",
))
# fmt: on
"""The settings of the reference release."""

REMOVED = {"x509sha1": 24}
"""Former settings, and the minor version of Go that removed each."""


def check_godebug(key: str, value: str, local_go: str) -> None:
    """Check one setting.

    Args:
        key, value: the setting.
        local_go: the Go release that is answered for.

    Raises:
        InputError: it is malformed, unknown or removed.
    """
    for name, text in (("key", key), ("value", value)):
        if " " in text or "\t" in text:
            raise InputError(f"{name} contains space")
    for name, text in (("key", key), ("value", value)):
        if "," in text:
            raise InputError(f"{name} contains comma")
    if key == "default":
        version = value.removeprefix("go")
        if version == value or not goversion.is_valid(version):
            raise InputError("value for default= must be goVERSION")
        if goversion.compare(version, local_go) > 0:
            raise InputError(f"default={value} too new (toolchain is go{local_go})")
    elif key in REMOVED:
        raise InputError(f"use of removed godebug {quote(key)}, see https://go.dev/doc/godebug#go-1{REMOVED[key]}")
    elif key not in SETTINGS:
        raise InputError(f"unknown godebug {quote(key)}")
