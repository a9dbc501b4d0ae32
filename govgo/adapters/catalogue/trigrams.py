# SPDX-License-Identifier: BSD-3-Clause
"""The index that finds rare words in module paths: SQLite's full text search by groups of three characters.

A word that many paths have is found soon without it, in the order of the answer; so its matches are counted first. The
index takes about 80 bytes of the file for a path, and no memory but that of SQLite's page cache.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import cache

TABLE = "CREATE VIRTUAL TABLE IF NOT EXISTS trigram USING fts5(path, content='', tokenize='trigram')"
ADD = "INSERT INTO trigram (rowid, path) VALUES (?, ?)"
MATCHING = "SELECT rowid FROM trigram WHERE trigram MATCH ?"
MOST_RARE = 5_000
"""Of more matches the first by rank are found sooner by going through all modules in that order."""
_LEAST = 3


@cache
def has_trigrams() -> bool:
    """Whether this SQLite can make such an index (3.34, with full text search)."""
    database = sqlite3.connect(":memory:")
    try:
        database.execute(TABLE)
    except sqlite3.Error:
        return False
    finally:
        database.close()
    return True


def expression_of(words: Sequence[str]) -> str:
    """What is matched for words that all have to be in a path; "" where the index says nothing about them."""
    able = [word for word in words if len(word) >= _LEAST and word.isascii() and word.isprintable()]
    return " AND ".join('"' + word.replace('"', '""') + '"' for word in able)
