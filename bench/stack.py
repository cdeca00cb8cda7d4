"""What is measured: a private PostgreSQL, the register stub, and the product as it runs in production."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psycopg

from tests.postgres import free_port, private_cluster

ROOT = Path(__file__).resolve().parent.parent
MOTCUA = str(Path(sys.executable).with_name("motcua"))
OFFICERS = 40
CITIZENS = 60
_PATIENCE = 60.0


@dataclass
class Product:
    """A running product."""

    port: int
    process: subprocess.Popen[bytes]

    def workers(self) -> list[int]:
        """Return the ids of the worker processes."""
        master = self.process.pid
        listed = Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii")
        return [int(pid) for pid in listed.split()]

    def cpu_seconds(self) -> float:
        """Return the processor time that all its processes have used."""
        return sum(time.clock_gettime(_cpu_clock(pid)) for pid in (self.process.pid, *self.workers()))

    def worker_rss_mb(self) -> float:
        """Return the memory of the largest worker in MB (resident, shared pages included)."""
        return round(max(_rss_kb(pid) for pid in self.workers()) / 1024, 1)


class Register:
    """The running stub."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process, self.port = process, port

    def hang(self) -> None:
        """Take questions and answer none from now on."""
        self._process.send_signal(signal.SIGUSR1)

    def answer(self) -> None:
        """Answer again."""
        self._process.send_signal(signal.SIGUSR2)

    @property
    def pid(self) -> int:
        """Return the id of its process."""
        return self._process.pid

    def asked(self) -> list[str]:
        """Return the ids of all questions that reached it, in their order."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", "/asked")
            return connection.getresponse().read().decode("ascii").split()
        finally:
            connection.close()


@contextmanager
def running_register(port: int, seconds: float) -> Iterator[Register]:
    """Run the stub while the block lasts."""
    command = [sys.executable, "-m", "bench.stub", str(port), str(seconds)]
    with _running(command, dict(os.environ)) as process:
        _wait(port, "/", process)
        yield Register(process, port)


@contextmanager
def running_product(port: int, environment: dict[str, str], log: Path) -> Iterator[Product]:
    """Run ``motcua serve`` while the block lasts."""
    with _running([MOTCUA, "serve"], {**environment, "MOTCUA_PORT": str(port)}, log) as process:
        _wait(port, "/healthz", process)
        yield Product(port, process)


@contextmanager
def running_worker(environment: dict[str, str], log: Path) -> Iterator[None]:
    """Run ``motcua work`` while the block lasts."""
    with _running([MOTCUA, "work"], environment, log):
        yield


@dataclass(frozen=True)
class Place:
    """Where products are run: a folder for their state, a database server, a register."""

    folder: Path
    server: str
    register: Register

    def environment(self, name: str, **variables: str) -> dict[str, str]:
        """Make a database and return the environment of a product that uses it."""
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith(("MOTCUA_", "NPD"))},
            "DATABASE_URL": f"{self.server.rpartition('/')[0]}/{name}",
            "DJANGO_SETTINGS_MODULE": "motcua.config.settings",
            "MOTCUA_STATE": str(self.folder / name),
            "NPD_URL": f"http://127.0.0.1:{self.register.port}/c06/{{operation}}",
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src"))),
            **variables,
        }

    @contextmanager
    def product(self, environment: dict[str, str]) -> Iterator[Product]:
        """Run the product with catalogue, cast and crowd in it; on failure the end of its log is shown."""
        log = self.folder / f"{Path(environment['MOTCUA_STATE']).name}.log"
        with running_product(free_port(), environment, log) as product:
            for command in (["load_procedures"], ["load_cast"]):
                run(["-m", "django", *command], environment)
            run(["-m", "bench.crowd", str(OFFICERS), str(CITIZENS)], environment)
            try:
                yield product
            except BaseException:
                print(log.read_text(encoding="utf-8", errors="replace")[-4000:], file=sys.stderr)
                raise


@contextmanager
def place(register_seconds: float) -> Iterator[Place]:
    """Run a PostgreSQL that loses nothing, and a register that takes this long, while the block lasts."""
    with (
        tempfile.TemporaryDirectory(prefix="motcua-bench-") as folder,
        private_cluster(durable=True) as server,
        running_register(free_port(), register_seconds) as register,
    ):
        yield Place(Path(folder), server, register)


def run(command: list[str], environment: dict[str, str]) -> str:
    """Run a command of the project to its end and return what it printed."""
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, check=False, stdout=subprocess.PIPE, text=True
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed; see above")
    return done.stdout


@contextmanager
def _running(
    command: list[str], environment: dict[str, str], log: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    out = log.open("ab") if log else None
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, start_new_session=True, stdout=out, stderr=out
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if out:
            out.close()


def _wait(port: int, path: str, process: subprocess.Popen[bytes]) -> None:
    give_up_at = time.monotonic() + _PATIENCE
    while time.monotonic() < give_up_at and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", path)
            connection.getresponse().read()
        except (OSError, HTTPException):
            time.sleep(0.1)
        else:
            return
        finally:
            connection.close()
    raise SystemExit(f"nothing answers on port {port}; see above")


def _cpu_clock(pid: int) -> int:
    """Return the id of another process's processor clock (clock_getcpuclockid(3))."""
    return (~pid << 3) | 2


def _rss_kb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0
