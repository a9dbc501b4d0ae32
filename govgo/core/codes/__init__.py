# SPDX-License-Identifier: BSD-3-Clause
"""What every code of a finding and of an error means, and what to do about it: one text for terminal and documents."""
