"""What ``motcua npd lines`` says: the lines, their light, the choice between them, and how long certificates hold."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final, Protocol

from django.conf import settings
from django.utils import timezone

from motcua.identity.register import CouldNotAsk
from motcua.population.settings import SettingRefused
from motcua.verification import certificates, line_choice
from motcua.verification.certificates import Certificate
from motcua.verification.light import Light, LineFacts, LineStatus, line_facts
from motcua.verification.line import Mode
from motcua.verification.models import Route

FINE, LOOK_SOON, OUT_OF_REACH = 0, 1, 2
_SOON: Final = 14  # days that a certificate holds, from which on somebody should look
_MOMENT: Final = "%d/%m/%Y %H:%M:%S"


class _Output(Protocol):
    def write(self, msg: str) -> Any: ...


def tell(*, now: datetime, as_json: bool, out: _Output, more: _Output) -> int:
    """Print how the lines stand.

    Args:
        now: the moment.
        as_json: one JSON object on ``out`` and nothing else there.
        out: for what is asked.
        more: for what would help.

    Returns:
        0 all is fine; 1 somebody should look soon (a line is slow, unknown or down while another answers, or a
        certificate holds 14 days or less); 2 questions cannot be asked.
    """
    lines, choice = line_facts(now=now), line_choice.choice()
    answering = next(one for one in lines if one.is_taken).status
    held, problems = _certificates(lines, now)
    due = [
        found
        for one in lines
        for found in certificates.to_renew(
            [held_one for held_one in held if held_one.route is one.route], now
        )
    ]
    advice = problems + _advice(lines, answering, Mode(choice.mode), due)
    if as_json:
        out.write(json.dumps(_facts(lines, answering, choice, held, advice), ensure_ascii=False))
    else:
        by = f", chosen by {choice.chosen_by} on {_at(choice.chosen_at)}" if choice.chosen_at else ""
        out.write(f"choice: {choice.mode}{by}")
        for one in lines:
            out.write(
                f"{'>' if one.is_taken else ' '} {one.route.value} ({one.transport}): {_in_words(one.status)}"
            )
            for certificate in held:
                if certificate.route is one.route:
                    out.write(f"    {_of_certificate(certificate)}")
    for line in advice:
        more.write(line)
    unusable = {one.route for one in due if one.is_over and _is_needed(one)}
    in_use = line_choice.in_use(Mode(choice.mode))
    if not any(one.status.is_open and one.route not in unusable for one in lines if one.route in in_use):
        return OUT_OF_REACH
    is_fine = all(one.status.light is Light.FINE for one in lines)
    return LOOK_SOON if problems or not is_fine or any(one.days <= _SOON for one in due) else FINE


def _is_needed(certificate: Certificate) -> bool:
    """Say whether its line cannot be asked once it is over; of authorities, another one may vouch."""
    return certificate.is_theirs or "CLIENT_CERT" in certificate.expiry.variable


def _certificates(lines: list[LineFacts], now: datetime) -> tuple[list[Certificate], list[str]]:
    held: list[Certificate] = []
    problems = []
    for one in lines:
        try:
            held += certificates.ours(one.route, now)
        except CouldNotAsk as refusal:
            problems.append(refusal.detail)
        except SettingRefused as refusal:
            problems.append(str(refusal))
            continue
        shown = certificates.theirs(one.route, now)
        held += [shown] if shown else []
    return held, problems


def _advice(lines: list[LineFacts], answering: LineStatus, mode: Mode, due: list[Certificate]) -> list[str]:
    """Say what would help, one sentence each."""
    advice = []
    chosen = [one for one in lines if one.is_taken]
    others = [one for one in lines if not one.is_taken and one.status.is_open]
    if mode is Mode.STANDBY and not any(one.route is Route.STANDBY for one in lines):
        advice.append(
            "The stand-by line was chosen by hand but is not set up (NPD_STANDBY_TRANSPORT); the primary is used."
        )
    if not answering.is_open and mode is not Mode.AUTO and others:
        advice.append(
            f"The {chosen[0].route.value} line was chosen by hand and is down; the other is not: "
            f"motcua npd use {others[0].route.value}, or motcua npd use auto."
        )
    elif not answering.is_open:
        advice.append("No line can be asked; it is probed by itself. More: motcua npd ping, and the log.")
    for one in lines:
        if answering.is_open and not one.status.is_open:
            advice.append(
                f"The {one.route.value} line is down, the other takes the questions. What is wrong: "
                f"motcua npd ping --line {one.route.value}."
            )
        if one.status.light is Light.UNKNOWN:
            advice.append(
                f"Nothing was heard of the {one.route.value} line lately: motcua npd ping --line {one.route.value}."
            )
    for certificate in due:
        whose = "the other side" if certificate.is_theirs else "you"
        until = f"{certificate.on:%d/%m/%Y}"
        when = (
            f"over since {until}; {whose} must renew it now"
            if certificate.is_over
            else f"{whose} must renew it by {until}"
        )
        advice.append(f"{certificate.expiry.variable}: {when}.")
    return advice


def _in_words(status: LineStatus) -> str:
    match status.light:
        case Light.DOWN:
            return f"down since {_at(status.since)}"
        case Light.UNKNOWN:
            return (
                f"unknown; last heard {_at(status.heard_at)}" if status.heard_at else "unknown; never heard"
            )
        case _:
            took = f"answers in {status.seconds:.2f} s" if status.seconds is not None else "no answer yet"
            if status.light is Light.SLOW and (status.seconds or 0.0) <= settings.NPD["NPD_SLOW_SECONDS"]:
                took = f"the latest question found no answer, others: {took}"
            return f"{status.light.value}, {took}" + (
                f", last at {_at(status.heard_at)}" if status.heard_at else ""
            )


def _of_certificate(certificate: Certificate) -> str:
    left = "over" if certificate.is_over else f"{certificate.days} days left"
    whose = " (the other side's)" if certificate.is_theirs else ""
    return (
        f"{certificate.expiry.variable}{whose}: {left}, until {certificate.on:%d/%m/%Y}, "
        f"serial {certificate.expiry.serial}"
    )


def _facts(
    lines: list[LineFacts], answering: LineStatus, choice: Any, held: list[Certificate], advice: list[str]
) -> dict[str, Any]:
    return {
        "choice": choice.mode,
        "chosen_by": choice.chosen_by,
        "chosen_at": _iso(choice.chosen_at),
        "light": answering.light.value,
        "lines": [
            {
                "name": one.route.value,
                "transport": one.transport,
                "is_taken": one.is_taken,
                "light": one.status.light.value,
                "seconds": one.status.seconds,
                "since": _iso(one.status.since),
                "heard_at": _iso(one.status.heard_at),
                "certificates": [
                    {
                        "variable": certificate.expiry.variable,
                        "is_theirs": certificate.is_theirs,
                        "serial": certificate.expiry.serial,
                        "expires_on": certificate.on.isoformat(),
                        "days": certificate.days,
                    }
                    for certificate in held
                    if certificate.route is one.route
                ],
            }
            for one in lines
        ],
        "advice": advice,
    }


def _at(moment: datetime | None) -> str:
    return timezone.localtime(moment).strftime(_MOMENT) if moment else "?"


def _iso(moment: datetime | None) -> str | None:
    return timezone.localtime(moment).isoformat(timespec="seconds") if moment else None
