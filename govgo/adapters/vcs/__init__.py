# SPDX-License-Identifier: BSD-3-Clause
"""Version control: where a path's repository is, and modules made from git repositories."""
