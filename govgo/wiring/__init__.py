# SPDX-License-Identifier: BSD-3-Clause
"""The places that join the rings: services over the real network, module cache and files."""
