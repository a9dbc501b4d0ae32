# SPDX-License-Identifier: BSD-3-Clause
"""no_proxy, and the HTTP client over TLS: roots, redirects and credentials, on each engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from govgo.adapters.http.curl_engine import CurlEngine
from govgo.adapters.http.httpx_engine import HttpxEngine
from govgo.errors import NetworkError, NotFoundError
from tests.simulators.httpclients import MakeEngine, refusal, with_client
from tests.simulators.proxy import ProxySimulator, Redirect, certificate

LIST = "/q.io/a/@v/list"


@pytest.fixture(params=[CurlEngine, HttpxEngine])
def engine(request: pytest.FixtureRequest) -> MakeEngine:
    made: MakeEngine = request.param
    return made


def test_https_with_a_trusted_root(engine: MakeEngine, tmp_path: Path) -> None:
    context, roots = certificate(tmp_path)
    with ProxySimulator({LIST: b"v1.0.0\n"}, tls=context) as proxy:
        assert with_client(engine, lambda c: c.get(proxy.url + LIST, 100), ca_file=roots) == b"v1.0.0\n"


def test_attack_an_untrusted_certificate(engine: MakeEngine, tmp_path: Path) -> None:
    context, _ = certificate(tmp_path)
    with ProxySimulator({LIST: b"v1.0.0\n"}, tls=context) as proxy:
        assert isinstance(refusal(engine, proxy.url + LIST), NetworkError)
        assert proxy.asked == []


def test_attack_a_redirect_to_plain_http(engine: MakeEngine, tmp_path: Path) -> None:
    context, roots = certificate(tmp_path)
    with ProxySimulator(tls=context) as proxy, ProxySimulator({LIST: b"v1.0.0\n"}) as plain:
        proxy.script(LIST, Redirect(plain.url + LIST))
        with pytest.raises(NetworkError) as caught:
            with_client(engine, lambda c: c.get(proxy.url + LIST, 100), ca_file=roots)
        text = f"redirected from secure URL {proxy.url}{LIST} to insecure URL {plain.url}{LIST}"
        assert str(caught.value) == f'Get "{plain.url}{LIST}": {text}'
        assert plain.asked == []


def test_credentials_of_the_url_are_sent_over_tls_and_shown_nowhere(engine: MakeEngine, tmp_path: Path) -> None:
    context, roots = certificate(tmp_path)
    with ProxySimulator(tls=context) as proxy:
        url = proxy.url.replace("//", "//me:pw@") + LIST
        with pytest.raises(NotFoundError) as caught:
            with_client(engine, lambda c: c.get(url, 100), ca_file=roots)
        assert proxy.headers[0]["authorization"] == "Basic bWU6cHc="
        assert str(caught.value).startswith(f"reading {proxy.url.replace('//', '//me:xxxxx@')}{LIST}: 404 Not Found")
