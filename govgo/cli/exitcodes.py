# SPDX-License-Identifier: BSD-3-Clause
"""The exit codes, and which of them an error ends with; `govgo help exit-codes` explains them."""

from __future__ import annotations

from govgo.errors import (
    ConflictError,
    GovgoError,
    IntegrityError,
    MissingExtraError,
    ReportedError,
    SecurityError,
    SettingError,
    UnavailableError,
    UncheckedZipError,
    UsageError,
    find,
    gravest,
    parts,
)

EXIT_DONE = 0
EXIT_NO = 1
EXIT_USAGE = 2
EXIT_UNFINISHED = 3
EXIT_SECURITY = 4
EXIT_BUG = 70
EXIT_INTERRUPTED = 130


def exit_code(error: BaseException) -> int:
    """The exit code of a failure: the worst of its chain, security above all, then unfinished above no."""
    if any(isinstance(part, SecurityError) for part in parts(gravest(error))):
        return EXIT_SECURITY
    if isinstance(error, ReportedError):
        return max((exit_code(each) for each in error.errors), default=EXIT_NO)
    if any(find(error, kind) is not None for kind in (UsageError, SettingError, MissingExtraError)):
        return EXIT_USAGE
    unfinished = UnavailableError, IntegrityError, ConflictError, UncheckedZipError
    if any(find(error, kind) is not None for kind in unfinished):
        return EXIT_UNFINISHED
    return EXIT_NO if isinstance(error, GovgoError) else EXIT_BUG
