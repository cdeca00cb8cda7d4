"""The doors of the log: record, seal, verify, erase, export, archive."""

from motcua.audit.archives import Held, archived_since
from motcua.audit.archives import between as archived_between
from motcua.audit.archives import rows as archived_events
from motcua.audit.archiving import CannotArchive, archive, may_be_deleted
from motcua.audit.erasing import erase_expired
from motcua.audit.events import EVENTS, LIFETIMES, Retention
from motcua.audit.exporting import BrokenExport, NotWhole, check_export, export, export_key
from motcua.audit.heads import head_key
from motcua.audit.months import keep_ahead
from motcua.audit.months import read as read_month
from motcua.audit.recording import record
from motcua.audit.report import Finding, Report
from motcua.audit.sealer import NothingToResume, Sealing, clock_in_doubt, keep_sealed, resume, seal, sealing
from motcua.audit.standing import CannotSeal, known_head, last_head
from motcua.audit.verifying import verify

__all__ = [
    "EVENTS",
    "LIFETIMES",
    "BrokenExport",
    "CannotArchive",
    "CannotSeal",
    "Finding",
    "Held",
    "NotWhole",
    "NothingToResume",
    "Report",
    "Retention",
    "Sealing",
    "archive",
    "archived_between",
    "archived_events",
    "archived_since",
    "check_export",
    "clock_in_doubt",
    "erase_expired",
    "export",
    "export_key",
    "head_key",
    "keep_ahead",
    "keep_sealed",
    "known_head",
    "last_head",
    "may_be_deleted",
    "read_month",
    "record",
    "resume",
    "seal",
    "sealing",
    "verify",
]
