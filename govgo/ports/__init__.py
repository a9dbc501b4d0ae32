# SPDX-License-Identifier: BSD-3-Clause
"""What the services need from the outside, as Protocols, and the frozen values that cross the border."""
