# SPDX-License-Identifier: BSD-3-Clause
"""The catalogue of a storage of served files: what it has, found by looking, kept in a database beside it."""
