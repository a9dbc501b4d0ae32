# SPDX-License-Identifier: BSD-3-Clause
"""Publishing: module versions that are sent here, checked, and from then on served from here alone."""
