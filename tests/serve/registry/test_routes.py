# SPDX-License-Identifier: BSD-3-Clause
"""The registry of a proxy in front of a simulated world: documents by their schemas, pages, and who sees what.

What each document has to say is worked out by hand from the modules below, and the numbers of records are the log's.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from govgo.adapters.catalogue.scan import Scanner
from govgo.core.module.moduleversion import ModuleVersion
from govgo.serve.filters import parse_filter
from govgo.serve.policy import Policy, Rule
from govgo.serve.registry.registry import Visible
from govgo.serve.tables import Events, RegistrySettings
from tests.simulators.run import SCHEMAS, document
from tests.simulators.served import Served, eventually
from tests.simulators.world import World

SETTINGS = RegistrySettings(title="Modules of <b>q.io</b>", refresh_s=0.1)
API = "/api/1/modules"
CANARY = "<script>canary()</script>"


def publish(world: World) -> None:
    world.publish("q.io/a", "v1.0.0", "module q.io/a\n\ngo 1.20\n")
    world.publish(
        "q.io/a",
        "v1.1.0",
        f"// Deprecated: use q.io/b {CANARY}\nmodule q.io/a\n\ngo 1.21\n\nretract v1.0.0 // too slow {CANARY}\n",
        files={"a.go": "package a\n", "LICENSE": "SPDX-License-Identifier: BSD-3-Clause\n", "sub/s.go": "package s\n"},
    )
    world.publish(
        "q.io/b",
        "v1.0.0",
        "module q.io/b\n\nrequire q.io/a v1.1.0\n\nrequire q.io/far v1.0.0 // indirect\n",
        files={"b.go": 'package b\n\nimport _ "q.io/a/sub"\n'},
    )
    world.publish("q.io/c", "v0.1.0", "module q.io/c\n\nrequire q.io/a v1.0.0 // indirect\n")
    world.publish("q.io/evil", "v1.0.0", "module q.io/evil\n\nrequire q.io/a v1.0.0\n")
    world.publish("corp.example/secret", "v1.0.0", "module corp.example/secret\n\nrequire q.io/a v1.0.0\n")


STORED = (
    *(f"/q.io/a/@v/{name}" for name in ("list", "v1.0.0.mod", "v1.1.0.info", "v1.1.0.mod", "v1.1.0.zip")),
    *(f"/q.io/b/@v/v1.0.0.{suffix}" for suffix in ("info", "mod", "zip")),
    "/q.io/c/@v/v0.1.0.mod",
    "/corp.example/secret/@v/v1.0.0.mod",
)


def fetch(served: Served, **headers: str) -> None:
    for path in STORED:
        assert served.get(path, **headers).status == 200


def settled(served: Served, versions: int = 4) -> None:
    """Wait until all that is stored was looked at: each version compared, each zip looked into."""

    def is_settled() -> bool:
        registry = served.running.parts.registry
        assert registry is not None
        catalogue = registry._filled
        stored = catalogue.totals().versions >= versions
        return bool(stored and not catalogue.unchecked(1) and catalogue.unlooked() is None)

    eventually(is_settled)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with World(tmp_path_factory.mktemp("registry")) as world:
        publish(world)
        (world.root / "advisories").mkdir()
        advisory = {
            "id": "GO-1",
            "summary": CANARY,
            "aliases": ["CVE-1"],
            "affected": [
                {
                    "package": {"ecosystem": "Go", "name": "q.io/a"},
                    "ranges": [{"type": "SEMVER", "events": [{"introduced": "1.1.0"}, {"fixed": "1.1.1"}]}],
                }
            ],
            "database_specific": {"url": "javascript:canary()"},
        }
        (world.root / "advisories/GO-1.json").write_text(json.dumps(advisory))
        env = {"GONOSUMDB": "corp.example"}
        policy = Policy((Rule("q.io/evil", "", "malware"),))
        with Served(
            world,
            env=env,
            policy=policy,
            registry=SETTINGS._replace(advisories=(str(world.root / "advisories"),)),
            access_log=str(world.root / "access"),
        ) as served:
            fetch(served)
            settled(served)
            eventually(lambda: ask(served, f"{API}/q.io/a@v1.1.0", "version")["summary"]["advisories"]["is_known"])
            yield served


def ask(served: Served, path: str, kind: str, status: int = 200) -> dict[str, Any]:
    """A document by its schema."""
    got = served.get(path)
    assert got.status == status, got.text
    assert got.headers["content-type"] == "application/json"
    assert got.headers["cache-control"] == "private, max-age=10"
    told = document(got.text, f"govgo.registry.{kind}-1.json")
    assert bool(told["errors"]) == (status != 200)
    return told


def page(served: Served, path: str, status: int = 200) -> str:
    """A page, which is well-formed as XML, too, but for its void elements."""
    got = served.get(path)
    assert got.status == status
    assert got.headers["content-type"] == "text/html; charset=utf-8"
    policy = got.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "script" not in policy
    assert got.headers["x-content-type-options"] == "nosniff"
    closed = re.sub(r"<((?:meta|link|input|br|wbr)\b[^>]*)>", r"<\1/>", got.text.removeprefix("<!DOCTYPE html>\n"))
    ElementTree.fromstring(closed)
    assert "<script" not in got.text.lower()
    assert "javascript:" not in got.text
    return got.text


def number(served: Served, path: str, version: str) -> int:
    """The number of a record in the log."""
    return served.world.log.numbers[path, version]


# Documents.


def test_modules(served: Served) -> None:
    told = ask(served, API, "modules")
    assert [(row["path"], row["newest"], row["versions"], row["required_by"]) for row in told["results"]] == [
        ("q.io/a", "v1.1.0", 2, 2),
        ("q.io/b", "v1.0.0", 1, 0),
        ("q.io/c", "v0.1.0", 1, 0),
    ]
    assert told["summary"]["next"] is None
    assert told["summary"]["private"] is False
    assert told["summary"]["as_of"].endswith("Z")


def test_modules_page_by_page(served: Served) -> None:
    found, after = [], ""
    for _ in range(3):
        told = ask(served, f"{API}?limit=1&after={after}", "modules")
        found += [row["path"] for row in told["results"]]
        after = told["summary"]["next"] or ""
    assert (found, after) == (["q.io/a", "q.io/b", "q.io/c"], "")


def test_search(served: Served) -> None:
    told = ask(served, f"{API}?q=Q.IO&limit=2", "modules")
    assert [row["path"] for row in told["results"]] == ["q.io/a", "q.io/b"]
    assert told["summary"]["next"] == "0 q.io/b"
    told = ask(served, f"{API}?q=q.io&after=0%20q.io/b", "modules")
    assert [row["path"] for row in told["results"]] == ["q.io/c"]
    assert ask(served, f"{API}?q=nothing", "modules")["results"] == []


def test_a_module(served: Served) -> None:
    told = ask(served, f"{API}/q.io/a", "module")
    summary = told["summary"]
    assert (summary["decided_by"], summary["deprecated"]) == ("v1.1.0", f"use q.io/b {CANARY}")
    assert (summary["required_by"], summary["direct"], summary["known_versions"]) == (2, 1, 2)
    assert summary["packages"] == [{"path": "q.io/a/sub", "imported_by": 1}]
    newest, oldest = told["results"]
    assert (newest["version"], newest["time"]) == ("v1.1.0", "2024-01-02T03:04:05Z")
    assert (newest["stored"], newest["retracted"]) == (["info", "mod", "zip"], False)
    assert newest["advisories"] == ["GO-1"]
    assert newest["zip_bytes"] == len(served.world.proxy.files["/q.io/a/@v/v1.1.0.zip"])
    log = newest["log"]
    assert (log["go_mod"], log["zip"], log["zip_was_read"]) == ("proved", "proved", True)
    assert (log["database"], log["index"]) == ("sum.example.org", number(served, "q.io/a", "v1.1.0"))
    assert log["tree_size"] > log["index"]
    assert (oldest["version"], oldest["time"], oldest["stored"]) == ("v1.0.0", None, ["mod"])
    assert (oldest["retracted"], oldest["retraction"]) == (True, f"too slow {CANARY}")
    assert (oldest["log"]["go_mod"], oldest["log"]["zip"]) == ("proved", "not checked")
    assert oldest["log"]["index"] == number(served, "q.io/a", "v1.0.0")
    told = ask(served, f"{API}/q.io/a?limit=1", "module")
    assert ([row["version"] for row in told["results"]], told["summary"]["next"]) == (["v1.1.0"], 1)
    told = ask(served, f"{API}/q.io/a?limit=1&skip=1", "module")
    assert ([row["version"] for row in told["results"]], told["summary"]["next"]) == (["v1.0.0"], None)


def test_a_version(served: Served) -> None:
    (told,) = ask(served, f"{API}/q.io/a@v1.1.0", "version")["results"]
    assert (told["go"], told["requirements"]) == ("1.21", [])
    assert (told["licence"]["expression"], told["licence"]["has_go_mod"]) == ("BSD-3-Clause", True)
    record = served.world.log.records[number(served, "q.io/a", "v1.1.0")].decode()
    assert f"q.io/a v1.1.0 {told['licence']['zip_sum']}\n" in record
    assert [(each["id"], each["fixed_in"]) for each in told["advisories"]] == [("GO-1", "v1.1.1")]
    verdicts = {point["rule"]: point["verdict"] for point in told["scorecard"]}
    assert verdicts == {
        "log-proved": "yes",
        "log-covered": "yes",
        "tagged-release": "yes",
        "not-retracted": "yes",
        "not-deprecated": "no",
        "newest": "yes",
        "no-advisories": "no",
        "licence-known": "yes",
        "go-mod": "yes",
        "source-named": "unknown",
        "settled": "yes",
        "kept-up": "no",
        "used": "yes",
    }
    assert ask(served, f"{API}/q.io/a@latest", "version")["results"][0]["version"] == "v1.1.0"
    (old,) = ask(served, f"{API}/q.io/a@v1.0.0", "version")["results"]
    assert (old["licence"], old["licence_note"]) == (None, "the zip is not stored here")
    assert old["advisories"] == []
    (b,) = ask(served, f"{API}/q.io/b@v1.0.0", "version")["results"]
    assert b["requirements"] == [
        {"path": "q.io/a", "version": "v1.1.0", "indirect": False, "is_stored": True},
        {"path": "q.io/far", "version": "v1.0.0", "indirect": True, "is_stored": False},
    ]


def test_who_requires_and_imports(served: Served) -> None:
    told = ask(served, f"{API}/q.io/a/requiredby", "requiredby")
    assert [(row["path"], row["version"], row["asked"], row["indirect"]) for row in told["results"]] == [
        ("q.io/b", "v1.0.0", "v1.1.0", False),
        ("q.io/c", "v0.1.0", "v1.0.0", True),
    ]
    told = ask(served, f"{API}/q.io/a/requiredby?limit=1", "requiredby")
    assert told["summary"]["next"] == "q.io/b"
    told = ask(served, f"{API}/q.io/a/requiredby?limit=1&after=q.io/b", "requiredby")
    assert ([row["path"] for row in told["results"]], told["summary"]["next"]) == (["q.io/c"], None)
    # a module that is not stored, and that a stored one requires
    told = ask(served, f"{API}/q.io/far/requiredby", "requiredby")
    assert ([row["path"] for row in told["results"]], told["summary"]["required_by"]) == (["q.io/b"], None)
    told = ask(served, f"{API}/q.io/a/importedby", "importedby")
    assert told["results"] == [{"path": "q.io/a/sub", "imported_by": 1}]


@pytest.mark.parametrize(
    ("path", "kind", "status"),
    [
        ("/q.io/none", "module", 404),
        ("/q.io/none@v1.0.0", "version", 404),
        ("/q.io/a@v9.0.0", "version", 404),
        ("/q.io/a@main", "version", 404),
        ("/q.io/far", "module", 404),
        ("/q.io/none/requiredby", "requiredby", 404),
        ("/q.io/none/importedby", "importedby", 404),
        ("/q.io/%00", "module", 404),
        ("/..%2F..%2Fetc", "module", 404),
        ("?limit=0", "modules", 400),
        ("?limit=501", "modules", 400),
        ("?limit=x", "modules", 400),
        ("?q=a&after=x", "modules", 400),
        ("?q=" + "x" * 3000, "modules", 400),
        ("?" + "a=&" * 100, "modules", 400),
        ("/q.io/a?skip=-1", "module", 400),
        ("/q.io/evil", "module", 404),
        ("/corp.example/secret", "module", 404),
        ("/corp.example/secret@v1.0.0", "version", 404),
        ("/corp.example/secret/requiredby", "requiredby", 404),
    ],
)
def test_documents_that_fail(served: Served, path: str, kind: str, status: int) -> None:
    told = ask(served, API + path, kind, status)
    assert told["results"] == []
    assert told["errors"][0]["text"]


def test_other_documents_are_not_there(served: Served) -> None:
    assert ask(served, "/api/1/x", "modules", 404)["errors"]
    assert served.get("/api/2/modules").status == 404
    assert served.get(API, method="POST").status == 405
    got = served.get(API, method="HEAD")
    assert (got.status, got.body) == (200, b"")


# Pages.


def test_home(served: Served) -> None:
    text = page(served, "/")
    assert "Modules of &lt;b&gt;q.io&lt;/b&gt;" in text
    assert f"go env -w GOPROXY=http://127.0.0.1:{served.port}</pre>" in text
    assert "3 modules in 4 versions" in text
    assert "corp.example" not in text
    assert "Private modules (GOPRIVATE) are not shown, since anybody may ask." in text
    assert "q.io/<wbr>b v1.0.0</a>" in text  # among the newest versions


def test_the_address_is_that_of_the_request(served: Served) -> None:
    assert "GOPROXY=http://proxy.example:8080</pre>" in served.get("/", Host="proxy.example:8080").text
    assert "GOPROXY" not in served.get("/", Host='x"><b>').text


def test_pages_of_modules(served: Served) -> None:
    text = page(served, "/mod/q.io/a")
    assert "use q.io/b &lt;script&gt;canary()&lt;/script&gt;" in text
    assert "too slow &lt;script&gt;canary()&lt;/script&gt;" in text
    assert text.index("v1.1.0") < text.index("v1.0.0")
    assert "All modules that require it" in text
    text = page(served, "/mod/q.io/a@v1.1.0")
    assert f"record {number(served, 'q.io/a', 'v1.1.0'):,} of sum.example.org" in text
    assert "Of 13 rules 9 are kept, 3 are not, and 1 cannot be told here." in text
    assert "&lt;script&gt;canary()&lt;/script&gt;" in text
    assert "not stored" in page(served, "/mod/q.io/b@v1.0.0")
    assert "q.io/<wbr>c v0.1.0" in page(served, "/mod/q.io/a/requiredby")
    assert "Required by: q.io/far" in page(served, "/mod/q.io/far/requiredby")


def test_search_pages(served: Served) -> None:
    text = page(served, "/search?q=q.io/A")
    assert '<a href="/mod/q.io/a">' in text
    assert "q.io/<wbr>b" not in text
    assert '<a href="/mod/q.io/c">' in page(served, "/search")
    text = page(served, "/search?q=%22%3E%3Cscript%3Ecanary()%3C/script%3E%00%C3")
    assert 'value="&quot;&gt;&lt;script&gt;canary()&lt;/script&gt;\\x00�"' in text


@pytest.mark.parametrize(
    "path", ["/mod/q.io/none", "/mod/", "/mod", "/mod/q.io/evil", "/mod/corp.example/secret", "/mod/q.io/a@v7.0.0"]
)
def test_pages_that_are_not_there(served: Served, path: str) -> None:
    assert "<h1>Not here</h1>" in page(served, path, 404)


def test_the_style_sheet(served: Served) -> None:
    (sheet,) = re.findall(r'href="(/static/[^"]+)"', served.get("/").text)
    got = served.get(sheet)
    assert got.headers["content-type"] == "text/css; charset=utf-8"
    assert got.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert hashlib.sha256(got.body).hexdigest()[:12] in sheet
    assert len(got.body) < 10_000
    assert served.get("/static/other.css").status == 404


def test_the_protocol_is_as_before(served: Served) -> None:
    assert served.get("/q.io/a/@v/list").text == "v1.0.0\nv1.1.0\n"
    assert served.get("/q.io/a").status == 404


def test_reading_pages_asks_nobody(served: Served) -> None:
    served.world.proxy.asked.clear()
    for path in ("/", "/search?q=q", "/mod/q.io/a", "/mod/q.io/a@v1.0.0", "/mod/q.io/b@v1.0.0", "/mod/q.io/none"):
        served.get(path)
    assert served.world.proxy.asked == []


def test_private_modules_in_paths_of_pages_are_not_in_the_log(served: Served) -> None:
    for path in (
        "/mod/corp.example/secret",
        f"{API}/corp.example/secret@v1.0.0",
        "/mod/corp.example/secret/requiredby",
    ):
        served.get(path)
    served.get("/mod/q.io/seen")
    eventually(lambda: "/mod/q.io/seen" in Path(served.settings.access_log).read_text())
    assert "secret" not in Path(served.settings.access_log).read_text()


def test_answers_are_counted(served: Served) -> None:
    assert 'kind="registry"' in served.get("/metrics").text


# Who sees what.


def test_private_modules_are_shown_where_everybody_needs_a_name(tmp_path: Path) -> None:
    users = tmp_path / "users"
    users.write_text(f"ci:sha256:{hashlib.sha256(b'token').hexdigest()}\n")
    known = {"Authorization": "Basic " + base64.b64encode(b"ci:token").decode()}
    with World(tmp_path / "world") as world:
        publish(world)
        with Served(world, env={"GONOSUMDB": "corp.example"}, users=str(users), registry=SETTINGS) as served:
            fetch(served, **known)
            settled(served, versions=5)  # that of corp.example, too
            for path in ("/", "/mod/q.io/a", API, "/static/x"):
                assert served.get(path).status == 401
            told = document(served.get(API, **known).text, "govgo.registry.modules-1.json")
            assert [row["path"] for row in told["results"]] == ["corp.example/secret", "q.io/a", "q.io/b", "q.io/c"]
            assert told["summary"]["private"] is True
            text = served.get(f"{API}/corp.example/secret@v1.0.0", **known).text
            (secret,) = document(text, "govgo.registry.version-1.json")["results"]
            assert secret["log"]["go_mod"] == "not covered"
            assert "GOPRIVATE" in secret["log"]["text"]
            assert secret["advisories"] is None
            verdicts = {point["rule"]: point["verdict"] for point in secret["scorecard"]}
            assert (verdicts["log-covered"], verdicts["log-proved"], verdicts["no-advisories"]) == (
                "no",
                "unknown",
                "unknown",
            )
            assert "Private modules are shown" in served.get("/", **known).text
            assert "corp.example/<wbr>secret" in served.get("/mod/q.io/a/requiredby", **known).text


def test_files_that_contradict_the_log(tmp_path: Path) -> None:
    """Somebody has written to the storage: the page says so, and what is served is fetched again."""
    with World(tmp_path) as world:
        publish(world)
        with Served(world, registry=SETTINGS, env={"GONOSUMDB": "corp.example"}) as served:
            fetch(served)
            settled(served)
        (served.storage / "q.io/b/@v/v1.0.0.mod").write_bytes(b"module q.io/b\n\nrequire q.io/evil v1.0.0\n")
        with Served(world, registry=SETTINGS, env={"GONOSUMDB": "corp.example"}) as served:
            eventually(lambda: "refused" in served.get(f"{API}/q.io/b").text)
            (told,) = ask(served, f"{API}/q.io/b@v1.0.0", "version")["results"]
            assert (told["log"]["go_mod"], told["log"]["zip"]) == ("refused", "proved")
            assert "the stored go.mod contradicts record" in told["log"]["text"]
            assert "Refused" in page(served, "/mod/q.io/b@v1.0.0")
            assert served.get("/q.io/b/@v/v1.0.0.mod").body == world.proxy.files["/q.io/b/@v/v1.0.0.mod"]
            eventually(lambda: "refused" not in served.get(f"{API}/q.io/b").text)


def test_what_was_not_looked_up(tmp_path: Path) -> None:
    """A storage that others have filled, without records: nothing is proved, and nobody is asked."""
    with World(tmp_path) as world:
        publish(world)
        with Served(world, registry=SETTINGS._replace(licences=False)) as served:
            folder = served.storage / "q.io/c/@v"
            folder.mkdir(parents=True)
            (folder / "v0.1.0.mod").write_bytes(b"module q.io/c\n")
            eventually(lambda: served.get(f"{API}/q.io/c").status == 200)
            eventually(lambda: "looked up in sum.example.org" in served.get(f"{API}/q.io/c@v0.1.0").text)
            (told,) = ask(served, f"{API}/q.io/c@v0.1.0", "version")["results"]
            assert told["log"]["go_mod"] == "not checked"
            assert world.proxy.asked == []


def test_it_can_be_turned_off(tmp_path: Path) -> None:
    with World(tmp_path) as world, Served(world, registry=RegistrySettings(enabled=False)) as served:
        for path in ("/", "/mod/q.io/a", API):
            assert served.get(path).status == 404


def test_every_schema_is_used() -> None:
    kinds = {"modules", "module", "version", "requiredby", "importedby"}
    assert {path.name for path in SCHEMAS.glob("govgo.registry.*")} == {
        f"govgo.registry.{kind}-1.json" for kind in kinds
    }


# While it runs.


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as world:
        publish(world)
        yield world


def paths(served: Served) -> list[str]:
    return [each["path"] for each in ask(served, API, "modules")["results"]]


def newest(served: Served, path: str) -> str:
    return str(ask(served, f"{API}/{path}", "module")["summary"]["newest"])


def test_new_rules_count_without_a_restart(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is refused from now on is shown nowhere at once, and what may be read again is there soon."""
    with Served(world, registry=SETTINGS, env={"GONOSUMDB": "corp.example"}) as served:
        fetch(served)
        settled(served)
        eventually(lambda: paths(served) == ["q.io/a", "q.io/b", "q.io/c"], 40)
        registry = served.running.parts.registry
        assert registry is not None
        later: list[tuple[Any, float]] = []
        denied = Policy((Rule("q.io/b", "", "malware"), Rule("q.io/a", "v1.1.0", "broken")))
        with monkeypatch.context() as holding:  # the storage is looked at anew when what counts at once was asked for
            holding.setattr(registry.keeper, "use", lambda *rules: later.append(rules))
            assert served.running.use(served.settings._replace(policy=denied)) == ()
            assert paths(served) == ["q.io/a", "q.io/c"]
            assert ask(served, f"{API}/q.io/b", "module", 404)
            assert ask(served, f"{API}/q.io/a@v1.1.0", "version", 404)
            pages = ("/", "/mod/q.io/a/requiredby", "/search?q=q")
            assert 'href="/mod/q.io/b' not in "".join(page(served, each) for each in pages)
            told = [
                ask(served, f"{API}?limit=1{each}", "modules")["summary"]["next"]
                for each in ("", "&after=q.io/a", "&q=q.io")
            ]
            assert told[:2] == ["q.io/a", None], "nor is it the place where a list goes on"
            assert "q.io/b" not in str(told[2])
        registry.keeper.use(*later.pop())
        eventually(lambda: newest(served, "q.io/a") == "v1.0.0", 40)
        assert "q.io/b" not in "".join(page(served, each) for each in pages), "nor in the advice of a@v1.1.0"
        served.running.use(served.settings)
        eventually(lambda: paths(served) == ["q.io/a", "q.io/b", "q.io/c"], 40)
        eventually(lambda: newest(served, "q.io/a") == "v1.1.0", 40)


def test_another_filter_file_has_a_catalogue_of_its_own() -> None:
    """After a restart with it nothing is counted that it hides."""
    filters = (None, parse_filter("filter", b"- q.io/b\n"), parse_filter("filter", b"- q.io/c\n"))
    assert len({Visible(Policy(filter=each), "", closed=False).name for each in filters}) == 3


def test_the_event_log_says_what_has_changed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole storage is looked at once; what is stored and removed later is found without that."""
    walks: list[Any] = []  # of which storages: others are served in this process, too
    walk = Scanner.walk

    def counted(scanner: Scanner) -> None:
        walks.append(scanner._storage)
        walk(scanner)

    monkeypatch.setattr(Scanner, "walk", counted)
    with Served(world, registry=SETTINGS, events=Events("events.example")) as served:
        assert served.get("/q.io/a/@v/v1.0.0.mod").status == 200
        eventually(lambda: paths(served) == ["q.io/a"], 40)
        journal = served.site.journal
        eventually(lambda: journal.size == 1, 40)
        time.sleep(0.5)  # some turns
        looked = walks.count(served.site.storage)
        assert looked >= 1
        for path in ("/q.io/c/@v/v0.1.0.mod", "/q.io/b/@v/v1.0.0.mod"):
            assert served.get(path).status == 200
        eventually(lambda: paths(served) == ["q.io/a", "q.io/b", "q.io/c"], 40)
        for file in (served.storage / "q.io/c/@v").iterdir():
            file.unlink()
        journal.removed(ModuleVersion("q.io/c", "v0.1.0"))
        eventually(lambda: paths(served) == ["q.io/a", "q.io/b"], 40)
        assert walks.count(served.site.storage) == looked
