# SPDX-License-Identifier: BSD-3-Clause
"""What the verbs share: the state of a command, its main modules, the build list and the package loader."""
