# SPDX-License-Identifier: BSD-3-Clause
"""The repositories of a fleet: found from arguments and lists, opened as trees; the files of its results."""
