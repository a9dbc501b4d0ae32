# SPDX-License-Identifier: BSD-3-Clause
"""Bills of materials: what a build list is made of, as values; the formats are in `report.sbom`."""
