# SPDX-License-Identifier: BSD-3-Clause
"""Modules and workspaces that one command looks at side by side: found from its arguments, opened, resolved."""
