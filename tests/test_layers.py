# SPDX-License-Identifier: BSD-3-Clause
"""The rings: errors < core < ports < {adapters | load < app} < wiring < {cli | api}, by reading the imports."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "govgo"
FILES = sorted(PACKAGE.rglob("*.py"))

#: The rings that each ring may import, besides itself.
INWARD = {
    "errors": set(),
    "core": {"errors"},
    "ports": {"errors", "core"},
    "adapters": {"errors", "core", "ports"},
    "load": {"errors", "core", "ports"},
    "app": {"errors", "core", "ports", "load"},
    "report": {"errors", "core"},
    "wiring": {"errors", "core", "ports", "adapters", "load", "app"},
    "api": {"errors", "core", "ports", "adapters", "load", "app", "report", "wiring"},
    "cli": {"errors", "core", "ports", "adapters", "load", "app", "report", "wiring", "api"},
    "__main__": {"cli"},
    "__init__": {"errors", "core", "ports", "api"},
}

#: What core may take from the standard library: values and algorithms. All else touches the world or is not needed.
PURE = {
    "__future__", "abc", "array", "base64", "binascii", "bisect", "collections", "contextlib", "copy",
    "cryptography", "dataclasses", "datetime", "decimal", "difflib", "enum", "fnmatch", "fractions",
    "functools", "hashlib", "heapq", "hmac", "html", "io", "ipaddress", "itertools", "json", "keyword",
    "marshal", "math", "operator", "posixpath", "re", "stat", "string", "struct", "textwrap", "types",
    "typing", "unicodedata", "urllib.parse", "zlib",
}  # fmt: skip

#: Methods that change a list, a dictionary or a set.
CHANGING = {"append", "add", "update", "extend", "insert", "pop", "popitem", "clear", "setdefault", "remove", "discard"}

#: Names of a pure module that are not: the time of day, and the world through `io`.
IMPURE_CALLS = re.compile(r"\b(?:datetime|date)\.(?:now|today|utcnow)\(|\bio\.open\(")
BUILTINS = {"open", "print", "input", "exec", "eval", "breakpoint"}


DEFAULTS = r"https://proxy\.golang\.org|sum\.golang\.org\+[0-9a-f]{8}"


def module_name(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts)


def ring(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def imported(file: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of each import; `from a import b` is a.b where that is a module, else a."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: relative import"
            base = node.module or ""
            for alias in node.names:
                path = PACKAGE.parent.joinpath(*base.split("."), alias.name)
                is_module = path.with_suffix(".py").exists() or path.is_dir()
                yield node.lineno, f"{base}.{alias.name}" if is_module else base


@pytest.mark.parametrize("name", sorted(INWARD))
def test_imports_point_inward(name: str) -> None:
    bad = [
        f"{file.relative_to(PACKAGE)}:{line}: {name} imports {target}"
        for file in FILES
        if ring(module_name(file)) == name
        for line, target in imported(file)
        if target.split(".")[0] == "govgo" and ring(target) not in INWARD[name] | {name}
        if target not in ("govgo", "govgo.__init__")
    ]
    assert not bad, "\n".join(bad)


def test_every_file_has_a_ring() -> None:
    strange = [str(file) for file in FILES if ring(module_name(file)) not in INWARD]
    assert not strange, f"rings are {sorted(INWARD)}; what are {strange}?"


def test_core_is_pure() -> None:
    bad = []
    for file in sorted(PACKAGE.joinpath("core").rglob("*.py")):
        source = file.read_text()
        for line, target in imported(file):
            if target.split(".")[0] not in PURE | {"govgo"} and target not in PURE:
                bad.append(f"{file.name}:{line}: imports {target}")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BUILTINS:
                bad.append(f"{file.name}:{node.lineno}: calls {node.func.id}")
        bad += [f"{file.name}: {match[0]}" for match in IMPURE_CALLS.finditer(source)]
    assert not bad, "\n".join(bad)


def test_environment_is_read_in_one_place() -> None:
    """Only `adapters/workspace/goenvfile.py` and `cli` look at the environment."""
    allowed = {"adapters/workspace/goenvfile.py"}
    bad = []
    for file in FILES:
        place = file.relative_to(PACKAGE).as_posix()
        if place in allowed or place.startswith(("cli/", "__main__")):
            continue
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv", "putenv"):
                bad.append(f"{place}:{node.lineno}: {ast.unparse(node)}")
    assert not bad, "\n".join(bad)


def test_files_are_short() -> None:
    long = {str(file.relative_to(PACKAGE)): len(file.read_text().splitlines()) for file in FILES}
    assert not {name: lines for name, lines in long.items() if lines > 620}


def test_files_begin_alike() -> None:
    """The licence line, a docstring that says something, and `from __future__ import annotations` where code is."""
    bad = []
    for file in FILES:
        source = file.read_text()
        tree = ast.parse(source)
        code = [node for node in tree.body if not isinstance(node, ast.Expr)]
        if not source.startswith("# SPDX-License-Identifier: BSD-3-Clause\n"):
            bad.append(f"{file.relative_to(PACKAGE)}: licence")
        if not ast.get_docstring(tree):
            bad.append(f"{file.relative_to(PACKAGE)}: docstring")
        has_code = any(isinstance(node, ast.FunctionDef | ast.ClassDef | ast.ImportFrom) for node in code)
        if has_code and ast.unparse(code[0]) != "from __future__ import annotations":
            bad.append(f"{file.relative_to(PACKAGE)}: __future__")
    assert not bad, "\n".join(bad)


def test_no_drawers() -> None:
    drawers = {"utils", "util", "helpers", "common", "types", "misc"}
    assert not [str(file) for file in FILES if file.stem in drawers]


def test_no_state_in_modules() -> None:
    """No module-level list, dictionary or set that code in the module changes, and no `global`."""
    bad = []
    for file in FILES:
        tree = ast.parse(file.read_bytes())
        targets = [t for node in tree.body if isinstance(node, ast.Assign) for t in node.targets]
        targets += [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
        names = {target.id for target in targets if isinstance(target, ast.Name)}
        for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)):
            bound = {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)}
            bound |= {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            for node in ast.walk(function):
                if isinstance(node, ast.Global):
                    bad.append(f"{file.relative_to(PACKAGE)}:{node.lineno}: global")
                owner: ast.AST | None = None
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
                    owner = node.func.value
                elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
                    owner = node.value
                if isinstance(owner, ast.Name) and owner.id in names - bound:
                    bad.append(f"{file.relative_to(PACKAGE)}:{owner.lineno}: changes {owner.id}")
    assert not bad, "\n".join(bad)


def test_public_defaults_live_in_goenv() -> None:
    """The public proxy, the public checksum database and its key are named in core/goenv.py alone."""
    bad = []
    for file in FILES:
        if file.relative_to(PACKAGE).as_posix() == "core/goenv.py":
            continue
        for node in ast.walk(ast.parse(file.read_bytes())):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and re.search(DEFAULTS, text):
                bad.append(f"{file.relative_to(PACKAGE)}: {text}")
    assert not bad, "\n".join(bad)
