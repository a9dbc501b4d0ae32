# SPDX-License-Identifier: BSD-3-Clause
"""Executors (`concurrent.futures`) for many units of work, each in a process with limits that may be killed."""
