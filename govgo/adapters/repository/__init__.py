# SPDX-License-Identifier: BSD-3-Clause
"""Modules by the GOPROXY chain and the module cache: `ports.ModuleRepo` for real."""
