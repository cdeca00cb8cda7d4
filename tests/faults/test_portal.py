"""The national portal while workers are killed and answers get lost: each change arrives once, and in its order."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from tests.faults.conftest import personal_in, write
from tests.product_process import MOTCUA, Store, environment, eventually
from tests.sandbox_process import SandboxProcess, start_sandbox

ROUNDS = 4
DOSSIERS = 40
WAITING = "SELECT count(*) FROM outbox_parcel WHERE taken_at IS NULL"
RESTING = "SELECT count(*) FROM outbox_pause"
TAKEN = "SELECT count(*) FROM outbox_parcel WHERE taken_at IS NOT NULL"
# Somebody at work: receives dossiers and takes each a long way.
_CHANGES = """
import os, sys, uuid
os.environ["DJANGO_SETTINGS_MODULE"] = "motcua.config.settings"
import django
django.setup()
from django.utils import timezone
from motcua.accounts.models import User
from motcua.dossiers.fees import ask_fee
from motcua.dossiers.steps import go
from motcua.dossiers.results import finish, hand_out
from motcua.dossiers.service import Applicant, receive_at_desk
from motcua.payments.service import take_cash
from motcua.procedures.models import Procedure

lan = User.objects.get(login="lan")
lan.also_roles = ["specialist", "leader", "cashier", "result_desk"]
procedure = Procedure.objects.get(code="1.001193")
for _ in range(int(sys.argv[1])):
    now = timezone.now()
    dossier = receive_at_desk(
        officer=lan, office=lan.office, procedure=procedure, applicant=Applicant("Nguyễn Văn Mẫu", None), check=None,
        by_hand_reason="foreigner", received_documents=[], press_key=uuid.uuid4(), now=now,
    )
    go(dossier=dossier, move="process", by=lan, now=now)
    ask_fee(dossier=dossier, amount=8000, reason="Phí", by=lan, now=now)
    take_cash(fee_pk=dossier.fees.get(kind="later").pk, by=lan, now=now)
    finish(dossier=dossier, is_granted=True, summary="Xong", by=lan, now=now)
    hand_out(dossier=dossier, how="desk", by=lan, now=now)
"""


def portal_of(sandbox: SandboxProcess) -> dict[str, str]:
    """Return the variables that lead the product to the stand-in portal."""
    return {
        "NATIONAL_PORTAL_URL": f"{sandbox.url}/cong-quoc-gia/tiep-nhan",
        "NATIONAL_PORTAL_UNIT": "H23",
        "NATIONAL_PORTAL_TOKEN": "sbx-portal-1",
        "NPDSANDBOX_PORT": str(urlsplit(sandbox.url).port),
        "NPD_WATCH_SECONDS": "0",
        "MOTCUA_WORK": "apart",
    }


def test_workers_killed_while_dossiers_change_lose_no_message_and_send_none_twice_or_out_of_order(
    filled: Store, tmp_path: Path
) -> None:
    seed = random.randrange(1_000_000)
    chance = random.Random(seed)
    store = filled.copy(tmp_path / "product")
    sandbox = start_sandbox(tmp_path / "sandbox")
    variables = environment(**store.variables, **portal_of(sandbox))
    log = (tmp_path / "work.log").open("ab")
    running: list[subprocess.Popen[bytes]] = []

    def starts(*command: str) -> subprocess.Popen[bytes]:
        running.append(subprocess.Popen(command, env=variables, stdout=log, stderr=log))
        return running[-1]

    def taken() -> int:
        return int(store.rows(TAKEN)[0][0])

    def is_done() -> bool:
        return at_work.poll() is not None and store.rows(WAITING) == [(0,)]

    def ends_the_rest() -> None:
        """Let the workers go on at once after an outage that they noticed."""
        eventually(lambda: store.rows(RESTING) != [(0,)] or is_done(), "an outage to be noticed", seconds=60)
        write(store, "DELETE FROM outbox_pause")

    try:
        workers = [starts(MOTCUA, "work") for _ in range(2)]
        at_work = starts(sys.executable, "-c", _CHANGES, str(DOSSIERS))
        for number in range(ROUNDS):
            sandbox.trouble("reset", at="portal", next=1)
            ends_the_rest()
            before, wanted = taken(), chance.randint(5, 40)
            eventually(
                lambda least=before + wanted: taken() >= least or is_done(),
                "messages to arrive",
                seconds=60,
            )
            for worker in workers:
                os.kill(worker.pid, signal.SIGKILL)
                worker.wait(10)
            # Their time on what they were sending is over, and nobody is left who might be sending it.
            write(store, "UPDATE outbox_parcel SET leased_until = NULL")
            workers = [starts(MOTCUA, "work") for _ in range(2)]
            if number == 1:
                sandbox.trouble("unavailable_503", at="portal", next=2)
                ends_the_rest()
        assert at_work.wait(120) == 0, f"seed {seed}"
        eventually(lambda: store.rows(WAITING) == [(0,)], f"everything to arrive, seed {seed}", seconds=120)

        parcels = store.rows("SELECT about, number, message_id, tries FROM outbox_parcel ORDER BY id")
        messages = sandbox.control("GET", "portal")["messages"]
    finally:
        for process in running:
            if process.poll() is None:
                process.kill()
                process.wait(10)
        log.close()
        sandbox.stop()

    assert sorted(str(row[2]).replace("-", "") for row in parcels) == sorted(
        message["id"].replace("-", "") for message in messages
    ), f"seed {seed}"
    by_dossier: dict[str, list[dict[str, object]]] = {}
    for message in messages:
        by_dossier.setdefault(message["dossier"], []).append(message)
    assert len(by_dossier) == DOSSIERS
    for mine in by_dossier.values():
        assert [message["number"] for message in mine] == list(range(1, len(mine) + 1)), f"seed {seed}"
        assert not any(message["is_late"] for message in mine)
        statuses = [one["data"]["TrangThai"] for one in mine if one["service"] == "DongBoTrangThaiHoSo"]  # type: ignore[index]
        assert statuses == ["2", "4", "6", "4", "9", "10"], f"seed {seed}"
    assert sum(message["repeats"] for message in messages) >= 1, (
        "an answer was lost, and the message came again"
    )
    said = (tmp_path / "work.log").read_text(encoding="utf-8", errors="replace")
    assert personal_in(said) == []
    assert "sbx-portal-1" not in said
    assert "Nguyễn Văn Mẫu" not in said
