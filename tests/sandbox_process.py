"""A real sandbox register as a process of its own, for every test that needs one."""

import json
import os
import select
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.postgres import free_port

START_SECONDS = 30


def _opener(tls: ssl.SSLContext | None) -> urllib.request.OpenerDirector:
    # Whatever proxy the environment names, loopback is reached directly.
    return urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls)
    )


@dataclass
class SandboxProcess:
    """A running sandbox: `url` without a slash at its end, and the control API as methods.

    With TLS, `tls` trusts its authority and shows the certificate that is valid longest.
    """

    url: str
    process: "subprocess.Popen[str]"
    tls: ssl.SSLContext | None = None

    @property
    def pid(self) -> int:
        return self.process.pid

    def trouble(self, kind: str, **rule: Any) -> dict[str, Any]:
        """Add a trouble: `trouble("delay", seconds=3, next=5)`, `number=…`, `client=…`."""
        return self.control("POST", "trouble", {"kind": kind, **rule})

    def clear(self) -> None:
        """Remove every trouble."""
        self.control("DELETE", "trouble")

    def switch(self, name: str, value: Any) -> dict[str, Any]:
        """Set one switch."""
        return self.control("POST", "switch", {"name": name, "value": value})

    def journal(self) -> list[dict[str, Any]]:
        """Return the requests since the start or the last `reset`, oldest first."""
        entries: list[dict[str, Any]] = self.control("GET", "journal?limit=100000")["entries"]
        return entries

    def withdraw_tokens(self) -> int:
        """End every token the gateways gave out, and return how many were alive."""
        count: int = self.control("DELETE", "token")["withdrawn"]
        return count

    def reset(self) -> None:
        """No troubles, default switches, no tokens, empty journal."""
        self.control("POST", "reset", {})

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Call the control API and return its JSON; a refusal raises ValueError with its text."""
        request = urllib.request.Request(f"{self.url}/_admin/api/{path}", method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with _opener(self.tls).open(request, timeout=10) as answer:
                result: dict[str, Any] = json.load(answer)
                return result
        except urllib.error.HTTPError as error:
            with error:
                raise ValueError(error.read().decode()) from None

    def stop(self) -> int:
        """Stop the process as Ctrl-C would and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        return code


def make_certificates(folder: Path, *, days: int = 365, client_days: int = 30) -> Path:
    """Let the sandbox's command make a set of practice certificates, and return the folder.

    In it: ca.pem, crl.pem, and each with its key `…-key.pem`: server.pem, client.pem, client-next.pem, other.pem
    (another organization), revoked.pem. `client_days=0` makes a client.pem that has ended.
    """
    subprocess.run(
        [sys.executable, "-m", "npdsandbox", "certificates", str(folder), "--days", str(days),
         "--client-days", str(client_days)],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


def client_tls(certificates: Path, client: str = "") -> ssl.SSLContext:
    """Return a context that trusts the set's authority and shows one of its client certificates, or none."""
    context = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
    if client:
        context.load_cert_chain(certificates / f"{client}.pem", certificates / f"{client}-key.pem")
    return context


def start_sandbox(
    state: Path, *, certificates: Path | None = None, people: int = 0, **env: str
) -> SandboxProcess:
    """Start a sandbox on a free port with its state in a folder, and wait until it answers.

    Args:
        state: an own folder for the database.
        certificates: a folder of `make_certificates`; the sandbox then speaks TLS with its server.pem. A client
            certificate is demanded only when `env` has NPDSANDBOX_TLS_CLIENT_CA.
        people: how many generated people it makes when it has none.
        env: further variables of the environment, such as NPDSANDBOX_DATABASE_URL; NPDSANDBOX_PORT for a port that
            is known already.
    """
    port = int(env.get("NPDSANDBOX_PORT") or free_port())
    state.mkdir(parents=True, exist_ok=True)
    log = state / "sandbox.log"
    tls = {}
    if certificates is not None:
        tls = {
            "NPDSANDBOX_TLS_CERT": str(certificates / "server.pem"),
            "NPDSANDBOX_TLS_KEY": str(certificates / "server-key.pem"),
        }
    environment = {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("NPDSANDBOX_", "DJANGO_"))
        },
        "NPDSANDBOX_PORT": str(port),
        "NPDSANDBOX_STATE": str(state),
        **tls,
        **env,
    }
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "npdsandbox", "serve", "--people", str(people)],
            env=environment, stdout=subprocess.PIPE, stderr=errors, text=True,
        )  # fmt: skip
    sandbox = SandboxProcess(
        f"{'https' if certificates else 'http'}://127.0.0.1:{port}",
        process,
        client_tls(certificates, "client-next") if certificates else None,
    )
    assert process.stdout is not None
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        # The one line it prints when it listens; an end of file means that it is gone.
        if select.select([process.stdout], [], [], 0.5)[0]:
            if process.stdout.readline():
                return sandbox
            break
    sandbox.stop()
    raise RuntimeError(f"the sandbox did not start: {log.read_text()}")
