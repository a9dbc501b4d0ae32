# SPDX-License-Identifier: BSD-3-Clause
"""`govgo storage`: what is in a storage of served files, and what is to go."""
