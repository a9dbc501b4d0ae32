# SPDX-License-Identifier: BSD-3-Clause
"""Commands about the module cache, the environment and govgo itself."""
