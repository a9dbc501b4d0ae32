# SPDX-License-Identifier: BSD-3-Clause
"""HTTP: one client with caps, retries, redirects and credentials, over libcurl or httpx."""
