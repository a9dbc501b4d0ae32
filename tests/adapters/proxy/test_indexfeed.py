# SPDX-License-Identifier: BSD-3-Clause
"""Lines of index.golang.org, as recorded in April 2019, and what is wrong with others."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from govgo.adapters.proxy.indexfeed import IndexFeed
from govgo.errors import DiskError, InputError

FEED = """\
{"Path":"golang.org/x/text","Version":"v0.3.0","Timestamp":"2019-04-10T19:08:52.997264Z"}
{"Path":"github.com/BurntSushi/toml","Version":"v0.3.1","Timestamp":"2019-04-10T19:10:54.231488Z"}

{ "Version": "v0.3.1", "Path": "golang.org/x/text", "Timestamp": "2019-05-01T00:00:00+02:00" }
{"Path":"golang.org/x/text","Version":"v0.3.0","Timestamp":"2020-01-01T00:00:00Z"}
"""


def test_the_first_time_of_each_version(tmp_path: Path) -> None:
    (tmp_path / "feed").write_text(FEED)
    feed = IndexFeed(str(tmp_path / "feed"))
    assert feed.first_seen("golang.org/x/text") == {
        "v0.3.0": datetime(2019, 4, 10, 19, 8, 52, 997264, UTC),
        "v0.3.1": datetime(2019, 4, 30, 22, tzinfo=UTC),
    }
    assert list(feed.first_seen("github.com/BurntSushi/toml")) == ["v0.3.1"]
    assert feed.first_seen("golang.org/x") == {}
    assert len(feed.first_seen("golang.org/x/text")) == 2


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("nonsense", "2: no JSON object with Path, Version and Timestamp"),
        ('{"Path":"q.io/a","Version":"v1.0.0"}', "2: no JSON object with"),
        ('{"Path":"q.io/a","Version":1,"Timestamp":"2019-04-10T19:08:52Z"}', "2: Path, Version and Timestamp are str"),
        ('{"Path":"q.io/a","Version":"v1.0.0","Timestamp":"yesterday\\u001b"}', "2: no time: 'yesterday"),
        ("[]", "2: no JSON object with"),
    ],
)
def test_a_line_that_cannot_be_read(tmp_path: Path, line: str, text: str) -> None:
    (tmp_path / "feed").write_text(f"{FEED.splitlines()[0]}\n{line}\n")
    with pytest.raises(InputError, match=text) as caught:
        IndexFeed(str(tmp_path / "feed")).first_seen("q.io/a")
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        '{"Path":"q.io/b","Version":"v1.0.0","Timestamp":"2019-04-10T19:08:52Z","Path":"q.io/a"}',
        '{"Path":"q.io/b","Version":"v1.0.0","Timestamp":"2019-04-10T19:08:52Z","\\u0050ath":"q.io/a"}',
        '{"Path":"q.io\\/a","Version":"v1.0.0","Timestamp":"2019-04-10T19:08:52Z"}',
    ],
)
def test_a_line_with_two_paths_counts_for_the_last(tmp_path: Path, line: str) -> None:
    """As JSON has it for every reader that we know (RFC 8259, section 4, leaves it open)."""
    (tmp_path / "feed").write_text(line + "\n")
    feed = IndexFeed(str(tmp_path / "feed"))
    assert list(feed.first_seen("q.io/a")) == ["v1.0.0"]
    assert not feed.first_seen("q.io/b")


def test_attack_a_path_with_half_a_surrogate_pair(tmp_path: Path) -> None:
    """RFC 8259, section 8.2: JSON can hold one, UTF-8 cannot."""
    line = '{"Path":"\\ud800","Version":"v1.0.0","Timestamp":"2019-04-10T19:08:52Z"}\n'
    (tmp_path / "feed").write_text(line + FEED)
    assert list(IndexFeed(str(tmp_path / "feed")).first_seen("github.com/BurntSushi/toml")) == ["v0.3.1"]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match=r"reading index feed: open .*/feed: no such file or directory"):
        IndexFeed(str(tmp_path / "feed")).first_seen("q.io/a")
