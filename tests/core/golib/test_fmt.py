# SPDX-License-Identifier: BSD-3-Clause
"""printf and the numbers of templates, with what text/template of go 1.26.8 makes of them over one module."""

from __future__ import annotations

import pytest

from govgo.core.golib.template.execute import Template
from govgo.core.golib.template.values import TemplateError
from govgo.core.module.info import ModuleInfo
from govgo.report.list.template import module_record

MODULE = ModuleInfo(path="a.b/c", version="v1.0.0", versions=("v1", "v2"), main=True)

CASES = [
    (
        '{{printf "%x|%X|%.2x|%#x|%+x" 1.5 1.5 12345.678 0.0 3.0}}',
        "0x1.8p+00|0X1.8P+00|0x1.82p+13|0x0.0000p+00|+0x1.8p+01",
    ),
    ('{{printf "%b|%b" 1.0 0.0}}', "4503599627370496p-52|0p-1074"),
    ('{{printf "%#g|%#.3g|%#e|%#.0f" 1.0 2.0 1.5 3.0}}', "1.00000|2.00|1.500000e+00|3."),
    (
        '{{printf "%6.2f|%-8.1e|%08.3f|%+.1f|% .2f|%F" 3.14159 31415.9 2.5 1.0 1.0 1.5}}',
        "  3.14|3.1e+04 |0002.500|+1.0| 1.00|1.500000",
    ),
    ('{{printf "%G|%E|%v|%g" 1e-7 1e21 1e6 100000.0}}', "1E-07|1.000000E+21|1e+06|100000"),
    (
        '{{printf "%05d|%-5d|%+d|% d|%+05d|%x|%#X|%#o|%O|%#b" 42 42 42 42 42 -255 255 8 8 5}}',
        "00042|42   |+42| 42|+0042|-ff|0XFF|010|0o10|0b101",
    ),
    ('{{printf "%.5d|%8.3d|%-8.3d|%.0d|%08.3d" 42 -7 7 0 7}}', "00042|    -007|007     ||     007"),
    (
        '{{printf "%c|%q|%#q|%+q|%U|%#U|%08U" 65 65 65 233 233 233 65}}',
        "A|'A'|'A'|'\\u00e9'|U+00E9|U+00E9 'é'|  U+0041",
    ),
    ('{{printf "%c|%U" -1 -1}}', "�|U+FFFFFFFFFFFFFFFF"),
    ('{{printf "%z|%t|%d|%s" 1 2 true 3}}', "%!z(int=1)|%!t(int=2)|%!d(bool=true)|%!s(int=3)"),
    ('{{printf "%!|%.2z|%+z" 1 2 3}}', "%!!(int=1)|%!z(int=02)|%!z(int=+3)"),
    (
        '{{printf "%s|%10s|%-10s|%.2s|%010s|%q|%+q|%#q" "héllo" "é" "é" "héllo" "é" "a\\"é" "a\\"é" "a`b"}}',
        'héllo|         é|é         |hé|000000000é|"a\\"é"|"a\\"\\u00e9"|"a`b"',
    ),
    (
        '{{printf "%#q|%#q|%x|%X|% x|%#x|% #x|%.2x" "ab\\t" "a\\n" "hé" "hé" "hé" "hé" "hé" "hello"}}',
        '`ab\t`|"a\\n"|68c3a9|68C3A9|68 c3 a9|0x68c3a9|0x68 0xc3 0xa9|6865',
    ),
    ('{{printf "%#v|%+v|%#v|%v|%#v" "a" "a" 1 nil true}}', '"a"|a|1|<nil>|true'),
    ('{{printf "%d|%5s" nil nil}}', "%!d(<nil>)|%!s(<nil>)"),
    ('{{printf "%5v|%-5v|%T|%8T|%.3T" nil nil nil "a" 1}}', "<nil>|<nil>|<nil>|  string|int"),
    ('{{printf "%[2]d %[1]d|%d" 1 2}}', "2 1|2"),
    ('{{printf "%[3]d" 1}}', "%!d(BADINDEX)"),
    ('{{printf "%[x]d|%d" 1}}', "%!d(BADINDEX)|1"),
    ('{{printf "%[" 1}}', "%!(NOVERB)"),
    ('{{printf "%[1]5d|%[1].2d" 1}}', "%!d(BADINDEX)|%!d(BADINDEX)"),
    ('{{printf "%*d|%-*d|%.*f|%*d" 5 1 5 1 1 2.5 "a" 3}}', "    1|1    |2.5|%!(BADWIDTH)3"),
    ('{{printf "%.*d|%.[2]*d" -1 7 3}}', "%!(BADPREC)7|0000003"),
    ('{{printf "%*d" -5 1}}', "1    "),
    ('{{printf "%[1]*d" 5 6}}', "    6"),
    ('{{printf "%d"}}', "%!d(MISSING)"),
    ('{{printf "%d" 1 2 "x"}}', "1%!(EXTRA int=2, string=x)"),
    ('{{printf "%" 5 1}}', "%!(NOVERB)%!(EXTRA int=5, int=1)"),
    ('{{printf "%"}}', "%!(NOVERB)"),
    ('{{printf "%%|%5%" 1}}', "%|%%!(EXTRA int=1)"),
    ('{{printf "a%10000010d" 1}}', "a%!(NOVERB)%!(EXTRA int=1)"),
    ('{{printf "a%[10000010]d" 1}}', "a%!d(BADINDEX)"),
    ('{{printf "%05t|%-7t|%q" true false true}}', "0true|false  |%!q(bool=true)"),
    ('{{printf "%w|%w" "a" nil}}', "%!w(string=a)|%!w(<nil>)"),
    (
        '{{printf "%s|%05s|%q|%d" .Versions .Versions .Versions .Versions}}',
        '[v1 v2]|[000v1 000v2]|["v1" "v2"]|[%!d(string=v1) %!d(string=v2)]',
    ),
    ('{{html . . ","}}', "a.b/c v1.0.0 a.b/c v1.0.0,"),
    ("{{urlquery true .}}", "true+a.b%2Fc+v1.0.0"),
    (
        "{{ne .Origin .Versions}}",
        'template: main:1:2: executing "main" at <ne .Origin .Versions>: error calling ne: '
        "non-comparable types %!s(*codehost.Origin=<nil>): *codehost.Origin, []string: [v1 v2]",
    ),
    (
        "{{.Main | call}}",
        'template: main:1:10: executing "main" at <call>: error calling call: non-function <bool Value> of type bool',
    ),
    ("{{'\\1n'}}", "template: main:1: invalid syntax"),
    ("{{'ab'}}", "template: main:1: malformed character constant: 'ab'"),
    (
        "{{index (index .Path 0) 1}}",
        'template: main:1:2: executing "main" at <index (index .Path 0) 1>: error calling index: '
        "can't index item of type uint8",
    ),
    ('{{printf "%T %v %#v %c" (index .Path 0) (index .Path 0) (index .Path 0) (index .Path 0)}}', "uint8 97 0x61 a"),
    ("{{1e400}}", 'template: main:1: illegal number syntax: "1e400"'),
    ("{{-1e400}}", 'template: main:1: illegal number syntax: "-1e400"'),
    ("{{1e308}}", "1e+308"),
    ("{{.", 'template: main:1: illegal number syntax: "."'),
    ("{{ .", 'template: main:1: illegal number syntax: "."'),
    ("{{0x1.}}", 'template: main:1: illegal number syntax: "0x1."'),
    ("{{1_}}", 'template: main:1: illegal number syntax: "1_"'),
    ("{{1_000.5}}", "1000.5"),
    ("{{0x_1p4}}", "16"),
    ("{{1_e3}}", 'template: main:1: illegal number syntax: "1_e3"'),
    ("{{0x1_p1}}", 'template: main:1: illegal number syntax: "0x1_p1"'),
    ('{{printf "%d" .Error}}', "0"),
    ('{{printf "%s|%d|%x|%v|%p" .Error .Error .Error .Error .Error}}', "%!s(*modinfo.ModuleError=<nil>)|0|0|<nil>|0x0"),
    ('{{printf "%#v" .Error}}', "(*modinfo.ModuleError)(nil)"),
    ('{{printf "x" . 1}}', "x%!(EXTRA *modinfo.ModulePublic=a.b/c v1.0.0, int=1)"),
    ('{{printf "%w" .Error}}', "%!w(*modinfo.ModuleError=<nil>)"),
]


@pytest.mark.parametrize(("text", "told"), CASES)
def test_as_go(text: str, told: str) -> None:
    try:
        out = Template(text).execute(module_record(MODULE))
    except TemplateError as error:
        out = str(error)
    assert out == told


@pytest.mark.parametrize(
    ("layout", "told"),
    [
        ("%" + "9" * 5000 + "d", "%!(NOVERB)%!(EXTRA int=7)"),
        ("%." + "0" * 5000 + "3d", "007"),
        ("%[" + "9" * 5000 + "]d", "%!d(BADINDEX)"),
        ("%[" + "0" * 5000 + "1]d", "7"),
    ],
    ids=["width", "precision", "index", "index with zeros"],
)
def test_attack_more_digits_than_python_reads(layout: str, told: str) -> None:
    assert Template(f'{{{{printf "{layout}" 7}}}}').execute(None) == told


def test_the_widest_field_of_a_layout() -> None:
    out = Template('{{printf "%10000009d|%-1000001s|" 7 "x"}}').execute(None)
    assert out == "7".rjust(10_000_009) + "|" + "x".ljust(1_000_001) + "|"
