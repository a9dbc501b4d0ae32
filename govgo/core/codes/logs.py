# SPDX-License-Identifier: BSD-3-Clause
"""Findings of `log sync`, `log audit` and `log watch`."""

from __future__ import annotations

from collections.abc import Mapping

from govgo.core.codes.explanation import Explanation

_TELL = "Keep the clone as evidence, and tell those who run the database."
_RECORD = "No honest database holds such a record."

LOGS: Mapping[str, Explanation] = {
    "record-malformed": Explanation(
        "1",
        "The text of a record does not consist of lines.",
        f"It is not UTF-8, or has control characters. {_RECORD}",
        _TELL,
    ),
    "record-lines": Explanation("1", "A record is not the two lines of a module zip and its go.mod.", _RECORD, _TELL),
    "record-subjects": Explanation(
        "1", "The two lines of a record are about different module versions.", _RECORD, _TELL
    ),
    "record-module": Explanation(
        "1", "A record has a path that no module can have, or a version that does not fit the path.", _RECORD, _TELL
    ),
    "record-version": Explanation("1", "The version of a record is not canonical.", _RECORD, _TELL),
    "record-hash": Explanation("1", "A hash of a record is not h1: and the base64 of 32 bytes.", _RECORD, _TELL),
    "record-repeated": Explanation(
        "4",
        "The log has two records for one module version.",
        "A version has one content. With two records, the database can show one to some and the other to others, and"
        " prove both.",
        _TELL,
    ),
    "wrong-tile": Explanation(
        "1",
        "A tile is served that does not hash into the signed tree.",
        "It was not kept. It may have been damaged on the way; clients refuse it.",
        "Run `govgo log sync` again. If it stays, tell those who serve it.",
    ),
    "wrong-record": Explanation(
        "1",
        "A record is served with a text that was not signed.",
        "It was not kept. Clients refuse it.",
        "Run `govgo log sync` again. If it stays, tell those who serve it.",
    ),
    "head-went-back": Explanation(
        "1",
        "A smaller tree is shown than before, of the same history.",
        "A server is behind, or somebody hides what was added since.",
        "Run it again after some minutes.",
    ),
    "not-fetched": Explanation(
        "3",
        "A part of the log could not be fetched.",
        "What is missing was not looked at.",
        "Run it again: it goes on.",
    ),
    "not-proved": Explanation(
        "3",
        "A part of the log could not be proved.",
        "Something that the proof needs could not be fetched.",
        "Run it again: it goes on.",
    ),
    "damaged-clone": Explanation(
        "1",
        "What the clone holds is not what was signed.",
        "A file was changed or damaged after it was proved.",
        "Remove the file that the report names; `govgo log sync` fetches it again.",
    ),
    "incomplete-clone": Explanation(
        "0", "The clone does not hold all records.", "What is missing was not looked at.", "Run `govgo log sync` first."
    ),
    "sample-differs": Explanation(
        "1 or 4",
        "A module is served with another content than the log says.",
        "Whoever takes it there without asking the database gets something else than everybody before.",
        "Keep the zip as evidence, and tell the operator of the proxy.",
    ),
    "sample-gone": Explanation(
        "0",
        "A module of the log is not served any more.",
        "Proxies may drop what its authors have removed. Nothing can be compared then.",
    ),
    "not-witnessed": Explanation(
        "1",
        "A tree head lacks the cosignatures of known witnesses.",
        "Nobody else vouches that this is the history that all are shown.",
        "Run it again after some minutes: witnesses follow at their own pace.",
    ),
}
