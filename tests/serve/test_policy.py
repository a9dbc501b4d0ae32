# SPDX-License-Identifier: BSD-3-Clause
"""Which modules are refused, and why."""

from __future__ import annotations

import pytest

from govgo.serve.policy import ModeRule, Policy, Rule

POLICY = Policy(
    deny=(Rule("github.com/evil", "", "malware"), Rule("q.io/*", "v1.2.*", "broken"), Rule("x.io", "[", "unreadable")),
    allow=("github.com", "q.io/*,x.io"),
    mode="none",
    modes=(ModeRule("q.io/a", "redirect"), ModeRule("q.io", "sync")),
)


@pytest.mark.parametrize(
    ("path", "version", "told"),
    [
        ("github.com/evil", "", "blocked by the rule for github.com/evil: malware"),
        ("github.com/evil/v2", "v2.0.0", "blocked by the rule for github.com/evil: malware"),
        ("github.com/evil2", "v1.0.0", ""),
        ("q.io/a", "v1.2.3", "blocked by the rule for q.io/*@v1.2.*: broken"),
        ("q.io/a", "v1.3.0", ""),
        ("q.io/a", "", ""),  # its list may be read
        ("x.io", "v1.0.0", ""),
        ("golang.org/x/text", "v1.0.0", "blocked: no rule of this proxy allows this module"),
    ],
)
def test_refusals(path: str, version: str, told: str) -> None:
    assert POLICY.refusal(path, version) == told


def test_modes() -> None:
    assert [POLICY.mode_of(path) for path in ("q.io/a/b", "q.io/b", "x.io")] == ["redirect", "sync", "none"]
    assert Policy().mode_of("q.io/a") == "sync"
    assert Policy().refusal("q.io/a", "v1.0.0") == ""
