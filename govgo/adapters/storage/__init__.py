# SPDX-License-Identifier: BSD-3-Clause
"""Storages of served files (`ports.storage`): a directory, shared with go, or an object store."""
