# SPDX-License-Identifier: BSD-3-Clause
"""The files for operators below scripts/serve, and the settings in documents: they are what the server takes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from govgo.cli.main import invoke
from govgo.core.goenv import parse_goproxy
from govgo.serve.settings import parse_settings

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "scripts/serve"
PAGES = [ROOT / "docs/serving.md", *sorted((ROOT / "docs/howto").glob("serve-*.md"))]


@pytest.fixture(scope="module")
def objects() -> dict[str, Any]:
    """What kubernetes.yaml makes, by kind."""
    found = list(yaml.safe_load_all((SCRIPTS / "kubernetes.yaml").read_text()))
    assert all({"apiVersion", "kind", "metadata"} <= set(each) for each in found)
    return {each["kind"]: each for each in found}


def test_the_objects_belong_together(objects: dict[str, Any]) -> None:
    assert set(objects) == {"Secret", "ConfigMap", "Deployment", "Service", "PodDisruptionBudget"}
    spec = objects["Deployment"]["spec"]
    labels = spec["template"]["metadata"]["labels"]
    assert spec["replicas"] > 1
    for selector in (
        spec["selector"]["matchLabels"],
        objects["Service"]["spec"]["selector"],
        objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
    ):
        assert selector == labels
    (container,) = spec["template"]["spec"]["containers"]
    kept = {
        "secretKeyRef": (objects["Secret"]["metadata"]["name"], objects["Secret"]["stringData"]),
        "configMapKeyRef": (objects["ConfigMap"]["metadata"]["name"], objects["ConfigMap"]["data"]),
    }
    referred = [each["valueFrom"] for each in container["env"] if "valueFrom" in each]
    assert referred
    for source in referred:
        ((kind, reference),) = source.items()
        name, values = kept[kind]
        assert reference["name"] == name
        assert reference["key"] in values
    volumes = {each["name"] for each in spec["template"]["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes


def test_the_probes_ask_what_the_server_answers(objects: dict[str, Any]) -> None:
    from govgo.serve.http.application import _OPEN_PATHS

    (container,) = objects["Deployment"]["spec"]["template"]["spec"]["containers"]
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}
    probes = [container[name]["httpGet"] for name in ("readinessProbe", "livenessProbe", "startupProbe")]
    assert {probe["path"] for probe in probes} == set(_OPEN_PATHS)
    settings = parse_settings("serve.toml", objects["ConfigMap"]["data"]["serve.toml"].encode())
    assert {ports[probe["port"]] for probe in probes} == {int(settings.listen.rpartition(":")[2])}
    assert settings.storage.startswith("s3://")
    assert settings.storage_limit > 1 << 30
    assert parse_goproxy(settings.upstream)
    config = container["command"][container["command"].index("-config") + 1]
    assert config == "/etc/govgo/serve.toml"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_settings_in_documents_are_settings(page: Path) -> None:
    text = page.read_text()
    blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    if page.stem == "serving":
        blocks = [
            re.sub(r"^    ", "", block, flags=re.MULTILINE)
            for block in re.findall(r"(?:^    \S.*\n|^\n)+", text, re.MULTILINE)
        ]
        blocks = [block for block in blocks if block.lstrip().startswith("listen =")]
    for block in blocks:
        parse_settings(page.name, block.encode())
    assert blocks or page.stem in ("serve-kubernetes", "serve-nginx")


def test_the_unit_lets_the_server_write_where_its_settings_say() -> None:
    """It may write below the directories that the unit names, and flags would come before the settings."""
    unit = dict(re.findall(r"^(\w+)=(.*)$", (SCRIPTS / "govgo-serve.service").read_text(), re.MULTILINE))
    page = (ROOT / "docs/howto/serve-one-machine.md").read_text()
    settings = parse_settings("serve.toml", re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[0].encode())
    assert settings.storage.startswith(f"/var/lib/{unit['StateDirectory']}/")
    assert settings.access_log.startswith(f"/var/log/{unit['LogsDirectory']}/")
    assert unit["ExecStart"].split()[1:] == ["serve", "-config", "/etc/govgo/serve.toml"]
    assert 'listen = "0.0.0.0:443"' in page
    assert unit["AmbientCapabilities"] == unit["CapabilityBoundingSet"] == "CAP_NET_BIND_SERVICE"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
@pytest.mark.parametrize("name", ["govgo-serve.service", "govgo-sumdb.service"])
def test_systemd_takes_the_units(tmp_path: Path, name: str) -> None:
    unit = (SCRIPTS / name).read_text().replace("/opt/govgo/bin/govgo", "/bin/true")
    (tmp_path / name).write_text(unit)
    words = ["systemd-analyze", "verify", str(tmp_path / name)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_of_a_database_is_a_command_of_ours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All that is missing is the database."""
    unit = dict(re.findall(r"^(\w+)=(.*)$", (SCRIPTS / "govgo-sumdb.service").read_text(), re.MULTILINE))
    program, *words = unit["ExecStart"].replace("/srv/sumdb", str(tmp_path)).split()
    assert (program, unit["ExecReload"]) == ("/opt/govgo/bin/govgo", "/bin/kill -HUP $MAINPID")
    assert invoke(words) == 2
    assert "has no checksum database" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx on this machine")
def test_nginx_takes_its_configuration(tmp_path: Path) -> None:
    published = (SCRIPTS / "nginx.conf").read_text().replace("/var/cache/nginx/govgo", str(tmp_path / "cache"))
    kept = "".join(
        f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.getuid() == 0 else ""
    published = published.replace("listen 80;", "listen 127.0.0.1:18080;")
    head = f"{user} pid {tmp_path}/pid; error_log stderr; events {{}}"
    (tmp_path / "nginx.conf").write_text(f"{head} http {{ {kept} {published} }}")
    words = ["nginx", "-t", "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
