# SPDX-License-Identifier: BSD-3-Clause
"""Where served files are kept: each class is a `ports.storage.Storage`."""
