# SPDX-License-Identifier: BSD-3-Clause
"""`govgo diff`: two states of the same modules compared."""
