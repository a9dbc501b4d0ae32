# SPDX-License-Identifier: BSD-3-Clause
"""Requirements, the module graph below them, and the edits that move the build list."""
