# SPDX-License-Identifier: BSD-3-Clause
"""How severe an advisory says that a vulnerability is, on one scale.

    a CVSS vector (2.0, 3.x, 4.0)     the rating of its score, by the standard and, for 2.0, as NVD rates it
    LOW, MODERATE, MEDIUM, HIGH …     the word, as GitHub's advisories have it
    anything else                     unknown

Of several advisories about one vulnerability the one that rates it highest counts.
"""

from __future__ import annotations

from govgo.core.advisory.match import Vulnerability
from govgo.errors import MissingExtraError
from govgo.serve.policy import SEVERITIES, Threshold

NONE, UNKNOWN = "none", ""
_ORDER = (UNKNOWN, NONE, *SEVERITIES)
_WORDS = {"moderate": "medium", "important": "high", **{level: level for level in (NONE, *SEVERITIES)}}
_LONGEST = 500


def check_installed() -> None:
    """Raise MissingExtraError where scores cannot be computed."""
    try:
        import cvss  # noqa: F401
    except ImportError:
        text = "policy.advisories.severity needs the package cvss: pip install 'govgo[serve]'"
        raise MissingExtraError(text) from None


def severity_of(text: str) -> str:
    """One of `SEVERITIES`, "none" for a score of 0, "" for unknown; `text` is what an advisory says."""
    import cvss

    if len(text) > _LONGEST:
        return UNKNOWN
    try:
        if text.startswith("CVSS:4"):
            return _WORDS[cvss.CVSS4(text).severity.lower()]
        if text.startswith("CVSS:3"):
            return _WORDS[cvss.CVSS3(text).severities()[0].lower()]
        if text.startswith(("AV:", "(AV:")):
            return _WORDS[cvss.CVSS2(text.strip("()")).severities()[0].lower()]
    except cvss.CVSSError:
        return UNKNOWN
    return _WORDS.get(text.strip().lower(), UNKNOWN)


def worst_of(vulnerability: Vulnerability) -> str:
    """The severity of a vulnerability."""
    return max((severity_of(each.severity) for each in vulnerability.advisories), key=_ORDER.index, default=UNKNOWN)


def refuses(severity: str, threshold: Threshold) -> bool:
    """Whether a vulnerability of a severity is one for which a version is refused."""
    if severity == UNKNOWN:
        return threshold.unknown
    return _ORDER.index(severity) >= _ORDER.index(threshold.severity)
