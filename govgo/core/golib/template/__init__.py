# SPDX-License-Identifier: BSD-3-Clause
"""Go's text/template as `list -f` needs it."""
