"""``motcua demo``: the product and the sandbox register side by side, with a living office; Ctrl-C stops both."""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import subprocess  # nosec B404 # for our own programs
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

from motcua.config import province
from motcua.config.env import Environment
from motcua.config.serve import gunicorn_command, prepare, refuse_taken_port

_GRACE = 3  # seconds: whoever stops a demo does not want to wait for its register that hangs
_PEOPLE = "6000"  # in the sandbox register: some four hundred of them live in the province
_PATIENCE = 60.0  # seconds: a first start on a slow machine migrates two databases


class _Stopped(BaseException):
    """Somebody pressed Ctrl-C or asked the process to end; nothing that forgives mistakes may catch it."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare how large the office of the demo is."""
    parser.add_argument(
        "--dossiers",
        type=province.count,
        default=province.USUAL,
        help=f"about how many dossiers the office has at the first start; 0 for none ({province.USUAL})",
    )


def run(options: argparse.Namespace) -> int:
    """Start both programs, say what to try, and wait until they are stopped.

    Returns:
        The exit code: 0 when stopped on purpose, 1 when a program ended by itself.

    Raises:
        SystemExit: MOTCUA_MODE is production, a port cannot be used, or a program does not start; the message says
            what helps.
    """
    env = Environment()
    if env["MOTCUA_MODE"] == "production":
        raise SystemExit(
            "MOTCUA_MODE is production, and the demo's passwords are published. Set it to trial."
        )
    ports = {"MOTCUA_PORT": env["MOTCUA_PORT"], "NPDSANDBOX_PORT": env["NPDSANDBOX_PORT"]}
    for variable, port in ports.items():
        refuse_taken_port(variable, port)
    if ports["MOTCUA_PORT"] == ports["NPDSANDBOX_PORT"]:
        raise SystemExit("MOTCUA_PORT and NPDSANDBOX_PORT are the same. Choose another for one of them.")
    _open_bank(env, ports["NPDSANDBOX_PORT"])
    programs: list[subprocess.Popen[bytes]] = []
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _stop)
        programs.append(
            _start([str(Path(sys.executable).with_name("npdsandbox")), "serve", "--people", _PEOPLE])
        )
        _prepare()
        _wait_for(f"http://127.0.0.1:{ports['NPDSANDBOX_PORT']}/healthz", programs)
        if options.dossiers:
            _load_province(options.dossiers)
        _seal()
        programs.append(_start(gunicorn_command(graceful_seconds=_GRACE), **_portal(env)))
        for port in ports.values():
            _wait_for(f"http://127.0.0.1:{port}/healthz", programs)
        print(_GUIDE.format(product=ports["MOTCUA_PORT"], sandbox=ports["NPDSANDBOX_PORT"]), flush=True)
        while all(program.poll() is None for program in programs):
            time.sleep(0.5)
        print("One of the two programs ended by itself; see the lines above.")
        return 1
    except _Stopped:
        return 0
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        for program in programs:
            program.terminate()
        for program in programs:
            try:
                program.wait(timeout=20)
            except subprocess.TimeoutExpired:
                program.kill()
        if len(programs) == len(ports):
            _seal()


def _open_bank(env: Environment, port: int) -> None:
    """Let citizens of the demo pay at the sandbox's bank, with a secret that nobody else knows."""
    if env["BANK_URL"]:
        return
    secret = secrets.token_hex(32)
    os.environ |= {
        "BANK_URL": f"http://127.0.0.1:{port}/bank",
        "BANK_MERCHANT": "MOT-CUA-THU",
        "BANK_SECRET": secret,
        "NPDSANDBOX_BANK_SECRET": secret,
    }


def _prepare() -> None:
    prepare()
    from django.core.management import call_command

    call_command("load_procedures", verbosity=0)
    call_command("load_cast", verbosity=0)


def _load_province(dossiers: int) -> None:
    from django.db import connection
    from django.utils import timezone

    from motcua.config.province.loading import CannotLoad, is_there, load_from_sandbox

    if not is_there():
        print(_LOADING, flush=True)
    try:
        made = load_from_sandbox(now=timezone.now(), dossiers=dossiers)
    except CannotLoad as refusal:  # a register of one's own beside the demo: then there is only the cast
        print(f"load_province: {refusal}", flush=True)
    else:
        print(f"load_province: {made}", flush=True)
    connection.close()


def _seal() -> None:
    """Seal the audit log, so that what happened up to now can be proved from now on."""
    from django.db import DatabaseError
    from django.utils import timezone

    from motcua.audit.service import keep_sealed

    with suppress(DatabaseError):  # sealed at the next start
        keep_sealed(now=timezone.now())


def _portal(env: Environment) -> dict[str, str]:
    """Return the variables that lead to the stand-in portal; none where the demo was given a portal.

    The served product alone has them: what is loaded before is an old story, of which the portal hears once it goes on.
    """
    if env["NATIONAL_PORTAL_URL"]:
        return {}
    return {
        "NATIONAL_PORTAL_URL": f"http://127.0.0.1:{env['NPDSANDBOX_PORT']}/cong-quoc-gia/tiep-nhan",
        "NATIONAL_PORTAL_UNIT": "H23",
        "NATIONAL_PORTAL_TOKEN": "sbx-portal-1",  # nosec B105 # the sandbox's
    }


def _start(command: list[str], **variables: str) -> subprocess.Popen[bytes]:
    # A group of its own: Ctrl-C reaches us alone, and we stop the programs in order.
    return subprocess.Popen(command, env={**os.environ, **variables}, start_new_session=True)  # nosec B603 # our own programs


def _wait_for(address: str, programs: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if any(program.poll() is not None for program in programs):
            raise SystemExit("A program ended while starting; see the lines above.")
        try:
            with urlopen(address, timeout=2):  # nosec B310 # loopback
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise SystemExit(f"{address} did not answer within {_PATIENCE:.0f} s; see the lines above.")


def _stop(number: int, frame: FrameType | None) -> None:
    raise _Stopped


_LOADING = (
    "load_province: an office lives eight weeks, which takes some ten seconds, at the first start only. "
    "Three questions to the register fail on purpose: it was out of reach then."
)
_GUIDE = """
Một Cửa            http://localhost:{product}/
Sandbox register   http://localhost:{sandbox}/    (not the NPD: synthetic people only)
                   http://localhost:{sandbox}/_admin/    troubles on demand
Stand-in portal    http://localhost:{sandbox}/_admin/cong-quoc-gia/    what the national portal is told

Log-ins, all with the password demo-mot-cua-2026
  officers         lan, phuc (Bộ phận Một cửa phường Mẫu A), minh (xã Mẫu B)
  behind the desk  khanh (chuyên viên), bao (lãnh đạo), nga (thu phí), ket (trả kết quả); mo (chuyên viên, xã Mẫu B)
  supervisor       oanh
  administrator    quantri
  citizens         999085000001 (all right), 999190000002 (wrong name in the account)

What you see      (invented people in an office that has been at work for eight weeks, up to now)
  lan, phuc        every tab of Danh sách hồ sơ: online dossiers to receive, hand-overs, results to hand out; messages
  khanh            dossiers to deal with, late ones and ones due today, papers asked for, two hand-overs to accept
  bao              what waits for a signature, dossiers that nobody has, an apology that was given
  nga, ket         fees to take; results to hand out
  oanh             look-ups to review, a citizen's objection to answer, eight weeks of figures
  minh, mo         the same for xã Mẫu B, smaller
  999085000001     papers to add, a fee, a result to fetch, two dossiers to rate, a draft, messages
  999190000002     papers to bring, a fee, a result at the desk

Try
  success   log in as lan, Tiếp nhận hồ sơ:  Nguyễn Văn An · 999085000001 · 07/03/1985
  failure   the same number with another name or date:  Nguyễn Văn Ân · 999085000001 · 07/03/1985
  filing    log in as 999190000002, file anything: it fails until "Trần Thị Bính" becomes "Trần Thị Bình"
            under Thông tin cá nhân > Chỉnh sửa > Cập nhật; then go back to the draft
  register  /dang-ky/:  Phạm Thị Thuý Cúc · 999192000003 · 29/02/1992
  nobody    999193000099 belongs to nobody; numbers that do not begin with 999 are refused by the sandbox and
            come out as "Chưa kiểm tra được"
  outage    on the sandbox's control page choose no_answer for the next calls, or stop the sandbox;
            then check again: "Chưa kiểm tra được", never "thất bại"
  paying    receive a dossier that has a fee for 999085000001, log in as that citizen, "Nộp phí, lệ phí": the sandbox's
            bank has buttons for every outcome; in cash, log in as nga, Thu phí, lệ phí
  later     receive it all the same ("Tiếp nhận, xác thực sau"), end the outage, and within a minute the answer
            stands above the list of dossiers

  messages  what was told by e-mail and SMS: log in as quantri, http://localhost:{product}/quan-tri/hop-thu/

Ctrl-C stops both.
"""
