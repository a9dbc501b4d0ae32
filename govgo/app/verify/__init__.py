# SPDX-License-Identifier: BSD-3-Clause
"""`verify`: the claims about go.sum, the module cache and vendor directories, each proved or explained."""
