# SPDX-License-Identifier: BSD-3-Clause
"""Files of -reuse that are not what they should be: the sentences are those of go 1.26."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import DiskError, InputError
from govgo.load.query.reuse import read_reuse
from govgo.load.session.session import Session
from tests.simulators.repo import MemoryFiles, MemoryRepo, memory_session

UNMARSHAL = "json: cannot unmarshal"


def session(text: str) -> Session:
    return memory_session(MemoryFiles({"/main/f.json": text}), MemoryRepo({}))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[]", f"{UNMARSHAL} array into Go value of type modinfo.ModulePublic"),
        ("1 2", f"{UNMARSHAL} number into Go value of type modinfo.ModulePublic"),
        ("{", "unexpected EOF"),
        ('{"Path":"m"}x', "invalid character 'x' looking for beginning of value"),
        ('{"Path":1}', f"{UNMARSHAL} number into Go struct field ModulePublic.Path of type string"),
        ('{"VERSION":[]}', f"{UNMARSHAL} array into Go struct field ModulePublic.Version of type string"),
        ('{"Versions":"x"}', f"{UNMARSHAL} string into Go struct field ModulePublic.Versions of type []string"),
        ('{"Versions":[1]}', f"{UNMARSHAL} number into Go struct field ModulePublic.Versions of type string"),
        ('{"Main":1}', f"{UNMARSHAL} number into Go struct field ModulePublic.Main of type bool"),
        ('{"Update":[]}', f"{UNMARSHAL} array into Go struct field ModulePublic.Update of type modinfo.ModulePublic"),
        ('{"Replace":{"Path":1}}', f"{UNMARSHAL} number into Go struct field ModulePublic.Replace.Path of type string"),
        (
            '{"Error":1}',
            f"{UNMARSHAL} number into Go struct field ModulePublic.Error of type modinfo.moduleErrorNoMethods",
        ),
        ('{"Error":{"Err":1}}', f"{UNMARSHAL} number into Go struct field ModulePublic.Error.Err of type string"),
        ('{"Origin":1}', f"{UNMARSHAL} number into Go struct field ModulePublic.Origin of type codehost.Origin"),
        ('{"Origin":{"VCS":1}}', f"{UNMARSHAL} number into Go struct field Origin.Origin.VCS of type string"),
        ('{"Time":1}', "Time.UnmarshalJSON: input is not a JSON string"),
        ('{"Time":"2024-02-30T00:00:00Z"}', 'parsing time "2024-02-30T00:00:00Z": day out of range'),
    ],
)
def test_other_files(text: str, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        read_reuse(session(text), "f.json")
    assert str(caught.value) == f"parsing f.json: {sentence}"


def test_what_is_read() -> None:
    text = (
        '{"path":"m.io/a","Version":"v1.0.0","Query":"v1","Time":"2024-01-01T00:00:00.5Z","Unknown":[1],'
        '"Versions":["v1.0.0"],"Error":null,"Origin":{"VCS":"git","Hash":"abc"}}\n'
        '{"Path":"m.io/b","Version":"v1.0.0","Error":"told by mod download"} null'
    )
    known = read_reuse(session(text), "f.json")
    info = known[ModuleVersion("m.io/a", "v1.0.0")]
    assert known == {ModuleVersion("m.io/a", "v1.0.0"): info, ModuleVersion("m.io/a", "v1"): info}
    assert (info.time, info.versions) == (datetime(2024, 1, 1, 0, 0, 0, 500_000, UTC), ("v1.0.0",))
    assert info.origin is not None
    assert (info.origin.vcs, info.origin.hash, info.origin.ref) == ("git", "abc", "")


def test_no_file() -> None:
    with pytest.raises(DiskError, match=r"^open g\.json: no such file or directory$"):
        read_reuse(session(""), "g.json")
