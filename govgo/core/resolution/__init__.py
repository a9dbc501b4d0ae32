# SPDX-License-Identifier: BSD-3-Clause
"""What minimal version selection came to, and why: the values that audits are made of."""
