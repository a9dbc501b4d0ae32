# SPDX-License-Identifier: BSD-3-Clause
"""The checks of docs/design/attacks.md, each taken out: what a test suite must notice."""

from __future__ import annotations

from tests.attacks.mutants import files, mirrors, network, reports, serving, trust
from tests.attacks.mutants.mutant import Mutant

__all__ = ["MUTANTS", "Mutant"]

MUTANTS = {
    **trust.MUTANTS,
    **mirrors.MUTANTS,
    **network.MUTANTS,
    **files.MUTANTS,
    **reports.MUTANTS,
    **serving.MUTANTS,
}
