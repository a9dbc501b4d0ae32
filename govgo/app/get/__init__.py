# SPDX-License-Identifier: BSD-3-Clause
"""`get`: its arguments, their candidates, the choice between them, and the check before go.mod is written."""
