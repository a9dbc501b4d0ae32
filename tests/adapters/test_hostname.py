# SPDX-License-Identifier: BSD-3-Clause
"""Internationalized host names; what go sends for one is a line of testdata/proxies.json."""

from __future__ import annotations

from govgo.adapters.hostname import ascii_host


def test_hosts_are_sent_by_their_a_labels() -> None:
    """The labels of `例え.テスト` are those of the IANA's test domain."""
    assert ascii_host("PLAIN.example:80") == "PLAIN.example:80"
    assert ascii_host("bücher.example:80") == "xn--bcher-kva.example:80"
    assert ascii_host("xn--bcher-kva.例え.テスト") == "xn--bcher-kva.xn--r8jz45g.xn--zckzah"
    assert ascii_host("[::1]:80") == "[::1]:80"
