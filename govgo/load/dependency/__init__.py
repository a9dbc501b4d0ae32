# SPDX-License-Identifier: BSD-3-Clause
"""One dependency: what its go.mod says behind replacements, and vendor/modules.txt in its place."""
