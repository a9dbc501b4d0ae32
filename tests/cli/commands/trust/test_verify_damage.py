# SPDX-License-Identifier: BSD-3-Clause
"""`govgo verify` names one flipped character wherever it is: in go.sum, module cache, tiles, vendor directory."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from govgo.cli.main import invoke
from tests.cli.commands.trust.test_verify import A_GO, edit, fill, flip, sorted_sums, verify, world
from tests.simulators import campaigns
from tests.simulators.privileges import modes_count
from tests.simulators.world import World

__all__ = ["verify", "world"]  # fixtures


@pytest.mark.parametrize("share", campaigns.one_in(4, range(8)))
def test_a_flipped_character_in_go_sum(world: World, verify: Any, share: int) -> None:
    """Every character in turn, divided among the cases."""
    assert verify().code == 0
    path = Path("go.sum")
    sound = path.read_bytes()
    for offset in range(share, len(sound), 8 * 5):
        flip(path, offset)
        run = verify("--json", "--skip", "vendor,cache")
        line = sound[:offset].count(b"\n") + 1
        assert run.code in (1, 4), (offset, run.out)
        assert any(each["file"] == "go.sum" and each["line"] == line for each in run.told), (offset, run.out)
        field = sound[sound.rfind(b"\n", 0, offset) + 1 : offset].count(b" ")
        in_hash = (
            field == 2 and sound[offset : offset + 1] != b"\n" and not sound[:offset].endswith((b" ", b" h", b" h1"))
        )
        if in_hash:
            assert run.code == 4, (offset, run.out)
        path.write_bytes(sound)


FILES = [f"cache/download/q.io/b/@v{name}" for name in ("/v1.0.0.mod", "/v1.0.0.zip", "/v1.0.0.ziphash", "")]
CACHED = {
    "zip": ("cache/download/q.io/b/@v/v1.0.0.zip", 0, {"zip-modified"}),
    "ziphash": ("cache/download/q.io/b/@v/v1.0.0.ziphash", 4, {"cache-mismatch"}),
    "mod": ("cache/download/q.io/b/@v/v1.0.0.mod", 4, {"cache-mismatch"}),
    "tree": ("q.io/b@v1.0.0/b.go", 4, {"dir-modified"}),
    "lookup": ("cache/download/sumdb/sum.example.org/lookup/q.io/b@v1.0.0", 1, {"cache-damaged"}),
}


@pytest.mark.parametrize("place", campaigns.one_in(3, [0.1, 0.4, 0.8]))
@pytest.mark.parametrize("what", CACHED)
def test_a_flipped_character_in_the_cache(world: World, verify: Any, what: str, place: float) -> None:
    fill(world)
    assert verify().code == 0
    name, code, codes = CACHED[what]
    path = world.cache / name
    flip(path, int(path.stat().st_size * place))
    run = verify("--json", "--only", "cache")
    assert run.code == code or (code == 0 and run.code in (1, 4)), run.out
    assert run.codes == codes, run.out
    assert str(path) in run.out or str(path.parent) in run.out
    if what == "lookup":
        assert verify().code in (0, 1)
        assert verify().code == 0, "it was fetched again"


@pytest.mark.parametrize("name", ["q.io/b@v1.0.0/b.go", "q.io/b@v1.0.0", "q.io", *FILES])
def test_what_modes_keep_from_being_read_is_no_contradiction(world: World, verify: Any, name: str) -> None:
    """As in errors.md: a local file that cannot be read is `disk`, and 3. Nothing is known about its content."""
    fill(world)
    path = world.cache / name
    path.chmod(0o000)
    try:
        with modes_count():
            run, repair = verify("--json", "--only", "cache"), invoke(["cache", "verify", "q.io/b"])
    finally:
        path.chmod(0o755)
    assert (run.code, run.codes, repair) == (3, {"disk"}, 3), run.out
    assert {str(path) in told["text"] and "permission denied" in told["text"] for told in run.told} == {True}
    assert {"move it aside" in told["hint"] for told in run.told} == {True}


@pytest.mark.parametrize("name", ["q.io/b@v1.0.0/go.mod", "q.io/b@v1.0.0/in"])
def test_attack_a_changed_file_beside_one_that_cannot_be_read(world: World, verify: Any, name: str) -> None:
    """errors.md: a contradiction is 4, whatever else could not be looked at."""
    world.publish("q.io/b", "v1.0.1", "module q.io/b\n\ngo 1.21\n", {"b.go": "package b\n", "in/in.go": "package in\n"})
    Path("go.mod").write_text(Path("go.mod").read_text().replace("q.io/b v1.0.0", "q.io/b v1.0.1"))
    assert invoke(["download", "q.io/b@v1.0.1"]) == 0
    Path("go.sum").write_text("".join(sorted_sums(world, "q.io/b v1.0.1")))
    path = world.cache / name.replace("v1.0.0", "v1.0.1")
    path.chmod(0o000)
    try:
        with modes_count():
            assert verify("--json", "--only", "cache").code == 3
            flip(world.cache / "q.io/b@v1.0.1/b.go", 8)
            run = verify("--json", "--only", "cache")
    finally:
        path.chmod(0o755)
    assert (run.code, run.codes) == (4, {"disk", "dir-modified"}), run.out
    (told,) = (each for each in run.told if each["code"] == "dir-modified")
    assert told["differences"] == [{"file": "b.go", "change": "changed"}]


@pytest.mark.parametrize("kind", ["pipe", "dangling", "loop"])
def test_what_no_download_leaves_in_a_tree_is_a_change(world: World, verify: Any, kind: str) -> None:
    fill(world)
    path = world.cache / "q.io/b@v1.0.0/b.go"
    path.parent.chmod(0o755)
    path.unlink()
    {
        "pipe": lambda: os.mkfifo(path),
        "dangling": lambda: path.symlink_to("gone"),
        "loop": lambda: path.symlink_to(path.name),
    }[kind]()
    run = verify("--json", "--only", "cache")
    assert (run.code, run.codes) == (4, {"dir-modified"}), run.out


@campaigns.thirds
def test_flipped_bits_all_over_a_zip(world: World, verify: Any, third: int) -> None:
    """Where the bit is one of a file's content, the zip contradicts go.sum; elsewhere it is damaged."""
    fill(world)
    path = world.cache / "cache/download/q.io/b/@v/v1.0.0.zip"
    sound = path.read_bytes()
    codes = set()
    for offset in range(11 * third, len(sound), 33):
        flip(path, offset)
        run = verify("--json", "--only", "cache", "--offline")
        assert run.codes == {"zip-modified"}, (offset, run.out)
        assert run.code == 4 or "`govgo cache verify -repair`" in run.told[0]["hint"]
        codes.add(run.code)
        path.write_bytes(sound)
    assert codes == {1, 4}


def test_a_flipped_bit_in_any_tile(world: World, verify: Any) -> None:
    assert verify().code == 0
    tiles = [path for path in world.cache.glob("cache/download/sumdb/**/tile/**/*") if path.is_file()]
    assert len(tiles) >= 2
    for path in tiles:
        sound = path.read_bytes()
        flip(path, len(sound) // 3)
        run = verify("--json", "--only", "cache", "--offline")
        assert (run.code, run.codes) == (1, {"cache-damaged"}), (path, run.out)
        assert str(path) in {each["file"] for each in run.told}
        path.write_bytes(sound[:-1])
        assert verify("--json", "--only", "cache", "--offline").code == 1
        path.write_bytes(sound)
    assert verify("--only", "cache", "--offline").code == 0


@pytest.mark.parametrize("what", ["tile", "tiles", "lookup", "latest"])
def test_a_kept_proof_that_cannot_be_read_is_no_damage(world: World, verify: Any, what: str) -> None:
    """As other files that modes keep from being read: `disk`, and 3."""
    assert verify().code == 0
    database = world.cache / "cache/download/sumdb/sum.example.org"
    tiles = [each for each in database.glob("tile/**/*") if each.is_file()]
    places = {"tile": tiles, "tiles": [database / "tile/8/0"], "latest": [world.latest]}
    for path in places.get(what, [database / "lookup/q.io/b@v1.0.0"]):
        path.chmod(0o000)
        with modes_count():
            run = verify("--json", "--only", "cache", "--offline")
        path.chmod(0o755)
        assert (run.code, run.codes) == (3, {"disk"}), run.out
        assert {each["file"] for each in run.told} == {str(path)}, run.out
        assert "permission denied" in run.told[0]["text"]


def test_something_else_in_the_place_of_a_tile_is_damage(world: World, verify: Any) -> None:
    assert verify().code == 0
    path = next(each for each in world.cache.glob("cache/download/sumdb/**/tile/**/*") if each.is_file())
    path.unlink()
    os.mkfifo(path)
    run = verify("--json", "--only", "cache", "--offline")
    assert (run.code, run.codes) == (1, {"cache-damaged"}), run.out


def test_a_flipped_character_in_the_stored_tree_head(world: World, verify: Any) -> None:
    assert verify().code == 0
    flip(world.latest, 30)
    run = verify("--json", "--only", "cache")
    assert (run.code, run.codes) == (1, {"cache-damaged"})
    assert run.told[0]["file"] == str(world.latest)


def test_a_modified_tree_names_its_files(world: World, verify: Any) -> None:
    fill(world)
    tree = world.cache / "q.io/b@v1.0.0"
    flip(tree / "b.go", 8)
    (tree / "new.go").write_text("package b\n")
    run = verify("--json", "--only", "cache")
    (finding,) = run.json["results"]
    assert finding["text"] == f"q.io/b v1.0.0: dir has been modified ({tree})"
    assert {(each["file"], each["change"]) for each in finding["differences"]} == {
        ("b.go", "changed"),
        ("new.go", "added"),
    }
    assert finding["cause"].startswith("bad cache: ")
    assert finding["needed_by"] == ["example.com/main (go.mod:7)", "q.io/b v1.0.0"]


def test_what_cannot_be_read_is_unchecked_and_no_contradiction(world: World, verify: Any) -> None:
    fill(world)
    path = world.cache / CACHED["zip"][0]
    path.unlink()
    path.mkdir()
    run = verify("--json", "--only", "cache")
    assert (run.code, run.codes) == (3, {"disk"})
    assert run.told[0]["text"] == f"q.io/b v1.0.0: read {path}: is a directory"


def test_attack_a_tree_with_something_that_cannot_be_read(world: World, verify: Any) -> None:
    """A link that leads nowhere does not turn the contradiction of a changed file into a question."""
    fill(world)
    tree = world.cache / "q.io/b@v1.0.0"
    flip(tree / "b.go", 8)
    (tree / "loop").symlink_to("loop")
    run = verify("--json", "--only", "cache")
    assert (run.code, run.codes) == (4, {"dir-modified"})


@pytest.mark.parametrize(
    ("change", "code", "codes"),
    campaigns.one_in(
        3,
        [
            (lambda: flip(Path("vendor/q.io/b/b.go"), 3), 4, {"vendor-modified"}),
            (lambda: flip(Path("vendor/q.io/a/LICENSE"), 1), 4, {"vendor-modified"}),
            (lambda: Path("vendor/q.io/b/added.go").write_text("package b\n"), 1, {"vendor-extra"}),
            (lambda: Path("vendor/z.io").mkdir() or Path("vendor/z.io/z.go").write_text("x"), 1, {"vendor-extra"}),
            (lambda: Path("vendor/q.io/b/b.go").unlink(), 1, {"vendor-missing"}),
            (lambda: Path("vendor/q.io/b/l.go").symlink_to("b.go"), 1, {"vendor-extra"}),
            (lambda: edit(Path("vendor/modules.txt"), "## explicit", "## implicit"), 1, {"vendor-inconsistent"}),
            (lambda: Path("vendor/modules.txt").unlink(), 1, {"vendor-inconsistent", "vendor-extra"}),
        ],
    ),
)
def test_vendored_files(world: World, verify: Any, change: Any, code: int, codes: set[str]) -> None:
    fill(world, vendor=True)
    change()
    run = verify("--json", "--only", "vendor")
    assert (run.code, run.codes) == (code, codes), run.out


@pytest.mark.parametrize("name", ["go.sum", "go.mod"])
def test_attack_a_changed_line_beside_a_module_that_cannot_be_read(world: World, verify: Any, name: str) -> None:
    """Alone it is an error; beside others it is one finding, and hides no contradiction of theirs."""
    (path := Path("other", name)).parent.mkdir()
    Path("other/go.mod").write_text("module example.com/other\n\ngo 1.21\n")
    Path("other/go.sum").touch()
    path.chmod(0o000)
    flip(Path("go.sum"), Path("go.sum").read_text().index("h1:") + 9)
    with modes_count():
        alone, run = verify("other"), verify("--json", "./...")
    assert (alone.code, alone.err) == (3, f"govgo: open {path.absolute()}: permission denied\n")
    assert (run.code, run.codes) == (4, {"disk", "sum-mismatch"}), run.out
    assert ("disk", str(path)) in {(each["code"], each["file"]) for each in run.told}


@pytest.mark.parametrize("name", ["q.io/a/a.go", "q.io/a"])
def test_attack_a_vendored_file_beside_one_that_cannot_be_read(world: World, verify: Any, name: str) -> None:
    """What cannot be read is unchecked, and hides no contradiction."""
    fill(world, vendor=True)
    path = Path("vendor", name)
    path.chmod(0o000)
    try:
        with modes_count():
            before = verify("--json", "--only", "vendor")
            flip(Path("vendor/q.io/b/b.go"), 3)
            run = verify("--json", "--only", "vendor")
    finally:
        path.chmod(0o755)
    assert (before.code, before.codes) == (3, {"disk"}), before.out
    assert (run.code, run.codes) == (4, {"disk", "vendor-modified"}), run.out
    assert str(path) in {each["file"].rstrip("/") for each in run.told}


@pytest.mark.parametrize("share", campaigns.one_in(4, range(4)))
def test_a_flipped_character_in_modules_txt(world: World, verify: Any, share: int) -> None:
    fill(world, vendor=True)
    path = Path("vendor/modules.txt")
    sound = path.read_bytes()
    for offset in range(share, len(sound), 4):
        flip(path, offset)
        run = verify("--json", "--only", "vendor")
        assert run.code in (1, 3), (offset, path.read_bytes())
        # A module that modules.txt does not name any more is found where go.mod requires it.
        places = {(each["file"], each["line"]) for each in run.told if each["code"] == "vendor-inconsistent"}
        assert places or run.code == 3, (offset, run.out)
        assert {file for file, _ in places} <= {"vendor/modules.txt", "go.mod"}
        assert all(line for _, line in places), (offset, run.out)
        path.write_bytes(sound)


def test_vendored_replacements(world: World, verify: Any) -> None:
    """A directory is compared as it is; another module by the zip under its own name."""
    world.publish("z.io/fork", "v0.1.0", "module q.io/b\n\ngo 1.21\n", {"b.go": "package b // fork\n"})
    local = Path("local")
    local.mkdir()
    (local / "go.mod").write_text("module q.io/a\n\ngo 1.21\n\nrequire q.io/b v1.0.0\n")
    (local / "a.go").write_text(A_GO)
    with Path("go.mod").open("a") as file:
        file.write("\nreplace (\n\tq.io/a => ./local\n\tq.io/b v1.0.0 => z.io/fork v0.1.0\n)\n")
    Path("go.sum").write_text("".join(sorted_sums(world, "z.io/fork v0.1.0")))
    assert invoke(["vendor"]) == 0
    assert verify().code == 0
    flip(Path("vendor/q.io/b/b.go"), 12)
    assert (verify("--json").code, verify("--json").codes) == (4, {"vendor-modified"})
    flip(Path("vendor/q.io/b/b.go"), 12)
    (local / "a.go").write_text(A_GO + "// edited\n")
    run = verify("--json")
    assert (run.code, run.codes) == (1, {"vendor-modified"})
    (local / "new.go").write_text("package a\n")
    assert verify("--json").codes == {"vendor-modified", "vendor-missing"}


def test_vendored_files_are_proved_without_a_cache(world: World, verify: Any, tmp_path: Path) -> None:
    fill(world, vendor=True)
    subprocess.run(["rm", "-rf", world.cache], check=True)
    assert verify("--only", "vendor").code == 0
    subprocess.run(["rm", "-rf", world.cache], check=True)
    run = verify("--json", "--only", "vendor", "--offline")
    assert (run.code, run.codes) == (3, {"offline"})
    assert run.err == ""
