# SPDX-License-Identifier: BSD-3-Clause
"""Files in a bucket: S3 and what speaks its protocol, Azure Blob Storage, Google Cloud Storage (`ports.Storage`).

    s3://BUCKET/PREFIX    az://CONTAINER/PREFIX    gs://BUCKET/PREFIX

Credentials come from the environment alone, as the vendors' own tools read it: AWS_ACCESS_KEY_ID and its kin,
AWS_ENDPOINT_URL for other stores of the protocol, roles of containers and machines; AZURE_STORAGE_CONNECTION_STRING,
AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY, managed identities; GOOGLE_APPLICATION_CREDENTIALS, the metadata server.

That one of many writers wins is the store's own promise (If-None-Match, If-Match, x-goog-if-generation-match). A file
is put by one request, never by parts that are joined later: a put of several parts cannot be made conditional at every
store, and module zips have 500 MB at most. An answer that is lost on its way may make a put that has won look lost,
never the other way round.

Where a bucket does not exist, files in it do not exist either, and a put fails.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.storage.keys import check_key, check_tag, is_key
from govgo.core.golib.url import mask
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.errors import MissingExtraError, StorageError, UsageError
from govgo.ports.storage import Entry

if TYPE_CHECKING:
    from obstore.store import AzureStore, ClientConfig, GCSStore, ObjectStore, RetryConfig, S3Store

_T = TypeVar("_T")

CHUNK_BYTES = 4 << 20
"""The size of the pieces of `chunks`, each of which is a request."""

_CONNECT_S = 5
_SMALL_S = 30
_LARGE_S = 600
"""How long one request may take: of a piece or a small file, and of a whole zip."""
_RETRIES = 4
_RETRY_S = 60
"""How often, and for how long, a request is made again that a store was too busy or too broken to answer."""

_MAX_SENTENCE = 300
_FOREIGN = "invalid path"
"""What obstore says of a name in a listing that it does not take."""
_MESSAGE = late(r"<Message>([^<]*)</Message>")
_QUERY = late(r"\?[^\s]*")
_USER = late(r"://[^/@\s]*@")


class Bucket(NamedTuple):
    """What a URL names.

    Attributes:
        scheme: "s3", "az" or "gs".
        name: of the bucket or container.
        prefix: what all keys begin with, without slashes at its ends; may be "".
    """

    scheme: str
    name: str
    prefix: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.name}" + (f"/{self.prefix}" if self.prefix else "")


SCHEMES = ("s3", "az", "gs")


def parse_bucket(url: str) -> Bucket:
    """Read the URL of a bucket.

    Raises:
        UsageError: it is none; credentials in it are refused, since URLs end up in logs.
    """
    found = urlsplit(url)
    if found.scheme not in SCHEMES or not found.netloc:
        raise UsageError(f"not the URL of a bucket: {one_line(mask(url))}")
    if "@" in found.netloc or found.query or found.fragment:
        raise UsageError(f"{found.scheme}://…: credentials and options of a bucket belong into the environment")
    prefix = found.path.strip("/")
    if prefix:
        check_key(prefix)
    return Bucket(found.scheme, found.netloc, prefix)


class ObjectStorage:
    """The files of one bucket. Threads share its connections."""

    def __init__(self, bucket: Bucket, environ: Mapping[str, str]) -> None:
        """No connection is made yet.

        Args:
            bucket: which one.
            environ: the environment of the command.

        Raises:
            UsageError: the environment does not say how to reach it.
            MissingExtraError: obstore is not installed.
        """
        try:
            import obstore
        except ImportError as error:
            raise MissingExtraError(
                f"{bucket}: the package obstore is not installed",
                hint="run `pip install 'govgo[serve]'`",
            ) from error
        self._obstore = obstore
        self._bucket = bucket
        self._secrets = _secrets(environ)
        try:
            self._small = _open(bucket, environ, timedelta(seconds=_SMALL_S))
            self._large = _open(bucket, environ, timedelta(seconds=_LARGE_S))
        except (obstore.exceptions.BaseError, ValueError) as error:
            raise UsageError(f"{bucket}: {self._sentence(error)}") from error

    def __str__(self) -> str:
        return str(self._bucket)

    def head(self, key: str) -> Entry | None:
        """What is known of a file; None when there is none."""
        check_key(key)
        meta = self._meta(key)
        return None if meta is None else self._entry(meta)

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes | None:
        """The bytes of a file, or some of them."""
        check_key(key)
        if start == 0:
            found = self._ask(key, lambda: self._obstore.get(self._small, key))
            if found is not None and (length is None or found.meta["size"] <= length):
                return self._sure(key, lambda: bytes(found.bytes()))
            meta = None if found is None else found.meta
        else:
            meta = self._meta(key)
        if meta is None:
            return None
        end = meta["size"] if length is None else min(start + length, meta["size"])
        return b"".join(self._pieces(key, start, end, meta["e_tag"]))

    def chunks(self, key: str, start: int = 0, length: int | None = None, tag: str = "") -> Iterator[bytes] | None:
        """The same in pieces."""
        check_key(key)
        meta = self._meta(key)
        if meta is None:
            return None
        check_tag(self._entry(meta), tag)
        end = meta["size"] if length is None else min(start + length, meta["size"])
        return self._pieces(key, start, end, meta["e_tag"])

    def create(self, key: str, data: bytes) -> bool:
        """Store a file unless the key is taken."""
        check_key(key)
        return self._create(self._small, key, data)

    def create_from(self, key: str, path: str) -> bool:
        """The same with the content of a local file, which stays where it is."""
        check_key(key)
        with _content(path) as content:
            return self._create(self._large if content else self._small, key, content)

    def replace(self, key: str, data: bytes) -> None:
        """Store a file whatever is there."""
        check_key(key)
        self._replace(self._small, key, data)

    def replace_from(self, key: str, path: str) -> None:
        """The same with the content of a local file, which stays where it is."""
        check_key(key)
        with _content(path) as content:
            self._replace(self._large if content else self._small, key, content)

    def swap(self, key: str, data: bytes, tag: str) -> bool:
        """Replace a file if its tag is still `tag`."""
        check_key(key)
        if not tag:
            return False
        version: Any = {"version" if self._bucket.scheme == "gs" else "e_tag": tag}
        try:
            put = self._ask(key, lambda: self._obstore.put(self._small, key, data, mode=version, use_multipart=False))
        except _Lost:
            return False
        return put is not None

    def delete(self, key: str) -> bool:
        """Remove a file; False when there was none."""
        check_key(key)
        if self._meta(key) is None:
            return False
        self._ask(key, lambda: self._obstore.delete(self._small, key))
        return True

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """The files whose keys start with `prefix`, without those that no storage of govgo can have, such as folders.

        One whose name obstore does not take, such as "a//b" or "../x", ends the listing: it reads pages as a whole.
        """
        folder = prefix.rpartition("/")[0]  # stores with a prefix of their own list whole folders
        if folder:
            check_key(folder)
        listing = iter(self._obstore.list(self._small, folder or None))
        while (page := self._sure(prefix, lambda: next(listing, None))) is not None:
            yield from (self._entry(meta) for meta in page if meta["path"].startswith(prefix) and is_key(meta["path"]))

    def close(self) -> None:
        """Connections end with the object."""

    def _create(self, store: ObjectStore, key: str, data: bytes | mmap.mmap) -> bool:
        try:
            self._sure(key, lambda: self._obstore.put(store, key, data, mode="create", use_multipart=False))
        except _Lost:
            return False
        return True

    def _replace(self, store: ObjectStore, key: str, data: bytes | mmap.mmap) -> None:
        self._sure(key, lambda: self._obstore.put(store, key, data, mode="overwrite", use_multipart=False))

    def _meta(self, key: str) -> Any:
        return self._ask(key, lambda: self._obstore.head(self._small, key))

    def _entry(self, meta: Any) -> Entry:
        tag = meta["version"] if self._bucket.scheme == "gs" else meta["e_tag"]
        return Entry(meta["path"], meta["size"], meta["last_modified"].timestamp(), tag or "")

    def _pieces(self, key: str, start: int, end: int, e_tag: str | None) -> Iterator[bytes]:
        condition = {"if_match": e_tag} if e_tag else {}
        for first in range(start, end, CHUNK_BYTES):
            last = min(first + CHUNK_BYTES, end)
            piece = self._ask(key, partial(self._piece, key, {"range": (first, last), **condition}, e_tag))
            if piece is None or len(piece) != last - first:
                raise StorageError(f"{self._bucket}/{key}: the file changed while it was read", key=key)
            yield piece

    def _piece(self, key: str, options: Any, e_tag: str | None) -> bytes:
        """Some bytes of a file; b"" where it is another one by now."""
        try:
            found = self._obstore.get(self._small, key, options=options)
        except self._obstore.exceptions.PreconditionError:
            return b""
        # There are stores that ignore the condition.
        return bytes(found.bytes()) if found.meta["e_tag"] == e_tag else b""

    def _sure(self, key: str, call: Callable[[], _T]) -> _T:
        """What a call answers that cannot be met by "not found", unless the bucket does not exist."""
        try:
            return self._call(key, call)
        except FileNotFoundError as error:
            raise self._failed(key, error) from error

    def _ask(self, key: str, call: Callable[[], _T]) -> _T | None:
        """What a call answers; None where there is no such file."""
        try:
            return self._call(key, call)
        except FileNotFoundError:
            return None

    def _call(self, key: str, call: Callable[[], _T]) -> _T:
        """What a call answers.

        Raises:
            FileNotFoundError: there is no such file, or no bucket.
            _Lost: the condition of the request does not hold.
            StorageError: anything else.
        """
        exceptions = self._obstore.exceptions
        try:
            return call()
        except (exceptions.AlreadyExistsError, exceptions.PreconditionError) as error:
            raise _Lost from error
        except (exceptions.BaseError, ValueError) as error:
            raise self._failed(key, error) from error

    def _failed(self, key: str, error: Exception) -> StorageError:
        text = self._sentence(error)
        hint = f"it is no file of govgo; move it out of {self._bucket}" if _FOREIGN in text else ""
        return StorageError(f"{self._bucket}/{key}: {text}", key=key, hint=hint)

    def _sentence(self, error: Exception) -> str:
        """What the store says, in one line: without its documents, the queries of URLs, and whatever is secret."""
        text, _, details = str(error).partition("\n")
        said = _MESSAGE.search(f"{text}\n{details}")
        text = text.partition(": <?xml")[0].partition(": {")[0]
        text = _USER.sub("://", _QUERY.sub("", text))[:_MAX_SENTENCE]
        if said is not None:
            text = f"{text}: {said[1][:_MAX_SENTENCE]}"
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return one_line(text)


class _Lost(Exception):
    """The condition of a put or get does not hold: somebody was faster."""


@contextmanager
def _content(path: str) -> Iterator[bytes | mmap.mmap]:
    """What is in a file, which is not read into memory.  Raises DiskError."""
    with ExitStack() as opened:
        content: bytes | mmap.mmap = b""
        try:
            file = opened.enter_context(open(path, "rb"))
            if os.fstat(file.fileno()).st_size:  # nothing cannot be mapped
                content = opened.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except OSError as error:
            raise disk_error("open", path, error) from error
        yield content


def _secrets(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The values of the environment that no message may hold."""
    names = ("SECRET", "TOKEN", "KEY", "SAS", "CONNECTION_STRING")
    mine = (name for name in environ if name.startswith(("AWS_", "AZURE_", "GOOGLE_")))
    return tuple(environ[name] for name in mine if any(word in name for word in names) and len(environ[name]) >= 8)


def _open(bucket: Bucket, environ: Mapping[str, str], timeout: timedelta) -> ObjectStore:
    client: ClientConfig = {"connect_timeout": timedelta(seconds=_CONNECT_S), "timeout": timeout}
    retry: RetryConfig = {
        "max_retries": _RETRIES,
        "retry_timeout": timedelta(seconds=_RETRY_S),
        "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=5), "base": 2},
    }
    openers: Mapping[str, Callable[..., ObjectStore]] = {"s3": _open_s3, "az": _open_azure, "gs": _open_gcs}
    return openers[bucket.scheme](bucket, environ, client, retry)


def _open_s3(bucket: Bucket, environ: Mapping[str, str], client: ClientConfig, retry: RetryConfig) -> S3Store:
    from obstore.store import S3Store

    endpoint = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL") or environ.get("AWS_ENDPOINT", "")
    if endpoint.startswith("http://"):
        client["allow_http"] = True  # whoever says http means it, as with aws
    return S3Store(bucket.name, prefix=bucket.prefix or None, client_options=client, retry_config=retry)


def _open_azure(bucket: Bucket, environ: Mapping[str, str], client: ClientConfig, retry: RetryConfig) -> AzureStore:
    from obstore.store import AzureStore

    stated = _azure_settings(environ)
    if stated.get("endpoint", "").startswith("http://"):
        client["allow_http"] = True
    config: Any = {name: value for name, value in stated.items() if value}
    return AzureStore(
        bucket.name, prefix=bucket.prefix or None, config=config, client_options=client, retry_config=retry
    )


def _azure_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """What az reads; the names that obstore reads itself are left to it."""
    words = (part.partition("=") for part in environ.get("AZURE_STORAGE_CONNECTION_STRING", "").split(";"))
    parts = {name: value for name, _, value in words}
    return {
        "account_name": parts.get("AccountName") or environ.get("AZURE_STORAGE_ACCOUNT", ""),
        "account_key": parts.get("AccountKey") or environ.get("AZURE_STORAGE_KEY", ""),
        "sas_key": parts.get("SharedAccessSignature", ""),
        "endpoint": parts.get("BlobEndpoint", ""),
    }


def _open_gcs(bucket: Bucket, environ: Mapping[str, str], client: ClientConfig, retry: RetryConfig) -> GCSStore:
    from obstore.store import GCSStore

    config: Any = {}
    emulator = environ.get("STORAGE_EMULATOR_HOST", "")
    if emulator:  # as the client libraries of the vendor read it
        config = {"base_url": emulator if "://" in emulator else f"http://{emulator}", "bearer_token": "none"}
        client["allow_http"] = True
    return GCSStore(bucket.name, prefix=bucket.prefix or None, config=config, client_options=client, retry_config=retry)
