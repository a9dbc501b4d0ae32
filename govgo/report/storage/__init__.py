# SPDX-License-Identifier: BSD-3-Clause
"""What the commands of `govgo storage` did and found, as text and as JSON."""
