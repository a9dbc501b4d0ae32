# SPDX-License-Identifier: BSD-3-Clause
"""The module proxy of `govgo serve`: what it answers, where answers come from, and the server around them."""
