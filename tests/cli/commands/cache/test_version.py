# SPDX-License-Identifier: BSD-3-Clause
"""`govgo version FILE…` from the outside; texts and exit codes are those of `go version` (go 1.26.8)."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.cli.commands.conftest import Run
from tests.simulators.binaries import elf, fat, inline, macho, pe, pointers

GO = shutil.which("go")
MODULES = "path\tq.io/cmd\nmod\tq.io/m\tv1.0.0\th1:x=\ndep\tb.io/b\tv1.1.0\n=>\t../b\t(devel)\t\nbuild\tGOOS=linux\n"
TEXT = (
    "tool: go1.26.8\n\tpath\tq.io/cmd\n\tmod\tq.io/m\tv1.0.0\th1:x=\n\tdep\tb.io/b\tv1.1.0\n"
    "\t=>\t../b\t(devel)\t\n\t\n\tbuild\tGOOS=linux\n"
)
TOOL = elf(inline("go1.26.8", MODULES))


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A directory with binaries and others."""
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    (work / "tool").write_bytes(TOOL)
    (work / "tool").chmod(0o755)
    (work / "sub").mkdir()
    (work / "sub/tool.exe").write_bytes(pe(pointers("go1.17", MODULES)))
    (work / "sub/broken.exe").write_bytes(b"MZ")
    (work / "text").write_text("no binary\n")
    (work / "link").symlink_to("tool")
    (work / "dangling").symlink_to("nowhere")
    (work / "loop").symlink_to("sub")
    return work


def test_modules_and_settings(run: Run, work: Path) -> None:
    assert run("version", "tool").stdout == "tool: go1.26.8\n"
    for flag in ("-m", "-mh"):
        done = run("version", flag, "tool")
        assert (done.stdout, done.stderr, done.returncode) == (TEXT, "", 0)
    document = json.loads(run("version", "-m", "-json", "tool").stdout)
    assert document == {
        "GoVersion": "go1.26.8",
        "Path": "q.io/cmd",
        "Main": {"Path": "q.io/m", "Version": "v1.0.0", "Sum": "h1:x="},
        "Deps": [{"Path": "b.io/b", "Version": "v1.1.0", "Replace": {"Path": "../b", "Version": "(devel)"}}],
        "Settings": [{"Key": "GOOS", "Value": "linux"}],
    }


def test_a_directory(run: Run, work: Path) -> None:
    done = run("version", ".")
    assert (done.stdout, done.stderr, done.returncode) == (
        "link: go1.26.8\nsub/tool.exe: go1.17\ntool: go1.26.8\n",
        "",
        0,
    )
    done = run("version", "-v", ".")
    broken = "sub/broken.exe: could not read Go build info from sub/broken.exe: unrecognized file format\n"
    assert done.stderr == "dangling: symlink\nloop: symlink\n" + broken


@pytest.mark.parametrize(
    ("words", "stderr", "code"),
    [
        ("text", "", 0),
        ("-m text", "", 1),
        ("-m /dev/null", "", 1),
        ("nowhere tool", "stat nowhere: no such file or directory\n", 1),
        (
            "-m sub/broken.exe",
            "sub/broken.exe: could not read Go build info from sub/broken.exe: unrecognized file format\n",
            1,
        ),
        ("-m", "govgo: 'go version' only accepts -m flag with arguments\n", 2),
        ("-json tool", "govgo: 'go version' with -json flag requires -m flag\n", 2),
    ],
)
def test_what_cannot_be_read(run: Run, work: Path, words: str, stderr: str, code: int) -> None:
    done = run("version", *words.split())
    assert (done.stderr, done.returncode) == (stderr, code)


def test_flags_in_goflags_are_for_files_only(run: Run, work: Path) -> None:
    assert run("version", GOFLAGS="-m -v -json").stdout.startswith("govgo version")
    assert run("version", "tool", GOFLAGS="-m").stdout == TEXT


def test_archives(run: Run, work: Path) -> None:
    with zipfile.ZipFile(work / "dist.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bin/tool", TOOL)
        archive.writestr("README", "words")
    with tarfile.open(work / "dist.tar.gz", "w:gz") as tar:
        entry = tarfile.TarInfo("bin/tool")
        entry.size = len(TOOL)
        tar.addfile(entry, io.BytesIO(TOOL))
    for name in ("dist.zip", "dist.tar.gz"):
        done = run("version", "-m", name)
        assert (done.stdout, done.returncode) == (TEXT.replace("tool:", f"{name}!bin/tool:"), 0)
    data = (work / "dist.zip").read_bytes()
    (work / "cut.zip").write_bytes(data.replace(b"\x7fELF", b"")[:40] + data[60:])
    done = run("version", "-m", "cut.zip")
    assert done.stderr.startswith("cut.zip: damaged archive: ")
    assert done.returncode == 1


def test_a_damaged_archive(run: Run, work: Path) -> None:
    name = work / "bad.tar.xz"
    with tarfile.open(name, "w:xz") as tar:
        entry = tarfile.TarInfo("noise")
        entry.size = 99_999
        tar.addfile(entry, io.BytesIO(random.Random(0).randbytes(entry.size)))
    sound = name.read_bytes()
    # By lzma or by tarfile: which notices first differs from one Python to the next.
    reasons = ("Corrupt input data", "invalid compressed data", "file could not be opened successfully")
    said = {f"bad.tar.xz: damaged archive: {reason}\n" for reason in reasons}
    for place in (len(sound) // 2, 40):  # in what is read later, and in what is read when it is opened
        data = bytearray(sound)
        data[place] ^= 255
        name.write_bytes(data)
        done = run("version", "-m", "bad.tar.xz")
        assert done.stderr in said
        assert done.returncode == 1


def test_a_packed_binary_is_told(run: Run, work: Path) -> None:
    (work / "packed").write_bytes(elf(b"UPX!" + bytes(100)))
    (work / "packed").chmod(0o755)
    done = run("version", "-m", "packed")
    assert "packed: could not read Go build info from packed: not a Go executable\n" in done.stderr
    assert "govgo: packed is packed; unpack it with `upx -d`\n" in done.stderr


def test_text_in_a_binary_gives_no_commands(run: Run, work: Path) -> None:
    (work / "evil").write_bytes(elf(inline("go1\n::error::x\x1b[2J", "path\tq\r::set-output::\n")))
    done = run("version", "-m", "evil")
    assert done.stdout == "evil: go1\\n::error::x\\x1b[2J\n\tpath\tq\\x0d::set-output::\n"


@pytest.mark.go
@pytest.mark.parametrize("flags", [[], ["-m"], ["-m", "-json"], ["-v", "-m"]], ids=" ".join)
def test_as_go(run: Run, work: Path, flags: list[str]) -> None:
    """Go's own tools, which are Go binaries, and files made from the documents of the formats."""
    assert GO is not None
    environment = {**os.environ, "GOFLAGS": "", "GOTOOLCHAIN": "local", "GOENV": "off"}
    root = subprocess.run([GO, "env", "GOROOT"], env=environment, capture_output=True, text=True, check=True).stdout
    for name, data in {
        "elf32": elf(inline("go1.26.8", MODULES), bits=32),
        "big": elf(pointers("go1.17", MODULES, order=">"), order=">"),
        "far": elf(inline("go1.26.8", MODULES), section=False, before=3 << 20),
        "none.so": elf(bytes(100)),
        "cut.so": elf(inline("go1.26.8", MODULES))[:200],
        "macho": macho(inline("go1.26.8", MODULES)),
        "macho32": macho(pointers("go1.17", MODULES, size=4), bits=32, section=False),
        "fat": fat(macho(pointers("go1.17", MODULES)), macho(inline("go1.26.8", MODULES), cpu=12)),
        "modules.exe": pe(inline("go1.26.8", "mod\tx\n")),
    }.items():
        (work / name).write_bytes(data)
    words = [*flags, f"{root.strip()}/bin", f"{root.strip()}/pkg/tool", ".", *sorted(os.listdir(work)), "/bin/sh"]
    expected = subprocess.run(
        [GO, "version", *words], cwd=work, env=environment, capture_output=True, text=True, check=False
    )
    done = run("version", *words)
    assert done.stdout == expected.stdout
    assert done.stderr == expected.stderr
    assert done.returncode == expected.returncode


TARGETS = "linux/386 linux/amd64 linux/arm64 windows/386 windows/amd64 windows/arm64 darwin/amd64 darwin/arm64"
VARIANTS = {"plain": [], "stripped": ["-ldflags=-s -w"], "trimmed": ["-trimpath"], "pie": ["-buildmode=pie"]}


@pytest.mark.slow
@pytest.mark.go
def test_binaries_of_every_target_as_go(run: Run, work: Path) -> None:
    assert GO is not None
    (work / "main.go").write_text('package main\n\nimport "C"\n\n//export F\nfunc F() {}\n\nfunc main() { F() }\n')
    (work / "plain").mkdir()
    (work / "plain/main.go").write_text('package main\n\nfunc main() { println("built") }\n')
    (work / "go.mod").write_text("module q.io/m\n\ngo 1.21\n")
    general = {"HOME": str(work), "PATH": os.environ["PATH"], "GOPROXY": "off", "GOTOOLCHAIN": "local", "GOENV": "off"}
    built = []
    for target in TARGETS.split():
        system, machine = target.split("/")
        for variant, flags in VARIANTS.items():
            if variant == "pie" and target in ("linux/386", "windows/386"):
                continue  # these need a C linker for another machine
            name = f"{system}-{machine}-{variant}"
            env = {**general, "GOOS": system, "GOARCH": machine, "CGO_ENABLED": "0"}
            subprocess.run([GO, "build", "-o", name, *flags, "./plain"], cwd=work, env=env, check=True)
            built.append(name)
    if shutil.which("gcc") is not None:
        subprocess.run([GO, "build", "-o", "lib.so", "-buildmode=c-shared", "."], cwd=work, env=general, check=True)
        built.append("lib.so")
    for flags in (["-m"], ["-m", "-json"]):
        expected = subprocess.run(
            [GO, "version", *flags, *built], cwd=work, env=general, capture_output=True, text=True
        )
        assert expected.returncode == 0
        assert run("version", *flags, *built).stdout == expected.stdout
