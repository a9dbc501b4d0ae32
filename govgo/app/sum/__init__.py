# SPDX-License-Identifier: BSD-3-Clause
"""`sum`: lines of go.sum explained, completed, merged, and proved by a bundle."""
