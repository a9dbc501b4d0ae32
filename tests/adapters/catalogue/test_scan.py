# SPDX-License-Identifier: BSD-3-Clause
"""What is in a storage, found by looking: the same of a directory, a bucket, and a storage in memory."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any

import pytest

from govgo.adapters.catalogue import catalogue as module
from govgo.adapters.catalogue.catalogue import Totals
from govgo.adapters.catalogue.database import open_database
from govgo.adapters.catalogue.filling import FilledCatalogue
from govgo.adapters.catalogue.scan import Scanner
from govgo.adapters.storage.directory import DirectoryStorage
from govgo.adapters.storage.open import open_storage
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.registry.facts import LogCheck, ModuleRow, Requirer, ZipFacts
from govgo.core.storage.lastanswers import format_kept
from govgo.errors import StorageError
from govgo.ports.storage import Entry, Storage
from tests.simulators.objectstores import moto
from tests.simulators.storage import MemoryStorage

PSEUDO = "v0.0.0-20240102030405-0123456789ab"


@pytest.fixture(params=["directory", "memory", pytest.param("bucket", marks=pytest.mark.wide)])
def storage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    with ExitStack() as held:
        if request.param == "directory":
            yield DirectoryStorage(str(tmp_path / "store"))
        elif request.param == "memory":
            yield MemoryStorage()
        else:
            url, environ = held.enter_context(moto(tmp_path))
            for name, value in environ.items():
                monkeypatch.setenv(name, value)
            yield open_storage(f"{url}/modules", os.environ)


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[FilledCatalogue]:
    found = FilledCatalogue(str(tmp_path / "catalogue.sqlite"))
    yield found
    found.close()


def put(storage: Storage, mod: str, gomod: str = "", *, time: str = "2024-05-06T07:08:09Z", zip_: bytes = b"") -> None:
    """Store a version: its .mod, its .info unless there is no time, and perhaps its zip."""
    path, _, version = mod.partition(" ")
    storage.replace(f"{path}/@v/{version}.mod", (gomod or f"module {path}\n").encode())
    if time:
        storage.replace(f"{path}/@v/{version}.info", f'{{"Version":"{version}","Time":"{time}"}}'.encode())
    if zip_:
        storage.replace(f"{path}/@v/{version}.zip", zip_)


def everything(path: str, version: str) -> bool:
    return True


def walk(
    storage: Storage, catalogue: FilledCatalogue, shown: Callable[[str, str], bool] = everything, **more: Any
) -> None:
    Scanner(storage, catalogue, shown, **more).walk()


def versions(catalogue: FilledCatalogue, path: str) -> list[str]:
    return [row.version for row in catalogue.versions(path, 0, 100)]


def fill(storage: Storage) -> None:
    put(storage, "q.io/a v1.0.0", "module q.io/a\n\nrequire q.io/b v1.0.0\n", time="2024-01-01T00:00:00Z")
    put(
        storage,
        "q.io/a v1.1.0",
        "// Deprecated: use q.io/b.\nmodule q.io/a\n\nrequire q.io/b v1.1.0 // indirect\n\nrequire q.io/c v1.0.0\n\n"
        "// it was too slow\nretract v1.0.0\n",
        zip_=b"zip",
    )
    put(storage, "q.io/b v1.1.0", time="")
    put(storage, f"q.io/b {PSEUDO}", time="")
    storage.replace("q.io/!up/@v/v0.1.0.mod", b"module q.io/Up\n\nrequire q.io/b v1.0.0\n")
    storage.replace("sumdb/sum.example.org/lookup/q.io/a@v1.0.0", b"x")
    storage.replace("q.io/a/@v/list.kept", format_kept(b"v1.0.0\nv1.1.0\nv1.2.0\nnonsense\n"))


def test_what_is_stored(storage: Storage, catalogue: FilledCatalogue) -> None:
    fill(storage)
    walk(storage, catalogue)
    assert catalogue.totals() == Totals(3, 5)
    assert catalogue.modules("", 10) == [
        ModuleRow("q.io/Up", "v0.1.0", None, 1, 0, 0, ""),
        ModuleRow("q.io/a", "v1.2.0", None, 2, 0, 0, "use q.io/b."),
        ModuleRow("q.io/b", "v1.1.0", None, 2, 2, 1, ""),
    ]
    told = [
        (row.version, row.time, row.files, row.zip_size, row.retracted) for row in catalogue.versions("q.io/a", 0, 9)
    ]
    assert told == [
        ("v1.2.0", None, (), -1, None),  # upstream has listed it
        ("v1.1.0", 1714979289.0, ("info", "mod", "zip"), 3, None),
        ("v1.0.0", 1704067200.0, ("info", "mod"), -1, "it was too slow"),
    ]
    # the time of a pseudo-version is in its name
    assert [(row.version, row.time) for row in catalogue.versions("q.io/b", 0, 9)] == [
        ("v1.1.0", None),
        (PSEUDO, 1704164645.0),
    ]
    assert catalogue.requirers("q.io/b", "", 10) == [
        Requirer("q.io/Up", "v0.1.0", True, "v1.0.0", False),
        Requirer("q.io/a", "v1.1.0", True, "v1.1.0", True),
    ]
    # a module that is not stored is known as what others require, and is in no list
    assert catalogue.requirers("q.io/c", "", 10) == [Requirer("q.io/a", "v1.1.0", True, "v1.0.0", False)]
    assert catalogue.module("q.io/c") is None
    assert [(row.path, row.version) for row in catalogue.newest(2)] == [("q.io/a", "v1.1.0"), ("q.io/b", PSEUDO)]
    assert [row.path for row in catalogue.most_used(5)] == ["q.io/b"]


def test_what_has_changed(storage: Storage, catalogue: FilledCatalogue) -> None:
    fill(storage)
    walk(storage, catalogue)
    put(storage, "q.io/a v1.3.0")  # requires nothing any more, and retracts nothing
    storage.delete("q.io/!up/@v/v0.1.0.mod")
    walk(storage, catalogue)
    assert catalogue.modules("", 10) == [
        ModuleRow("q.io/a", "v1.3.0", 1714979289.0, 3, 0, 0, ""),
        ModuleRow("q.io/b", "v1.1.0", None, 2, 0, 0, ""),
    ]
    # the highest version that did require it is still told
    assert catalogue.requirers("q.io/b", "", 10) == [Requirer("q.io/a", "v1.1.0", False, "v1.1.0", True)]
    assert {row.retracted for row in catalogue.versions("q.io/a", 0, 9)} == {None}
    for name in ("v1.1.0", "v1.3.0"):
        storage.delete(f"q.io/a/@v/{name}.mod")
        storage.delete(f"q.io/a/@v/{name}.info")
    storage.delete("q.io/a/@v/v1.1.0.zip")
    walk(storage, catalogue)
    assert catalogue.requirers("q.io/b", "", 10) == [Requirer("q.io/a", "v1.0.0", True, "v1.0.0", False)]
    assert catalogue.module("q.io/b") == ModuleRow("q.io/b", "v1.1.0", None, 2, 1, 1, "")
    assert catalogue.requirers("q.io/c", "", 10) == []


def test_what_is_hidden_does_not_enter(storage: Storage, catalogue: FilledCatalogue) -> None:
    fill(storage)

    def shown(path: str, version: str) -> bool:
        return path != "q.io/Up" and version != "v1.1.0"

    walk(storage, catalogue, shown)
    assert [row.path for row in catalogue.modules("", 10)] == ["q.io/a", "q.io/b"]
    assert versions(catalogue, "q.io/a") == ["v1.2.0", "v1.0.0"]
    assert catalogue.requirers("q.io/b", "", 10) == [Requirer("q.io/a", "v1.0.0", True, "v1.0.0", False)]


def test_versions_grow_old_enough(catalogue: FilledCatalogue) -> None:
    storage = MemoryStorage()
    put(storage, "q.io/a v1.0.0", time="2024-01-01T00:00:00Z")
    put(storage, "q.io/a v1.1.0", time="2024-01-10T00:00:00Z")
    week = 7 * 86400.0
    walk(storage, catalogue, min_age_s=week, now=lambda: 1704067200.0 + 14 * 86400)
    assert versions(catalogue, "q.io/a") == ["v1.0.0"]
    walk(storage, catalogue, min_age_s=week, now=lambda: 1704067200.0 + 17 * 86400)
    assert versions(catalogue, "q.io/a") == ["v1.1.0", "v1.0.0"]


class Counting(MemoryStorage):
    """Gives its keys in order, as buckets do, and counts what is read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[str] = []

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes | None:
        self.reads.append(key)
        return super().read(key, start, length)

    def entries(self, prefix: str = "") -> Iterator[Any]:
        return iter(sorted(super().entries(prefix)))


def test_what_has_not_changed_is_not_read_again(catalogue: FilledCatalogue) -> None:
    storage = Counting()
    fill(storage)
    walk(storage, catalogue)
    storage.reads.clear()
    walk(storage, catalogue)
    assert storage.reads == []
    put(storage, "q.io/b v1.2.0")
    walk(storage, catalogue)
    assert sorted(set(storage.reads)) == ["q.io/b/@v/v1.2.0.info", "q.io/b/@v/v1.2.0.mod"]


def test_keys_in_any_order(catalogue: FilledCatalogue) -> None:
    """A storage that gives the keys of two modules in turn."""

    class Mixed(MemoryStorage):
        def entries(self, prefix: str = "") -> Iterator[Any]:
            found = sorted(super().entries(prefix), key=lambda entry: entry.key.rpartition("/")[2])
            return iter(found)

    storage = Mixed()
    for version in ("v1.0.0", "v1.1.0", "v1.2.0"):
        put(storage, f"q.io/a {version}")
        put(storage, f"q.io/b {version}")
    for _ in range(2):
        walk(storage, catalogue)
        assert versions(catalogue, "q.io/a") == versions(catalogue, "q.io/b") == ["v1.2.0", "v1.1.0", "v1.0.0"]
        assert catalogue.totals() == Totals(2, 6)


@pytest.mark.parametrize(
    "files",
    [
        {"q.io/a/@v/v1.0.0.mod": b"module q.io/a\nrequire (\n"},  # no go.mod
        {"q.io/a/@v/v1.0.0.mod": b"\xff\xfe\x00"},
        {"q.io/a/@v/v1.0.0.mod": b"module q.io/a\n//" + b"x" * (2 << 20)},
        {"q.io/a/@v/v1.0.0.mod": b'module q.io/a\nrequire "q.io/\\x1b[31m" v1.0.0\nrequire ../x v1.0.0\n'},
        {"q.io/a/@v/v1.0.0.mod": b"", "q.io/a/@v/v1.0.0.info": b"no json"},
        {"q.io/a/@v/v1.0.0.mod": b"", "q.io/a/@v/v1.0.0.info": b'{"Version":"v1.0.0","Time":"9999-99-99"}'},
        {
            "q.io/a/@v/v1.0.0.mod": b"",
            "q.io/a/@v/main.info": b"{}",
            "q.io/a/@v/v1.mod": b"",
            "q.io/!/@v/v1.0.0.mod": b"",
        },
    ],
    ids=range(7),
)
def test_foreign_bytes(catalogue: FilledCatalogue, files: dict[str, bytes]) -> None:
    storage = MemoryStorage()
    for key, data in files.items():
        storage.replace(key, data)
    walk(storage, catalogue)
    assert catalogue.modules("", 10) == [ModuleRow("q.io/a", "v1.0.0", None, 1, 0, 0, "")]
    assert catalogue.requirements_of(catalogue.signature("q.io/a")[0]) == {}


def test_words_of_authors_are_kept_as_far_as_they_are_read(catalogue: FilledCatalogue) -> None:
    storage = MemoryStorage()
    gomod = "// Deprecated: " + "x" * 5000 + "\nmodule q.io/a\n\nretract v1.0.0 // \udc80" + "y" * 5000 + "\n"
    put(storage, "q.io/a v1.0.0", gomod.encode("utf-8", "surrogateescape").decode("latin-1"))
    walk(storage, catalogue)
    module = catalogue.module("q.io/a")
    assert module is not None
    assert len(module.deprecated) == 1000
    assert len(catalogue.versions("q.io/a", 0, 1)[0].retracted or "") == 1000


def test_search(catalogue: FilledCatalogue) -> None:
    storage = MemoryStorage()
    for path in ("q.io/Up", "q.io/under_score", "q.io/underscore", "q.io/per%cent"):
        storage.replace(f"{path.replace('U', '!u')}/@v/v1.0.0.mod", f"module {path}\n".encode())
    put(storage, "q.io/x v1.0.0", "module q.io/x\nrequire q.io/underscore v1.0.0\n")
    walk(storage, catalogue)

    def found(query: str, after: tuple[int, str] | None = None) -> list[str]:
        return [row.path for row in catalogue.search(query.split(), after, 10)]

    assert found("UP") == ["q.io/Up"]
    assert found("under") == ["q.io/underscore", "q.io/under_score"]
    assert found("under", (1, "q.io/underscore")) == ["q.io/under_score"]
    assert found("r_s") == ["q.io/under_score"]
    assert found("%") == []
    assert found("q.io score") == ["q.io/underscore", "q.io/under_score"]


@pytest.mark.wide
def test_a_search_by_the_index_finds_what_a_search_through_all_finds(
    catalogue: FilledCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rare words and common ones, short ones that the index says nothing about, and what means something in it."""
    storage = MemoryStorage()
    random = Random(7)
    names = ["".join(random.choice("abcd-") for _ in range(random.randint(3, 9))) for _ in range(300)]
    for number, name in enumerate(names):
        requires = "".join(f"require q.io/x/{other}x v1.0.0\n" for other in names[: number % 5])
        put(storage, f"q.io/x/{name}x v1.0.0", f"module q.io/x/{name}x\n{requires}", time="")
    walk(storage, catalogue)
    queries = [("abc",), ("x",), ("ab", "cd"), ("abc", "q.io"), ("AB-",), ('"',), ('a" OR b',), ("AND",), ("\x00abc",)]
    queries += [(name[:size],) for name in names[:40] for size in (3, 4, 6)]
    found = {}
    for most in (10_000, 5, -1):
        monkeypatch.setattr(module, "MOST_RARE", most)
        pages = {}
        for words in queries:
            rows = catalogue.search(words, None, 7)
            after = (rows[-1].required_by, rows[-1].path) if rows else None
            pages[words] = rows, catalogue.search(words, after, 7) if after else []
        found[most] = pages
    assert found[10_000] == found[5] == found[-1]
    assert sum(1 for rows, _ in found[-1].values() if rows) > 40


def test_some_modules_are_looked_at(storage: Storage, catalogue: FilledCatalogue) -> None:
    """The catalogue is as it would be after a look at everything, and what is not named stays as it was."""
    fill(storage)
    scanner = Scanner(storage, catalogue, everything)
    scanner.walk()
    put(storage, "q.io/a v1.5.0", "module q.io/a\nrequire q.io/new v1.0.0\n")
    put(storage, "q.io/new v1.0.0")
    put(storage, "q.io/unseen v1.0.0")
    for version in ("v1.1.0", PSEUDO):
        storage.delete(f"q.io/b/@v/{version}.mod")
    scanner.look_at(["q.io/a", "q.io/new", "q.io/b", "q.io/never"])
    assert versions(catalogue, "q.io/a")[0] == "v1.5.0"
    new = catalogue.module("q.io/new")
    assert new is not None
    assert new.required_by == 1
    assert catalogue.module("q.io/b") is None
    assert catalogue.module("q.io/unseen") is None
    seen = [catalogue.modules("", 100), catalogue.totals()]
    storage.delete("q.io/unseen/@v/v1.0.0.mod")
    storage.delete("q.io/unseen/@v/v1.0.0.info")
    scanner.walk()
    assert [catalogue.modules("", 100), catalogue.totals()] == seen


def test_attack_a_module_with_files_without_end(catalogue: FilledCatalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    storage, number = MemoryStorage(), itertools.count()
    monkeypatch.setattr(
        storage, "entries", lambda prefix: (Entry(f"{prefix}v1.0.{each}.info", 1, 0.0) for each in number)
    )
    monkeypatch.setattr("govgo.adapters.catalogue.scan._MOST_FILES", 100)
    Scanner(storage, catalogue, everything).look_at(["q.io/a"])
    assert next(number) == 100


def test_other_rules_count_with_the_next_walk(storage: Storage, catalogue: FilledCatalogue) -> None:
    fill(storage)
    scanner = Scanner(storage, catalogue, everything, now=lambda: 1_715_000_000.0)  # 2024-05-06
    scanner.walk()
    before = catalogue.modules("", 100)
    scanner.use(lambda path, version: path != "q.io/b" and version != "v1.1.0", 0.0)
    scanner.walk()
    assert "q.io/b" not in [row.path for row in catalogue.modules("", 100)]
    assert "v1.1.0" not in versions(catalogue, "q.io/a")
    scanner.use(everything, 30 * 86400.0)
    scanner.walk()
    assert versions(catalogue, "q.io/a") == ["v1.2.0", "v1.0.0"], "v1.1.0 is of this month, and of v1.2.0 nobody knows"
    scanner.use(everything, 0.0)
    scanner.walk()
    assert catalogue.modules("", 100) == before


def test_what_was_found_out_counts_as_long_as_the_file_is_the_same(
    storage: Storage, catalogue: FilledCatalogue
) -> None:
    mod = ModuleVersion("q.io/a", "v1.1.0")
    fill(storage)
    walk(storage, catalogue)
    facts = ZipFacts("h1:x", "MIT", "MIT", (), 0, True, 1, "m")
    assert mod in catalogue.unchecked(10)
    assert catalogue.unlooked() is not None
    catalogue.tell_zip(mod, facts, {"q.io/b/p": "q.io/b"})
    catalogue.tell_check(mod, LogCheck("proved", "proved", "so", "sum.example.org", 3, 9, 5.0))
    walk(storage, catalogue)
    assert catalogue.zip_facts(mod) == facts
    assert catalogue.unlooked() is None
    assert mod not in catalogue.unchecked(10)
    assert catalogue.packages("q.io/b", 5) == [("q.io/b/p", 1)]
    found = catalogue.version(mod)
    assert found is not None
    assert found[1] == 1  # v1.2.0 is higher
    assert found[0].log == LogCheck("proved", "proved", "so", "sum.example.org", 3, 9, 5.0, True)
    storage.replace("q.io/a/@v/v1.1.0.zip", b"another zip")
    walk(storage, catalogue)
    assert catalogue.zip_facts(mod) is None
    assert mod in catalogue.unchecked(10)
    assert catalogue.unlooked() is not None


def test_a_catalogue_lies_where_nobody_else_can_write(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    first, second = open_database(FilledCatalogue, environ, "one"), open_database(FilledCatalogue, environ, "two")
    assert Path(first.path).parent == tmp_path / ".cache/govgo/registry"
    assert first.path != second.path
    assert os.stat(first.path).st_mode & 0o077 == 0
    with first.changing() as database:
        database.execute("INSERT INTO module (path, versions) VALUES ('q.io/a', 1)")
    again = open_database(FilledCatalogue, environ, "one")
    assert again.module("q.io/a") is not None
    for each in (first, second, again):
        each.close()
    os.chmod(tmp_path / ".cache", 0o777)
    elsewhere = open_database(FilledCatalogue, environ, "one")
    assert not elsewhere.path.startswith(str(tmp_path))
    assert elsewhere.module("q.io/a") is None
    elsewhere.close()
    assert not Path(elsewhere.path).parent.exists()


def test_a_damaged_catalogue_is_made_anew(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    first = open_database(FilledCatalogue, environ, "one")
    first.close()
    Path(first.path).write_bytes(b"this is no database, " * 500)
    again = open_database(FilledCatalogue, environ, "one")
    assert again.totals() == Totals(0, 0)
    again.close()
    with pytest.raises(StorageError):
        again.totals()
