# SPDX-License-Identifier: BSD-3-Clause
"""`govgo mirror`: what builds need, kept where there is no network."""
