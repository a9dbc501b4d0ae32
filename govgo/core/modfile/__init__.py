# SPDX-License-Identifier: BSD-3-Clause
"""go.mod and go.work: parse, edit, print (Go Modules Reference, "go.mod files" and "Workspaces")."""
