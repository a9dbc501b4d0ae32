# SPDX-License-Identifier: BSD-3-Clause
"""An error as a finding, so that a report of many modules holds the errors of each."""

from __future__ import annotations

import posixpath

from govgo.core.findings import Claim, Finding, Place, Verdict, remedy_of
from govgo.core.govgotoml import PolicyFileError
from govgo.core.modfile.faults import ModFileErrors
from govgo.errors import (
    ConflictError,
    GoSumError,
    GovgoError,
    IntegrityError,
    MissingExtraError,
    ModFileError,
    NotFoundError,
    ReportedError,
    SecurityError,
    UnavailableError,
    faults_of,
    find,
    parts,
)


def from_reported(error: ReportedError, place: Place | None) -> Finding:
    """Several errors as one finding, for a report that holds what others would print.

    Raises:
        SecurityError: one of them is.
    """
    grave = next((part for part in parts(error) if isinstance(part, SecurityError)), None)
    if grave is not None:
        raise grave from None
    return from_error(None, error, place)


def from_error(claim: Claim | None, error: GovgoError, place: Place | None = None) -> Finding:
    """An error as a finding: whether it contradicts, kept something from being checked, or is an answer.

    Args:
        claim: the claim that it concerns.
        error: the error.
        place: the file to look into; an error that knows better has the last word.
    """
    several = faults_of(error)

    def first(*kinds: type[GovgoError]) -> GovgoError | None:
        return next((found for kind in kinds for each in several if (found := find(each, kind)) is not None), None)

    verdict = Verdict.FINDING
    if first(SecurityError) is not None:
        verdict = Verdict.CONTRADICTION
    elif first(UnavailableError, IntegrityError, ConflictError, MissingExtraError, NotFoundError) is not None:
        verdict = Verdict.UNCHECKED  # NotFoundError: a module of the graph that no source has
    inner = first(SecurityError, UnavailableError, IntegrityError, MissingExtraError, GovgoError) or error
    policy = first(PolicyFileError)
    if isinstance(policy, PolicyFileError):
        place = Place(policy.file, policy.line)
    faulty: object = first(ModFileErrors)  # of several lines the first counts, and not the one with a cause
    faulty = faulty.errors[0] if isinstance(faulty, ModFileErrors) else first(ModFileError, GoSumError)
    located = next((each.place for each in several if isinstance(each, GovgoError) and each.place is not None), None)
    if located is not None:
        place = Place(*located)
    elif place is not None and isinstance(faulty, ModFileError | GoSumError) and faulty.line:
        same = posixpath.basename(faulty.file) in ("", posixpath.basename(place.file))
        file = place.file if same else posixpath.join(posixpath.dirname(place.file), faulty.file)
        place = Place(file, faulty.line)
    text = "\n".join(str(each).strip() for each in several)
    return Finding(inner.code, claim, verdict, text, place=place, hint=inner.hint, remedy=remedy_of(inner))
