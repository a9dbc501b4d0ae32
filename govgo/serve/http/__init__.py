# SPDX-License-Identifier: BSD-3-Clause
"""HTTP: requests answered from memory before anything else, and an ASGI application for all others."""
