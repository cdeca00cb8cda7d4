"""What several pages and the work in the background do to dossiers: file, receive, read papers, check later, track.

What an official does on the way is asked of the module that knows it: ``steps``, ``hand_overs``, ``fees``,
``supplements``, ``extensions``, ``results``, ``time_limits``; who may, of ``access``; how it stands, of ``models``.
"""

from motcua.dossiers.agreed_terms import case_name, foresee
from motcua.dossiers.filing import (
    CONSENT_VERSION,
    ChangedMeanwhile,
    ConsentMissing,
    PapersMissing,
    asked_documents,
    choose_case,
    choose_collecting,
    confirm_applicant,
    delete_draft,
    delete_old_drafts,
    mark_of,
    missing_documents,
    refuse_incomplete,
    start_draft,
    submit,
)
from motcua.dossiers.filing_holds import HOLD_TEXTS, Held, Hold, NotADraft, StillAsking, hold_of
from motcua.dossiers.intake import (
    AlreadyReceived,
    Applicant,
    NotReceived,
    NotThisOffice,
    Owner,
    PressKeyReused,
    first_press,
    receive_at_desk,
    take_up,
)
from motcua.dossiers.models import owner_in
from motcua.dossiers.owners import (
    NEEDS_AUTHORITY,
    OwnerRefused,
    StatedOwner,
    confirm_owner,
    keep_owner,
    needs_authority,
)
from motcua.dossiers.papers import add_paper, may_read_paper, may_read_papers, remove_paper
from motcua.dossiers.ratings import NotRatable, indicators_for, is_worth_rating, may_be_rated, rate
from motcua.dossiers.rechecks import (
    NotRecheckable,
    confirm_originals,
    may_be_rechecked,
    recheck_now,
    run_next_recheck,
    seconds_to_next_recheck,
)
from motcua.dossiers.reminders import remind, send_reminders
from motcua.dossiers.search import coded, named, numbered
from motcua.dossiers.supplements import (
    NothingAsked,
    NothingGiven,
    add_answer,
    remove_answer,
    request_open,
    send_answer,
)
from motcua.dossiers.tracking import TrackLimited, erase_old_tries, track
from motcua.dossiers.uploads import delete_old_uploads

__all__ = [
    "CONSENT_VERSION",
    "HOLD_TEXTS",
    "NEEDS_AUTHORITY",
    "AlreadyReceived",
    "Applicant",
    "ChangedMeanwhile",
    "ConsentMissing",
    "Held",
    "Hold",
    "NotADraft",
    "NotRatable",
    "NotReceived",
    "NotRecheckable",
    "NotThisOffice",
    "NothingAsked",
    "NothingGiven",
    "Owner",
    "OwnerRefused",
    "PapersMissing",
    "PressKeyReused",
    "StatedOwner",
    "StillAsking",
    "TrackLimited",
    "add_answer",
    "add_paper",
    "asked_documents",
    "case_name",
    "choose_case",
    "choose_collecting",
    "coded",
    "confirm_applicant",
    "confirm_originals",
    "confirm_owner",
    "delete_draft",
    "delete_old_drafts",
    "delete_old_uploads",
    "erase_old_tries",
    "first_press",
    "foresee",
    "hold_of",
    "indicators_for",
    "is_worth_rating",
    "keep_owner",
    "mark_of",
    "may_be_rated",
    "may_be_rechecked",
    "may_read_paper",
    "may_read_papers",
    "missing_documents",
    "named",
    "needs_authority",
    "numbered",
    "owner_in",
    "rate",
    "receive_at_desk",
    "recheck_now",
    "refuse_incomplete",
    "remind",
    "remove_answer",
    "remove_paper",
    "request_open",
    "run_next_recheck",
    "seconds_to_next_recheck",
    "send_answer",
    "send_reminders",
    "start_draft",
    "submit",
    "take_up",
    "track",
]
