# SPDX-License-Identifier: BSD-3-Clause
"""The checks of docs/design/attacks.md, each taken out: what a test suite must notice."""

from __future__ import annotations

from tests.attacks.mutants import files, histories, mirrors, network, reports, repositories, serving, trust
from tests.attacks.mutants.mutant import Mutant

__all__ = ["MUTANTS", "Mutant"]

MUTANTS = {
    **trust.MUTANTS,
    **histories.MUTANTS,
    **mirrors.MUTANTS,
    **network.MUTANTS,
    **files.MUTANTS,
    **repositories.MUTANTS,
    **reports.MUTANTS,
    **serving.MUTANTS,
}
