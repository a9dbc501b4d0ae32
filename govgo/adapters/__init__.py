# SPDX-License-Identifier: BSD-3-Clause
"""The only ring that touches disk, network and other programs; it implements `ports`."""
