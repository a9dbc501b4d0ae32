# SPDX-License-Identifier: BSD-3-Clause
"""The distributions: what they hold, that they can be installed, and what takes the place of what cannot."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement

import govgo
from govgo.cli.group import COMMANDS
from tests.simulators.proxy import ProxySimulator

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel and the sdist of this checkout, built without the network."""
    pytest.importorskip("hatchling", reason="no hatchling in this environment")
    directory = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(directory)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return directory


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (found,) = dist.glob("*.whl")
    return found


def sources() -> set[str]:
    """Every file of the package that belongs into a distribution."""
    found = (path for path in (ROOT / "govgo").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in found}


@pytest.mark.wide
def test_the_wheel_holds_the_package_and_what_is_made_from_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    data = {name.partition(".data/data/")[2] for name in names if ".data/data/" in name}
    package = {name for name in names if ".dist-info/" not in name and ".data/" not in name}
    assert package == sources()
    assert {f"share/man/man1/govgo-{name}.1" for name in COMMANDS} <= data
    assert {
        "share/man/man1/govgo.1",
        "share/man/man7/govgo-codes.7",
        "share/bash-completion/completions/govgo",
        "share/zsh/site-functions/_govgo",
        "share/fish/vendor_completions.d/govgo.fish",
    } <= data
    licences = {name.partition(".dist-info/licenses/")[2] for name in names if "/licenses/" in name} - {""}
    assert licences == set(PROJECT["license-files"])


@pytest.mark.wide
def test_the_wheel_is_for_every_platform(wheel: Path) -> None:
    assert wheel.name == f"govgo-{govgo.__version__}-py3-none-any.whl"


@pytest.mark.wide
def test_the_sdist_holds_what_tests_and_builds_need(dist: Path) -> None:
    (file,) = dist.glob("*.tar.gz")
    with tarfile.open(file) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert sources() <= names
    assert {
        *("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "CHANGELOG.md", "mkdocs.yml", "uv.lock"),
        *("scripts/test", "scripts/govgo", "docs/design/architecture.md", "tests/conftest.py", ".ci/run"),
    } <= names
    assert not [name for name in names if re.search(r"(^|/)(\.venv|\.git|__pycache__|dist|site|\.mypy_cache)/", name)]


def test_the_version_stands_in_two_places() -> None:
    assert PROJECT["version"] == govgo.__version__


def site_packages() -> str:
    """Where the dependencies are installed for the tests."""
    return os.pathsep.join(path for path in sys.path if path.endswith(("site-packages", "dist-packages")))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment with the wheel in it."""
    home = tmp_path_factory.mktemp("empty")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    installer = shutil.which("uv")
    if importlib.util.find_spec("pip") is not None:
        command = [
            sys.executable,
            "-m",
            "pip",
            "--python",
            str(home / "bin/python"),
            "install",
            "--no-index",
            "--quiet",
        ]
    elif installer is not None:
        command = [installer, "pip", "install", "--python", str(home / "bin/python"), "--offline"]
    else:
        pytest.skip("neither pip nor uv in this environment")
    subprocess.run([*command, "--no-deps", str(wheel)], check=True, capture_output=True)
    return home


def run(home: Path, *words: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    env = {
        "HOME": str(cwd),
        "PATH": f"{home}/bin:/usr/bin:/bin",
        "PYTHONPATH": site_packages(),
        "GOENV": "off",
        **environ,
    }
    return subprocess.run(
        [str(home / "bin/govgo"), *words], cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.wide
def test_what_is_installed_runs(installed: Path, tmp_path: Path) -> None:
    done = run(installed, "version", cwd=tmp_path)
    assert done.stdout.startswith(f"govgo version {govgo.__version__} "), done.stderr
    shutil.copytree(ROOT / "testdata/sample/hello", tmp_path / "hello")
    proxy = (ROOT / "testdata/sample/proxy").as_uri()
    done = run(installed, "get", "rsc.io/quote@v1.5.2", cwd=tmp_path / "hello", GOPROXY=proxy)
    assert done.returncode == 0, done.stderr
    assert run(installed, "graph", "-format", "html", cwd=tmp_path / "hello", GOPROXY=proxy).stdout.startswith("<!")
    assert run(installed, "completion", "fish", cwd=tmp_path).stdout.startswith("# Completion of govgo")
    assert (installed / "share/man/man1/govgo-get.1").exists()
    where = subprocess.run(
        [str(installed / "bin/python"), "-c", "import govgo; print(govgo.__file__)"],
        cwd=tmp_path,
        env={"PYTHONPATH": site_packages()},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert where.startswith(str(installed)), "it ran from the checkout"


FAST = ("isal", "pycurl")
ASKED = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["serve"]]


@pytest.mark.parametrize("name", [*FAST, "uvloop"])
def test_no_platform_has_to_build_what_is_only_faster(name: str) -> None:
    """Their markers hold where there are wheels, and nowhere else."""
    (requirement,) = (found for found in map(Requirement, ASKED) if found.name == name)
    marker = requirement.marker
    assert isinstance(marker, Marker)
    usual = {"platform_python_implementation": "CPython", "python_version": "3.13", "extra": ""}
    for machine in ("x86_64", "aarch64", "arm64"):
        for release in ("3.11", "3.12", "3.13", "3.14"):
            assert marker.evaluate({**usual, "platform_machine": machine, "python_version": release})
        assert not marker.evaluate({**usual, "platform_machine": machine, "python_version": "3.15"})
    for machine in ("armv7l", "riscv64", "ppc64le", "s390x", "i686", "loongarch64"):
        assert not marker.evaluate({**usual, "platform_machine": machine})
    assert not marker.evaluate({**usual, "platform_machine": "x86_64", "platform_python_implementation": "PyPy"})


def hidden(*names: str) -> str:
    """A program that runs govgo where packages are not installed."""
    lines = "".join(f"sys.modules[{name!r}] = None\n" for name in names)
    return f"import sys\n{lines}from govgo.cli.main import run\nrun()"


@pytest.mark.wide
@pytest.mark.parametrize(
    "names",
    [FAST, *(pytest.param(names, marks=pytest.mark.wide) for names in ((), ("isal",), ("pycurl",)))],
    ids=lambda names: "-".join(names) or "all",
)
def test_the_result_is_the_same_without_what_is_only_faster(names: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module m\n\ngo 1.21\n\nrequire q.io/a v1.0.0\n")
    with ProxySimulator() as proxy:
        proxy.add_module("q.io/a", "v1.0.0", files={"a.go": "package a\n", "big.txt": "0123456789" * 100_000})
        done = subprocess.run(
            [sys.executable, "-c", hidden(*names), "download", "-json", "q.io/a@v1.0.0"],
            cwd=tmp_path,
            env={
                "HOME": str(tmp_path),
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "GOPROXY": proxy.url,
                "GOSUMDB": "off",
                "GOENV": "off",
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "go/pkg/mod/q.io/a@v1.0.0/big.txt").stat().st_size == 1_000_000
    sums = re.findall(r'"Sum": "(h1:.*)"', done.stdout)
    assert sums == SUM


def _sum() -> list[str]:
    """The hash of the module above: sha256 of the sorted lines "sha256(file)  name" (x/mod/sumdb/dirhash)."""
    files = {"a.go": b"package a\n", "big.txt": b"0123456789" * 100_000, "go.mod": b"module q.io/a\n"}
    lines = "".join(
        f"{hashlib.sha256(data).hexdigest()}  q.io/a@v1.0.0/{name}\n" for name, data in sorted(files.items())
    )
    return ["h1:" + base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()]


SUM = _sum()


def test_the_lock_names_the_public_index_alone() -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    sources = {str(package["source"]) for package in lock["package"]}
    assert sources == {"{'registry': 'https://pypi.org/simple'}", "{'editable': '.'}"}
    hosts = set(re.findall(r"https?://([^/\"]+)", (ROOT / "uv.lock").read_text()))
    assert hosts == {"pypi.org", "files.pythonhosted.org"}


def test_the_lock_has_every_dependency() -> None:
    names = {package["name"] for package in tomllib.loads((ROOT / "uv.lock").read_text())["package"]}
    declared = [
        *PROJECT["dependencies"],
        *(line for extra in PROJECT["optional-dependencies"].values() for line in extra),
    ]
    assert {Requirement(line).name for line in declared} <= names, "make it again: uv lock"


def test_workflows_are_yaml_and_name_what_is_there() -> None:
    yaml = pytest.importorskip("yaml", reason="no PyYAML in this environment")
    for name in ("test", "release"):
        text = (ROOT / f".github/workflows/{name}.yml").read_text()
        jobs = yaml.safe_load(text)["jobs"]
        for job in jobs.values():
            assert job["timeout-minutes"]
            for step in job["steps"]:
                for script in re.findall(r"(?:^|\s)(scripts/[\w-]+|\.ci/run)\b", step.get("run", "")):
                    assert os.access(ROOT / script, os.X_OK), script
        assert yaml.safe_load(text)["permissions"] == {"contents": "read"}
    release = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())["jobs"]["publish"]
    assert release["permissions"]["id-token"] == "write"
    assert "password" not in str(release)


def python(minor: int) -> str | None:
    """A Python of the release 3.`minor`, if one is found here."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [shutil.which(f"python3.{minor}"), *map(str, sorted(versions.glob(f"3.{minor}.*/bin/python3")))]
    for found in filter(None, candidates):
        if subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
            return found
    return None


@pytest.mark.live
@pytest.mark.parametrize("minor", range(11, 16))
def test_every_python_installs_the_wheel_with_its_dependencies(wheel: Path, minor: int, tmp_path: Path) -> None:
    """Into an empty environment, from the package index."""
    program = python(minor)
    if program is None:
        pytest.skip(f"no Python 3.{minor} is found here")
    subprocess.run([program, "-m", "venv", str(tmp_path / "env")], check=True)
    pip = [str(tmp_path / "env/bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, f"{wheel}[audit]"], check=True, timeout=600)
    shutil.copytree(ROOT / "testdata/sample/hello", tmp_path / "hello")
    environ = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "GOENV": "off"}
    environ["GOPROXY"] = (ROOT / "testdata/sample/proxy").as_uri()
    for words in (["get", "rsc.io/quote@v1.5.2"], ["verify"], ["licenses"], ["help"]):
        done = subprocess.run(
            [str(tmp_path / "env/bin/govgo"), *words],
            cwd=tmp_path / "hello",
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (words, done.stderr)
