# SPDX-License-Identifier: BSD-3-Clause
"""Modules by the GOPROXY chain and the module cache: the implementation of `ports.modules.ModuleRepo`."""
