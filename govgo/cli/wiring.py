# SPDX-License-Identifier: BSD-3-Clause
"""The one place that joins the rings: a session with the real network, cache and files behind its ports."""

from __future__ import annotations

import os

from govgo.core.goenv import GoEnv
from govgo.modfetch.goenvfile import load_env


def environment() -> GoEnv:
    """go's settings: the environment, the go env file, the defaults."""
    return load_env(os.environ)
