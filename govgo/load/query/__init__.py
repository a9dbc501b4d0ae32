# SPDX-License-Identifier: BSD-3-Clause
"""Version queries, retractions, and the answers of an earlier run."""
