# SPDX-License-Identifier: BSD-3-Clause
"""Module proxies: the GOPROXY protocol, and the same version compared between several proxies."""
