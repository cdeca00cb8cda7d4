"""Processes that are killed or stopped at any moment: no dossier is lost, nobody is asked about twice unnoticed."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

import pytest

from tests.faults import killing
from tests.product_process import Store, eventually

ROUNDS = 4


@pytest.mark.parametrize("place", ["inside", "apart"])
def test_processes_killed_at_random_moments_lose_no_dossier_and_ask_about_no_ticket_twice_unnoticed(
    filled: Store, tmp_path: Path, place: str
) -> None:
    seed = random.randrange(1_000_000)
    with killing.office(filled, tmp_path, place=place, people=400) as work:
        toll = killing.besiege(work, rounds=ROUNDS, seed=seed)

    assert toll.wrong == [], f"seed {seed}"
    assert sum(toll.killed.values()) == ROUNDS
    assert toll.received >= ROUNDS
    assert toll.settled


def test_a_worker_that_slept_through_its_time_is_repeated_by_another_and_says_nothing_when_it_wakes(
    filled: Store, tmp_path: Path
) -> None:
    with killing.office(filled, tmp_path, place="apart", people=100) as work:
        sleeper, other = (process.pid for process in work.apart)
        work.store.freeze(other)
        work.sandbox.clear()
        work.sandbox.trouble("delay", seconds=1)
        officer = killing.Officer(work)
        officer.receives_one()
        rows = work.store.rows
        ids = "SELECT id, repeats_id FROM verification_identitycheck WHERE touch_point = 'recheck' ORDER BY asked_at"
        eventually(lambda: len(work.sandbox.journal()) == 2, "the later check to be asked")
        os.kill(sleeper, signal.SIGSTOP)
        killing.later(work.store, killing.LATER)

        os.kill(other, signal.SIGCONT)
        settled = "SELECT dossier_id FROM dossiers_recheck WHERE state = 'settled'"
        eventually(lambda: rows(settled), "another worker to take the ticket")
        (first, _), (second, repeated) = rows(ids)
        assert repeated == first
        notices = rows("SELECT count(*) FROM accounts_notice")

        os.kill(sleeper, signal.SIGCONT)
        unknown = "SELECT 1 FROM verification_identitycheck WHERE outcome = ''"
        eventually(lambda: not rows(unknown), "the sleeper to write what it heard")
        work.dies()
        assert len(rows(ids)) == 2
        assert rows("SELECT by_hand_reason, identity_check_id FROM dossiers_dossier WHERE status = 2") == [
            ("", second)
        ]
        assert rows("SELECT count(*) FROM accounts_notice") == notices, "nobody is told twice"
        asked = [entry["MaYeuCau"] for entry in work.sandbox.journal()]
        assert len(asked) == len(set(asked)) == 3
