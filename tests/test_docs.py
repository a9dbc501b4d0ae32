# SPDX-License-Identifier: BSD-3-Clause
"""What the documents name is there: files, folders and the pages that they link to."""

from __future__ import annotations

import doctest
import re
import shutil
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "testdata/sample"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@cache
def exists(path: str) -> bool:
    """Whether a path (a pattern) fits below the root, the package or the tests; a bare name may be anywhere."""
    if "/" not in path:
        return any(any((ROOT / top).rglob(path)) for top in ("govgo", "tests", "bench"))
    return any(any(base.glob(path)) for base in (ROOT, ROOT / "govgo", ROOT / "tests"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_files_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text()
    named = set(re.findall(r"`((?:[\w-]+/)+[\w-]+\.(?:json|md|txt)|[\w/-]+\.py)`", text))
    named |= set(re.findall(r"`((?:bench|docs|govgo|scripts|testdata|tests)/[\w/.-]*\w)`", text))
    named |= {module.replace(".", "/") + ".py" for module in re.findall(r"`python -m (tests\.[\w.]+)`", text)}
    linked = {target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target}
    missing = [name for name in named if not exists(name)]
    missing += [target for target in linked if target and not (page.parent / target).exists()]
    assert not missing


def test_tree_of_the_architecture_is_the_tree() -> None:
    """The page draws each room below its ring, and no other."""
    page = (ROOT / "docs/design/architecture.md").read_text()
    drawn: set[str] = set()
    ring = ""
    for line in page.partition("## Rooms")[2].split("```")[1].splitlines():
        if not line.startswith(" "):
            ring = line.partition("/")[0]
        else:
            drawn.add(f"{ring}/{line.split()[0].removesuffix('/')}")
    package = ROOT / "govgo"
    rooms = {file.parent.relative_to(package).as_posix() for file in package.rglob("*.py")} - {"core/golib/template"}
    files = {f"{ring}/{file.name}" for ring in ("core", "adapters", "app") for file in (package / ring).glob("*.py")}
    built = {room for room in rooms if "/" in room} | {file for file in files if not file.endswith("__init__.py")}
    assert drawn == built


def test_every_short_way_names_a_test_that_exists() -> None:
    page = (ROOT / "docs/design/architecture.md").read_text().partition("## Short ways")[2]
    known = {
        name
        for file in (ROOT / "tests").rglob("*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(), re.M)
    }
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert len(rows) >= 20
    for row in rows:
        named = set(re.findall(r"`(test_\w+)`", row))
        assert named or "`tests/" in row, row
        assert named <= known, row


def test_every_page_is_linked_from_the_architecture() -> None:
    pages = {page.name for page in (ROOT / "docs/design").glob("*.md")} - {"architecture.md"}
    linked = set(re.findall(r"\]\(([a-z-]+\.md)\)", (ROOT / "docs/design/architecture.md").read_text()))
    assert linked == pages


def test_files_that_docstrings_and_comments_name_exist() -> None:
    """Paths such as docs/design/attacks.md in the sources, the tests, the benchmark and the scripts."""
    files = [file for top in ("govgo", "tests", "bench", "scripts") for file in sorted((ROOT / top).rglob("*"))]
    missing = [
        f"{file.relative_to(ROOT)}: {name}"
        for file in files
        if file.is_file() and (file.suffix == ".py" or not file.suffix)
        for line in file.read_text().splitlines()
        if "/" in line and (".py" in line or ".md" in line)
        for name in re.findall(r"(?<![\w/.])(?:[\w-]+/)+[\w*-]+\.(?:py|md)\b", line)
        if not exists(name)
    ]
    assert missing == []


@cache
def words() -> set[str]:
    """Every word of the sources and the tests that could be the name of a class."""
    files = [file for top in ("govgo", "tests") for file in (ROOT / top).rglob("*.py")]
    return {word for file in files for word in re.findall(r"\b[A-Z][A-Za-z]+\b", file.read_text())}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_classes_that_a_page_names_exist(page: Path) -> None:
    """A name such as `GraphLoader` or `Loader.likely` in backticks stands somewhere in the sources."""
    named = set(re.findall(r"`((?:[A-Z][a-z]+){2,})(?:\.\w+)?`", page.read_text()))
    assert named - words() == set()


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the sample's module, and its recorded proxy and checksum database."""
    shutil.copytree(SAMPLE / "hello", tmp_path / "hello")
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "HOME": str(tmp_path),
        "GOPATH": str(tmp_path / "go"),
        "GOPROXY": (SAMPLE / "proxy").as_uri(),
        "GOENV": "off",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("GOFLAGS", "GOMODCACHE", "GOSUMDB", "GOPRIVATE", "GONOSUMDB", "GOVGO_GO_VERSION"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.wide
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_examples_of_the_library_page(sample: Path) -> None:
    """Each example prints what the page says."""
    test = doctest.DocTestParser().get_doctest(
        re.sub(r"(?m)^```.*$", "", (ROOT / "docs/library.md").read_text()), {}, "docs/library.md", "docs/library.md", 0
    )
    assert len(test.examples) > 20
    found: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=found.append)
    assert not found, "".join(found)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_library_example_of_the_readme(sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"(?s)```python\n(.*?)```", (ROOT / "README.md").read_text())
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out.splitlines() == [
        "added golang.org/x/text v0.0.0-20170915032832-14c0d48ead0c",
        "added rsc.io/quote v1.5.2",
        "added rsc.io/sampler v1.3.0",
        "v0.0.0-20170915032832-14c0d48ead0c",
        "all proved",
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_attack_a_file_of_the_checkout_in_the_place_of_the_package(page: Path) -> None:
    """`pipx run NAME` runs a file NAME of the working directory, such as one of a pull request, but for --spec."""
    recipes = re.findall(r"(?m)^[^`\n]*pipx run .*", page.read_text())
    assert [line for line in recipes if "pipx run --spec govgo govgo " not in line] == []


def test_attack_a_pip_of_the_checkout() -> None:
    """`python -m pip` runs a pip.py of the working directory, and what is missing is often missed in a checkout."""
    sources = [file for file in (*PAGES, *ROOT.glob("govgo/**/*.py")) if file.name != "CHANGELOG.md"]
    assert [file for file in sources if re.search(r"python3? -m pip\b", file.read_text())] == []
