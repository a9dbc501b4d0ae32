# SPDX-License-Identifier: BSD-3-Clause
"""`edit` and `work edit`: go.mod and go.work changed by flags alone."""
