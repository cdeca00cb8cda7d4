"""A stand-in for an object store, on a loopback port: moto's server keeps objects in memory and checks no signature."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer

BACKEND = "motcua.dossiers.files.object_store.ObjectStore"
BUCKET = "giay-to"


def forget_all() -> None:
    """Forget what stands in for all stores: objects belong to the process and outlive each of its servers."""
    s3_backends.reset()


@contextmanager
def object_store() -> Iterator[str]:
    """Run an object store without a bucket and give its address."""
    forget_all()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def options(endpoint: str) -> dict[str, Any]:
    """Return the options of a store at an address, as the settings make them."""
    return {
        "endpoint": endpoint, "bucket": BUCKET, "region": "us-east-1",
        "access_key": "ai-do", "secret_key": "bi-mat", "authorities": "",
    }  # fmt: skip
