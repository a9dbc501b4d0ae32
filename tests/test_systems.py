# SPDX-License-Identifier: BSD-3-Clause
"""Other systems than Linux, as far as that can be tried here: govgo without everything that only Linux has.

A program that runs before govgo removes the names and says that the system is macOS; then all modules are imported and
the main verbs run. What stands in their place is real: the other ways through the code are those of macOS.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulators.proxy import ProxySimulator
from tests.sources import FILES, PACKAGE, nodes_of

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "testdata/sample"

#: Names that macOS lacks, by module.
LINUX_ALONE = {
    "os": "memfd_create sched_getaffinity sched_setaffinity sched_getscheduler sched_setscheduler pidfd_open eventfd "
    "eventfd_read eventfd_write splice copy_file_range posix_fadvise posix_fallocate preadv2 pwritev2 getxattr "
    "setxattr listxattr removexattr getrandom setns unshare login_tty O_TMPFILE O_PATH O_DIRECT O_NOATIME O_LARGEFILE "
    "MFD_CLOEXEC fdatasync getresuid getresgid setresuid setresgid pipe2 waitid posix_openpt",
    "select": "epoll EPOLLIN EPOLLOUT EPOLLERR EPOLLHUP EPOLLONESHOT EPOLLET EPOLLRDHUP EPOLL_CLOEXEC EPOLLEXCLUSIVE "
    "EPOLLPRI EPOLLMSG EPOLLRDBAND EPOLLRDNORM EPOLLWRBAND EPOLLWRNORM",
    "fcntl": "F_SETPIPE_SZ F_GETPIPE_SZ F_OFD_SETLK F_OFD_SETLKW F_OFD_GETLK F_ADD_SEALS F_NOTIFY F_SETLEASE F_SETSIG",
    "socket": "SOCK_CLOEXEC SOCK_NONBLOCK TCP_QUICKACK TCP_USER_TIMEOUT SO_DOMAIN SO_PROTOCOL MSG_CMSG_CLOEXEC",
    "resource": "prlimit RLIMIT_AS RLIMIT_OFILE RUSAGE_THREAD",
    "time": "CLOCK_BOOTTIME CLOCK_TAI",
    "signal": "sigtimedwait sigwaitinfo pidfd_send_signal SIGPWR SIGSTKFLT SIGPOLL SIGRTMIN SIGRTMAX",
}

PRELUDE = f"""
import builtins, importlib, os, sys, types
for module, names in {LINUX_ALONE!r}.items():
    found = importlib.import_module(module)
    for name in names.split():
        if hasattr(found, name):
            delattr(found, name)
sys.platform = "darwin"
if hasattr(os, "process_cpu_count"):  # on Linux, it asks for the affinity
    os.process_cpu_count = os.cpu_count
# A part of Python on macOS that urllib.request imports there: the system's settings of HTTP proxies.
sys.modules["_scproxy"] = settings = types.ModuleType("_scproxy")
settings._get_proxies = settings._get_proxy_settings = dict
def closed(real=builtins.open):
    def opened(name, *args, **words):
        if isinstance(name, str) and name.startswith("/proc"):
            raise FileNotFoundError(2, "No such file or directory", name)
        return real(name, *args, **words)
    return opened
builtins.open = closed()
"""

IMPORT_ALL = """
import pkgutil, govgo
count = 0
for each in pkgutil.walk_packages(govgo.__path__, "govgo."):
    if not each.name.endswith("__main__"):
        importlib.import_module(each.name)
        count += 1
print(count)
"""


def python(code: str, cwd: Path, *args: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GO")}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *args],
        cwd=cwd,
        env={**clean, "PYTHONPATH": str(ROOT), "GOENV": "off", **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def mac(cwd: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run govgo as on macOS."""
    return python(f"{PRELUDE}\nfrom govgo.cli.main import run\nrun()", cwd, *words, **environ)


def test_every_module_can_be_imported(tmp_path: Path) -> None:
    done = python(PRELUDE + IMPORT_ALL, tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 400


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    shutil.copytree(SAMPLE / "hello", tmp_path / "hello")
    return tmp_path / "hello"


def test_the_main_verbs_run(hello: Path, tmp_path: Path) -> None:
    """One after the other in one process, since loading the program is most of what each takes."""
    lines = (
        ("get", "rsc.io/quote@v1.5.2"),
        ("tidy",),
        ("list", "-m", "all"),
        ("graph",),
        ("tree",),
        ("download",),
        ("verify",),
        ("mod", "verify"),
        ("vendor",),
        ("why", "-m", "rsc.io/sampler"),
        ("hygiene", "-exit-zero"),
        ("verify", "-o", "json:/dev/stdout"),
        ("cache", "verify"),
        ("cache", "prune", "-older-than", "0s"),
        ("licenses", "-exit-zero"),
        ("cache", "clean"),
    )
    code = (
        f"{PRELUDE}\nfrom govgo.cli.main import invoke\nfor words in {lines!r}:\n    assert invoke(words) == 0, words"
    )
    done = python(code, hello, HOME=str(tmp_path), GOPROXY=(SAMPLE / "proxy").as_uri())
    assert done.returncode == 0, done.stderr[-1500:]
    assert "Traceback" not in done.stderr


@pytest.mark.wide
@pytest.mark.parametrize("engine", ["libcurl", pytest.param("httpx", marks=pytest.mark.wide)])
def test_modules_come_over_http(tmp_path: Path, engine: str) -> None:
    (tmp_path / "go.mod").write_text("module m\n\ngo 1.21\n")
    hidden = "" if engine == "libcurl" else "sys.modules['pycurl'] = None\n"
    with ProxySimulator() as proxy:
        for number in range(30):
            proxy.add_module(f"q.io/m{number}", "v1.0.0")
        done = python(
            f"{PRELUDE}\n{hidden}from govgo.cli.main import run\nrun()",
            tmp_path,
            "get",
            *(f"q.io/m{number}@v1.0.0" for number in range(30)),
            HOME=str(tmp_path),
            GOPROXY=proxy.url,
            GOSUMDB="off",
        )
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "go.mod").read_text().count("q.io/") == 30


SHARED_OFFSETS = """
import builtins, os
def shared(real, of):
    def opened(name, *args, **words):
        if isinstance(name, str) and name.startswith("/dev/fd/"):
            return of(os.dup(int(name[8:])), *args, **words)
        return real(name, *args, **words)
    return opened
builtins.open = shared(builtins.open, builtins.open)
os.open = shared(os.open, lambda descriptor, *_: descriptor)
"""
"""What /dev/fd/N opens elsewhere than on Linux (fd(4)): the same open file, with its offset."""
COPIES = """
from govgo.adapters.disk.system import path_of
from govgo.adapters.storage.archive import ArchiveStorage
from govgo.adapters.storage.directory import DirectoryStorage
from govgo.adapters.storage.plain import PlainStorage
here = os.getcwd()
with open("spool", "w+b") as file:
    os.unlink("spool")
    file.write(b"0123456789" * 100_000)
    file.flush()
    for storage in STORAGES:
        assert storage.create_from("q.io/a/@v/v1.0.0.zip", path_of(file.fileno())) is True
        print(storage.head("q.io/a/@v/v1.0.0.zip").size)
"""


def test_an_open_file_is_copied_from_its_start(tmp_path: Path) -> None:
    """A zip that was fetched has no name, and was written through the offset that a second opening shares there."""
    storages = "DirectoryStorage(f'{here}/d'), PlainStorage(f'{here}/p'), ArchiveStorage(f'{here}/a.tar', 'end')"
    done = python(PRELUDE + SHARED_OFFSETS + COPIES.replace("STORAGES", storages), tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["1000000"] * 3


def test_the_go_env_file_lies_where_macos_has_it(tmp_path: Path) -> None:
    clean = {"HOME": str(tmp_path), "GOENV": ""}
    done = mac(tmp_path, "env", "GOENV", **clean)
    assert done.stdout == f"{tmp_path}/Library/Application Support/go/env\n", done.stderr


#: Names that only `adapters/disk/system.py` may use, since not every system has them.
ODD = re.compile(
    r"\b(?:sched_\w+|memfd_create|epoll|pidfd_\w+|eventfd\w*|copy_file_range|posix_f\w+|renameat\w*|O_TMPFILE|O_PATH"
    r"|RLIMIT_\w+|CLOCK_BOOTTIME|prctl|fsync|F_FULLFSYNC|ru_maxrss)\b|/proc\b|/dev/fd\b"
)
#: Who else may, and why.
ALLOWED = {
    "adapters/http/curl_engine.py": "watches sockets by epoll where `system.HAS_EPOLL` says that it is there",
    "adapters/disk/streams.py": "knows the names of descriptors below /proc, which are no directories elsewhere",
}


def test_one_room_holds_what_differs() -> None:
    bad = []
    for file in FILES:
        place = file.relative_to(PACKAGE).as_posix()
        if place == "adapters/disk/system.py" or place in ALLOWED:
            continue
        if not ODD.search(file.read_text()):
            continue  # to parse all of them takes seconds
        for node in nodes_of(file):
            name = getattr(node, "attr", None) or getattr(node, "value", None)
            is_text = isinstance(node, ast.Constant) and " " not in str(name) and "\n" not in str(name)
            if isinstance(name, str) and (isinstance(node, ast.Attribute) or is_text) and ODD.search(name):
                bad.append(f"{place}:{node.lineno}: {name}")  # type: ignore[attr-defined]
    assert bad == []


WINDOWS = """
import sys
for name in ("fcntl", "pwd", "grp", "resource", "termios"):
    sys.modules[name] = None
sys.platform = "win32"
"""


@pytest.mark.parametrize("words", [["version"], ["list", "-m", "all"], ["--help"]])
def test_on_windows_one_sentence_is_said(tmp_path: Path, words: list[str]) -> None:
    done = python(f"{WINDOWS}\nfrom govgo.cli.main import run\nrun()", tmp_path, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("govgo: govgo does not run on Windows")
    assert "WSL" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_library_says_so_on_windows(tmp_path: Path) -> None:
    done = python(f"{WINDOWS}\nimport govgo\nimport govgo.api", tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("ImportError: govgo does not run on Windows")
