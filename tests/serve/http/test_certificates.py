# SPDX-License-Identifier: BSD-3-Clause
"""Users that are proved by the certificates of their connections."""

from __future__ import annotations

import hashlib
import http.client
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.errors import UsageError
from govgo.serve.server.rules import renewed
from govgo.serve.settings import Settings
from govgo.serve.tables import Publishing
from tests.serve.publish.test_route import zip_of
from tests.simulators.certificates import Authority
from tests.simulators.served import Served
from tests.simulators.world import World

MOD = "/q.io/a/@v/v1.0.0.mod"
TOKEN = "a long random token of ann's"
NOT_LET_IN = (ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Authority]]:
    root: Path = tmp_path_factory.mktemp("tls")
    authority = Authority(root)
    token = hashlib.sha256(TOKEN.encode()).hexdigest()
    (root / "users").write_text(f"ci:certificate:publish=corp.example\nreader:certificate\nann:sha256:{token}\n")
    certificate = authority.issue("server", ["127.0.0.1"])
    with World(root) as world:
        world.publish("q.io/a", "v1.0.0")
        with Served(
            world,
            tls_cert=certificate,
            client_ca=str(authority.file),
            users=str(root / "users"),
            publishing=Publishing(("corp.example",)),
        ) as served:
            yield served, authority


def ask(
    served: Served,
    authority: Authority,
    name: str,
    method: str,
    path: str,
    body: bytes | None = None,
    *,
    of: Authority | None = None,
    **more: str,
) -> int:
    """The status of an answer to a client with a certificate in a name, signed by `of`; "" for a client without one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # from Python 3.13 on the default one is stricter than go
    context.load_verify_locations(authority.file)
    if name:
        context.load_cert_chain((of or authority).issue(name))
    connection = http.client.HTTPSConnection("127.0.0.1", served.port, timeout=20, context=context)
    try:
        connection.request(method, path, body, more)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def test_a_certificate_is_a_user(served: tuple[Served, Authority]) -> None:
    server, authority = served
    for _ in range(2):  # the second time from memory
        assert ask(server, authority, "reader", "GET", MOD) == 200
        assert ask(server, authority, "ci", "GET", MOD) == 403
        assert ask(server, authority, "ann", "GET", MOD) == 401, "a name that belongs to a token"
        assert ask(server, authority, "stranger", "GET", MOD) == 401
        assert ask(server, authority, "reader", "GET", MOD, Authorization="Bearer wrong") == 401
    path = "/publish/corp.example/x/@v/v1.0.0.zip"
    data = zip_of("corp.example/x", "v1.0.0")
    assert ask(server, authority, "reader", "PUT", path, data) == 403
    assert ask(server, authority, "ci", "PUT", path, data) == 201
    hits = server.site.memory.get(MOD.encode())
    assert hits is not None
    assert hits.hits + server.counters.total("memory_hits") > 0, "the fast way knows who may read everything"


def test_without_a_certificate_a_token_says_who_asks(served: tuple[Served, Authority]) -> None:
    """go has no certificate to show (golang/go, issue 30119)."""
    server, authority = served
    for _ in range(2):
        assert ask(server, authority, "", "GET", MOD) == 401
        assert ask(server, authority, "", "GET", MOD, Authorization=f"Bearer {TOKEN}") == 200
        assert ask(server, authority, "stranger", "GET", MOD, Authorization=f"Bearer {TOKEN}") == 200
    assert ask(server, authority, "", "GET", MOD, Authorization="Bearer wrong") == 401


def test_a_certificate_of_somebody_else_ends_the_connection(served: tuple[Served, Authority], tmp_path: Path) -> None:
    server, authority = served
    other = Authority(tmp_path)
    with pytest.raises(NOT_LET_IN):
        ask(server, authority, "reader", "GET", MOD, of=other)
    with pytest.raises(NOT_LET_IN):
        ask(server, authority, "reader", "GET", MOD, of=other, Authorization=f"Bearer {TOKEN}")


def test_without_users_everybody_needs_a_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with World(tmp_path) as world:
        world.publish("q.io/a", "v1.0.0")
        certificate = authority.issue("server", ["127.0.0.1"])
        with Served(world, tls_cert=certificate, client_ca=str(authority.file)) as server:
            assert ask(server, authority, "anybody", "GET", MOD) == 200
            with pytest.raises(NOT_LET_IN):
                ask(server, authority, "", "GET", MOD)


def test_users_come_or_go_with_a_restart_alone() -> None:
    """Else a connection without a certificate, which a user may have, would stay open where everybody needs one."""
    named = Settings(client_ca="ca.pem", users="users")
    for before, fresh in ((named, named._replace(users="")), (named._replace(users=""), named)):
        with pytest.raises(UsageError, match="with client_ca"):
            renewed(before, fresh)
    assert renewed(named, named._replace(users="others")).users == "others"
