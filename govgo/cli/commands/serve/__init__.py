# SPDX-License-Identifier: BSD-3-Clause
"""Commands that serve modules to others."""
