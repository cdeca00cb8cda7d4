"""Filing for another person: whose dossier it is (chủ hồ sơ), and that the register knows them, too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid5

from django.db import transaction

from motcua.dossiers.filing_checks import ask_about
from motcua.dossiers.filing_holds import NotADraft, hold_of_owner, locked_draft, touch
from motcua.dossiers.models import Dossier, DossierOwner, owner_in
from motcua.identity.birth import BirthDate
from motcua.identity.claims import IdentityClaim
from motcua.identity.numbers import IdNumber
from motcua.verification.models import IdentityCheck
from motcua.verification.service import (
    NO_PRESS,
    Asker,
    Press,
    claim_digest,
)

# A parent acts for a child by law; everybody else brings a paper that says so (Civil Code, articles 134 to 141).
NEEDS_AUTHORITY: Final = frozenset(
    {
        DossierOwner.Relation.GUARDIAN,
        DossierOwner.Relation.AUTHORIZED,
        DossierOwner.Relation.RELATIVE,
    }
)


class OwnerRefused(ValueError):
    """This procedure is not filed for others, or not for somebody without a number."""


@dataclass(frozen=True, slots=True, repr=False)
class StatedOwner:
    """The person whose dossier it is, as the filer says.

    ``relation`` is a value of ``DossierOwner.Relation``; ``without_number`` one of ``DossierOwner.WithoutNumber``, or
    empty where there is a number; ``sex`` a value of ``identity.claims.Sex``, or empty.
    """

    relation: str
    full_name: str
    number: IdNumber | None
    birth_date: BirthDate
    sex: str = ""
    residence: str = ""
    without_number: str = ""


def keep_owner(*, dossier: Dossier, owner: StatedOwner | None, now: datetime) -> DossierOwner | None:
    """Write down for whom a draft is filed, before anybody is asked; a check of another claim is let go.

    Args:
        dossier: the draft; what it says of its owner is brought up to date.
        owner: whose dossier it is; None when the citizen files for themselves.
        now: the moment.

    Raises:
        OwnerRefused: the procedure does not allow it.
        NotADraft: it has been filed.
    """
    with transaction.atomic():
        draft = locked_draft(dossier.pk)
        kept = owner_in(draft)
        if owner is None:
            if kept is not None:
                kept.delete()
                touch(draft, now)
            dossier._state.fields_cache["owner"] = None
            return None
        allowed = draft.procedure.may_be_filed_for_others and (
            draft.procedure.owner_may_lack_number or not owner.without_number
        )
        if not allowed or bool(owner.without_number) == (owner.number is not None):
            raise OwnerRefused
        kept = kept or DossierOwner(dossier=draft)
        kept.relation, kept.full_name, kept.sex = owner.relation, owner.full_name, owner.sex
        kept.birth, kept.residence = owner.birth_date.canonical(), owner.residence
        kept.without_number = owner.without_number
        kept.set_number(owner.number)
        claim = kept.claim
        if kept.identity_check is not None and (
            claim is None or kept.identity_check.claim_digest != claim_digest(claim)
        ):
            kept.identity_check = None
        kept.save()
        touch(draft, now)
    dossier.owner = kept
    return kept


def confirm_owner(
    *, dossier: Dossier, asker: Asker, now: datetime, press: Press = NO_PRESS
) -> IdentityCheck | None:
    """Ask the register whether the owner of a draft is who the filer says; call it after ``keep_owner``.

    A verified check that still carries the draft is not asked again. The question counts as the filer's own: against
    the account, the address and the number asked about.

    Args:
        dossier: the draft, with its owner.
        asker: the citizen who files.
        now: the moment.
        press: what came with the press of the button; the owner's question gets a key of its own, made of it.

    Returns:
        The check; None where there is nobody to ask about: the filer is the owner, or the owner has no number.

    Raises:
        NotADraft: it has been filed.
        StillAsking: another press is still waiting for the register's answer.
        verification.service.Limited, ChallengeNeeded, PressReused: nothing was asked.
    """
    owner = owner_in(dossier)
    if owner is None or owner.without_number:
        return None
    if owner.identity_check is not None and hold_of_owner(owner=owner, dossier=dossier, now=now) is None:
        return owner.identity_check
    claim = owner.claim
    if claim is None:
        raise OwnerRefused
    own_press = Press(
        uuid5(press.key, "owner") if press.key else None, press.challenge_token, press.challenge_answer
    )
    return ask_about(
        claim,
        dossier=dossier,
        purpose="Nộp hồ sơ trực tuyến thay chủ hồ sơ",
        end=lambda check: _end_asking(dossier, claim, check),
        asker=asker,
        press=own_press,
        now=now,
    )


def needs_authority(dossier: Dossier) -> bool:
    """Say whether a paper must show that the filer may act for the owner; a parent needs none for a child."""
    owner = owner_in(dossier)
    return owner is not None and owner.relation in NEEDS_AUTHORITY


def _end_asking(dossier: Dossier, claim: IdentityClaim, check: IdentityCheck | None) -> None:
    """Write down a yes, if the draft still says of its owner what was asked; let the next press ask."""
    with transaction.atomic():
        try:
            draft = locked_draft(dossier.pk)
        except (NotADraft, Dossier.DoesNotExist):
            return
        owner = owner_in(draft)
        kept = owner.claim if owner is not None else None
        is_same = kept is not None and claim_digest(kept) == claim_digest(claim)
        if owner is not None and is_same and check is not None and check.is_verified:
            owner.identity_check = check
            owner.save(update_fields=["identity_check"])
            dossier.owner = owner
        Dossier.objects.filter(pk=draft.pk).update(asking_until=None)
