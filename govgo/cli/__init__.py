# SPDX-License-Identifier: BSD-3-Clause
"""The command line: parse options, call one service, render its result, choose the exit code."""
