# SPDX-License-Identifier: BSD-3-Clause
"""The formats of `sbom`: text, JSON, CycloneDX, SPDX."""
