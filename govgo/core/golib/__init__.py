# SPDX-License-Identifier: BSD-3-Clause
"""Parts of Go's standard library whose output people compare byte by byte: fmt, strconv.Quote, net/url, time, diff."""
