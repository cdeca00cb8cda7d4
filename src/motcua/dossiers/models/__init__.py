"""Dossiers and all that belongs to one; a module a subject, and every name from here."""

from motcua.dossiers.models.dossier import CodeCounter, Dossier
from motcua.dossiers.models.fee import Fee
from motcua.dossiers.models.owner import DossierOwner, owner_in
from motcua.dossiers.models.paper import Paper, Upload, UploadPiece
from motcua.dossiers.models.passage import Extension, HandOver, Step, Supplement
from motcua.dossiers.models.recheck import Recheck, RecheckPace, Reminder
from motcua.dossiers.models.result import Rating, Result
from motcua.dossiers.models.search import ApplicantWord, TrackTry

__all__ = [
    "ApplicantWord",
    "CodeCounter",
    "Dossier",
    "DossierOwner",
    "Extension",
    "Fee",
    "HandOver",
    "Paper",
    "Rating",
    "Recheck",
    "RecheckPace",
    "Reminder",
    "Result",
    "Step",
    "Supplement",
    "TrackTry",
    "Upload",
    "UploadPiece",
    "owner_in",
]
