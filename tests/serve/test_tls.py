# SPDX-License-Identifier: BSD-3-Clause
"""What is said of certificates that cannot be used. Handshakes are in the tests of the servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from govgo.errors import UsageError
from govgo.serve.tls import server_context
from tests.simulators.tlsfiles import TlsFiles


def test_the_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    files = TlsFiles(tmp_path)
    one, two = files.made("one"), files.made("two")

    def said(chain: bytes | None, secret: bytes | None) -> str:
        files.cert.unlink(missing_ok=True)
        files.key.unlink(missing_ok=True)
        for file, data in ((files.cert, chain), (files.key, secret)):
            if data is not None:
                file.write_bytes(data)
        with pytest.raises(UsageError) as caught:
            server_context("cert and key", str(files.cert), str(files.key))
        return str(caught.value)

    assert said(None, one[1]) == f"cert and key: {files.cert}: no such file or directory"
    assert said(one[0], None) == f"cert and key: {files.key}: no such file or directory"
    assert said(one[0], two[1]) == f"cert and key: {files.cert} and {files.key}: key values mismatch"
    for chain, secret in ((b"", one[1]), (one[0], b""), (b"certificate\n", one[1])):
        assert said(chain, secret).startswith(f"cert and key: {files.cert} and {files.key}: ")


def test_the_key_may_be_in_the_same_file(tmp_path: Path) -> None:
    files = TlsFiles(tmp_path)
    files.cert.write_bytes(b"".join(files.made("one")))
    context = server_context("cert and key", str(files.cert), "")
    assert context.minimum_version == 0x0303  # TLS 1.2, as RFC 5246 numbers it
