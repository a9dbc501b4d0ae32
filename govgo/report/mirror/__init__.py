# SPDX-License-Identifier: BSD-3-Clause
"""What the commands of `govgo mirror` did and found, as text and as JSON."""
