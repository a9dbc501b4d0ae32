# SPDX-License-Identifier: BSD-3-Clause
"""What a hosted registry tells of the modules that a server has: values, and the rules of its scorecard."""
