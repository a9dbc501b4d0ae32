# SPDX-License-Identifier: BSD-3-Clause
"""The event log over HTTP, and the index that is made of it."""
