# SPDX-License-Identifier: BSD-3-Clause
"""The layout: rings, the order of the rooms in each, no circle, no crowded folder, and a test for every module.

    errors < core < ports < { adapters | load } < app < wiring < { serve | api } < cli       report sees core alone

Imports are read from the sources, those inside functions and under TYPE_CHECKING too.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.sources import FILES, PACKAGE, nodes_of, tree_of

TESTS = Path(__file__).parent

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
    "serve": {"errors", "core", "ports", "adapters", "load", "app", "report", "wiring"},
    "cli": {"errors", "core", "ports", "adapters", "load", "app", "report", "wiring", "api", "serve"},
    "__main__": {"cli"},
    "__init__": {"errors", "core", "ports", "api"},
}

#: The rooms of a ring in order: each imports only rooms of the lines above its own.
ROOMS = {
    "core": (
        "typehints",
        "closest fastzlib lazyregex records walk",
        "tomllines",
        "tomltext",
        "codes golib safetext",
        "gosource version",
        "module",
        "findings gobinary goenv gosum modcache modfile modgraph",
        "modzip resolution sumdb vcs",
        "events goproxy licenses log storage",
        "mirror policy",
        "govgotoml",
        "advisory fleet",
        "registry sbom",
    ),
    "adapters": (
        "attribution disk hostname interrupts",
        "http modzip",
        "loop",
        "advisories licenses modcache storage sumdb",
        "proxy workspace",
        "catalogue vcs",
        "fleet repository",
    ),
    "load": ("session", "dependency", "query", "buildlist", "mainmodule", "packages", "targets"),
    "app": (
        "binaries cache drawing edit env fleet get graph hygiene init licenses list log modverify outdated plan sbom"
        " storage sum sumdb tidy tree vendor work",
        "audit diff download events mirror proxies verify whatif why whyversion",
        "check",
    ),
    "report": (
        "age explain gojson html markdown style words",
        "document",
        "binaries cache diff drawing edit env findings fleet graph list mirror outdated plan publish sbom"
        " storage sum tree why whyversion",
        "audit check download licenses log proxies registry sumdb",
    ),
    "wiring": (
        "env events licenses log modverify proxies publish session sumdb",
        "audit diff mirror recording verify",
        "check fleet sbom storage",
    ),
    "serve": (
        "accesslog counters filters freshness protocol sighup tls values",
        "access policy tables",
        "downloadmodes",
        "settings",
        "upstream",
        "events",
        "http sumdb",
        "hooks index publish registry",
        "vanity",
        "server",
    ),
    "cli": (
        "options progress streams topics",
        "console exitcodes group sizes",
        "call helptext reference",
        "completion",
        "switching",
        "findings outputs session",
        "planning drawing",
        "commands main",
    ),
}

#: A verb knows no other verb, except these: `download` and `why` list modules; `verify` asks what go.sum needs, and how
#: a vendor directory has to look; `what-if` plays others, and so does a fix; `check` judges by the engines of others;
#: `mirror` takes what a tidy needs, `events` grow as a checksum database does, and `proxies` compares tree heads as
#: `sum head` does.
VERBS = {
    *{
        ("download", "list"),
        ("events", "sumdb"),
        ("mirror", "tidy"),
        ("proxies", "sum"),
        ("verify", "sum"),
        ("verify", "vendor"),
        ("why", "list"),
    },
    *(("audit", verb) for verb in ("get", "plan")),
    *(("check", verb) for verb in ("audit", "hygiene", "outdated", "tidy")),
    *(("whatif", verb) for verb in ("edit", "get", "list", "plan", "tidy")),
}

#: Modules whose tests do not lie where their name says, by the file that tests them, folder by folder. Conformance
#: vectors test a whole format, scripts a whole command, and a simulated world the adapters together.
TESTED_BY = {
    "adapters/advisories/test_files.py": "adapters/disk: usercache",
    "adapters/catalogue/test_scan.py": "adapters/catalogue: catalogue filling trigrams",
    "adapters/fleet/test_child.py": "adapters/fleet: child_process chunks",
    "adapters/http/test_client.py": "adapters/http: curl_engine curl_transfer engine httpx_engine",
    "adapters/licenses/test_matcher.py": "adapters/licenses: matching_process",
    "adapters/loop/test_extractor.py": "adapters/loop: extractor_process",
    "adapters/loop/test_helper.py": "adapters/loop: helper_process",
    "adapters/modcache/test_cache.py": "adapters/disk: modes",
    "adapters/modzip/test_layout.py": "adapters/modzip: read",
    "adapters/repository/test_repository.py": "adapters/repository: gomods sumcheck zips",
    "adapters/sumdb/test_client.py": "adapters/sumdb: writer",
    "adapters/vcs/test_git.py": "adapters/vcs: direct",
    "adapters/workspace/test_archive.py": "adapters/disk: archives; adapters/workspace: tree",
    "app/edit/test_edit.py": "app/edit: flags",
    "app/events/test_append.py": "app/events: log",
    "app/log/test_sync.py": "app/log: clone history; core/log: units",
    "app/sum/test_bundle.py": "adapters/sumdb: session; app/sum: database",
    "app/sumdb/test_publisher.py": "app/sumdb: growing; core/sumdb: published",
    "app/vendor/test_vendor.py": "app/vendor: copy; load/packages: embed",
    "attacks/test_served.py": "adapters/sumdb: relay; serve/upstream: spool sumdbproofs zips",
    "cli/commands/cache/test_cache.py": "core: modcache; report: cache",
    "cli/commands/cache/test_download.py": "app: download; report: download",
    "cli/commands/cache/test_env.py": "app: env; report: env; wiring: env",
    "cli/commands/cache/test_explain.py": "report: explain",
    "cli/commands/cache/test_version.py": "adapters/disk: executables packed; app: binaries; report: binaries",
    "cli/commands/fleet/test_fleet.py": (
        "adapters/fleet: trees; app/fleet: builds; cli/commands/fleet: group list report run verbs worker; "
        "core/fleet: builds; report/fleet: builds html json markdown sections text; wiring/fleet: reduce run shared"
    ),
    "cli/commands/inspect/test_diff.py": "app/diff: diff facts sources; report/diff: json markdown; wiring: diff",
    "cli/commands/inspect/test_diff_binaries.py": "app/diff: binaries",
    "cli/commands/inspect/test_graph.py": "app: drawing; cli: drawing; report/drawing: json lines",
    "cli/commands/inspect/test_hygiene.py": "app: hygiene",
    "cli/commands/inspect/test_outdated.py": "app: outdated; report: age; report/outdated: json markdown text",
    "cli/commands/inspect/test_record.py": "wiring: recording",
    "cli/commands/inspect/test_tree.py": "app: tree; load/targets: dependencies; report/tree: json markdown",
    "cli/commands/inspect/test_whyversion.py": (
        "core/resolution: whyversion; load/targets: edited; report: whyversion"
    ),
    "cli/commands/serve/test_mirror.py": (
        "adapters/storage: staging; app/mirror: add closure store tidied; core/mirror: contents outcomes; "
        "report/mirror: add; wiring: mirror"
    ),
    "cli/commands/serve/test_mirror_killed.py": "app/mirror: repair",
    "cli/commands/serve/test_mirror_ship.py": "app/mirror: transfer; report/mirror: transfer",
    "cli/commands/serve/test_mirror_verify.py": "app/mirror: check; report/mirror: verify",
    "cli/commands/serve/test_publish.py": "report: publish; wiring: publish",
    "cli/commands/serve/test_storage.py": (
        "app/storage: check manage; core/storage: outcomes; report/storage: contents verify; wiring: storage"
    ),
    "cli/commands/serve/test_sumdb.py": (
        "adapters/sumdb: keyfile; app/sumdb: cosign sources; report: sumdb; wiring: sumdb"
    ),
    "cli/commands/test_fault_places.py": "load/targets: locate",
    "cli/commands/trust/test_audit.py": (
        "app/audit: audit binaries; core/advisory: auditresult; load/targets: packages; report/audit: findings json "
        "markdown; wiring: audit"
    ),
    "cli/commands/trust/test_audit_fix.py": "app/audit: fix plan; core/advisory: fixplan; report/audit: fixes",
    "cli/commands/trust/test_audit_vex.py": "report/audit: openvex",
    "cli/commands/trust/test_check.py": (
        "app/check: asked check since untidy; core/advisory: findings; core/policy: checked judge rules waive; "
        "load/targets: policy; report/check: json markdown text; wiring: check"
    ),
    "cli/commands/trust/test_licenses.py": (
        "app/licenses: licenses notices; core/licenses: licenses; report/licenses: json markdown text; wiring: licenses"
    ),
    "cli/commands/trust/test_log.py": (
        "adapters/sumdb: buckets logsource; app/log: sample watch; cli/commands/trust: logwatch; core/log: result; "
        "report/log: log; wiring: log"
    ),
    "cli/commands/trust/test_logevents.py": "report/log: events; wiring: events",
    "cli/commands/trust/test_modverify.py": "app: modverify; wiring: modverify",
    "cli/commands/trust/test_proxies.py": (
        "adapters/proxy: peers; app: proxies; core/goproxy: answers judge; report: proxies; wiring: proxies"
    ),
    "cli/commands/trust/test_sbom.py": (
        "app: sbom; core/sbom: sbom; report/sbom: cyclonedx facts json spdx text; wiring: sbom"
    ),
    "cli/commands/trust/test_sum.py": "app/sum: complete explain heads merge needs; core/gosum: outcomes; report: sum",
    "cli/commands/trust/test_verify.py": (
        "adapters/proxy: compare; app/verify: database graph verify; load/targets: binaries open targets; "
        "wiring: session verify"
    ),
    "cli/commands/trust/test_verify_damage.py": "adapters/sumdb: audit; app/verify: cache vendor vendorlines",
    "cli/commands/trust/test_verify_reports.py": "cli: findings outputs",
    "cli/commands/trust/test_verify_tags.py": "adapters/vcs: origins; app/verify: tags",
    "cli/completion/test_shells.py": "cli/commands/cache: completion",
    "cli/test_main.py": "cli: call group helptext session switching topics; cli/commands/cache: help",
    "cli/test_malformed.py": "load/mainmodule: read switching",
    "cli/test_planning.py": "app: plan; cli/commands/inspect: whatif; core/resolution: plan; report: plan",
    "conformance/test_get.py": "app/get: argument candidates check choose get; load/buildlist: disqualify",
    "conformance/test_imports.py": "core/gosource: header scan",
    "conformance/test_mod_edit_cmd.py": "cli/commands/change: edit; report: edit",
    "conformance/test_modfile_edit.py": "core/modfile: directivefile directives gomod printer quote syntax",
    "conformance/test_mvs.py": "app: graph; app/list: list; load/dependency: gomod; report: graph; report/list: text",
    "conformance/test_note.py": "core/golib: base64; core/sumdb: signer",
    "conformance/test_pseudo.py": "core/version: pseudo",
    "conformance/test_version_query.py": (
        "app/list: info versions; core/module: info; load/mainmodule: keepsums; load/query: source"
    ),
    "conformance/test_work_edit.py": "core/modfile: gowork",
    "conformance/test_zip_check.py": "adapters/modzip: directory unzip",
    "contracts/test_goscripts.py": "app/get: local",
    "core/advisory/test_fixsearch.py": "core/advisory: fixresult fixversions",
    "core/advisory/test_osv.py": "core/advisory: ranges",
    "core/codes/test_codes.py": "core/codes: explanation files findings logs packages policy proxies requests sources",
    "core/fleet/test_summary.py": "core/fleet: impact rows",
    "core/gobinary/test_buildinfo.py": "core/gobinary: elf image macho pe",
    "core/golib/test_fmt.py": "core/golib: realtext verbs",
    "core/golib/template/test_execute.py": (
        "core/golib/template: eval lex nodes parse values; report/list: deep template"
    ),
    "core/gosum/test_ledger.py": "core/gosum: mismatch",
    "core/gosource/test_stdlib.py": "core/gosource: stdlib_data",
    "core/modfile/test_parser.py": "core/modfile: faults",
    "core/modfile/test_quickread.py": "core/modfile: summary",
    "core/test_govgotoml.py": "core/policy: values",
    "load/buildlist/test_edit.py": "load/buildlist: versionconflicts",
    "load/buildlist/test_roots.py": "load/buildlist: requirements; load/packages: tidyroots",
    "load/mainmodule/test_load.py": (
        "load/mainmodule: find godebug gowork; load/session: errors mainmodules policy replacements"
    ),
    "load/packages/test_query.py": "load/query: errors",
    "report/findings/test_formats.py": (
        "core: findings; report: document; report/findings: github gitlab json junit markdown sarif text"
    ),
    "report/registry/test_html.py": "report: html",
    "script/test_scripts.py": (
        "app: tidy why; app/work: sync work; cli/commands/change: init tidy vendor work; cli/commands/inspect: "
        "list; load/buildlist: package; load/packages: directmodules errors imports load localpatterns missing tidy; "
        "report: why"
    ),
    "serve/events/test_follow.py": (
        "adapters/sumdb: remotelog; serve/events: missreports taking; serve/server: events"
    ),
    "serve/http/test_application.py": (
        "serve/http: health metrics site tails; serve/server: build parts; serve/upstream: asyncfetch coldloop sources"
    ),
    "serve/publish/test_route.py": "adapters/modzip: examine",
    "serve/registry/test_routes.py": (
        "core/registry: pages; report/registry: json style; serve/registry: advisories checks registry"
    ),
    "serve/server/test_buckets.py": "serve/upstream: stored",
    "serve/server/test_server.py": "cli/commands/serve: serve",
    "serve/upstream/test_upkeep.py": "app/storage: uses; serve/upstream: uses",
    "serve/upstream/test_published.py": "core/storage: published",
    "serve/upstream/test_verdicts.py": "serve/server: judging",
    "serve/test_settings.py": "serve: freshness tables values",
    "simulators/repo.py": (
        "ports: advisories cachecare evidence files licenses log mirror modules reporter storage sumdb"
    ),
    "test_api.py": "api: call files modules reports",
    "test_site.py": "cli/reference: markdown",
    "test_startup.py": ": __main__",
}

#: What core may take from the standard library: values and algorithms. All else touches the world or is not needed.
PURE = {
    "__future__", "abc", "array", "base64", "binascii", "bisect", "collections", "contextlib", "copy",
    "cryptography", "dataclasses", "datetime", "decimal", "difflib", "enum", "fnmatch", "fractions",
    "functools", "hashlib", "heapq", "hmac", "html", "io", "ipaddress", "itertools", "json", "keyword",
    "isal", "marshal", "math", "operator", "packaging.licenses", "packaging.specifiers", "posixpath",
    "re", "shlex", "stat", "string", "struct",
    "textwrap", "tomllib", "types",
    "typing", "unicodedata", "urllib.parse", "zlib",
}  # fmt: skip

#: Methods that change a list, a dictionary or a set.
CHANGING = {"append", "add", "update", "extend", "insert", "pop", "popitem", "clear", "setdefault", "remove", "discard"}

#: Names of a pure module that are not: the time of day, and the world through `io`.
IMPURE_CALLS = re.compile(r"\b(?:datetime|date)\.(?:now|today|utcnow)\(|\bio\.open\(")
BUILTINS = {"open", "print", "input", "exec", "eval", "breakpoint"}


DEFAULTS = r"https://proxy\.golang\.org|sum\.golang\.org\+[0-9a-f]{8}"


@cache
def module_name(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts)


def ring(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


@cache
def imported(file: Path) -> tuple[tuple[int, str], ...]:
    """(line, dotted name) of each import; `from a import b` is a.b where that is a module, else a."""
    return tuple(_imports(file))


def _imports(file: Path) -> Iterator[tuple[int, str]]:
    for node in nodes_of(file):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: relative import"
            base = node.module or ""
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}" if is_module(base, alias.name) else base


@cache
def is_module(base: str, name: str) -> bool:
    path = PACKAGE.parent.joinpath(*base.split("."), name)
    return path.with_suffix(".py").exists() or path.is_dir()


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
        for node in nodes_of(file):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BUILTINS:
                bad.append(f"{file.name}:{node.lineno}: calls {node.func.id}")
        bad += [f"{file.name}: {match[0]}" for match in IMPURE_CALLS.finditer(source)]
    assert not bad, "\n".join(bad)


def test_environment_is_read_in_one_place() -> None:
    """Only `adapters/workspace/goenvfile.py` and `cli` look at the environment; a variable is hidden from libcurl."""
    allowed = {"adapters/workspace/goenvfile.py", "adapters/http/curl_engine.py"}
    bad = []
    for file in FILES:
        place = file.relative_to(PACKAGE).as_posix()
        if place in allowed or place.startswith(("cli/", "__main__")):
            continue
        for node in nodes_of(file):
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv", "putenv"):
                bad.append(f"{place}:{node.lineno}: {ast.unparse(node)}")
    assert not bad, "\n".join(bad)


def test_files_are_one_job() -> None:
    long = {str(file.relative_to(PACKAGE)): len(file.read_text().splitlines()) for file in FILES}
    assert not {name: lines for name, lines in long.items() if lines > 620}


def test_folders_are_not_crowded() -> None:
    counts = Counter(file.parent.relative_to(PACKAGE).as_posix() for file in FILES)
    assert not {folder: count for folder, count in counts.items() if count > 22}


def room(module: str) -> str:
    parts = module.split(".")
    return parts[2] if len(parts) > 2 else ""


@pytest.mark.parametrize("name", sorted(ROOMS))
def test_rooms_stand_in_their_order(name: str) -> None:
    rank = {each: place for place, line in enumerate(ROOMS[name]) for each in line.split()}
    bad = []
    for file in FILES:
        module = module_name(file)
        if ring(module) != name or not room(module):
            continue
        assert room(module) in rank, f"{file}: the room {room(module)} has no place in the order"
        for line, target in imported(file):
            other = room(target) if ring(target) == name and target.startswith("govgo.") else ""
            if other and other != room(module) and rank[other] >= rank[room(module)]:
                bad.append(f"{file.relative_to(PACKAGE)}:{line}: imports {target}")
    assert not bad, "\n".join(bad)


def test_verbs_do_not_know_each_other() -> None:
    arrows = {
        (room(module), room(target))
        for file in FILES
        if ring(module := module_name(file)) == "app"
        for _, target in imported(file)
        if target.startswith("govgo.app.") and room(module) != room(target)
    }
    assert arrows == VERBS


def test_no_import_goes_in_a_circle() -> None:
    modules = {module_name(file): file for file in FILES}
    arrows = {name: {t for _, t in imported(file) if t in modules and t != name} for name, file in modules.items()}
    while leaves := [name for name, targets in arrows.items() if not targets & arrows.keys()]:
        for name in leaves:
            del arrows[name]
    assert not arrows, f"each of these leads to another one: {sorted(arrows)}"


def modules_tested_elsewhere() -> dict[str, str]:
    """Module (a path below the package) -> the file that tests it, from the table."""
    found: dict[str, str] = {}
    for tests, rooms in TESTED_BY.items():
        for line in rooms.split(";"):
            folder, _, names = line.strip().partition(":")
            for name in names.split():
                place = f"{folder}/{name}.py".lstrip("/")
                assert place not in found, f"{place} stands twice in the table"
                found[place] = tests
    return found


def test_every_module_has_its_tests() -> None:
    """A module's tests lie where its name says, or the table says where they are."""
    elsewhere = modules_tested_elsewhere()
    modules = {file.relative_to(PACKAGE).as_posix(): file for file in FILES if file.name != "__init__.py"}
    own = {place for place in modules if (TESTS / place).with_name(f"test_{Path(place).name}").exists()}
    assert modules.keys() - own - elsewhere.keys() == set(), "these have no tests; write them, or say where they are"
    assert elsewhere.keys() - modules.keys() == set(), "these are gone"
    assert own & elsewhere.keys() == set(), "these have test files of their own by now"
    assert {tests for tests in TESTED_BY if not (TESTS / tests).exists()} == set()


def test_files_begin_alike() -> None:
    """The licence line, a docstring that says something, and `from __future__ import annotations` where code is."""
    bad = []
    for file in FILES:
        source, tree = file.read_text(), tree_of(file)
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
        tree = tree_of(file)
        targets = [t for node in tree.body if isinstance(node, ast.Assign) for t in node.targets]
        targets += [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
        names = {target.id for target in targets if isinstance(target, ast.Name)}
        for function in (n for n in nodes_of(file) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)):
            nodes = list(ast.walk(function))
            bound = {n.arg for n in nodes if isinstance(n, ast.arg)}
            bound |= {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            for node in nodes:
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
        for node in nodes_of(file):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and re.search(DEFAULTS, text):
                bad.append(f"{file.relative_to(PACKAGE)}: {text}")
    assert not bad, "\n".join(bad)


def test_no_possessive_repeat_of_a_group() -> None:
    """Early releases of Python 3.11 match wrongly by `(?:ab|c)*+`; `(?>(?:ab|c)*)` means the same and is right."""
    repeated = re.compile(r"\)[*+?]\+")
    assert not [str(file) for file in FILES if repeated.search(file.read_text().replace("()*+", ""))]


def test_no_module_compiles_an_expression_when_it_is_loaded() -> None:
    """It takes up to a millisecond, and most are not used in a run: `core.lazyregex` compiles it at its first use."""
    found = re.compile(r"^\S.*\bre\.compile\(", re.MULTILINE)
    assert not [str(file) for file in FILES if found.search(file.read_text())]
