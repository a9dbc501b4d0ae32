# SPDX-License-Identifier: BSD-3-Clause
"""What module proxies answer, judged by the GOPROXY protocol and compared with each other."""
