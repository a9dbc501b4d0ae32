# SPDX-License-Identifier: BSD-3-Clause
"""Buckets: their URLs and settings, and what is told when a store fails. What all storages promise is asked in
tests/contracts/test_storage.py.
"""

from __future__ import annotations

import socket
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from govgo.adapters.storage import objects
from govgo.adapters.storage.objects import Bucket, ObjectStorage, parse_bucket
from govgo.errors import MissingExtraError, StorageError, UsageError
from tests.simulators.objectstores import KEY, SECRET
from tests.simulators.server import Server

ENVIRON = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1"}


class Store(Server):
    """Answers every request of the S3 protocol alike, or never."""

    def __init__(self, status: int = 200, body: str = "", location: str = "") -> None:
        super().__init__()
        self.status, self.body, self.location = status, body, location
        self.asked: list[str] = []
        self.headers: set[str] = set()

    def serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as reader:
            while line := reader.readline():
                self.asked.append(line.decode().rpartition(" ")[0])
                length = 0
                while (header := reader.readline()) not in (b"\r\n", b""):
                    name, _, value = header.partition(b":")
                    self.headers.add(name.decode().lower())
                    if name.lower() == b"content-length":
                        length = int(value)
                reader.read(length)
                if self.status == 0:
                    self.ending.wait(60)
                    return
                body = self.body.encode()
                head = f"HTTP/1.1 {self.status} X\r\nContent-Length: {len(body)}\r\nLocation: {self.location}\r\n\r\n"
                connection.sendall(head.encode() + body)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def impatient(patient: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    patient.setattr(objects, "_SMALL_S", 0.3)
    patient.setattr(objects, "_RETRIES", 1)
    return patient


def storage(store: Store, monkeypatch: pytest.MonkeyPatch) -> ObjectStorage:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{store.port}")
    endpoint = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{store.port}"}
    return ObjectStorage(Bucket("s3", "modules", "p"), {**ENVIRON, **endpoint})


@pytest.mark.parametrize(
    ("url", "want"),
    [
        ("s3://modules", Bucket("s3", "modules", "")),
        ("s3://modules/", Bucket("s3", "modules", "")),
        ("gs://modules/a/b/", Bucket("gs", "modules", "a/b")),
        ("az://box/p", Bucket("az", "box", "p")),
    ],
)
def test_urls_of_buckets(url: str, want: Bucket) -> None:
    assert parse_bucket(url) == want


@pytest.mark.parametrize("url", ["s3:///p", "s3://", "http://h/b", "s3://key:hunter2@bucket/p", "s3://b/p?sig=hunter2"])
def test_urls_that_are_refused_show_no_secret(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_bucket(url)
    assert "hunter2" not in str(caught.value)


def test_a_refusal_is_told_in_one_line_without_secrets(impatient: pytest.MonkeyPatch) -> None:
    body = f"<?xml version='1.0'?>\n<Error><Code>X</Code><Message>no access\x1b[31m for {SECRET}</Message></Error>"
    with Store(403, body) as store:
        with pytest.raises(StorageError) as caught:
            storage(store, impatient).replace("q.io/a/@v/list", b"v1.0.0\n")
        text = str(caught.value)
    assert text.startswith("s3://modules/p/q.io/a/@v/list: ")
    assert "403" in text
    assert "no access" in text
    assert SECRET not in text
    assert "\n" not in text
    assert "\x1b" not in text
    assert caught.value.key == "q.io/a/@v/list"
    assert len(store.asked) == 1, "a refusal is not asked about again"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_attack_a_store_that_leads_elsewhere(status: int, patient: pytest.MonkeyPatch) -> None:
    """Neither what is written nor a signature goes there. By obstore 0.12 the session token does, which is no login."""
    patient.setenv("AWS_SESSION_TOKEN", "session")
    with Store(200, "x") as other, Store(status, location=f"http://localhost:{other.port}/x") as store:
        found = storage(store, patient)
        for put in (found.create, found.replace):
            with pytest.raises(StorageError, match=str(status)):
                put("k", b"private")
        assert other.asked == []
        with suppress(StorageError):
            found.read("k")
        assert other.asked
        assert "authorization" in store.headers
        assert "authorization" not in other.headers


def test_a_store_that_fails_is_asked_again_and_then_told(impatient: pytest.MonkeyPatch) -> None:
    with Store(503) as store, pytest.raises(StorageError, match="503"):
        storage(store, impatient).read("k")
    assert store.asked == ["GET /modules/p/k"] * 2


@pytest.mark.parametrize("what", ["head", "read", "replace"])
def test_a_store_that_hangs_ends_in_a_time_out(what: str, impatient: pytest.MonkeyPatch) -> None:
    with Store(0) as store:
        with pytest.raises(StorageError) as caught:
            getattr(storage(store, impatient), what)("k", *([b"x"] if what == "replace" else []))
        assert "s3://modules/p/k: " in str(caught.value)


def test_a_bucket_that_is_not_there_takes_nothing(impatient: pytest.MonkeyPatch) -> None:
    with Store(404, "<Error><Code>NoSuchBucket</Code><Message>The bucket does not exist</Message></Error>") as store:
        found = storage(store, impatient)
        assert found.read("k") is None
        for put in (found.create, found.replace):
            with pytest.raises(StorageError, match="The bucket does not exist"):
                put("k", b"x")
        with pytest.raises(StorageError, match="The bucket does not exist"):
            list(found.entries())


def listing(*keys: str) -> str:
    """A page of ListObjectsV2."""
    about = '<Size>1</Size><ETag>"x"</ETag><LastModified>2026-11-28T16:00:00.000Z</LastModified>'
    contents = "".join(f"<Contents><Key>{key}</Key>{about}</Contents>" for key in keys)
    return f"<ListBucketResult>{contents}</ListBucketResult>"


def test_foreign_files_of_a_bucket(patient: pytest.MonkeyPatch) -> None:
    """What is listed can be asked for: folders that a console has made, and what no key may be, are passed over."""
    keys = ("p/", "p/q.io/a/@v/list", "p/a\\b", f"p/{'x' * 241}", "p/\u202e", "p/z")
    with Store(200, listing(*keys)) as store:
        assert [entry.key for entry in storage(store, patient).entries()] == ["q.io/a/@v/list", "z"]


@pytest.mark.parametrize("key", ["p/a//b", "p/../x", "p/a/./b"])
def test_a_foreign_file_that_cannot_be_passed_over_is_named(key: str, patient: pytest.MonkeyPatch) -> None:
    """obstore 0.12 reads pages of a listing as a whole: what it does not take for a path ends the listing."""
    with Store(200, listing("p/a", key)) as store, pytest.raises(StorageError) as caught:
        list(storage(store, patient).entries())
    assert key in str(caught.value)
    assert caught.value.hint == "it is no file of govgo; move it out of s3://modules/p"


def test_without_obstore_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(MissingExtraError) as caught:
        ObjectStorage(Bucket("s3", "modules", ""), ENVIRON)
    assert caught.value.hint == "run `pip install 'govgo[serve]'`"


def test_http_is_spoken_only_where_the_endpoint_says_so(impatient: pytest.MonkeyPatch) -> None:
    impatient.delenv("AWS_ENDPOINT_URL", raising=False)
    found = ObjectStorage(Bucket("s3", "modules", ""), {**ENVIRON, "AWS_ENDPOINT_URL": "https://127.0.0.1:1"})
    with pytest.raises(StorageError):
        found.read("k")


def test_azure_is_reached_as_az_reaches_it(tmp_path: Path) -> None:
    account, other = "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=a2V5PT0=", "BlobEndpoint=http://h:1/a;"
    assert objects._azure_settings({"AZURE_STORAGE_CONNECTION_STRING": f"{account};{other}"}) == {
        "account_name": "a",
        "account_key": "a2V5PT0=",
        "sas_key": "",
        "endpoint": "http://h:1/a",
    }
    assert objects._azure_settings({"AZURE_STORAGE_ACCOUNT": "b", "AZURE_STORAGE_KEY": "k"})["account_name"] == "b"


def test_azure_without_an_account_is_a_mistake_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(UsageError, match="az://box: "):
        ObjectStorage(Bucket("az", "box", ""), {})
