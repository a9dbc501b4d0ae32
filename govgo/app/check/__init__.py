# SPDX-License-Identifier: BSD-3-Clause
"""`govgo check`: the rules of a project's govgo.toml, judged with the engines of the other verbs."""
