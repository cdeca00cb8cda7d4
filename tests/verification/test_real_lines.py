"""Both lines over real sockets to a real sandbox: what its journal saw is what our records say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from motcua.identity.register import TouchPoint
from motcua.verification import registers
from motcua.verification.models import IdentityCheck
from motcua.verification.service import Asker, Purpose, check_identity
from tests.people import cast
from tests.postgres import free_port
from tests.sandbox_process import SandboxProcess, start_sandbox

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 1, 31, tzinfo=UTC)


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    started = start_sandbox(tmp_path_factory.mktemp("sandbox"))
    yield started
    started.stop()


@pytest.fixture
def sandbox(process: SandboxProcess, settings) -> Iterator[SandboxProcess]:
    """Make the sandbox's direct way in the primary line, and its provincial platform the stand-by."""
    process.reset()
    own = {
        "NPD_URL": f"{process.url}/c06/{{operation}}",
        "NPD_TOTAL_SECONDS": 2.0,
        "NPD_CONNECT_SECONDS": 1.0,
    }
    settings.NPD = {**settings.NPD, **own}
    settings.NPD_STANDBY = {
        **settings.NPD_STANDBY,
        "NPD_TRANSPORT": "lgsp",
        "NPD_URL": f"{process.url}/lgsp/{{operation}}",
        "NPD_TOKEN_URL": f"{process.url}/lgsp/token",
    }
    registers._configured.cache_clear()
    yield process
    registers._configured.cache_clear()


def ask() -> IdentityCheck:
    return check_identity(
        claim=cast.an.claim,
        asker=Asker(None),
        touch_point=TouchPoint.REGISTRATION,
        purpose=Purpose("đăng ký tài khoản"),
        now=NOW,
    )


def questions(sandbox: SandboxProcess) -> list[tuple[str, str]]:
    """List the questions that the register saw, in order: over which façade, under which id of ours."""
    return [(entry["facade"], entry["MaYeuCau"]) for entry in sandbox.journal() if entry["MaYeuCau"]]


def test_a_question_reaches_the_register_once_over_the_primary_line(sandbox) -> None:
    check = ask()

    assert (check.outcome, check.route, check.line) == ("verified", "primary", "c06/037")
    assert questions(sandbox) == [("c06", check.request_id)]


def test_where_nobody_listens_the_same_check_is_answered_over_the_stand_by_once(sandbox, settings) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/c06/{{operation}}"
    settings.NPD = {**settings.NPD, "NPD_URL": nobody}
    registers._configured.cache_clear()

    check = ask()

    assert (check.outcome, check.route, check.line) == ("verified", "standby", "lgsp/037")
    assert questions(sandbox) == [("lgsp", check.request_id)]
    assert IdentityCheck.objects.count() == 1


@pytest.mark.parametrize("kind", ["no_answer", "reset", "unavailable_503"])
def test_a_question_that_left_is_not_asked_again_whatever_became_of_it(sandbox, kind: str) -> None:
    sandbox.trouble(kind, number=cast.an.number)

    check = ask()

    assert (check.outcome, check.route) == ("unanswered", "primary")
    assert questions(sandbox) == [("c06", check.request_id)]
