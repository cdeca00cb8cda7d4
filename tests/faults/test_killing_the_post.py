"""The process that brings mails is killed while it does: no mail is lost, and what comes twice is known by its id."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

from tests.faults.conftest import write
from tests.messaging.letters import mail_server
from tests.postgres import free_port
from tests.product_process import MOTCUA, Store, environment, eventually

MAILS = 60
KILLS = 5
_PUT = f"""
from django.db import transaction
from django.utils import timezone
from motcua.messaging.service import send
words = dict.fromkeys(("co_quan", "han_tra", "duong_dan", "dien_thoai"), "x")
with transaction.atomic():
    for number in range({MAILS}):
        send(kind="finished", now=timezone.now(), email="ai@vidu.vn", words={{**words, "ma_ho_so": f"H24-{{number}}"}})
"""
_UNTAKEN = "SELECT count(*) FROM outbox_parcel WHERE topic = 'email' AND taken_at IS NULL"


class Worker:
    """``motcua work`` as a process of its own."""

    def __init__(self, variables: dict[str, str], log: Path) -> None:
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [MOTCUA, "work"], env=environment(**variables), stdout=out, stderr=out
            )

    def dies(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)


def test_workers_killed_while_they_bring_mails_lose_none_and_repeat_only_under_the_same_id(
    filled: Store, tmp_path: Path
) -> None:
    store = filled.copy(tmp_path / "product")
    seed = random.randrange(1_000_000)
    chance, pause = random.Random(seed), threading.Event()
    with mail_server() as post:
        post.pause = 0.03
        variables = {
            **store.variables,
            "MAIL_HOST": "127.0.0.1",
            "MAIL_PORT": str(post.port),
            "MAIL_TLS": "none",
            "MOTCUA_WORK": "apart",
            "NPDSANDBOX_PORT": str(free_port()),
            "NPD_WATCH_SECONDS": "0",
        }
        subprocess.run(
            [MOTCUA, "shell", "-c", _PUT], env=environment(**variables), check=True, stdout=sys.stderr
        )
        for _ in range(KILLS):
            before = len(post.took)
            worker = Worker(variables, tmp_path / "work.log")
            eventually(lambda: len(post.took) > before + 1, "mails to be taken", seconds=60)  # noqa: B023
            pause.wait(chance.uniform(0.0, 0.1))  # the random moment
            worker.dies()
        assert store.rows(_UNTAKEN) != [(0,)], "nothing was left to bring, so nothing was shown"
        # A lease outlives the one who held it; let its time pass, while nobody works.
        write(store, "UPDATE outbox_parcel SET leased_until = NULL")
        worker = Worker(variables, tmp_path / "work.log")
        try:
            eventually(
                lambda: store.rows(_UNTAKEN) == [(0,)], f"every mail to be taken (seed {seed})", seconds=60
            )
        finally:
            os.kill(worker.process.pid, signal.SIGTERM)
            worker.process.wait(30)
        copies = Counter(post.ids)
        subjects = {(str(mail["Message-ID"]), str(mail["Subject"])) for mail in post.took}

    assert len(copies) == MAILS, f"seed {seed}: each mail arrives"
    assert len(subjects) == MAILS, f"seed {seed}: an id says the same each time"
    assert len(post.took) - MAILS <= KILLS, f"seed {seed}: only what was under way at a kill comes again"
    assert "vidu.vn" not in (tmp_path / "work.log").read_text()
