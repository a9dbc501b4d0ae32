# SPDX-License-Identifier: BSD-3-Clause
"""Advisories about vulnerable modules in the OSV format, and which versions they concern."""
