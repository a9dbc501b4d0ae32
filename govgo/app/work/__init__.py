# SPDX-License-Identifier: BSD-3-Clause
"""`work`: the directories of a workspace, and its versions written back to its modules."""
