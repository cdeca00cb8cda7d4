"""Scenarios: each client family asks the server about the same people, and must be told the truth in its own way."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

from motcua.population.conformance.families import SOAP_FAMILIES, Family, Question
from motcua.population.conformance.gateways import GATEWAY_FAMILIES
from motcua.population.conformance.readings import Finding
from motcua.population.conformance.scenario import Mismatch, Scenario
from motcua.population.conformance.target import Person, Target

FOUND, NOBODY, REFUSED = "có người này, đúng họ tên và số", "không có người này, HTTP 200", "bị từ chối"


def family_scenarios(target: Target) -> Iterator[Scenario]:
    """Yield what every family asks, and what it must be told."""
    people = target.people
    an, old, hoa = people["ordinary"], people["old_number"], people["tone_mark"]
    dung, absent, mai = people["year_only"], people["absent"], people["apostrophe"]
    for family in (*SOAP_FAMILIES, *GATEWAY_FAMILIES):
        scenario = _Asking(target, family)
        yield scenario.finds("người đúng cả ba thông tin được tìm thấy", an, an.number, an.name, an.birth)
        yield scenario.finds(
            "người hỏi bằng số CMND 9 chữ số, tên có chữ Đ, được tìm thấy",
            old, old.old_number, old.name, old.birth,
        )  # fmt: skip
        yield scenario.finds(
            "tên đặt dấu kiểu khác (hoà, hòa) vẫn được tìm thấy",
            hoa, hoa.number, hoa.other_spelling or hoa.name, hoa.birth,
        )  # fmt: skip
        yield scenario.finds("tên có dấu nháy được tìm thấy", mai, mai.number, mai.name, mai.birth)
        yield scenario.finds(
            "người mà kho dữ liệu chỉ có năm sinh được tìm thấy theo năm",
            dung, dung.number, dung.name, dung.birth,
        )  # fmt: skip
        yield scenario.finds_nobody(
            "số không ai có thì trả lời là không có ai", absent.number, absent.name, absent.birth
        )
        yield scenario.finds_nobody(
            "tên của người khác thì trả lời là không có ai", an.number, absent.name, an.birth
        )
        if family.asks_birth:
            yield scenario.finds("chỉ hỏi năm sinh cũng tìm thấy", an, an.number, an.name, an.birth[:4])
            yield scenario.finds_nobody(
                "ngày sinh khác thì trả lời là không có ai", an.number, an.name, absent.birth
            )
        yield scenario.is_refused("thông tin xác thực sai bị từ chối, không có dữ liệu", an)


class _Asking:
    """Scenarios of one family."""

    def __init__(self, target: Target, family: Family) -> None:
        self._target = target
        self._family = family

    def _scenario(self, sentence: str, expected: str, observe: Callable[[], str]) -> Scenario:
        group = "Máy chủ trước các họ phần mềm gọi đến"
        return Scenario(
            group=group, name=f"{self._family.title}: {sentence}", expected=expected, observe=observe
        )

    def finds(self, sentence: str, person: Person, number: str, name: str, birth: str) -> Scenario:
        question = Question(number, name, birth)

        def observe() -> str:
            finding = self._family.ask(self._target, question)
            if finding.status != 200 or not finding.is_found:
                raise Mismatch(finding.told())
            if self._family.has_record:
                is_about(person, finding)
            return finding.told()

        return self._scenario(sentence, FOUND if self._family.has_record else "có người này", observe)

    def finds_nobody(self, sentence: str, number: str, name: str, birth: str) -> Scenario:
        question = Question(number, name, birth)

        def observe() -> str:
            finding = self._family.ask(self._target, question)
            if finding.status != 200 or finding.is_found is not False:
                raise Mismatch(finding.told())
            return finding.told()

        return self._scenario(sentence, NOBODY, observe)

    def is_refused(self, sentence: str, person: Person) -> Scenario:
        question = Question(person.number, person.name, person.birth, wrong_key=True)

        def observe() -> str:
            finding = self._family.ask(self._target, question)
            if finding.status != 401 or finding.is_found is not None:
                raise Mismatch(finding.told())
            return finding.told()

        return self._scenario(sentence, "HTTP 401, không có dữ liệu", observe)


def is_about(person: Person, finding: Finding) -> None:
    """Check that a record is about this person. Raises Mismatch, which names the part and no value."""
    for part, expected, came in (
        ("họ tên", person.name.upper(), finding.name),
        ("số định danh", person.number, finding.number),
        ("ngày sinh", person.birth.replace("-", ""), finding.birth),
    ):
        if unicodedata.normalize("NFC", came) != unicodedata.normalize("NFC", expected):
            raise Mismatch(f"{finding.told()}, nhưng {part} là của người khác hoặc không đúng chữ")
