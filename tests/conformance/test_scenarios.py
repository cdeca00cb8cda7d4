"""Every scenario passes against the sandbox; a server or a client that lies is caught by the scenario meant for it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from motcua.identity.register import Trouble
from motcua.identity.verification import NotAllowed, Rejected, Unanswered, Verified
from motcua.population.conformance import exchange, scenarios
from motcua.population.conformance import target as targets
from motcua.population.conformance.answers import answer_scenarios
from motcua.population.conformance.breakdowns import breakdown_scenarios
from motcua.population.conformance.certificates import certificate_scenarios
from motcua.population.conformance.messages import MATCH, NOBODY
from motcua.population.conformance.own import own_scenarios
from motcua.population.conformance.refusals import refusal_scenarios
from motcua.population.conformance.rules import rule_scenarios
from motcua.population.conformance.scenario import Mismatch, Result, Scenario, run_scenarios
from motcua.population.conformance.servers import family_scenarios
from motcua.population.conformance.tokens import token_scenarios
from tests.conformance.conftest import failed, target
from tests.population.stub_register import StubRegister, answering, http, silent
from tests.postgres import free_port
from tests.sandbox_process import SandboxProcess, make_certificates, start_sandbox

S1, S2 = "S1 qua C06", "S2 (giây"
S3, S4 = "S3 qua X-Road", "S4 (hai"


def of_the_server(url: str) -> list[Result]:
    """Run the half that speaks to the server."""
    one = target(url)
    return run_scenarios([*family_scenarios(one), *rule_scenarios(one), *refusal_scenarios(one)])


def against(reply: bytes) -> list[Result]:
    """Run that half against a server that says the same to everybody."""
    with StubRegister(answering(reply, keep=False)) as stub:
        return of_the_server(f"http://127.0.0.1:{stub.port}")


def named(results: Sequence[Result], *parts: str) -> list[Result]:
    """The results whose name has all these parts; there must be one."""
    found = [result for result in results if all(part in result.name for part in parts)]
    assert found, parts
    return found


def test_every_scenario_passes_against_the_sandbox(results: list[Result]) -> None:
    assert [f"{result.name}: {result.observed}" for result in results if not result.passed] == []


def test_there_are_many_scenarios_and_each_has_a_name_of_its_own(results: list[Result]) -> None:
    names = [result.name for result in results]
    assert len(names) == len(set(names)) >= 110
    assert all(result.group and result.expected and result.observed for result in results)


def test_the_names_are_the_same_for_every_server(results: list[Result]) -> None:
    assert [one.name for one in scenarios(target("http://elsewhere.example"))] == [
        one.name for one in results
    ]


def test_every_family_of_clients_is_there(results: list[Result]) -> None:
    for family in ("S1 qua C06", "S1 qua LGSP", "S2", "S3", "S4", "S5", "S6", "S8", "OpenCPS", "Đồng Tháp"):
        assert len(named(results, family)) >= 7
    for rule in range(1, 15):
        assert named(results, f"C{rule}: ")


def test_nothing_personal_stands_in_a_result(results: list[Result]) -> None:
    for person in target("http://elsewhere.example").people.values():
        for result in results:
            told = f"{result.name} {result.expected} {result.observed}"
            assert person.number not in told
            assert person.name not in told


def test_two_scenarios_of_one_name_are_refused() -> None:
    one = Scenario(group="x", name="same", expected="y", observe=lambda: "y")
    with pytest.raises(ValueError, match="same"):
        run_scenarios([one, one])


def test_a_scenario_that_breaks_has_failed_and_the_others_run() -> None:
    def breaks() -> str:
        raise KeyError("x")

    broken = Scenario(group="x", name="breaks", expected="y", observe=breaks)
    fine = Scenario(group="x", name="fine", expected="y", observe=lambda: "y")
    assert [result.passed for result in run_scenarios([broken, fine])] == [False, True]


# --- servers that are wrong


def test_a_server_that_says_yes_to_everything_fails_where_it_should_say_no() -> None:
    results = against(http(MATCH))
    assert not any(one.passed for one in named(results, "số không ai có"))
    assert not any(one.passed for one in named(results, "thông tin xác thực sai"))
    assert not any(one.passed for one in named(results, "bị từ chối"))


def test_a_server_that_says_nobody_to_everything_fails_where_it_should_refuse_or_find() -> None:
    results = against(http(NOBODY))
    assert not any(one.passed for one in named(results, "trả lời lỗi SOAP"))
    assert not any(one.passed for one in named(results, "được tìm thấy"))
    assert not any(one.passed for one in named(results, "thông tin xác thực sai"))
    assert all(one.passed for one in named(results, S3, "số không ai có"))


def test_a_server_without_any_façade_fails_everything_with_a_reason() -> None:
    results = against(http(b"", "404 Not Found"))
    assert all(not one.passed and "404" in one.observed for one in named(results, "LGSP"))
    assert [one.name for one in results if one.passed] == []


def test_nobody_listening_is_told_as_the_reason() -> None:
    results = of_the_server(f"http://127.0.0.1:{free_port()}")
    assert {one.passed for one in results} == {False}
    assert {one.observed for one in results} == {"không có trả lời HTTP: ConnectionRefusedError"}


def test_a_silent_server_is_not_asked_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "_SECONDS", 0.05)
    with StubRegister(silent) as stub:
        results = of_the_server(f"http://127.0.0.1:{stub.port}")
        assert stub.connections < len(results) / 2
    assert {one.passed for one in results} == {False}


@pytest.mark.parametrize(
    ("trouble", "caught", "unharmed"),
    [
        ("prefix_ns2", ["C1: tiền tố", S2, S4], [S3, S1]),
        ("extra_field", ["C1: các phần tử"], [S1, S2, S3, S4]),
        ("two_records", ["C13: hai người trùng tên", S1, S3], []),
        ("other_person", ["C10", S1, S2, S3, S4], []),
        ("wrong_encoding", [S2, "C1: tiền tố"], []),
    ],
)
def test_a_sandbox_in_trouble_is_caught(
    sandbox: SandboxProcess, trouble: str, caught: list[str], unharmed: list[str]
) -> None:
    sandbox.trouble(trouble, number="999085000001")
    results = of_the_server(sandbox.url)
    match = "người đúng cả ba thông tin"
    for part in caught:
        parts = (part, match) if part.startswith("S") else (part,)
        assert not all(one.passed for one in named(results, *parts)), part
    for part in unharmed:
        assert all(one.passed for one in named(results, part, match)), part


def test_a_strict_register_is_caught_by_the_lenient_rules(sandbox: SandboxProcess) -> None:
    sandbox.switch("strict", True)
    came = failed(of_the_server(sandbox.url))
    assert "C8: thứ tự phần tử đảo ngược" in came
    assert "C5: văn bản lạc giữa hai thẻ của phong bì" in came


# --- a client that is wrong


def of_the_client() -> list[Result]:
    """Run the half that tries our client, but for what waits for time to pass."""
    every = [*answer_scenarios(), *breakdown_scenarios(), *token_scenarios(), *certificate_scenarios()]
    # Files that are no certificates are refused before any question could have an outcome.
    left_out = ("im lặng", "nhỏ từng", "tệp chứng thư")
    return run_scenarios([one for one in every if not any(words in one.name for words in left_out)])


def lying(monkeypatch: pytest.MonkeyPatch, change: Callable[[Any], Any]) -> list[Result]:
    """Run the client's half with outcomes changed."""
    honest = exchange.verify
    monkeypatch.setattr(exchange, "verify", lambda **question: change(honest(**question)))
    return of_the_client()


def test_a_client_that_shows_an_outage_as_a_no_is_caught_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def as_no(outcome: Any) -> Any:
        if isinstance(outcome, Unanswered | NotAllowed):
            return Rejected(outcome.messages, "line", frozenset())
        return outcome

    results = lying(monkeypatch, as_no)
    for one in results:
        has_answer = one.expected.startswith(("khớp", "không khớp"))
        assert one.passed == has_answer, one.name


def test_a_client_that_takes_a_no_for_an_outage_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def as_outage(outcome: Any) -> Any:
        if isinstance(outcome, Rejected):
            return Unanswered(outcome.messages, Trouble.SERVER_ERROR, None, "")
        return outcome

    came = {one.name: one for one in lying(monkeypatch, as_outage)}
    assert failed(list(came.values())) == {name for name, one in came.items() if one.expected == "không khớp"}


def test_a_client_that_loses_the_yes_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def as_no(outcome: Any) -> Any:
        if isinstance(outcome, Verified):
            return Rejected(outcome.messages, "line", frozenset())
        return outcome

    for one in lying(monkeypatch, as_no):
        assert one.passed != one.expected.startswith("khớp"), one.name


def test_a_client_that_asks_twice_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = exchange.verify

    def twice(**question: Any) -> Any:
        honest(**question)
        return honest(**question)

    monkeypatch.setattr(exchange, "verify", twice)
    one = next(one for one in answer_scenarios() if "CongdanCollection rỗng" in one.name)
    with pytest.raises(Mismatch, match="2 lần"):
        one.observe()


def test_our_client_with_other_credentials_is_told_apart_from_a_no(sandbox: SandboxProcess) -> None:
    stranger = replace(
        target(sandbox.url), credentials={**target(sandbox.url).credentials, "NPD_SECRET": "x"}
    )
    came = {one.name: one.observed for one in run_scenarios(list(own_scenarios(stranger)))}
    assert came["Qua C06, số không ai có: không khớp"] == "chưa được phép (hệ thống)"


# --- a server behind TLS with certificates of both sides


def test_everything_passes_over_tls_with_our_certificate(tmp_path: Path) -> None:
    folder = make_certificates(tmp_path / "certificates")
    own = {
        "NPD_CA": folder / "ca.pem",
        "NPD_CLIENT_CERT": folder / "client.pem",
        "NPD_CLIENT_KEY": folder / "client-key.pem",
    }
    started = start_sandbox(
        tmp_path / "sandbox", certificates=folder, NPDSANDBOX_TLS_CLIENT_CA=str(folder / "ca.pem")
    )
    try:
        one = targets.examine(started.url, credentials=own)
        results = run_scenarios([*family_scenarios(one), *own_scenarios(one)])
        assert failed(results) == set()
        without = targets.examine(started.url, credentials={"NPD_CA": folder / "ca.pem"})
        results = run_scenarios(list(own_scenarios(without)))
        assert {result.passed for result in results} == {False}
        assert not any("khớp" in result.observed for result in results)
    finally:
        started.stop()


def test_certificates_that_do_not_fit_are_named(tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_text("")
    with pytest.raises(targets.TargetRefused, match="NPD_CA"):
        targets.examine("https://127.0.0.1:9", credentials={"NPD_CA": tmp_path / "none.pem"})
