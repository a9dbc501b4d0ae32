# SPDX-License-Identifier: BSD-3-Clause
"""The parts joined, and the processes that run them."""
