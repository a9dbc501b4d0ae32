# SPDX-License-Identifier: BSD-3-Clause
""".info files: what is read, what is kept, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from govgo.adapters.proxy.revinfo import (
    canonical_time,
    for_cache,
    format_info,
    format_time,
    parse_info,
    parse_time,
)
from govgo.core.golib.template.execute import Template
from govgo.core.module.info import ModuleInfo, Origin
from govgo.errors import InputError
from govgo.ports.modules import RevInfo
from govgo.report.list.json import module_json
from govgo.report.list.template import module_record


@pytest.mark.parametrize(
    ("text", "printed"),
    # Right: what go 1.26.8 leaves in its cache after such an answer.
    [
        ('{"Version":"v1.0.0","Time":"2024-01-02T03:04:05Z"}', '{"Version":"v1.0.0","Time":"2024-01-02T03:04:05Z"}'),
        ('{"version":"v1.0.0"}', '{"Version":"v1.0.0","Time":"0001-01-01T00:00:00Z"}'),
        (
            ' {"Time":"2024-01-02T03:04:05.120000000+00:00","Version":"v1.0.0","Name":"x","More":[1]} ',
            '{"Version":"v1.0.0","Time":"2024-01-02T03:04:05.12Z"}',
        ),
        (
            '{"Version":"v1.0.0","Time":"2024-01-02T03:04:05.123456789+02:00"}',
            '{"Version":"v1.0.0","Time":"2024-01-02T03:04:05.123456789+02:00"}',
        ),
        # Half of a surrogate pair, bytes that are not UTF-8, and a number that no machine type holds.
        (
            '{"Version":"v1.0.0","Origin":{"VCS":"\\ud800git","URL":"\\ud83d\\ude00"}}',
            '{"Version":"v1.0.0","Time":"0001-01-01T00:00:00Z","Origin":{"VCS":"\ufffdgit","URL":"\U0001f600"}}',
        ),
        (
            '{"Version":"v1.0.0","Time":"2024-01-02T03:04:05Z","X":"\udcff","Y":' + "9" * 5000 + "}",
            '{"Version":"v1.0.0","Time":"2024-01-02T03:04:05Z"}',
        ),
        ("null", '{"Version":"","Time":"0001-01-01T00:00:00Z"}'),
        # Several members for one field.
        (
            '{"Version":"v1.0.0","version":"v1.1.0","Version":"v1.2.0"}',
            '{"Version":"v1.2.0","Time":"0001-01-01T00:00:00Z"}',
        ),
        (
            '{"Version":"v1.0.0","Ver\u017fion":"v1.1.0","VERSION":null,"Time":"2024-01-02T03:04:05Z","time":null}',
            '{"Version":"v1.1.0","Time":"2024-01-02T03:04:05Z"}',
        ),
        (
            '{"Version":"v1.0.0","Origin":{"VCS":"git","URL":"a"},"origin":{"haſh":"ab","url":"b"}}',
            '{"Version":"v1.0.0","Time":"0001-01-01T00:00:00Z","Origin":{"VCS":"git","URL":"b","Hash":"ab"}}',
        ),
        (
            '{"Version":"v1.0.0","Origin":{"VCS":"git"},"origin":null}',
            '{"Version":"v1.0.0","Time":"0001-01-01T00:00:00Z"}',
        ),
        (
            '{"Version":"v1.0.0","Origin":{"VCS":"git","URL":"https://a/b?c&d","TagSum":"t1:x","Ref":"refs/tags/v1.0.0"}}',
            '{"Version":"v1.0.0","Time":"0001-01-01T00:00:00Z",'
            '"Origin":{"VCS":"git","URL":"https://a/b?c\\u0026d","Ref":"refs/tags/v1.0.0"}}',
        ),
    ],
)
def test_info_files(text: str, printed: str) -> None:
    data = text.encode("utf-8", "surrogateescape")
    assert format_info(for_cache(parse_info(data))) == printed.encode()


def test_the_ref_of_a_pseudo_version_is_not_kept() -> None:
    origin = Origin(vcs="git", ref="refs/heads/main", hash="abc")
    kept = for_cache(RevInfo("v0.0.0-20240102030405-0123456789ab", origin=origin)).origin
    assert kept == Origin(vcs="git", hash="abc")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "unexpected end of JSON input"),
        ("<html>", "invalid character '<' looking for beginning of value"),
        ("[]", "json: cannot unmarshal array into Go value of type modfetch.RevInfo"),
        ('{"Version":1}', "json: cannot unmarshal number into Go struct field RevInfo.Version of type string"),
        ('{"Version":"v1","Time":3}', "Time.UnmarshalJSON: input is not a JSON string"),
        (
            '{"Version":"v1","version":3}',
            "json: cannot unmarshal number into Go struct field RevInfo.Version of type string",
        ),
        (
            '{"Version":[],"Version":"v1"}',
            "json: cannot unmarshal array into Go struct field RevInfo.Version of type string",
        ),
        ('{"Version":6,"Time":5}', "Time.UnmarshalJSON: input is not a JSON string"),
        (
            '{"Origin":5,"Version":6}',
            "json: cannot unmarshal number into Go struct field RevInfo.Origin of type codehost.Origin",
        ),
        (
            '{"Origin":{"VCS":{}}}',
            "json: cannot unmarshal object into Go struct field Origin.Origin.VCS of type string",
        ),
        ('{"Version":"v1.0.0"} x', "invalid character 'x' after top-level value"),
        (f'{{"Version":"v1.0.0-{"a" * 249}"}}', f'invalid version "v1.0.0-{"a" * 93}"'),
        ('{"Version":"\\u001b[2J"}', 'invalid version "\\x1b[2J"'),
        ("[" * 100_000, "exceeded max depth"),
    ],
)
def test_info_files_that_are_refused(text: str, error: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_info(text.encode())
    assert str(caught.value) == error


def test_a_time_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match=r'^parsing time "2024-13-02T03:04:05Z": month out of range$'):
        parse_info(b'{"Version":"v1.0.0","Time":"2024-13-02T03:04:05Z"}')


# What Go's time.Time.UnmarshalJSON answers.
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x", 'cannot parse "x" as "2006"'),
        ("2024", 'cannot parse "" as "-"'),
        ("2024-1-01T00:00:00Z", 'cannot parse "1-01T00:00:00Z" as "01"'),
        ("2024-01-01 00:00:00Z", 'cannot parse " 00:00:00Z" as "T"'),
        ("2024-01-01T00:0:00Z", 'cannot parse "0:00Z" as "04"'),
        ("2024-01-01T00:00:00.5", 'cannot parse "" as "Z07:00"'),
        ("2024-01-01T00:00:00+0100", 'cannot parse "+0100" as "Z07:00"'),
    ],
)
def test_times_that_do_not_parse(text: str, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_time(text)
    assert str(caught.value) == f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": {sentence}'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2023-02-29T00:00:00Z", "day out of range"),
        ("2024-01-32T00:00:00Z", "day out of range"),
        ("2024-01-01T24:00:00Z", "hour out of range"),
        ("2024-01-01T00:60:00Z", "minute out of range"),
        ("2024-01-01T00:00:60Z", "second out of range"),
        ("2024-01-01T00:00:00Zx", 'extra text: "x"'),
    ],
)
def test_times_out_of_range(text: str, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_time(text)
    assert str(caught.value) == f'parsing time "{text}": {sentence}'


# What `go list -m -f` and -json print for the Time of such a .info file.
@pytest.mark.parametrize(
    ("text", "string", "nanoseconds"),
    [
        ("2024-01-01T00:00:00.123456789Z", "2024-01-01 00:00:00.123456789 +0000 UTC", 1704067200123456789),
        ("2024-01-01T00:00:00.000000001Z", "2024-01-01 00:00:00.000000001 +0000 UTC", 1704067200000000001),
        ("2024-01-01T02:00:00.123456789+02:00", "2024-01-01 02:00:00.123456789 +0200 +0200", 1704067200123456789),
        ("9999-12-31T23:59:59.999999999Z", "9999-12-31 23:59:59.999999999 +0000 UTC", -4852116231933722625),
    ],
)
def test_nanoseconds_are_kept(text: str, string: str, nanoseconds: int) -> None:
    info = ModuleInfo(path="m", time=parse_time(text))
    assert format_time(info.time) == text
    assert f'"Time": "{text}"' in module_json(info)
    template = Template("{{.Time}}|{{.Time.UnixNano}}|{{.Time.UTC.Nanosecond}}", {})
    assert template.execute(module_record(info)) == f"{string}|{nanoseconds}|{int(text[20:29])}"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z"),
        ("2024-01-02T03:04:05+00:00", "2024-01-02T03:04:05Z"),
        ("2024-01-02T03:04:05.500Z", "2024-01-02T03:04:05.5Z"),
        ("2024-01-02T03:04:05.000-07:00", "2024-01-02T03:04:05-07:00"),
        ("2024-01-02 03:04:05Z", ""),
    ],
)
def test_times_as_go_prints_them(text: str, canonical: str) -> None:
    assert canonical_time(text) == canonical


def test_a_time_without_a_zone_is_utc() -> None:
    assert format_time(None) == "0001-01-01T00:00:00Z"
    assert format_time(datetime(2024, 1, 2, 3, 4, 5)) == "2024-01-02T03:04:05Z"
    assert format_time(datetime(2024, 1, 2, 3, 4, 5, 120_000, UTC)) == "2024-01-02T03:04:05.12Z"
