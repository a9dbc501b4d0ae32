# SPDX-License-Identifier: BSD-3-Clause
"""One's own checksum database: made, grown, and cosigned."""
