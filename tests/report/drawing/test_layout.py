# SPDX-License-Identifier: BSD-3-Clause
"""Layers, their order, and where nodes stand."""

from __future__ import annotations

import random

from govgo.report.drawing.layout import ASPECT, layers_of, ordered, positions
from tests.core.resolution.test_dependencies import dependencies, names


def test_layers_follow_direct_requirements() -> None:
    found = dependencies(
        "a@v1.0.0 c@v1.0.0! d@v1.0.0!", "a@v1.0.0 b@v1.0.0", "b@v1.0.0 c@v1.0.0", "c@v1.0.0", "d@v1.0.0"
    )
    # c is in go.mod, but stands behind b; nothing but an indirect requirement leads to d.
    assert [names(layer) for layer in layers_of(found)] == ["m", "a@v1.0.0 d@v1.0.0", "b@v1.0.0", "c@v1.0.0"]


def test_what_no_selected_version_requires_comes_last() -> None:
    found = dependencies("a@v1.1.0 b@v1.0.0", "b@v1.0.0 a@v1.2.0", "a@v1.1.0 x@v1.0.0", "a@v1.2.0", "x@v1.0.0 y@v1.0.0")
    assert [names(layer) for layer in layers_of(found)] == ["m", "a@v1.2.0 b@v1.0.0", "x@v1.0.0", "y@v1.0.0"]


def test_joined_modules_stand_at_equal_heights() -> None:
    found = dependencies("a@v1.0.0 b@v1.0.0 c@v1.0.0", "a@v1.0.0 z@v1.0.0", "b@v1.0.0 y@v1.0.0", "c@v1.0.0 x@v1.0.0")
    assert names(ordered(layers_of(found), found)[2]) == "z@v1.0.0 y@v1.0.0 x@v1.0.0"


def test_positions() -> None:
    found = dependencies("a@v1.0.0 b@v1.0.0", "a@v1.0.0", "b@v1.0.0")
    place = positions(layers_of(found))
    main, a, b = (place[mod] for mod in found.modules)
    assert main[1] == 0
    assert main[0] < a[0]
    assert a[1] > 0 > b[1]  # the first stands on top
    assert a[1] == -b[1]


def test_a_large_graph_has_the_shape_of_a_screen_and_no_node_on_another() -> None:
    dice = random.Random(1)
    below = {at: [3 * at + 1, 3 * at + 2, 3 * at + 3, dice.randrange(at + 1, 1200)] for at in range(1199)}
    lines = [f"a{at}@v1.0.0 " + " ".join(f"a{to}@v1.0.0" for to in below[at] if to < 1200) for at in range(1199)]
    found = dependencies("a0@v1.0.0", *lines)
    place = positions(ordered(layers_of(found), found))
    assert len(set(place.values())) == len(place) == len(found.modules)
    width = max(x for x, _ in place.values()) - min(x for x, _ in place.values())
    height = max(y for _, y in place.values()) - min(y for _, y in place.values())
    assert ASPECT / 2 < width / height < ASPECT * 2
    assert place == positions(ordered(layers_of(found), found))
