# SPDX-License-Identifier: BSD-3-Clause
"""The event loop of a command, and what runs in it: remembered questions, tasks, the helper process."""
