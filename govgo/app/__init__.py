# SPDX-License-Identifier: BSD-3-Clause
"""One service for each verb: decides over core and ports, returns frozen results, never prints."""
