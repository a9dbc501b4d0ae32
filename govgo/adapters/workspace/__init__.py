# SPDX-License-Identifier: BSD-3-Clause
"""What belongs to the user: the files of main modules, overlays, the go env file."""
