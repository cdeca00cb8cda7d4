"""The doors of the log: record, seal, verify, erase, export."""

from motcua.audit.erasing import erase_expired
from motcua.audit.events import EVENTS, LIFETIMES, Event, Retention, sentence
from motcua.audit.exporting import BrokenExport, NotWhole, check_export, export, export_key
from motcua.audit.heads import head_key
from motcua.audit.reading import events_named
from motcua.audit.recording import record
from motcua.audit.report import Finding, Report
from motcua.audit.sealer import NothingToResume, Sealed, Sealing, keep_sealed, resume, seal, sealing
from motcua.audit.standing import CannotSeal, known_head, last_head
from motcua.audit.verifying import verify

__all__ = [
    "EVENTS",
    "LIFETIMES",
    "BrokenExport",
    "CannotSeal",
    "Event",
    "Finding",
    "NotWhole",
    "NothingToResume",
    "Report",
    "Retention",
    "Sealed",
    "Sealing",
    "check_export",
    "erase_expired",
    "events_named",
    "export",
    "export_key",
    "head_key",
    "keep_sealed",
    "known_head",
    "last_head",
    "record",
    "resume",
    "seal",
    "sealing",
    "sentence",
    "verify",
]
