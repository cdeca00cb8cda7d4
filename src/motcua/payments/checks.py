"""What is looked at when the product starts: is the bank set up whole, and over a line that nobody reads along?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

_VARIABLES: Final = ("BANK_URL", "BANK_MERCHANT", "BANK_SECRET")
_SHORTEST_SECRET: Final = 16


@register()
def bank_is_whole(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse half a bank; in production also one by plain HTTP, or with a secret that can be guessed."""
    given = {name: getattr(settings, name) for name in _VARIABLES}
    missing = [name for name, text in given.items() if not text]
    if len(missing) == len(given):
        return []
    if missing:
        hint = "Set all three to let citizens pay online, or none."
        return [Error(f"{' and '.join(missing)}: not set.", hint=hint, id="motcua.E060")]
    found: list[CheckMessage] = []
    if settings.MOTCUA_MODE == "production":
        if not given["BANK_URL"].startswith("https://"):
            hint = "In production the bank is reached by https:// alone."
            found.append(Error("BANK_URL: plain HTTP.", hint=hint, id="motcua.E062"))
        if len(given["BANK_SECRET"]) < _SHORTEST_SECRET:
            hint = f"At least {_SHORTEST_SECRET} characters; 32 random bytes are better."
            found.append(Error("BANK_SECRET: too short.", hint=hint, id="motcua.E063"))
    return found
