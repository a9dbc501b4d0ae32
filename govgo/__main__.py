# SPDX-License-Identifier: BSD-3-Clause
"""`python -m govgo`."""

from __future__ import annotations

from govgo.cli.main import run

if __name__ == "__main__":
    run()
