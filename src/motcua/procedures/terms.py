"""What a procedure says at a time, as one value, and what it asks of one case by one channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from motcua.procedures.models import Procedure

# What a revision holds of the procedure itself; cases and documents are added by ``content_of``.
SAID: Final = (
    *("code", "name", "official_name", "sector", "agency", "audience", "levels", "kind", "authority"),
    *("receiving_address", "delegate", "partners", "related", "steps", "conditions", "legal_basis"),
    *("time_limit", "time_unit", "times", "time_note", "fees", "fee_note", "service_level", "results"),
    *("decision", "keywords", "npd_fields", "may_be_filed_for_others", "owner_may_lack_number"),
)
OF_A_CASE: Final = ("name", "time_limit", "time_unit", "times", "fees")
OF_A_DOCUMENT: Final = ("name", "kind", "originals", "copies", "is_required", "when", "form")


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for one case by one channel: the time limit, its unit (``TimeUnit``, may be empty), the fee in đồng.

    ``limit`` is None where the law gives none; ``fee`` is None where another rule fixes it.
    """

    limit: int | None
    unit: str
    fee: int | None


def content_of(procedure: Procedure) -> dict[str, Any]:
    """Return all that a procedure says, as JSON can hold it; cases and documents carry their keys as ``key``."""
    content = {name: getattr(procedure, name) for name in SAID}
    content["cases"] = [
        {"key": case.pk, **{name: getattr(case, name) for name in OF_A_CASE}}
        for case in procedure.cases.all()
    ]
    content["documents"] = [
        {
            "key": document.pk,
            "case": document.case_id,
            **{name: getattr(document, name) for name in OF_A_DOCUMENT},
        }
        for document in procedure.documents.all()
    ]
    return content


def terms_of(content: Mapping[str, Any], *, channel: str, case: int | None = None) -> Terms:
    """Return what a revision asks of a case.

    Args:
        content: of a revision.
        channel: a key of ``models.CHANNELS``.
        case: the case's key; None, or a case that is not there, is the general one.
    """
    chosen: Mapping[str, Any] = next((one for one in content.get("cases", ()) if one["key"] == case), {})
    own = chosen if chosen.get("time_limit") is not None else content
    times, fees = own.get("times") or {}, chosen.get("fees") or {}
    fee = fees[channel] if channel in fees else content["fees"].get(channel)
    return Terms(times.get(channel, own["time_limit"]), own.get("time_unit") or content["time_unit"], fee)


def documents_of(content: Mapping[str, Any], *, case: int | None = None) -> list[Mapping[str, Any]]:
    """Return the documents that a case needs: those of all cases, and its own."""
    return [one for one in content["documents"] if one.get("case") in {None, case}]
