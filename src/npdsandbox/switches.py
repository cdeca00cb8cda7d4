"""How this register behaves where the real one's behaviour is unknown. Kept in memory; a restart resets it."""

import threading
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from npdsandbox.access import CHANGE_OVER
from npdsandbox.writing import ROOTS_033

CHOICES: Final = {
    "empty_shape": ("collection", "body"),
    "deceased_answer": ("no_match", "with_status", "without_status"),
    "year_only_record": ("match", "refuse"),
    "root_033": ROOTS_033,
    "c06_account": CHANGE_OVER,
    "api_key": CHANGE_OVER,
    "json_data": ("boolean", "text"),
    "bank": ("well", "unavailable", "slow"),
}


@dataclass(frozen=True)
class Switches:
    """Every switch with its default; all are CHOICE (protocol §1.7, §8, §9.4, §9.5)."""

    strict: bool = False
    """Demand the order of elements, and no stray text in the envelope."""
    empty_shape: str = "collection"
    """"Nobody" as an empty CongdanCollection, or as an empty Body."""
    deceased_answer: str = "no_match"
    """A deceased person: nobody, the record with TrangThai SBX.DECEASED, or the record as if living."""
    year_only_record: str = "match"
    """A whole date against a record that knows only the year: fits on the year, or is refused."""
    root_033: str = ROOTS_033[0]
    """Root of the 033 answer."""
    licenses: bool = False
    """Answer only the officers and procedures listed below."""
    officers: list[str] = field(default_factory=lambda: ["999180000008", "999082000016", "999176000017"])
    procedures: list[str] = field(default_factory=lambda: ["VPCP"])
    rate_per_minute: int = 0
    """Calls a client may make in a minute; 0 is no limit."""
    maintenance_seconds: int = 0
    """Not 0: every call gets 503 with this Retry-After."""
    xroad_check_client: bool = True
    xroad_check_api_key: bool = True
    xroad_check_basic: bool = True
    c06_account: str = "current"
    """Which secret of the C06 account is taken: the current one, both during a change-over, the next one."""
    api_key: str = "current"
    """The same for ApiKey."""
    token_seconds: int = 3600
    """How long a token of a gateway lives; 0 gives tokens that have ended already."""
    bank: str = "well"
    """The practice bank answers, gives 503, or takes 20 seconds for every answer."""
    json_check_bearer: bool = True
    """Demand a token of the JSON adapters."""
    json_data: str = "boolean"
    """Đồng Tháp's `data` as true and false, or as texts."""
    json_envelope: bool = False
    """Wrap the converted answer of the OpenCPS adapter in `Envelope`."""
    json_numbers: bool = False
    """Let the OpenCPS adapter's converter turn texts of digits into numbers, as some converters do."""


class SwitchBoard:
    """The switches in force."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = Switches()

    @property
    def now(self) -> Switches:
        """The present position of every switch."""
        return self._now

    def set(self, name: str, value: Any) -> Switches:
        """Set one switch; raises ValueError that says what the switch takes."""
        default = asdict(Switches()).get(name)
        if default is None:
            raise ValueError("name: one of " + ", ".join(asdict(Switches())))
        if name in CHOICES:
            right = isinstance(value, str) and value in CHOICES[name]
            form = "one of " + ", ".join(CHOICES[name])
        elif isinstance(default, bool):
            right, form = isinstance(value, bool), "true or false"
        elif isinstance(default, int):
            right = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 86_400
            form = "a whole number from 0 to 86400"
        else:
            right = (
                isinstance(value, list)
                and len(value) <= 1000
                and all(isinstance(item, str) and 0 < len(item) <= 100 for item in value)
            )
            form = "a list of up to 1000 texts"
        if not right:
            raise ValueError(f"{name}: {form}")
        with self._lock:
            self._now = replace(self._now, **{name: value})
            return self._now

    def reset(self) -> None:
        """Put every switch back to its default."""
        with self._lock:
            self._now = Switches()
