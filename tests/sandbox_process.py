"""A real sandbox register as a process of its own, for every test that needs one."""

import json
import os
import select
import signal
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
# Whatever proxy the environment names, loopback is reached directly.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class SandboxProcess:
    """A running sandbox: `url` without a slash at its end, and the control API as methods."""

    url: str
    process: "subprocess.Popen[str]"

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

    def reset(self) -> None:
        """No troubles, default switches, empty journal."""
        self.control("POST", "reset", {})

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Call the control API and return its JSON; a refusal raises ValueError with its text."""
        request = urllib.request.Request(f"{self.url}/_admin/api/{path}", method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with _DIRECT.open(request, timeout=10) as answer:
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


def start_sandbox(state: Path, **env: str) -> SandboxProcess:
    """Start a sandbox on a free port with its state in a folder, and wait until it answers.

    Args:
        state: an own folder for the database.
        env: further variables of the environment, such as NPDSANDBOX_DATABASE_URL; NPDSANDBOX_PORT for a port that
            is known already.
    """
    port = int(env.get("NPDSANDBOX_PORT") or free_port())
    state.mkdir(parents=True, exist_ok=True)
    log = state / "sandbox.log"
    environment = {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("NPDSANDBOX_", "DJANGO_"))
        },
        "NPDSANDBOX_PORT": str(port),
        "NPDSANDBOX_STATE": str(state),
        **env,
    }
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "npdsandbox", "serve"],
            env=environment, stdout=subprocess.PIPE, stderr=errors, text=True,
        )  # fmt: skip
    sandbox = SandboxProcess(f"http://127.0.0.1:{port}", process)
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
