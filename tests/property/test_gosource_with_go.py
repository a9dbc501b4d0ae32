# SPDX-License-Identifier: BSD-3-Clause
"""Mutated Go sources, read by govgo and by go's own parser and build package: every answer is the same, faults too."""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from govgo.core.gosource.buildtags import build_tags
from govgo.core.gosource.directory import import_dir
from govgo.core.gosource.parse import parse_imports

GO = shutil.which("go")
pytestmark = pytest.mark.go
ORACLE = Path(__file__).parents[2] / "testdata" / "gooracle" / "source.go"

WHOLE = [
    'package p\n\nimport (\n\t"fmt"\n\t"os"\n)\n\nfunc f() {}\n',
    '// c\npackage p // d\nimport "a"\nimport b "c"\nimport (\n\t// doc\n\t"C"\n)\n',
    '//go:build linux\n\n// Package p.\npackage p\n\n// #cgo LDFLAGS: -lm\nimport "C"\n\nimport "embed"\n\n'
    '//go:embed x y/*.html "z w"\nvar f embed.FS\n',
    'package p\n\nimport (\n\t. "a"\n\t_ "b"\n)\n\n/*\n#cgo CFLAGS: -DX\n*/\nimport "C"\nvar s = "//go:embed no"\n',
    'package p_test\nimport "testing"\nimport `embed`\nvar c = \'"\'//go:embed q\n',
]
PIECES = [
    "package p", "package", "import", "import (", "(", ")", '"fmt"', '"C"', '"embed"', "f", "_", ".", ";", "\n",
    "\n", " ", "\t", "\r\n", "// c\n", "/* c */", "/*\n*/", "/* c", "*/", "//go:build linux\n",
    "//go:build !linux && (a || b)\n", "//go:build ignore", "// +build linux,!x y\n\n",
    '//go:embed a b "c d" `e`\n', '//go:embed "bad\n', '"a\\x41b"', "`raw`", "`ra\nw`", '"bad path"', '"x\\q"',
    '"un', "'c'", "12", "0x1p", "1_", "0b12", "08", "1e", '"é"', "é", "\udcff", "\0", "\ufeff", "“", "@", "#",
    "func", "var x = 1", "type", "//line y.go:10\n", "//line y.go:3:4\n", "/*line z.go:7:2*/", "//line :x\n",
    "//line a:0\n", "i", "// #cgo FOO\n", '/*\n#cgo linux CFLAGS: -I${SRCDIR}/x "a b"\n*/\n',
    "// #cgo noescape f\n", "// #cgo windows BAD: x\n", '// #cgo CFLAGS: "a\n', ",", "+", "[", "{", "}", "...",
    "&^=", "package documentation", '"./x"', "\x0c", "\xa0", "\\", '"', "`", "'\\x4g'", "'ab'", '"\\U00110000"',
    "import _ `c`;",
]  # fmt: skip


def mutant(rng: random.Random) -> str:
    """A sound file with a few changes, or a heap of pieces."""
    if rng.random() < 0.4:
        count = rng.randrange(1, 14)
        return "".join(rng.choice(PIECES) + rng.choice(["", " ", "", "\n"]) for _ in range(count))
    text = rng.choice(WHOLE)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(text) + 1)
        cut = at if rng.random() < 0.6 else min(len(text), at + rng.randrange(1, 5))
        text = text[:at] + (rng.choice(PIECES) if cut == at else "") + text[cut:]
    return text


def raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def plain(value: str | None) -> str:
    return base64.b64decode(value).decode("utf-8", "surrogateescape") if value else ""


def ours(name: str, text: str) -> dict[str, Any]:
    parsed = parse_imports(name, text)
    package = import_dir(".", [(name, raw(text))], build_tags(tool_tags=()))
    parts = (package.sources, package.tests, package.xtests)
    cgo = len(package.cgo_files)
    others = (package.tests.files, package.xtests.files, package.ignored, package.invalid)
    return {
        "parse_error": parsed.error,
        "specs": None if parsed.faults else [word for spec in parsed.imports for word in (spec.name, spec.path)],
        "error": package.error,
        "name": package.name,
        "imports": [path for part in parts for path in part.imports],
        "embeds": [pattern for part in parts for pattern in part.embeds],
        "lists": [len(package.sources.files) - cgo, cgo, *map(len, others)],
    }


def gos(answer: dict[str, Any]) -> dict[str, Any]:
    specs = answer.get("specs")
    return {
        "parse_error": plain(answer["parse_error"]),
        "specs": None if specs is None else [plain(word) for word in specs],
        "error": plain(answer["error"]),
        "name": plain(answer["name"]),
        "imports": [plain(path) for path in answer["imports"]],
        "embeds": [plain(pattern) for pattern in answer["embeds"]],
        "lists": answer["lists"],
    }


@pytest.mark.wide
@pytest.mark.parametrize("seed", range(1))
def test_mutants_read_alike(seed: int) -> None:
    assert GO is not None
    rng = random.Random(seed)
    cases = [(rng.choice(["x.go", "x.go", "x_test.go"]), mutant(rng)) for _ in range(2500)]
    asks = [json.dumps({"Name": name, "Text": base64.b64encode(raw(text)).decode()}) for name, text in cases]
    done = subprocess.run(
        [GO, "run", str(ORACLE)],
        input="\n".join(asks).encode(),
        stdout=subprocess.PIPE,
        check=True,
        timeout=300,
        env={**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "", "GOPROXY": "off", "GO111MODULE": "off"},
    )
    answers = [gos(json.loads(line)) for line in done.stdout.splitlines()]
    assert len(answers) == len(cases)
    differing = [
        f"{name} {text!r}\n  got  {mine}\n  want {answer}"
        for (name, text), answer in zip(cases, answers, strict=True)
        if (mine := ours(name, text)) != answer
    ]
    assert not differing, f"{len(differing)} differ\n" + "\n".join(differing[:5])
