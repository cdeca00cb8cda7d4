"""The lives of the demo's dossiers. A story acts, and yields the minutes of office time until it goes on.

To add a life, write a story and a line in ``told``. What a story has not come to when the present is reached, has not
happened yet: that is how dossiers stand at every point of their way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from motcua.config.province import words
from motcua.config.province.life import Life, Steps
from motcua.dossiers.models import Dossier
from motcua.dossiers.service import NotReceived

Story = Callable[[Life], Steps]
_DAY: Final = 480  # minutes of office time


def received(life: Life, channel: int = Dossier.Channel.DESK) -> Steps:
    """Somebody comes to the desk, or their papers come by post."""
    life.check()
    yield life.between(4, 12)
    life.receive(channel=channel)


def received_for_newborn(life: Life) -> Steps:
    """A parent registers a birth."""
    life.check()
    yield life.between(5, 12)
    life.receive(owner=life.newborn())


def received_for_another(life: Life) -> Steps:
    """Somebody hands in for another person, who signed a letter of authority."""
    owner = life.authorized_by(life.others[0])
    life.check()
    yield 3
    life.check(owner.claim, second="owner")
    yield life.between(4, 10)
    life.receive(owner=owner)


def received_by_hand(life: Life) -> Steps:
    """The name on the application is not the register's; the officer saw the originals."""
    wrong = type(life.person.claim)(f"{life.person.surname} Văn Nhầm", life.person.number, life.person.birth)
    life.check(wrong)
    yield life.between(6, 14)
    life.receive(by_hand=Dossier.ByHand.REJECTED, claim=wrong)


def received_in_outage(life: Life) -> Steps:
    """The register is silent; the person need not come again."""
    life.check(is_silent=True)
    yield life.between(3, 8)
    life.receive(by_hand=Dossier.ByHand.UNANSWERED)


def received_from_foreigner(life: Life) -> Steps:
    """Somebody without a number."""
    life.receive_without_number(name="Maria Sample", birth="1988-04-12", reason=Dossier.ByHand.FOREIGNER)
    yield 1


def filed(life: Life, collecting: str = Dossier.Collecting.ONLINE) -> Steps:
    """A citizen files online."""
    life.account()
    yield life.between(5, 30)
    life.draft()
    yield life.between(2, 6)
    life.confirm()
    yield life.between(4, 20)
    life.give_papers()
    yield life.between(2, 6)
    life.submit(collecting)


def filed_and_taken(life: Life) -> Steps:
    """A citizen files online, and the desk receives it within the morning."""
    yield from filed(life)
    yield life.between(30, 200)
    life.take_up()


def given(life: Life) -> Steps:
    """The desk hands it over to who deals with such dossiers."""
    yield life.between(20, 90)
    life.give(by=life.officer, note=life.rng.choice(words.NOTES))


def accepted(life: Life) -> Steps:
    """The specialist has it."""
    yield from given(life)
    yield life.between(15, 120)
    life.accept(life.crew.specialist)


def decided(life: Life, share: float, *, has_file: bool = False) -> Steps:
    """The leader decides after a share of the time limit."""
    yield max(20.0, life.days * _DAY * share)
    life.finish(has_file=has_file)


def handed_out(life: Life) -> Steps:
    """The person comes for the result."""
    yield life.between(20, 2 * _DAY)
    life.hand_out(by=life.crew.result_desk)
    yield from rated(life, 0.45)


def rated(life: Life, share: float) -> Steps:
    """Who has an account says now and then how it was."""
    if life.dossier.citizen_id is not None and life.rng.random() < share:
        yield life.between(10, _DAY)
        points, comment = life.rng.choice(words.OPINIONS)
        life.rate(points, comment)


# Everyday


def certified(life: Life) -> Steps:
    """Copies and signatures: within the hour."""
    yield from received(life)
    yield life.between(10, 40)
    life.finish()
    yield life.between(5, 20)
    life.hand_out()


def everyday(life: Life) -> Steps:
    """Received in any way, dealt with in time or a little late, collected."""
    is_online = life.name.endswith("online")
    if is_online:
        yield from filed_and_taken(life)
    elif life.procedure.code == "1.001193":
        yield from received_for_newborn(life)
    else:
        is_postal = life.rng.random() < 0.06 and "postal" in life.procedure.fees
        yield from received(life, Dossier.Channel.POSTAL if is_postal else Dossier.Channel.DESK)
    yield from accepted(life)
    share = life.between(1.1, 1.4) if life.rng.random() < 0.07 else life.between(0.35, 0.85)
    yield from decided(life, share, has_file=is_online)
    if is_online:
        yield life.between(30, _DAY)
        life.fetch()
        yield from rated(life, 0.7)
    else:
        yield from handed_out(life)


# Told: each for one thing that an office knows


def only_received(life: Life) -> Steps:
    """Received, and not passed on yet."""
    yield from received(life)


def kept_by_officer(life: Life) -> Steps:
    """The officer keeps it on the own desk, waiting for a colleague's word."""
    yield from received(life)
    yield 10
    life.claim(life.officer)


def for_another(life: Life) -> Steps:
    """Received for another, with a letter of authority."""
    yield from received_for_another(life)
    yield from accepted(life)


def by_hand(life: Life) -> Steps:
    """Received by hand after a no."""
    yield from received_by_hand(life)
    yield from accepted(life)


def foreigner(life: Life) -> Steps:
    """Received from a foreigner, and finished."""
    yield from received_from_foreigner(life)
    yield from accepted(life)
    yield from decided(life, 0.6)


def outage_over(life: Life) -> Steps:
    """Received while the register was silent, asked later, and decided."""
    yield from received_in_outage(life)
    yield 25
    life.recheck()
    yield from accepted(life)
    yield from decided(life, 0.5)
    yield from handed_out(life)


def outage(life: Life) -> Steps:
    """Received while the register was silent: the work that waits asks as soon as the product runs."""
    yield from received_in_outage(life)


def postal(life: Life) -> Steps:
    """Came by post, result goes back by post."""
    yield from received(life, Dossier.Channel.POSTAL)
    yield from accepted(life)
    yield from decided(life, 0.5)
    yield from handed_out(life)


def draft(life: Life) -> Steps:
    """A draft whose applicant is confirmed; no paper yet."""
    life.account()
    life.draft()
    yield 3
    life.confirm()


def unasked_draft(life: Life) -> Steps:
    """A draft that was only begun."""
    life.draft()
    yield 1


def submitted(life: Life) -> Steps:
    """Filed, and waiting for the desk."""
    yield from filed(life)


def submitted_for_child(life: Life) -> Steps:
    """A father files for his child."""
    life.account()
    life.draft()
    yield 2
    life.say_for_whom(life.others[0])
    life.confirm()
    yield 6
    life.give_papers()
    life.submit()


def at_work(life: Life) -> Steps:
    """At the specialist's, and not done."""
    yield from received(life)
    yield from accepted(life)


def at_work_online(life: Life) -> Steps:
    """Filed online, at the specialist's."""
    yield from filed_and_taken(life)
    yield from accepted(life)


def given_on(life: Life) -> Steps:
    """Handed over to the division; nobody took it yet."""
    yield from received(life)
    yield 15
    life.give(by=life.officer, note=words.NOTES[1])


def given_to_leader(life: Life) -> Steps:
    """On its way to the leader's signature."""
    yield from received(life)
    yield from accepted(life)
    yield 30
    life.give(by=life.crew.specialist, to=life.leader, note=words.TO_SIGN)


def signed_by_leader(life: Life) -> Steps:
    """In the leader's own hands."""
    yield from given_to_leader(life)
    yield 40
    life.accept(life.leader)


def given_to_result_desk(life: Life) -> Steps:
    """Decided, and on its way back to the desk that hands results out."""
    yield from signed_by_leader(life)
    yield 60
    life.finish(has_file=True)
    yield 10
    life.give(by=life.leader, to=life.result_desk, note=words.TO_HAND_OUT)


def given_back_to_desk(life: Life) -> Steps:
    """Decided, and on its way back to the whole desk."""
    yield from signed_by_leader(life)
    yield 70
    life.finish()
    yield 12
    life.give(by=life.leader, to_office=life.crew.desk, note=words.TO_HAND_OUT)


def kept_by_result_desk(life: Life) -> Steps:
    """In the hands of who hands results out; the person is expected."""
    yield from given_to_result_desk(life)
    yield 20
    life.accept(life.result_desk)


def sent_back(life: Life) -> Steps:
    """The division declined it; it is the desk's again."""
    yield from given_on(life)
    yield 45
    life.decline(life.crew.specialist, words.DECLINED)


def left_to_colleagues(life: Life) -> Steps:
    """In the division, and nobody's."""
    yield from at_work(life)
    yield 20
    life.release(life.crew.specialist)


def asked_for_papers(life: Life, number: int = 0) -> Steps:
    """The specialist misses a paper."""
    yield from received(life)
    yield from accepted(life)
    yield 60
    _ask_papers(life, number)


def asked_online(life: Life, number: int = 1) -> Steps:
    """The specialist misses a paper of who filed online."""
    yield from at_work_online(life)
    yield 60
    _ask_papers(life, number)


def answered(life: Life) -> Steps:
    """The citizen sent the paper; the desk has not taken it."""
    yield from asked_online(life, 2)
    yield 150
    life.answer()


def answered_and_done(life: Life) -> Steps:
    """The citizen sent the paper, the time limit began anew, and all went well."""
    yield from answered(life)
    yield 90
    life.take_papers()
    yield 30
    life.go("process", by=life.crew.specialist)
    yield from decided(life, 0.6, has_file=True)
    yield 120
    life.fetch()
    yield from rated(life, 1)


def guided(life: Life) -> Steps:
    """Sent home from the desk for a paper (mẫu 02)."""
    name, note, reason = words.FOR_PAPERS[3]
    life.check()
    yield 8
    life.receive(instead=NotReceived(reason, ({"name": name, "note": note},)))


def guided_and_back(life: Life) -> Steps:
    """Came back with the paper."""
    yield from guided(life)
    yield 1.2 * _DAY
    life.take_papers()
    yield from accepted(life)
    yield from decided(life, 0.5)
    yield from handed_out(life)


def refused(life: Life) -> Steps:
    """Not received at the desk (mẫu 03)."""
    life.check()
    yield 10
    life.receive(instead=NotReceived(words.NOT_OURS))


def refused_online(life: Life) -> Steps:
    """Filed online, and not received."""
    yield from filed(life)
    yield 120
    life.go("refuse", by=life.officer, reason=words.NO_GROUNDS)


def withdrawn_online(life: Life) -> Steps:
    """The citizen takes it back."""
    yield from filed_and_taken(life)
    yield 80
    life.go("withdraw", by=life.citizen.user, reason=words.WITHDRAWALS[0])


def withdrawn_at_desk(life: Life) -> Steps:
    """The person comes and takes it back."""
    yield from received(life)
    yield 1.1 * _DAY
    life.go("withdraw", by=life.officer, reason=words.WITHDRAWALS[1])


def stopped(life: Life, number: int = 0) -> Steps:
    """The leader stops it."""
    yield from asked_for_papers(life, 1)
    yield 3 * _DAY
    life.go("stop", by=life.leader, reason=words.STOPS[number])


def fee_asked(life: Life, number: int = 0) -> Steps:
    """A fee came up, and is to be paid."""
    yield from received(life)
    yield from accepted(life)
    yield 50
    life.ask_fee(*words.FEES[number])


def fee_asked_online(life: Life) -> Steps:
    """A fee came up for who filed online."""
    yield from at_work_online(life)
    yield 50
    life.ask_fee(*words.FEES[2])


def fee_paid(life: Life, number: int = 1) -> Steps:
    """Paid at the cashier's; the time limit goes on."""
    yield from fee_asked(life, number)
    yield life.between(60, 300)
    life.pay()
    yield from decided(life, 0.4)
    yield from handed_out(life)


def fee_just_paid(life: Life) -> Steps:
    """Paid, and at the specialist's again."""
    yield from fee_asked(life, 0)
    yield 90
    life.pay()


def result_waits(life: Life) -> Steps:
    """Decided; nobody came for it yet."""
    yield from received(life)
    yield from accepted(life)
    yield 60
    life.finish()


def result_waits_online(life: Life) -> Steps:
    """Decided; the citizen may fetch it."""
    yield from at_work_online(life)
    yield 60
    life.finish(has_file=True)


def fetched(life: Life) -> Steps:
    """Fetched online; not rated yet."""
    yield from result_waits_online(life)
    yield 60
    life.fetch()


def fetched_and_rated(life: Life) -> Steps:
    """Fetched online and rated."""
    yield from fetched(life)
    yield 30
    life.rate(2, words.OPINIONS[1][1])


def collected(life: Life) -> Steps:
    """Collected at the desk; not rated yet."""
    yield from result_waits(life)
    yield 90
    life.hand_out(by=life.crew.result_desk)


def collected_by_another(life: Life) -> Steps:
    """Somebody else came for it, with a letter of authority."""
    yield from result_waits(life)
    yield 1.3 * _DAY
    life.hand_out(by=life.crew.result_desk, to=life.others[0].full_name, has_authority=True)


def not_granted(life: Life) -> Steps:
    """The answer is no, with its reason."""
    yield from received(life)
    yield from accepted(life)
    yield 1.5 * _DAY
    life.finish(words.NOT_GRANTED, is_granted=False)
    yield from handed_out(life)


def reopened(life: Life) -> Steps:
    """A mistake is found before the result is handed out."""
    yield from result_waits(life)
    yield 100
    life.go("reopen", by=life.leader, reason=words.REOPENED)
    yield 50
    life.finish()
    yield from handed_out(life)


def apologized(life: Life) -> Steps:
    """Put off once, with an apology, a day before it was due."""
    yield from received(life)
    yield from accepted(life)
    yield (life.days - 1.7) * _DAY
    life.apologize(6, words.APOLOGY)


def looked_up(life: Life) -> Steps:
    """An officer asked about somebody without a dossier: a supervisor should look at it."""
    life.look_up()
    yield 1


def looked_up_and_objected(life: Life) -> Steps:
    """The same, and the person objects: the supervisor has two working days to answer."""
    life.look_up()
    yield 1.2 * _DAY
    life.object()


def _ask_papers(life: Life, number: int) -> None:
    name, note, reason = words.FOR_PAPERS[number]
    life.ask_papers(life.crew.specialist, [{"name": name, "note": note}], reason)


@dataclass(frozen=True, slots=True)
class Told:
    """One life that is there in any case.

    ``who`` is somebody of the cast with an account ("an", "binh"), a "member" (has an account), or "anybody".
    ``days_ago`` is the working day on which it begins, in its first hours; with 0 it begins ``minutes_ago``.
    """

    story: Story
    procedure: str
    who: str = "anybody"
    days_ago: int = 0
    minutes_ago: float = 120
    is_commune: bool = False


def told() -> list[Told]:
    """List the lives that are there in any case."""
    return [*_OF_AN, *_OF_BINH, *_OF_THE_WARD, *_OF_THE_COMMUNE]


_OF_AN: Final = (
    Told(draft, "1.004873", "an", minutes_ago=45),
    Told(submitted, "1.010041", "an", minutes_ago=150),
    Told(submitted_for_child, "1.012564", "an", minutes_ago=260),
    Told(asked_online, "1.001612", "an", days_ago=3),
    Told(fee_asked_online, "1.013274", "an", days_ago=3),
    Told(result_waits_online, "1.004194", "an", days_ago=4),
    Told(fetched, "1.004222", "an", days_ago=9),
    Told(fetched_and_rated, "2.000635", "an", days_ago=26),
    Told(withdrawn_online, "1.001266", "an", days_ago=18),
    Told(apologized, "1.012784", "an", days_ago=13),
    Told(looked_up_and_objected, "1.004873", "an", days_ago=2),
    Told(certified, "2.000815", "an", days_ago=30),
)
_OF_BINH: Final = (
    Told(unasked_draft, "1.000894", "binh", minutes_ago=200),
    Told(partial(asked_for_papers, number=2), "1.001612", "binh", days_ago=4),
    Told(fee_asked, "1.013227", "binh", days_ago=3),
    Told(result_waits, "1.004873", "binh", days_ago=2),
    Told(collected, "2.000635", "binh", days_ago=15),
)
_OF_THE_WARD: Final = (
    Told(submitted, "1.004194", "member", minutes_ago=70),
    Told(submitted, "1.004873", "member", minutes_ago=190),
    Told(submitted, "1.001612", "member", days_ago=1),
    Told(submitted, "1.013274", "member", days_ago=2),
    Told(draft, "1.001193", "member", days_ago=2),
    Told(only_received, "1.001612", minutes_ago=40),
    Told(only_received, "1.004859", minutes_ago=130),
    Told(only_received, "1.013831", days_ago=1),
    Told(kept_by_officer, "1.013831", minutes_ago=95),
    Told(kept_by_officer, "1.004859", minutes_ago=160),
    Told(for_another, "1.004222", days_ago=2),
    Told(by_hand, "1.004873", days_ago=2),
    Told(foreigner, "1.004194", days_ago=5),
    Told(outage_over, "1.004873", days_ago=16),
    Told(outage, "1.001612", minutes_ago=60),
    Told(outage, "1.012564", minutes_ago=85),
    Told(postal, "2.000635", days_ago=11),
    Told(given_on, "1.004873", minutes_ago=110),
    Told(given_on, "1.013225", days_ago=1),
    Told(given_to_leader, "1.013831", days_ago=2),
    Told(signed_by_leader, "1.012783", days_ago=2),
    Told(given_to_result_desk, "2.000720", days_ago=2),
    Told(given_back_to_desk, "1.004222", days_ago=3),
    Told(kept_by_result_desk, "1.001612", days_ago=3),
    Told(sent_back, "1.013227", days_ago=1),
    Told(left_to_colleagues, "1.010038", days_ago=2),
    Told(left_to_colleagues, "1.013225", days_ago=3),
    Told(partial(asked_for_papers, number=1), "1.013225", days_ago=6),
    Told(asked_for_papers, "1.004222", days_ago=2),
    Told(answered, "1.001612", "member", days_ago=3),
    Told(answered_and_done, "2.000720", "member", days_ago=20),
    Told(guided, "1.000894", days_ago=1),
    Told(guided_and_back, "1.000894", days_ago=14),
    Told(refused, "2.001583", days_ago=7),
    Told(refused_online, "1.012783", "member", days_ago=10),
    Told(withdrawn_at_desk, "1.013225", days_ago=12),
    Told(stopped, "1.013225", days_ago=22),
    Told(partial(stopped, number=1), "1.001612", days_ago=27),
    Told(partial(fee_asked, number=1), "1.012783", days_ago=2),
    Told(fee_paid, "1.012783", days_ago=19),
    Told(partial(fee_paid, number=0), "1.013227", days_ago=24),
    Told(fee_just_paid, "1.013225", days_ago=2),
    Told(result_waits, "1.001612", days_ago=2),
    Told(result_waits, "1.004194", days_ago=1),
    Told(collected_by_another, "1.001022", days_ago=8),
    Told(not_granted, "1.013274", days_ago=17),
    Told(reopened, "1.001612", days_ago=21),
    Told(looked_up, "1.004873", days_ago=6),
    # Late, due today and due on the next working day.
    Told(at_work, "1.001612", days_ago=5),
    Told(at_work, "1.013274", days_ago=7),
    Told(at_work_online, "1.004194", "member", days_ago=6),
    Told(at_work, "1.004873", days_ago=3),
    Told(at_work, "1.013227", days_ago=5),
    Told(at_work, "1.004837", days_ago=2),
    Told(at_work, "1.010038", days_ago=4),
)
_OF_THE_COMMUNE: Final = (
    Told(submitted, "1.004222", "member", minutes_ago=100, is_commune=True),
    Told(only_received, "1.004873", minutes_ago=75, is_commune=True),
    Told(given_on, "1.001612", minutes_ago=170, is_commune=True),
    Told(at_work, "1.001612", days_ago=3, is_commune=True),
    Told(at_work, "1.013831", days_ago=8, is_commune=True),
    Told(at_work, "1.013225", days_ago=6, is_commune=True),
    Told(at_work_online, "1.012783", "member", days_ago=4, is_commune=True),
    Told(partial(asked_for_papers, number=2), "2.000720", days_ago=5, is_commune=True),
    Told(fee_asked, "1.012784", days_ago=7, is_commune=True),
    Told(guided, "1.001193", days_ago=2, is_commune=True),
    Told(refused, "2.001583", days_ago=15, is_commune=True),
    Told(withdrawn_at_desk, "1.013227", days_ago=20, is_commune=True),
    Told(left_to_colleagues, "1.004222", days_ago=2, is_commune=True),
)
