# SPDX-License-Identifier: BSD-3-Clause
"""The commands, a file for each verb: parse flags, call one service, render its result."""
