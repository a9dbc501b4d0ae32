# SPDX-License-Identifier: BSD-3-Clause
"""`govgo audit`: what is vulnerable in exact build lists, and what clears it."""
