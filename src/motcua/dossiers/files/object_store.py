"""Papers as private objects in a bucket that speaks S3; loaded only where ``PAPER_STORE`` is ``s3``.

One client serves all threads of a process. It is told everything by our own settings: the library's files and
variables are not looked at, no proxy of the machine is used, and no cloud is asked who we are.
"""

from __future__ import annotations

import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any, Final

import botocore.session
from botocore.config import Config
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import Storage

from motcua.web.places import elsewhere

_CONNECT: Final = 2  # seconds
_READ: Final = 10  # seconds between two bytes
_TOTAL: Final = 30.0  # seconds for a whole file
_TRIES: Final = 2
_AT_ONCE: Final = 32  # connections, as a worker has threads
_PIECE: Final = 64 * 1024
_IN_MEMORY: Final = 1024 * 1024  # of a file that is handed out; the rest goes to a file without a name
_ABSENT: Final = {"NoSuchKey", "404", "NotFound"}
_LOOK: Final = "look at S3_ENDPOINT, S3_BUCKET, S3_REGION, S3_ACCESS_KEY and S3_SECRET_KEY"
_HELP: Final = {
    "RequestTimeTooSkewed": "the clocks differ; set this machine's by NTP",
    "SSLError": "nothing proves that it is S3_ENDPOINT; for an authority of your own let S3_CA name its file",
}


class StoreAway(OSError):
    """The object store cannot be reached, takes nothing now, or does not know us."""


class ObjectStore(Storage):
    """A bucket; its objects are private and have no address that anybody is given."""

    def __init__(
        self, *, endpoint: str, bucket: str, region: str, access_key: str, secret_key: str, authorities: str
    ) -> None:
        self._endpoint, self._bucket, self._region = endpoint, bucket, region
        self._keys = access_key, secret_key
        self._authorities = authorities
        self._made: Any = None
        self._making = threading.Lock()

    def url(self, name: str | None) -> str:
        """Refuse. Raises ValueError: papers are handed out by a view, which asks who wants them."""
        raise ValueError("papers have no address of their own")

    def exists(self, name: str) -> bool:
        """Say no: names are drawn at random and never meet, and asking would cost a question each time."""
        return False

    def delete(self, name: str) -> None:
        """Delete an object; one that is not there any more is no mistake. Raises StoreAway."""
        with self._asked() as client:
            client.delete_object(Bucket=self._bucket, Key=name)

    def listed(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """List the objects whose names begin with a prefix, with the moment of their writing. Raises StoreAway."""
        with self._asked() as client:
            for page in client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
                for one in page.get("Contents", ()):
                    yield one["Key"], one["LastModified"]

    def probe(self) -> str:
        """Put, get and delete a tiny object; see ``store.probe``."""
        name = f"probe-{uuid.uuid4().hex}"
        try:
            self._save(name, ContentFile(b"probe"))
            try:
                with self._open(name) as file:
                    if file.read() != b"probe":
                        raise StoreAway("what was put cannot be got")
            finally:
                self.delete(name)
        except OSError as error:
            helps = _HELP.get(str(error), _LOOK)
            raise StoreAway(
                f"bucket {self._bucket} at {self._endpoint} does not work ({error}); {helps}"
            ) from None
        return f"bucket {self._bucket} takes, gives and deletes"

    def _save(self, name: str, content: File[bytes]) -> str:
        with self._asked() as client:
            client.put_object(
                Bucket=self._bucket, Key=name, Body=content.read(), ContentType="application/octet-stream"
            )
        return name

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        """Fetch the whole object first: a reader who is slow holds up no connection, and gets all or nothing."""
        fetched: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 (closed by the reader)
        deadline = time.monotonic() + _TOTAL
        try:
            with self._asked() as client:
                body = client.get_object(Bucket=self._bucket, Key=name)["Body"]
                try:
                    for piece in body.iter_chunks(_PIECE):
                        fetched.write(piece)
                        if time.monotonic() > deadline:
                            raise StoreAway("timeout")
                finally:
                    body.close()
        except BaseException:
            fetched.close()
            raise
        fetched.seek(0)
        return File(fetched, name)

    @contextmanager
    def _asked(self) -> Iterator[Any]:
        """Hand out the client, and tell what goes wrong in two words; the library's errors quote addresses.

        Whoever waits for the store keeps no place from others meanwhile.
        """
        try:
            with elsewhere():
                yield self._client()
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in _ABSENT:
                raise FileNotFoundError("no such object") from None
            raise StoreAway(code or "refused") from None
        except BotoCoreError as error:
            raise StoreAway(type(error).__name__) from None

    def _client(self) -> Any:
        with self._making:
            if self._made is None:
                self._made = self._new_client()
            return self._made

    def _new_client(self) -> Any:
        # Each variable of the library with its default alone: neither the environment nor a file is asked.
        variables = {
            name: (None, None, None if name.endswith("_file") else default, convert)
            for name, (_file, _env, default, convert) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
        }
        session = botocore.session.Session(session_vars=variables)
        session.set_credentials(*self._keys)
        config = Config(
            connect_timeout=_CONNECT,
            read_timeout=_READ,
            max_pool_connections=_AT_ONCE,
            retries={"total_max_attempts": _TRIES, "mode": "standard"},
            proxies={},
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            # What the law of S3 asks for and no more: not every store knows the newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        return session.create_client(
            "s3",
            region_name=self._region,
            endpoint_url=self._endpoint,
            verify=self._authorities or True,
            config=config,
        )
