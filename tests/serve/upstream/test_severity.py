# SPDX-License-Identifier: BSD-3-Clause
"""Severities of advisories on one scale: examples of the standards, and what is none."""

from __future__ import annotations

import pytest

from govgo.serve.policy import Threshold
from govgo.serve.upstream.severity import refuses, severity_of


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        # From the examples of FIRST for CVSS 3.1 (CVE-2013-0375 6.4, CVE-2014-0160 7.5, CVE-2014-6271 9.8,
        # CVE-2012-1516 9.9, CVE-2015-1098 7.8) and 4.0 (CVE-2022-41741 7.3, CVE-2020-3549 7.7).
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", "medium"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", "high"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "critical"),
        ("CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", "critical"),
        ("CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H", "high"),
        ("CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "high"),
        ("CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:P/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "high"),
        ("CVSS:4.0/AV:L/AC:L/AT:N/PR:N/UI:P/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", "none"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", "none"),
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", "high"),  # 7.5
        ("(AV:L/AC:L/Au:N/C:P/I:N/A:N)", "low"),  # 2.1
        ("HIGH", "high"),
        ("Moderate", "medium"),
        ("critical", "critical"),
        ("", ""),
        ("negligible", ""),
        ("7.5", ""),
        ("CVSS:3.1/AV:N", ""),
        ("CVSS:4.0/", ""),
        ("CVSS:9.9/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", ""),
        ("CVSS:3.1/" + "AV:N/" * 1000, ""),
    ],
)
def test_severities(text: str, severity: str) -> None:
    assert severity_of(text) == severity


@pytest.mark.parametrize("unknown", [True, False])
def test_a_threshold(unknown: bool) -> None:
    high = Threshold("high", unknown=unknown)
    named = [severity for severity in ("none", "low", "medium", "high", "critical") if refuses(severity, high)]
    assert named == ["high", "critical"]
    assert refuses("", high) is unknown
