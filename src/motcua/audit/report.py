"""What a verifier found."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from motcua.audit.archives import Archive, Held
from motcua.audit.reading import Batch

_MOST: Final = 1000  # findings kept; more tell nobody more


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong.

    ``event`` is the id of the event concerned; a record of another kind is named in ``record``. Neither is given when
    it is about no single record.
    """

    event: int | None
    what: str
    record: str = ""

    @property
    def is_of_a_record(self) -> bool:
        """Say whether a single record is bad."""
        return self.event is not None or bool(self.record)

    def __str__(self) -> str:
        if self.event is not None:
            return f"event {self.event}: {self.what}"
        return f"{self.record}: {self.what}" if self.record else self.what


@dataclass(slots=True)
class Report:
    """What was found; all is well when ``findings`` is empty.

    Of very many findings those about the lowest ids are kept, and the rest is counted. ``notes`` are told whatever was
    found: what an operator declared, what could not be compared. Of the ``archived`` events ``read`` were found in
    files; ``held`` says of each file how it stands with it.
    """

    findings: list[Finding] = field(default_factory=list)
    left_out: int = 0
    notes: list[str] = field(default_factory=list)
    events: int = 0
    erased: int = 0
    archived: int = 0
    read: int = 0
    open: int = 0
    batches: int = 0
    last: Batch | None = None
    compared: list[tuple[Path, int]] = field(default_factory=list)
    archives: list[Archive] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Say whether nothing is wrong."""
        return not self.findings

    @property
    def count(self) -> int:
        """Return how many findings there are, those that were left out too."""
        return len(self.findings) + self.left_out

    def add(self, event: int | None, what: str) -> None:
        """Note a finding."""
        self._note(Finding(event, what))

    def name(self, record: str, what: str) -> None:
        """Note a finding about a record that is no event."""
        self._note(Finding(None, what, record))

    def _note(self, finding: Finding) -> None:
        self.findings.append(finding)
        if len(self.findings) > 2 * _MOST:
            self.sort()
            self.left_out += len(self.findings) - _MOST
            del self.findings[_MOST:]

    def sort(self) -> None:
        """Put the findings in order: by event, and then those about no single event."""
        self.findings.sort(key=lambda one: (one.event is None, one.event or 0))
