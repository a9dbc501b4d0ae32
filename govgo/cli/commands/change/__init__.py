# SPDX-License-Identifier: BSD-3-Clause
"""Commands that change go.mod."""
