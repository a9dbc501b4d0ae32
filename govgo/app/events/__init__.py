# SPDX-License-Identifier: BSD-3-Clause
"""The event log of a module proxy: read with proof, and appended to."""
