# SPDX-License-Identifier: BSD-3-Clause
"""Download mode files: the examples of Athens' documents ("The download mode file"), its own table, and HCL's rules."""

from __future__ import annotations

import pytest

from govgo.errors import UsageError
from govgo.serve.downloadmodes import DownloadModes, parse_download_modes
from govgo.serve.policy import ModeRule, Policy

# Its example, with the names of hosts replaced.
EXAMPLE = b"""downloadURL = "https://proxy.example"

mode = "async_redirect"

download "github.com/gomods/*" {
    mode = "sync"
}

download "golang.org/x/*" {
    mode = "none"
}

download "github.com/pkg/*" {
    mode = "redirect"
    downloadURL = "https://center.example"
}
"""
BLOCK = """download "bad/module/repo/*" {
    mode = "none"
}"""


def policy(modes: DownloadModes) -> Policy:
    return Policy(mode=modes.mode, modes=modes.rules, redirect_url=modes.url)


@pytest.mark.parametrize(
    ("path", "mode", "url"),
    [
        ("github.com/gomods/athens", "sync", "https://proxy.example"),
        ("golang.org/x/text", "none", "https://proxy.example"),
        ("golang.org/x", "async_redirect", "https://proxy.example"),
        ("github.com/pkg/errors", "redirect", "https://center.example"),
        ("github.com/pkg/errors/v2/more", "redirect", "https://center.example"),
        ("rsc.io/quote", "async_redirect", "https://proxy.example"),
    ],
)
def test_the_example_of_athens(path: str, mode: str, url: str) -> None:
    found = policy(parse_download_modes("download.hcl", EXAMPLE))
    assert (found.mode_of(path), found.redirect_of(path)) == (mode, url)


# The table of Athens' own test of what a file comes to: (mode, URL, (pattern, mode, URL) of a block), path, answers.
@pytest.mark.parametrize(
    ("mode", "url", "block", "path", "answer"),
    [
        ("sync", "", None, "github.com/gomods/athens", ("sync", "")),
        ("redirect", "gomods.io", None, "github.com/gomods/athens", ("redirect", "gomods.io")),
        ("sync", "", ("github.com/gomods/*", "none", ""), "github.com/gomods/athens", ("none", "")),
        ("sync", "", ("github.com/*", "none", ""), "github.com/gomods/athens/pkg/mode", ("none", "")),
        ("sync", "", ("*.github.com/gomods/*", "none", ""), "athens.github.com/gomods/pkg/mode", ("none", "")),
        ("sync", "", ("github.com/gomods/*", "none", ""), "github.com/athens-artifacts/maturelib", ("sync", "")),
        (
            "sync",
            "",
            ("github.com/gomods/*", "async_redirect", "gomods.io"),
            "github.com/gomods/athens",
            ("async_redirect", "gomods.io"),
        ),
        (
            "redirect",
            "proxy.example",
            ("github.com/gomods/*", "async_redirect", "gomods.io"),
            "github.com/athens-artifacts/maturelib",
            ("redirect", "proxy.example"),
        ),
    ],
)
def test_the_table_of_athens(
    mode: str, url: str, block: tuple[str, str, str] | None, path: str, answer: tuple[str, str]
) -> None:
    found = policy(DownloadModes(mode, url, (ModeRule(*block),) if block else ()))
    assert (found.mode_of(path), found.redirect_of(path)) == answer


@pytest.mark.parametrize(
    ("text", "modes"),
    [
        ("", DownloadModes()),
        (BLOCK, DownloadModes(rules=(ModeRule("bad/module/repo/*", "none"),))),
        ('download "q.io" { mode = "sync" }', DownloadModes(rules=(ModeRule("q.io", "sync"),))),
        ('download local {\n mode="sync"\n}\n', DownloadModes(rules=(ModeRule("local", "sync"),))),
        ('# one\n// two\n/* three\n */ mode = "none" # four', DownloadModes("none")),
        ('mode = "none"\r\ndownloadURL = ""\r\n', DownloadModes("none")),
        ('download "q.io/\\u0061\\"" {\n\n mode = "sync"\n\n}', DownloadModes(rules=(ModeRule('q.io/a"', "sync"),))),
        ('download "q.io/$${x}" {\n mode = "sync"\n}', DownloadModes(rules=(ModeRule("q.io/${x}", "sync"),))),
        ('download "q.io/$x%" {\n mode = "sync"\n}', DownloadModes(rules=(ModeRule("q.io/$x%", "sync"),))),
    ],
)
def test_what_can_be_said(text: str, modes: DownloadModes) -> None:
    assert parse_download_modes("f", text.encode()) == modes


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('mode = "fast"', "f:1: mode: want one of sync, async, redirect, async_redirect, none: fast"),
        ("\nmode = sync", "f:2: want a string in quotes"),
        ('mode = "sync" + "x"', 'f:1: want mode, downloadURL or a download block, with plain strings: + "x"'),
        ('mode = "sync" mode = "none"', "f:1: want the end of the line"),
        ('mode = "sync"\nmode = "none"', "f:2: mode is set twice"),
        ("mode = <<EOF\nsync\nEOF\n", "f:1: want mode, downloadURL or a download block, with plain strings: <<EOF"),
        ('mode = "${x}"', "f:1: a template cannot be read here: want a plain string"),
        ('mode = "\\x"', "f:1: no such escape in a string: \\x"),
        ('mode = "\\ud800"', "f:1: no such escape in a string: \\ud800"),
        ('mode = "sy\nnc"', 'f:1: want mode, downloadURL or a download block, with plain strings: "sy'),
        ('speed = "fast"', "f:1: speed is not known, want one of mode, downloadURL"),
        ('download "q.io" {\n mode = "sync"\n url = "https://q"\n}', "f:3: url is not known, want one of mode,"),
        ('download "q.io" {\n}', "f:1: mode is missing for q.io"),
        ('download "q.io" "r.io" {\n mode = "sync"\n}', "f:1: want { behind the pattern"),
        ('download "q.io,r.io" {\n mode = "sync"\n}', "f:1: want one pattern of module paths"),
        ('download "q.io" {\n mode = "sync" }', "f:2: want } on a line of its own"),
        ('download "q.io" { mode = "sync"\n}', "f:1: want } on the same line, or a line for each setting"),
        ('download "q.io" {\n mode = "sync"\n', "f:3: want mode, downloadURL or }"),
        ('download "q.io" {\n download "r.io" {\n', "f:2: download is not known, want one of mode, downloadURL"),
        ('download = "x"', "f:1: download is not known, want one of mode, downloadURL"),
        ("{", "f:1: want mode, downloadURL or download"),
        ('downloadURL = "proxy.example"', "f:1: downloadURL: want a URL with http or https"),
        ('downloadURL = "https://me:pw@q.io"', "f:1: downloadURL: clients would be shown the password of that URL"),
        ('downloadURL = "https://q.io/?a=b"', "f:1: downloadURL: want a URL without ? and #"),
        ("/* open", "f:1: want mode, downloadURL or a download block, with plain strings: /* open"),
    ],
)
def test_what_is_refused(text: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_download_modes("f", text.encode())
    assert str(caught.value).startswith(says)


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(UsageError, match="want text in UTF-8"):
        parse_download_modes("f", b'mode = "\xff"')
    with pytest.raises(UsageError, match="more than"):
        parse_download_modes("f", b" " * (2 << 20))
