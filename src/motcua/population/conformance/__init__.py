"""Does a server talk as every known client needs it, and does our client survive every known server?

What it is for: scenarios in two halves. `families`, `gateways`, `rules` and `refusals` speak to a server as other
people's programs do, in hand-written text over the standard library, sharing no line with our own client. `answers`,
`breakdowns`, `tokens` and `certificates` put our client before a small server on loopback (`replay`) that answers in
every shape we know and misbehaves in every way we could think of; `own` lets it ask the server itself. `page` writes
what came out as a page.

What it must not know: Django, a database, who signs the report. It changes nothing in the server that it examines,
and asks about synthetic people only, unless it is given others.
"""

from __future__ import annotations

from motcua.population.conformance.answers import answer_scenarios
from motcua.population.conformance.breakdowns import breakdown_scenarios
from motcua.population.conformance.certificates import certificate_scenarios
from motcua.population.conformance.own import own_scenarios
from motcua.population.conformance.refusals import refusal_scenarios
from motcua.population.conformance.rules import rule_scenarios
from motcua.population.conformance.scenario import Scenario
from motcua.population.conformance.servers import family_scenarios
from motcua.population.conformance.target import Target
from motcua.population.conformance.tokens import token_scenarios


def scenarios(target: Target) -> list[Scenario]:
    """Return every scenario: first those of the server, then those of our client."""
    return [
        *family_scenarios(target),
        *rule_scenarios(target),
        *refusal_scenarios(target),
        *own_scenarios(target),
        *answer_scenarios(),
        *breakdown_scenarios(),
        *token_scenarios(),
        *certificate_scenarios(),
    ]
