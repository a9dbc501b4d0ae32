# SPDX-License-Identifier: BSD-3-Clause
"""What a client of the proxy sees: the behaviours in which the known proxies differ, and what is right."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import http.client
import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from govgo.serve.policy import ModeRule, Policy, Rule
from tests.simulators.proxy import Body, Drip, File, Stall
from tests.simulators.served import Served, eventually
from tests.simulators.world import World

BIG = "// " + "0123456789abcdef" * 64 + "\n"
A = "/q.io/a/@v/"
SUMDB = "/sumdb/sum.example.org"


def noise(size: int) -> str:
    """A source file that does not get smaller in a zip."""
    lines = (hashlib.sha256(b"%d" % number).hexdigest() for number in range(size // 32))
    return "package a\n" + "".join(f"// {line}\n" for line in lines)


def publish(world: World, size: int = 100) -> None:
    world.publish("q.io/a", "v1.0.0")
    world.publish("q.io/a", "v1.1.0")
    world.publish("q.io/big", "v1.0.0", files={"a.go": noise(size)})


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as world:
        publish(world)
        yield world


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, dict[str, bytes]]]:
    with World(tmp_path_factory.mktemp("served")) as world:
        publish(world, 1 << 20)
        with Served(world) as served:
            yield served, dict(world.proxy.files)


@pytest.fixture
def served(shared: tuple[Served, dict[str, bytes]]) -> Served:
    """A proxy that has served nothing yet, in front of an upstream of which every test may make what it likes."""
    served, files = shared
    served.world.calm()
    served.world.proxy.files = dict(files)
    served.renew()
    return served


def asked(world: World, mark: str = "") -> list[str]:
    """What upstream was asked about modules."""
    return [path for path in world.proxy.asked if not path.startswith("/sumdb") and mark in path]


# The five endpoints.


@pytest.mark.parametrize(
    ("path", "type_", "body"),
    [
        (A + "list", "text/plain; charset=utf-8", b"v1.0.0\nv1.1.0\n"),
        (A + "v1.0.0.info", "application/json", b'{"Version":"v1.0.0","Time":"2024-01-02T03:04:05Z"}'),
        (A + "v1.0.0.mod", "text/plain; charset=utf-8", b"module q.io/a\n"),
    ],
)
def test_small_files(served: Served, path: str, type_: str, body: bytes) -> None:
    cold, warm = served.get(path), served.get(path)
    for got in (cold, warm):
        assert (got.status, got.body, got.headers["content-type"]) == (200, body, type_)
        assert got.headers["date"]
    assert asked(served.world) == [path]


def test_a_zip_is_that_of_upstream(served: Served) -> None:
    for _ in range(2):
        got = served.get(A + "v1.0.0.zip")
        assert (got.status, got.body) == (200, served.world.proxy.files[A + "v1.0.0.zip"])
        assert got.headers["content-type"] == "application/zip"
    assert asked(served.world) == [A + "v1.0.0.zip"]


def test_latest_and_branches(served: Served) -> None:
    info = b'{"Version":"v1.1.0","Time":"2024-01-02T03:04:05Z"}'
    served.world.proxy.files["/q.io/a/@latest"] = served.world.proxy.files[A + "main.info"] = info
    assert served.get("/q.io/a/@latest").body == info
    assert served.get(A + "main.info").body == info
    # The version that was meant is known now.
    served.world.proxy.asked.clear()
    assert served.get(A + "v1.1.0.info").body == info
    assert asked(served.world) == []


def test_letters_are_escaped(served: Served) -> None:
    served.world.publish("q.io/Up", "v1.0.0")
    served.world.proxy.files["/q.io/%21up/@v/v1.0.0.mod"] = b"module q.io/Up\n"
    assert served.get("/q.io/!up/@v/v1.0.0.mod").body == b"module q.io/Up\n"
    assert served.get("/q.io/%21up/@v/v1.0.0.mod").body == b"module q.io/Up\n"
    assert served.get("/q.io/Up/@v/v1.0.0.mod").status == 404
    assert (served.storage / "q.io/!up/@v/v1.0.0.mod").read_bytes() == b"module q.io/Up\n"


@pytest.mark.parametrize(
    "path",
    ["/", "/x", "/q.io/a", A + "v1.0.0.ziphash", A + "v1.0.mod", A + "main.zip", "/q.io/a/@v/../x", "/../etc/passwd",
     "/q.io/a/v2/@v/v1.0.0.mod", "/sumdb/x", SUMDB + "/tile/8/0/0", SUMDB + "/lookup/q.io/a", "/q.io/%00/@v/list",
     "//q.io/a/@v/list", "/q.io/a/@v/list/"],
)  # fmt: skip
def test_what_no_proxy_has(served: Served, path: str) -> None:
    assert served.get(path).status == 404
    assert asked(served.world) == []


def test_other_methods(served: Served) -> None:
    for method in ("POST", "PUT", "DELETE"):
        got = served.get(A + "list", method=method)
        assert (got.status, got.headers["allow"], got.headers["connection"]) == (405, "GET, HEAD", "close")


# HEAD, ranges, conditions, caching.


@pytest.mark.parametrize("file", ["list", "v1.0.0.info", "v1.0.0.mod", "v1.0.0.zip"])
def test_head_has_the_headers_of_get(served: Served, file: str) -> None:
    cold = served.get(A + file, method="HEAD")
    got, head = served.get(A + file), served.get(A + file, method="HEAD")
    assert (cold.status, head.status, cold.body, head.body) == (200, 200, b"", b"")
    assert cold.headers["content-length"] == head.headers["content-length"] == str(len(got.body))
    ignored = {"date", "last-modified"}
    assert {k: v for k, v in head.headers.items() if k not in ignored} == {
        k: v for k, v in got.headers.items() if k not in ignored
    }


@pytest.mark.parametrize("file", ["v1.0.0.mod", "v1.0.0.zip"])
def test_ranges(served: Served, file: str) -> None:
    whole = served.world.proxy.files[A + file]
    size = len(whole)
    for wanted, start, end in [("0-0", 0, 1), ("3-", 3, size), ("-4", size - 4, size), (f"2-{size + 9}", 2, size)]:
        got = served.get(A + file, Range=f"bytes={wanted}")
        assert (got.status, got.body) == (206, whole[start:end])
        assert got.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
    beyond = served.get(A + file, Range=f"bytes={size}-")
    assert (beyond.status, beyond.body, beyond.headers["content-range"]) == (416, b"", f"bytes */{size}")
    for ignored in ("bytes=0-1,3-4", "lines=0-1", "bytes=-", "bytes=5-2"):
        assert served.get(A + file, Range=ignored).body == whole
    tag = served.get(A + file).headers["etag"]
    assert served.get(A + file, Range="bytes=3-", If_Range=tag).status == 206
    assert served.get(A + file, Range="bytes=3-", If_Range='"other"').body == whole


@pytest.mark.parametrize("file", ["v1.0.0.mod", "v1.0.0.zip"])
def test_conditions(served: Served, file: str) -> None:
    served.get(A + file)
    first = served.get(A + file)
    tag, modified = first.headers["etag"], first.headers["last-modified"]
    for condition in ({"If_None_Match": tag}, {"If_None_Match": f'W/{tag}, "x"'}, {"If_None_Match": "*"},
                      {"If_Modified_Since": modified}):  # fmt: skip
        got = served.get(A + file, **condition)
        assert (got.status, got.body, got.headers["etag"]) == (304, b"", tag)
    assert served.get(A + file, If_None_Match='"x"').status == 200
    assert served.get(A + file, If_None_Match='"x"', If_Modified_Since=modified).status == 200  # the tag decides
    assert served.get(A + file, If_Modified_Since="Thu, 01 Jan 1970 00:00:00 GMT").status == 200
    assert served.get(A + file, If_Modified_Since="yesterday").status == 200


def test_a_part_of_a_zip_that_the_client_knows_is_of_no_other(served: Served) -> None:
    """Also while the zip is on its way, and has no tag yet."""
    path = "/q.io/big/@v/v1.0.0.zip"
    assert served.get(path, If_Match='"another"', Range="bytes=5-9").status == 412
    tag = served.get(path).headers["etag"]
    assert served.get(path, If_Match='"another"', Range="bytes=5-9").status == 412
    assert served.get(path, If_Match=tag, Range="bytes=5-9").status == 206


def test_tags_in_several_lines(served: Served) -> None:
    tag = served.get(A + "v1.0.0.mod").headers["etag"]
    head = f"GET {A}v1.0.0.mod HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    assert served.raw(f'{head}If-None-Match: {tag}\r\nIf-None-Match: "x"\r\n\r\n'.encode()).startswith(b"HTTP/1.1 304")


def test_how_long_answers_may_be_kept(served: Served) -> None:
    lasting = "public, max-age=31536000, immutable"
    for path in (A + "v1.0.0.info", A + "v1.0.0.mod", A + "v1.0.0.zip", SUMDB + "/lookup/q.io/a@v1.0.0",
                 SUMDB + "/tile/8/0/000"):  # fmt: skip
        assert served.get(path).headers["cache-control"] == lasting
    for path in (A + "list", SUMDB + "/latest"):
        assert 50 <= int(served.get(path).headers["cache-control"].removeprefix("public, max-age=")) <= 60
    assert served.get(A + "v1.9.0.mod").headers["cache-control"] == "max-age=10"


# Only what is asked for.


def test_a_small_file_fetches_no_zip(served: Served) -> None:
    served.get("/q.io/big/@v/v1.0.0.info")
    served.get("/q.io/big/@v/v1.0.0.mod")
    assert asked(served.world) == ["/q.io/big/@v/v1.0.0.info", "/q.io/big/@v/v1.0.0.mod"]


def test_an_upstream_that_has_go_mod_files_alone(served: Served) -> None:
    for file in (".info", ".zip"):
        del served.world.proxy.files[f"{A}v1.1.0{file}"]
    assert served.get(A + "v1.1.0.mod").status == 200


def test_nothing_is_fetched_when_the_client_says_so(served: Served) -> None:
    for file in ("list", "v1.0.0.info", "v1.0.0.mod", "v1.0.0.zip"):
        assert served.get(A + file, Disable_Module_Fetch="true").status == 404
    assert asked(served.world) == []
    for file in ("list", "v1.0.0.info", "v1.0.0.mod", "v1.0.0.zip"):
        served.get(A + file)
        assert served.get(A + file, Disable_Module_Fetch="true").status == 200


# Cold zips.


def test_the_first_byte_comes_before_upstreams_last(served: Served) -> None:
    path = "/q.io/big/@v/v1.0.0.zip"
    served.world.proxy.script(path, Drip(((0.0, 300_000), (60, 1000))))  # as good as never
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
    connection.request("GET", path)
    assert connection.getresponse().read(1000) == served.world.proxy.files[path][:1000]
    connection.close()


def test_a_source_that_fails_before_anything_was_given_to_a_client(world: World) -> None:
    """The next source begins anew, and who has got nothing yet gets all of it."""
    path, url = "/q.io/large/@v/v1.0.0.zip", world.proxy.url
    world.publish("q.io/large", "v1.0.0", files={"a.go": noise(1 << 18)})
    world.proxy.files["/first" + path] = world.proxy.files[path]
    world.proxy.script("/first" + path, Drip(((0.0, 30_000), (0.2, 10)), cuts=True))
    world.proxy.script(path, Drip(((0.0, 200_000), (0.3, 10))))
    with Served(world, upstream=f"{url}/first|{url}") as served:
        got = served.get(path)
        assert (got.status, got.whole, got.body == world.proxy.files[path]) == (200, True, True), got.text[:200]


def test_many_clients_of_a_cold_zip_make_one_fetch(served: Served) -> None:
    path = "/q.io/big/@v/v1.0.0.zip"
    served.world.proxy.script(path, Drip(((0.1, 200_000), (0.3, 1000))))
    found = served.together(32, path)
    assert {(got.status, got.whole, got.body == served.world.proxy.files[path]) for got in found} == {(200, True, True)}
    assert asked(served.world) == [path]


@pytest.mark.parametrize("file", ["v1.0.0.mod", "v1.0.0.info", "list"])
def test_many_clients_of_a_small_file_make_one_fetch(served: Served, file: str) -> None:
    served.world.proxy.delay_s = 0.2
    assert {got.status for got in served.together(24, A + file)} == {200}
    assert asked(served.world) == [A + file]


def test_a_zip_is_whole_for_whoever_comes_while_it_is_stored(served: Served) -> None:
    path = "/q.io/big/@v/v1.0.0.zip"
    whole = served.world.proxy.files[path]
    served.world.proxy.script(path, Drip(tuple((0.02, 20_000) for _ in range(30))))
    found = []
    threads = [threading.Thread(target=lambda: found.append(served.get(path))) for _ in range(20)]
    for thread in threads:
        thread.start()
        time.sleep(0.04)
    for thread in threads:
        thread.join()
    assert {(got.whole, got.body == whole) for got in found} == {(True, True)}


def test_old_clients_get_whole_answers(served: Served) -> None:
    """HTTP/1.0 has no chunks: a broken body would look like a whole one, so it gets a length."""
    path = "/q.io/big/@v/v1.0.0.zip"
    got = served.raw(b"GET %b HTTP/1.0\r\n\r\n" % path.encode())
    head, _, body = got.partition(b"\r\n\r\n")
    assert re.search(rb"content-length: (\d+)", head)[1] == b"%d" % len(body)  # type: ignore[index]
    assert b"chunked" not in head
    assert body == served.world.proxy.files[path]


def test_a_fetch_that_nobody_waits_for_ends(served: Served) -> None:
    served.world.proxy.script("*", Stall())
    for path in (A + "v1.0.0.zip", A + "v1.0.0.mod", A + "list"):
        with pytest.raises(TimeoutError):
            served.get(path, timeout=0.3)
    eventually(lambda: served.site.library.flights == 0)
    eventually(lambda: served.site.requests == 0)
    # And the next client begins anew.
    served.world.proxy.script("*", File())
    assert served.get(A + "v1.0.0.mod").status == 200


# Warm answers do not wait for cold ones.


def test_warm_answers_go_on_while_cold_ones_hang(served: Served) -> None:
    for file in ("v1.0.0.mod", "v1.0.0.zip"):
        served.get(A + file)
    world = served.world
    for number in range(30):
        world.proxy.script(f"/q.io/hang{number}/@v/v1.0.0.zip", Stall())
    hanging = [
        threading.Thread(target=lambda n=number: hang(served, f"/q.io/hang{n}/@v/v1.0.0.zip"), daemon=True)
        for number in range(30)
    ]
    for thread in hanging:
        thread.start()
    eventually(lambda: served.site.library.flights >= 30)
    for _ in range(20):  # none of them waits for the thirty, which never end
        assert served.get(A + "v1.0.0.mod").status == 200
        assert served.get(A + "v1.0.0.zip").status == 200
    assert served.get(A + "v1.1.0.mod").status == 200  # nor does another cold one
    assert served.get("/healthz").status == served.get("/readyz").status == 200


def hang(served: Served, path: str) -> None:
    with pytest.raises((TimeoutError, ConnectionError, OSError)):
        served.get(path, timeout=4)


# Policy.


def test_rules_have_reasons(world: World) -> None:
    policy = Policy(deny=(Rule("q.io/a", "v1.0.*", "a bad release"),), allow=("q.io/a",))
    with Served(world, policy=policy) as served:
        got = served.get(A + "v1.0.0.zip")
        assert (got.status, got.text) == (403, "blocked by the rule for q.io/a@v1.0.*: a bad release\n")
        assert served.get(A + "v1.1.0.zip").status == 200
        got = served.get("/q.io/big/@v/list")
        assert (got.status, got.text) == (403, "blocked: no rule of this proxy allows this module\n")
    assert asked(world, "v1.0.0") == asked(world, "big") == []


def test_what_is_not_stored_is_elsewhere_or_nowhere(world: World) -> None:
    modes = Policy(modes=(ModeRule("q.io/a", "redirect"), ModeRule("q.io/*", "none")))
    with Served(world) as served:
        assert served.get(A + "v1.1.0.mod").status == 200
    world.proxy.asked.clear()
    with Served(world, policy=modes) as served:
        got = served.get(A + "v1.0.0.zip")
        assert (got.status, got.headers["location"]) == (302, f"{world.proxy.url}{A}v1.0.0.zip")
        assert served.get(A + "v1.1.0.mod").status == 200
        assert served.get("/q.io/big/@v/v1.0.0.mod").status == 404
    assert asked(world) == []


def test_a_download_mode_file(world: World, tmp_path: Path) -> None:
    """Athens' file as it is; lists are those of upstream in every mode that asks."""
    file = tmp_path / "download.hcl"
    file.write_text(
        f'downloadURL = "http://else.example/go"\nmode = "none"\n'
        f'download "q.io/a" {{\n  mode = "async_redirect"\n  downloadURL = "{world.proxy.url}"\n}}\n'
        f'download "q.io/big" {{\n  mode = "redirect"\n}}\n'
    )
    world.publish("q.io/none", "v1.0.0")
    with Served(world, mode_file=str(file)) as served:
        assert served.get(A + "list").body == b"v1.0.0\nv1.1.0\n"
        got = served.get(A + "v1.0.0.zip")
        assert (got.status, got.headers["location"]) == (302, f"{world.proxy.url}{A}v1.0.0.zip")
        eventually(lambda: served.get(A + "v1.0.0.zip").status == 200)
        got = served.get("/q.io/big/@v/v1.0.0.mod")
        assert (got.status, got.headers["location"]) == (302, "http://else.example/go/q.io/big/@v/v1.0.0.mod")
        assert served.get("/q.io/big/@v/v1.0.0.mod", Disable_Module_Fetch="true").status == 404
        for name in ("list", "v1.0.0.mod"):
            assert served.get(f"/q.io/none/@v/{name}").status == 404
    assert asked(world, "q.io/none") == asked(world, "q.io/big") == []


@pytest.mark.parametrize("change", ["before the answer", "after it"])
def test_rules_that_change_count_for_large_zips(world: World, change: str) -> None:
    """A zip that is open was given by the rules from before."""
    path = "/q.io/large/@v/v1.0.0.zip"
    world.publish("q.io/large", "v1.0.0", files={"a.go": noise(1 << 20)})
    with Served(world) as served:
        assert served.get(path).status == 200
        served.renew(storage=False)
        site, answer = served.site, served.site.library.answer

        async def slow(*args: Any, **more: Any) -> Any:
            found = await answer(*args, **more)
            if change == "before the answer":
                await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(served._renew(), served._loop))
            return found

        site.library.answer = slow  # type: ignore[method-assign]
        assert served.get(path).status == 200
        if change == "after it":
            assert len(site.files) == 1
            site.is_judged, site._judged_s = True, float("-inf")  # what was known of advisories is old
            served._loop.call_soon_threadsafe(site.look)
        eventually(lambda: len(site.files) == 0)


def test_young_versions_are_not_redirected_to(world: World) -> None:
    """The age of what is not stored is asked for, and nothing else."""
    info = {"Version": "v1.1.0", "Time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    world.proxy.files[A + "v1.1.0.info"] = json.dumps(info).encode()
    with Served(world, policy=Policy(mode="redirect", min_age_s=86400.0)) as served:
        assert served.get(A + "v1.1.0.zip").status == 403
        assert served.get(A + "v1.0.0.zip").status == 302
    assert {path.rpartition("/")[2] for path in asked(world)} == {"v1.0.0.info", "v1.1.0.info"}


def test_credentials_of_upstream_are_in_no_redirect(world: World) -> None:
    upstream = world.proxy.url.replace("http://", "http://user:secret@")
    with Served(world, upstream=upstream, policy=Policy(mode="redirect")) as served:
        got = served.get(A + "v1.0.0.zip")
        assert got.status == 404
        assert "secret" not in got.text + str(got.headers)


@pytest.mark.parametrize("mode", ["redirect", "async_redirect"])
def test_attack_a_private_module_is_in_no_redirect(world: World, mode: str) -> None:
    """Go Modules Reference, "Private modules": no proxy of GOPROXY is asked about what GOPRIVATE names."""
    with Served(world, env={"GOPRIVATE": "corp.example"}, policy=Policy(mode=mode)) as served:
        for file in ("v1.0.0.info", "v1.0.0.mod", "v1.0.0.zip"):
            got = served.get(f"/corp.example/secret/@v/{file}")
            assert (got.status, "location" in got.headers) == (404 if mode == "redirect" else 503, False)
    named = Policy(modes=(ModeRule("corp.example", "redirect", "https://inside.example"),))
    with Served(world, env={"GOPRIVATE": "corp.example"}, policy=named) as served:
        got = served.get("/corp.example/secret/@v/v1.0.0.mod")
        assert got.headers["location"] == "https://inside.example/corp.example/secret/@v/v1.0.0.mod"


def test_the_mode_async_asks_for_patience(world: World) -> None:
    """Not by 404, after which `GOPROXY=this,direct` would look elsewhere; and what is not there is 404 then."""
    with Served(world, policy=Policy(mode="async")) as served:
        assert served.get(A + "list").body == b"v1.0.0\nv1.1.0\n", "lists are waited for"
        for file in ("v1.0.0.info", "v1.0.0.mod", "v1.0.0.zip"):
            got = served.get(A + file)
            assert (got.status, got.headers["retry-after"], got.headers["cache-control"]) == (503, "2", "no-store")
            eventually(lambda: (served.storage / "q.io/a/@v" / file).exists())  # noqa: B023
            assert served.get(A + file).status == 200
        assert served.get(A + "v1.9.0.info").status == 503
        eventually(lambda: served.get(A + "v1.9.0.info").status == 404)
        assert served.get(A + "v1.9.0.mod", Disable_Module_Fetch="true").status == 404
        served.together(8, "/q.io/big/@v/v1.0.0.zip")
        eventually(lambda: served.get("/q.io/big/@v/v1.0.0.zip").status == 200)
        assert len(asked(world, "/q.io/big/@v/v1.0.0.zip")) == 1


def test_young_versions(world: World) -> None:
    world.proxy.files[A + "v1.1.0.info"] = json.dumps(
        {"Version": "v1.1.0", "Time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    ).encode()
    with Served(world, policy=Policy(min_age_s=86400.0)) as served:
        for file in ("v1.1.0.info", "v1.1.0.mod", "v1.1.0.zip"):
            got = served.get(A + file)
            assert (got.status, got.text) == (403, "q.io/a@v1.1.0 is younger than the minimum age of this proxy\n")
        assert served.get(A + "v1.0.0.zip").status == 200
        assert served.get(A + "list").body == b"v1.0.0\n"


def test_nothing_is_stored_by_a_proxy_that_only_reads(world: World) -> None:
    with Served(world, read_only=True) as served:
        for file in ("list", "v1.0.0.info", "v1.0.0.mod", "v1.0.0.zip"):
            assert served.get(A + file).status == 200
    assert not [file for file in served.storage.rglob("*") if file.is_file() and "sumdb" not in str(file)]


# Who may ask.


def test_users(world: World, tmp_path: Path) -> None:

    token = "t0ken" * 8
    users = tmp_path / "users"
    password = bcrypt.hashpw(b"pass word", bcrypt.gensalt(4)).decode()
    users.write_text(f"# ours\nann:{password}\nci:sha256:{hashlib.sha256(token.encode()).hexdigest()}\n")

    def basic(text: str) -> str:
        return "Basic " + base64.b64encode(text.encode()).decode()

    with Served(world, users=str(users), access_log=str(tmp_path / "log")) as served:
        for header in ("", "Bearer x", basic("ann:wrong"), basic("bob:pass word"), "Basic ???", basic("ann")):
            got = served.get(A + "list", **({"Authorization": header} if header else {}))
            assert (got.status, got.headers["www-authenticate"]) == (401, 'Basic realm="govgo"')
        assert asked(world) == []
        for header in (f"Bearer {token}", basic(f"x:{token}"), basic("ann:pass word")):
            for _ in range(2):
                assert served.get(A + "list", Authorization=header).status == 200
        assert served.get(A + "list").status == 401  # nor from memory
        assert served.get("/healthz").status == 200
        assert served.get("/metrics").status == 401
        assert (
            served.get(A + "v1.0.0.mod", Authorization=f"Bearer {token}").headers["cache-control"].startswith("private")
        )
    log = (tmp_path / "log").read_text()
    lines = [json.loads(line) for line in log.splitlines()]
    assert {line["user"] for line in lines} == {"", "ann", "ci"}
    assert token not in log
    assert "pass word" not in log


def test_private_paths_are_in_no_log(world: World, tmp_path: Path) -> None:
    with Served(world, env={"GOPRIVATE": "q.io/a", "GONOPROXY": "none"}, access_log=str(tmp_path / "log")) as served:
        for _ in range(2):
            assert served.get(A + "v1.0.0.mod?token=x").status == 200
            assert served.get("/q.io/big/@v/v1.0.0.mod").status == 200
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [line["path"] for line in lines] == ["(private)", "/q.io/big/@v/v1.0.0.mod"] * 2
    assert all(line["status"] == 200 and line["kind"] == "mod" for line in lines)


# Operations.


def test_metrics(world: World) -> None:
    """Of a server of its own: in a shared one, the end of an earlier flight would be counted, too."""
    with Served(world) as served:
        for _ in range(3):
            served.get(A + "v1.0.0.mod")
        served.get(A + "v1.0.0.zip")
        served.get("/q.io/none/@v/v1.0.0.mod")
        # The client has the whole zip before it is stored.
        eventually(lambda: "govgo_zip_fetch_seconds_count 1.0" in served.get("/metrics").text.splitlines())
        text = served.get("/metrics").text
        for line in (
            'govgo_requests_total{kind="mod",status="200"} 3.0',
            'govgo_requests_total{kind="mod",status="404"} 1.0',
            'govgo_upstream_fetches_total{kind="zip"} 1.0',
            "govgo_memory_hits_total 2.0",
        ):
            assert line in text.splitlines()


def test_health_notices_what_hangs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govgo.serve.upstream.coldloop._BEAT_S", 0.05)
    with Served(world) as served:
        what_hangs(served, monkeypatch)


def what_hangs(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govgo.serve.http.health._PATIENCE_S", 0.3)
    monkeypatch.setattr("govgo.serve.http.health._PROBE_S", 0.05)
    ready = threading.Event()
    monkeypatch.setattr(type(served.site.storage), "head", lambda *_: ready.wait(120) and None)
    eventually(lambda: served.get("/readyz").status == 503)
    got = served.get("/readyz")
    assert json.loads(got.body)["checks"]["storage"].startswith("has not answered for")
    eventually(lambda: served.get("/healthz").status == 200)  # the loop may be late on a busy machine
    ready.set()
    stuck = threading.Event()
    served.site.cold.loop.call_soon_threadsafe(lambda: stuck.wait(120))
    eventually(lambda: served.get("/healthz").status == 503)
    got = served.get("/healthz")
    assert (got.status, json.loads(got.body)["status"]) == (503, "failing")
    stuck.set()


@pytest.mark.parametrize("moves", ["create_from", "chunks"])
def test_a_large_zip_on_its_way_is_no_silence(served: Served, monkeypatch: pytest.MonkeyPatch, moves: str) -> None:
    """To put 500 MB into a bucket, and to get them from there, takes longer than a small question may."""
    path = "/q.io/big/@v/v1.0.0.zip"
    monkeypatch.setattr("govgo.serve.http.health._PATIENCE_S", 0.2)
    if moves == "chunks":
        assert served.get(path).status == 200
        eventually(lambda: (served.storage / path[1:]).exists())
        served.renew(storage=False)
    storage = type(served.site.storage)
    move, begun, goes_on = getattr(storage, moves), threading.Event(), threading.Event()

    def slow(*args: Any) -> Any:
        begun.set()
        assert goes_on.wait(60)
        return move(*args)

    monkeypatch.setattr(storage, moves, slow)
    client = threading.Thread(target=served.get, args=(path,))
    client.start()
    try:
        assert begun.wait(60)
        time.sleep(0.3)
        got = served.get("/readyz")
        assert json.loads(got.body)["checks"]["storage"] == "ok"
    finally:
        goes_on.set()
        client.join()


def test_answers_that_break_off_are_seen_as_such(served: Served) -> None:
    path = "/q.io/big/@v/v1.0.0.zip"
    data = served.world.proxy.files[path]
    served.world.proxy.script(path, Body(data[:-1] + bytes([data[-1] ^ 1])))
    got = served.get(path)
    assert not got.whole or got.status == 502
