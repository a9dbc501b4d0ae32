# SPDX-License-Identifier: BSD-3-Clause
"""`govgo fleet`: an audit over many repositories."""
