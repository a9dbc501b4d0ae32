# SPDX-License-Identifier: BSD-3-Clause
"""Where answers come from when they are not in memory: the storage, the GOPROXY chain, the checksum database.

All of it runs on one event loop in a thread of its own, so that nothing that hangs there holds up a warm answer.
"""
