# SPDX-License-Identifier: BSD-3-Clause
"""Web hooks: hosts of code tell that a tag or branch was pushed, and its modules are asked for anew."""
