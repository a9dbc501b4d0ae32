# SPDX-License-Identifier: BSD-3-Clause
"""isal's zlib, or that of the standard library where there is no wheel of isal for the machine.

The results are the same. isal inflates and compresses several times as fast, and takes 0.02 ms where zlib takes 0.7 for
the CRC-32 of a megabyte.
"""

from __future__ import annotations

from govgo.core.typehints import Any


def fast_zlib() -> Any:
    """The module, whose functions are those of `zlib`."""
    try:
        from isal import isal_zlib
    except ImportError:
        import zlib

        return zlib
    return isal_zlib
