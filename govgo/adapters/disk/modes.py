# SPDX-License-Identifier: BSD-3-Clause
"""The modes of what is created, before the umask takes bits away. Source: cmd/go/internal/modfetch, x/mod/zip."""

from __future__ import annotations

FILE = 0o666
"""Files of the module cache and of main modules."""
TREE_FILE = 0o444
"""Files of an extracted module: nobody is to edit what its hash vouches for."""
DIRECTORY = 0o777
"""Directories; those of an extracted module lose their write bits when it is complete."""
WRITE_BITS = 0o222
PRIVATE_FILE, PRIVATE_DIRECTORY = 0o600, 0o700
"""What is govgo's own in the user's cache directory."""
OTHERS_WRITE = 0o022
"""The bits by which group or others may write."""
