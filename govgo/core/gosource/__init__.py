# SPDX-License-Identifier: BSD-3-Clause
"""Go source as the module commands read it: package clauses, imports, constraints, embeds, the standard library."""
