# SPDX-License-Identifier: BSD-3-Clause
"""`load/dependency/modulestxt.py`: reading vendor/modules.txt."""

from __future__ import annotations

from govgo.core.module.moduleversion import ModuleVersion
from govgo.load.dependency.modulestxt import VendorMeta, parse_modules_txt

MODULES_TXT = """\
## workspace
stray.example/package
# example.com/a v1.0.0
## explicit; go 1.20
example.com/a
example.com/a/sub
# example.com/b v1.1.0 => ../b
## explicit
## go 1.18; unknown words
example.com/b
# example.com/c v1.0.0 => example.com/fork v0.9.0
## explicit
# example.com/d => ./d
# example.com/e not-a-version
example.com/e
# example.com/f v1.0.0 => one two three
example.com/f
not a package
# short
bad@path
"""


def test_reading_modules_txt() -> None:
    vendored = parse_modules_txt(MODULES_TXT)
    a, b, c = (
        ModuleVersion("example.com/a", "v1.0.0"),
        ModuleVersion("example.com/b", "v1.1.0"),
        ModuleVersion("example.com/c", "v1.0.0"),
    )
    d, f = ModuleVersion("example.com/d", ""), ModuleVersion("example.com/f", "v1.0.0")
    assert vendored.modules == [a, b, f]
    assert vendored.replaced == [b, c, d]
    assert vendored.packages == {
        "example.com/a": a,
        "example.com/a/sub": a,
        "example.com/b": b,
        "example.com/f": f,
    }
    assert vendored.versions == {"example.com/a": "v1.0.0", "example.com/b": "v1.1.0", "example.com/f": "v1.0.0"}
    assert vendored.about(a) == VendorMeta(explicit=True, go_version="1.20")
    assert vendored.about(b) == VendorMeta(True, ModuleVersion("../b", ""), "1.18")
    assert vendored.about(c) == VendorMeta(True, ModuleVersion("example.com/fork", "v0.9.0"))
    assert vendored.about(d) == VendorMeta(False, ModuleVersion("./d", ""))
    assert vendored.about(f) == VendorMeta()


def test_lines_end_as_go_reads_them() -> None:
    """A carriage return is white space in a module line, and spoils an annotation no more than go lets it."""
    vendored = parse_modules_txt("# example.com/a v1.0.0\r\n## explicit\r\nexample.com/a\r\n")
    mod = ModuleVersion("example.com/a", "v1.0.0")
    assert vendored.packages == {"example.com/a": mod}
    assert vendored.about(mod).explicit


def test_no_file_is_an_empty_list() -> None:
    vendored = parse_modules_txt("")
    assert vendored.modules == []
    assert vendored.packages == {}
