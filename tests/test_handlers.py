# SPDX-License-Identifier: BSD-3-Clause
"""No handler can swallow a SecurityError: what catches it raises it again, or stands in the table below with a reason.

A fallback catches `Failure`, which a SecurityError is not. A handler that catches more (GovgoError, Exception, a bare
except, SecurityError itself) has to end with a bare `raise`: another error raised in its place would be a downgrade.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "govgo"
SECURITY = {"SecurityError", "ForkError", "BadSignatureError", "SumMismatchError"}
BROAD = SECURITY | {"GovgoError", "Exception", "BaseException"}

ALLOWED = {
    ("adapters/loop/network.py", "Network._clean_up"): "a task that was cancelled because of an error that is raised",
    ("adapters/repository/gomodstream.py", "_Stream._fetch_ahead"): "`fetch` keeps it, and raises it to whom asks",
    ("adapters/sumdb/audit.py", "SumAudit.damage"): "a file that does not prove is what the audit reports",
    ("adapters/sumdb/audit.py", "SumAudit._stored_head"): "the same",
    ("adapters/sumdb/client.py", "SumDb.lookup_many"): "the answer for one module; forks are raised before",
    ("adapters/sumdb/client.py", "SumDb.head"): "raised again with the path of the evidence",
    ("adapters/sumdb/client.py", "SumDb.compare"): "the same",
    ("adapters/sumdb/client.py", "SumDb.flush"): "the same",
    ("adapters/sumdb/client.py", "SumDb._run"): "kept, and raised to everyone who asks",
    ("adapters/sumdb/client.py", "SumDb._from_cache"): "a cached file says nothing about the database",
    (
        "adapters/sumdb/session.py",
        "ProofClient._read_kept",
    ): "a kept proof that is no good: all is proved anew",
    ("adapters/sumdb/trees.py", "ProvedTrees.open"): "a damaged stored head is fetched again, with a message",
    ("adapters/sumdb/trees.py", "ProvedTrees._merge_stored"): "a damaged stored head is replaced",
    ("adapters/sumdb/trees.py", "TileSource._attempt"): "raised by `_fetch_all`",
    ("app/verify/database.py", "DatabaseAnswers.ask"): "the verdict of the claim about the database",
    ("app/verify/graph.py", "TargetGraph.needed_by"): "who needs a module; what is wrong is a finding already",
    ("app/verify/graph.py", "TargetGraph._path_to"): "the same",
    ("app/verify/vendor.py", "_VendorCheck._open_copies"): "a finding, with the exit code of its error",
    ("app/verify/verify.py", "_Run._collect"): "the same",
    ("app/get/candidates.py", "_guarded"): "the answer of one argument; all are reported, with exit code 4",
    ("app/sum/heads.py", "_compare"): "a result of its own, with the exit code of its error",
    ("cli/main.py", "_run_as"): "every error ends here, with its exit code",
    ("core/sumdb/timeline.py", "read_head"): "raised again with what was read, as the same class",
    ("load/packages/sourcetree.py", "SourceTree.scan"): "kept, and raised to everyone who asks",
}
"""(file, function): why it may keep the error without raising it at once."""


def caught(node: ast.expr | None) -> set[str]:
    """The names of the classes that a handler catches; a bare except catches everything."""
    if node is None:
        return {"BaseException"}
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return {part.attr if isinstance(part, ast.Attribute) else ast.unparse(part) for part in parts}


def raises_again(handler: ast.ExceptHandler) -> bool:
    """Whether every way through the handler ends with the same error."""
    return ends_with_raise(handler.body, handler.name)


def ends_with_raise(body: list[ast.stmt], name: str | None) -> bool:
    if any(isinstance(node, ast.Return | ast.Continue | ast.Break) for stmt in body for node in ast.walk(stmt)):
        return False
    last = body[-1]
    if isinstance(last, ast.Raise):
        raised = last.exc
        return raised is None or (isinstance(raised, ast.Name) and raised.id == name)
    if isinstance(last, ast.If):
        return bool(last.orelse) and ends_with_raise(last.body, name) and ends_with_raise(last.orelse, name)
    return False


def functions(tree: ast.AST, outer: str = "") -> Iterator[tuple[str, ast.AST]]:
    """(qualified name, node) of each statement that belongs to a function, by its innermost function or class."""
    for child in ast.iter_child_nodes(tree):
        named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        name = f"{outer}.{child.name}".lstrip(".") if named else outer
        yield name, child
        yield from functions(child, name)


def swallowers() -> dict[tuple[str, str], str]:
    """(file, function): what it catches and does not raise again."""
    found: dict[tuple[str, str], str] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        place = file.relative_to(PACKAGE).as_posix()
        for name, node in functions(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Try):
                earlier: set[str] = set()
                for handler in node.handlers:
                    classes = caught(handler.type)
                    guarded = "SecurityError" in earlier and classes & BROAD == {"GovgoError"}
                    if classes & BROAD and not guarded and not raises_again(handler):
                        found[place, name] = f"line {handler.lineno}: except {', '.join(sorted(classes))}"
                    earlier |= classes
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
                classes = {ast.unparse(arg) for arg in node.args}
                if classes & BROAD:
                    found[place, name] = f"line {node.lineno}: suppress({', '.join(sorted(classes))})"
    return found


def test_nothing_swallows_a_security_error() -> None:
    found = swallowers()
    assert {place: what for place, what in found.items() if place not in ALLOWED} == {}


def test_every_exception_to_the_rule_is_needed() -> None:
    assert ALLOWED.keys() - swallowers().keys() == set()
