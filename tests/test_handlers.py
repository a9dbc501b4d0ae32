# SPDX-License-Identifier: BSD-3-Clause
"""No handler can swallow a SecurityError: what catches one raises it again, or stands in the table below with a reason.

A fallback catches `Failure`, which a SecurityError is not. A handler that catches more (GovgoError, Exception, a bare
except, SecurityError itself, `contextlib.suppress` of these) has to end by raising the same error, as it is or with
words before its sentence. Raising an error of another class in its place would be a downgrade and is found, too; so is
`asyncio.gather(return_exceptions=True)`. A tuple of classes that is named elsewhere (`except FAULTS`) is not accepted.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache

from govgo import errors
from tests.sources import FILES, PACKAGE, tree_of

SECURITY = {
    name for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, errors.SecurityError)
}
EVERY = {"GovgoError", "Exception", "BaseException"}

#: Functions that return the error that they are given, or one of the same class.
KEEP_THE_CLASS = {
    "gravest",  # errors: the error, or a SecurityError whose place it took
    "prefixed",  # adapters/attribution: words before the sentence
    "attributed",  # adapters/attribution: "path@version: " before the sentence
    "version_error",  # adapters/attribution: the same, in go's three forms
    "_misbehaved",  # adapters/sumdb/client: the first evidence of misbehaviour, kept on disk
    "_with_evidence",  # adapters/sumdb/remotelog: the fork, kept in the storage
    "_unreadable",  # core/sumdb/heads: a BadSignatureError stays one
}

_RESULT = "the error is the result, and its caller raises it"
_FOREIGN = "a file in the cache, which anybody may have written, says nothing about the database; it is fetched anew"
_FINDING = "verify reports every error; one that contradicts ends the command with exit code 4"

_OUTCOME = "the outcome of one repository, whose exit code counts for the fleet"
_CANCELLED = "waits for tasks that were cancelled because one of them failed; that error is raised"
_TASKS = "gather(return_exceptions=True)"

ALLOWED: dict[tuple[str, str, str], str] = {
    ("adapters/loop/tasks.py", "gather", _TASKS): _CANCELLED,
    ("adapters/repository/zips.py", "Downloads.many", _TASKS): _CANCELLED,
    ("adapters/loop/network.py", "Network._clean_up", "BaseException"): "cancelled; the answer is not used any more",
    ("adapters/repository/gomodstream.py", "_Stream._fetch_ahead", "GovgoError"): (
        "the fetch is remembered, and raises again when the module is asked for; if it never is, nothing of it is used "
        "(and `SumDb.misbehaviour` is raised in any case)"
    ),
    ("serve/events/journal.py", "Journal._run", "SecurityError"): (
        "told, kept as `fault`, and shown by /readyz and metrics; the log is not signed any more"
    ),
    ("serve/registry/changes.py", "News.begin", "SecurityError"): (
        "the journal tells it and keeps it as its fault; here it means that the log says nothing, and all is looked at"
    ),
    ("serve/registry/changes.py", "News.due", "SecurityError"): "as in `begin`",
    ("serve/events/follow.py", "Follower._run", "SecurityError"): (
        "told, kept as the fault of the place, shown by /readyz and metrics; the place is not followed any more, and "
        "nothing that it says is believed"
    ),
    ("serve/events/follow.py", "Follower._compare", "BadSignatureError"): (
        "what somebody else says to be a head says nothing about the log; it is told, and not believed"
    ),
    ("serve/index/routes.py", "IndexPages._answer.on_cold_loop", "SecurityError"): (
        "the answer is 500 with the reason: nothing of a log that its key has not signed is served"
    ),
    ("adapters/sumdb/audit.py", "SumAudit.damage", "GovgoError"): _FINDING,
    ("adapters/sumdb/audit.py", "SumAudit._stored_head", "GovgoError"): _FINDING,
    ("adapters/loop/tasks.py", "ending", "BaseException"): "the gravest of all is raised at the end",
    ("errors.py", "run_all", "BaseException"): "the gravest of all is raised at the end",
    ("adapters/sumdb/client.py", "SumDb.lookup_many", "SumMismatchError"): (
        "that the database proves no line for a module is the answer for it; its caller raises or reports it"
    ),
    ("adapters/sumdb/client.py", "SumDb._run", "SecurityError"): (
        "kept as `misbehaviour`, which every call raises from then on, and the closing of the repository as well"
    ),
    ("adapters/sumdb/client.py", "SumDb._from_cache", "BadSignatureError"): _FOREIGN,
    ("adapters/sumdb/cachedrecords.py", "KeptRecords._head", "BadSignatureError"): _FOREIGN,
    ("adapters/sumdb/session.py", "ProofClient._read_kept", "GovgoError"): _FOREIGN,
    ("adapters/sumdb/provedtrees.py", "ProvedTrees.open", "BadSignatureError"): _FOREIGN,
    ("adapters/sumdb/provedtrees.py", "ProvedTrees._merge_stored", "BadSignatureError"): _FOREIGN,
    ("adapters/sumdb/provedtrees.py", "TileSource._attempt", "GovgoError"): _RESULT,
    ("app/get/argument.py", "Query.once", "GovgoError"): "the answer of one argument; each is reported",
    ("app/verify/database.py", "DatabaseAnswers.ask", "GovgoError"): _FINDING,
    ("app/verify/graph.py", "TargetGraph.needed_by", "GovgoError"): (
        "only says who needs a module of which a fault is reported; the claim `complete` reports why there is no "
        "graph, and misbehaviour of the database is raised again when the repository is closed"
    ),
    ("app/verify/graph.py", "TargetGraph._path_to", "GovgoError"): (
        "only says who needs a module of which a fault is reported; the claim `complete` reports why there is no "
        "graph, and misbehaviour of the database is raised again when the repository is closed"
    ),
    ("app/verify/vendor.py", "_VendorCheck._open_copies", "GovgoError"): _FINDING,
    ("app/verify/verify.py", "_Run._collect", "GovgoError"): _FINDING,
    ("wiring/verify.py", "_Late.attempt", "GovgoError"): _FINDING,
    ("app/mirror/check.py", "_Check._compare_records", "GovgoError"): _FINDING,
    ("app/storage/check.py", "_Check.check", "SecurityError"): _FINDING,
    ("serve/registry/checks.py", "Checker.check", "SecurityError"): (
        "the page says that the stored files are refused; what is served is proved by the proxy itself, which raises it"
    ),
    ("app/storage/check.py", "_Check._mend", "SecurityError"): _FINDING,
    ("core/mirror/prove.py", "_read_lookups", "GovgoError"): _FINDING,
    ("core/mirror/prove.py", "prove_log", "GovgoError"): _FINDING,
    ("app/sum/heads.py", "_compare", "ForkError"): "every error is reported, and the worst decides the exit code",
    ("app/sum/heads.py", "_compare", "GovgoError"): "every error is reported, and the worst decides the exit code",
    ("cli/commands/fleet/worker.py", "_Worker.__call__", "GovgoError"): _OUTCOME,
    ("cli/commands/fleet/worker.py", "_attempted", "GovgoError"): _OUTCOME,
    ("cli/main.py", "_run_as", "GovgoError"): "the end of the command: the error is printed and decides the exit code",
    ("serve/upstream/readthrough.py", "ReadThrough.answer", "GovgoError"): "the error is told to the client",
    ("serve/upstream/readthrough.py", "ReadThrough._is_sound", "SumMismatchError"): _FOREIGN,
    ("serve/publish/route.py", "PublishRoute.answer", "SecurityError"): (
        "the answer to the client: one's own database has another record, so nothing is published"
    ),
    ("serve/sumdb.py", "safe_answer", "SecurityError"): "nothing of it is served, and the operator is told",
    ("load/packages/sourcetree.py", "SourceTree.scan", "GovgoError"): "remembered, and raised at the end",
}
"""(file, function, classes caught): why it may keep the error."""


def names_of(node: ast.expr | None) -> set[str]:
    """The names of the classes that a handler catches; a bare except catches everything."""
    if node is None:
        return {"BaseException"}
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return {part.attr if isinstance(part, ast.Attribute) else ast.unparse(part) for part in parts}


def broad(node: ast.expr | None) -> set[str]:
    """The classes of a handler that fit a SecurityError. A constant's name counts, as it hides what it stands for."""
    return {name for name in names_of(node) if name in SECURITY | EVERY or name.isupper()}


def raises_it_again(body: list[ast.stmt], name: str | None) -> bool:
    """Whether every way through the body of a handler ends by raising the error that it caught."""
    if any(isinstance(node, ast.Return | ast.Continue | ast.Break) for stmt in body for node in ast.walk(stmt)):
        return False
    last = body[-1]
    if isinstance(last, ast.If):
        return bool(last.orelse) and raises_it_again(last.body, name) and raises_it_again(last.orelse, name)
    return isinstance(last, ast.Raise) and is_same(last.exc, name)


def is_same(raised: ast.expr | None, name: str | None) -> bool:
    """Whether `raise raised` raises the error that a handler caught as `name`, or one of the same class."""
    if raised is None:
        return True
    if isinstance(raised, ast.Call):
        function = raised.func.attr if isinstance(raised.func, ast.Attribute) else ast.unparse(raised.func)
        return function in KEEP_THE_CLASS and any(is_same(argument, name) for argument in raised.args)
    return isinstance(raised, ast.Name) and raised.id == name


def statements(tree: ast.AST, outer: str = "") -> Iterator[tuple[str, ast.AST]]:
    """(name of the function or class around it, node) of each node."""
    for child in ast.iter_child_nodes(tree):
        named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        name = f"{outer}.{child.name}".lstrip(".") if named else outer
        yield name, child
        yield from statements(child, name)


def swallowers(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    """(function, classes caught, line) of each handler that could keep a SecurityError to itself."""
    for name, node in statements(tree):
        if isinstance(node, ast.Try | ast.TryStar):
            for handler in node.handlers:
                caught = broad(handler.type)
                if caught and not raises_it_again(handler.body, handler.name):
                    yield name, " ".join(sorted(caught)), handler.lineno
                if caught & EVERY:
                    break  # no later clause sees a GovgoError
        elif isinstance(node, ast.Call) and names_of(node.func) & {"suppress", "contextlib.suppress"}:
            caught = {name for argument in node.args for name in broad(argument)}
            if caught:
                yield name, " ".join(sorted(caught)), node.lineno
        elif (
            isinstance(node, ast.Call)
            and names_of(node.func) & {"gather", "asyncio.gather"}
            and any(keyword.arg == "return_exceptions" for keyword in node.keywords)
        ):
            yield name, _TASKS, node.lineno


@cache
def found() -> dict[tuple[str, str, str], list[int]]:
    """(file, function, classes caught): the lines of the handlers."""
    places: dict[tuple[str, str, str], list[int]] = {}
    for file in FILES:
        if not re.search("except|suppress|gather", file.read_text()):
            continue  # to parse all of them takes seconds
        for function, caught, line in swallowers(tree_of(file)):
            places.setdefault((file.relative_to(PACKAGE).as_posix(), function, caught), []).append(line)
    return places


def test_nothing_swallows_a_security_error() -> None:
    bad = [
        f"{key[0]}:{line}: {key[1]} catches {key[2]}"
        for key, lines in found().items()
        for line in lines[1 if key in ALLOWED else 0 :]  # an entry allows one handler
    ]
    assert not bad, "catch Failure, or raise the error again:\n" + "\n".join(bad)


def test_every_exception_to_the_rule_is_needed() -> None:
    assert ALLOWED.keys() - found().keys() == set()


def test_what_is_found() -> None:
    """The rule on handlers of each kind."""

    def caught(handler: str, before: str = "") -> list[str]:
        source = f"def f():\n    try:\n        g()\n{before}    except {handler}\n"
        return [classes for _, classes, _ in swallowers(ast.parse(source))]

    for kind in (*sorted(SECURITY | EVERY), "errors.GovgoError"):
        assert caught(f"{kind}:\n        return 1") == [kind.rpartition(".")[2]]
    assert caught("(OSError, GovgoError):\n        pass") == ["GovgoError"]
    assert caught("GovgoError as e:\n        raise UnavailableError(str(e), inner=e)") == ["GovgoError"]
    assert caught("GovgoError as e:\n        if a:\n            raise\n        b()") == ["GovgoError"]
    assert caught("GovgoError:\n        for x in y:\n            continue\n        raise") == ["GovgoError"]
    assert caught("GovgoError:\n        clean()\n        raise") == []
    assert caught("FAULTS:\n        pass") == ["FAULTS"]
    gathered = b"def f():\n    asyncio.gather(*tasks, return_exceptions=True)"
    assert [classes for _, classes, _ in swallowers(ast.parse(gathered))] == [_TASKS]
    assert caught("GovgoError as e:\n        if a:\n            raise\n        else:\n            raise e") == []
    assert caught("GovgoError as e:\n        raise attributed(mv, prefixed(e, 'a: ')) from e") == []
    assert caught("Failure:\n        pass") == []
    assert caught("Exception:\n        pass", "    except GovgoError:\n        raise\n") == []
    assert [c for _, c, _ in swallowers(ast.parse(b"with suppress(OSError, GovgoError): f()"))] == ["GovgoError"]
    assert [c for _, c, _ in swallowers(ast.parse(b"with contextlib.suppress(Failure): f()"))] == []
    assert [c for _, c, _ in swallowers(ast.parse(b"try:\n    f()\nexcept:\n    pass"))] == ["BaseException"]
