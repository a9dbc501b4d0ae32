# SPDX-License-Identifier: BSD-3-Clause
"""`govgo fleet`: units are given to an executor, and what they come to is kept and put together."""
