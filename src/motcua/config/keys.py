"""``motcua keys``: the keys that seal names, numbers and birth dates, and changing them while the product runs."""

from __future__ import annotations

import argparse
import sys
from typing import Final

_UNDER_WAY: Final = 60  # seconds in which whatever was begun with the key before is certainly written


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done with keys."""
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="name the keys, and how many stored values need each")
    actions.add_parser("add", help="make a key; from now on it seals")
    reseal = actions.add_parser("reseal", help="seal anew, with the newest key, what older keys sealed")
    reseal.add_argument("--dry-run", action="store_true", help="only count")
    drop = actions.add_parser("drop", help="delete a key that no stored value needs any more")
    drop.add_argument("id", help="as listed")


def run(options: argparse.Namespace) -> int:
    """Do what was asked.

    Returns:
        The exit code: 0; 1 when it was refused, or when values were met that no key opens.
    """
    from django.db import DatabaseError

    from motcua.sealing.keyring import BadKeys
    from motcua.web.connections import away

    try:
        match options.action:
            case "list":
                return _list()
            case "add":
                return _add()
            case "reseal":
                return _reseal(dry_run=options.dry_run)
            case _:
                return _drop(options.id)
    except DatabaseError as error:
        return _refused(f"{away(error)} Start it, run `motcua migrate`, or mend the variable.")
    except (BadKeys, OSError) as error:
        return _refused(f"The keys cannot be read or written: {error}")


def _list() -> int:
    from motcua.sealing import keyring
    from motcua.sealing.resealing import SECRET_KEY, count_by_key

    counted, newest = count_by_key(), keyring.newest()
    print(f"{'key':<10}{'values':>10}")
    for key_id in (SECRET_KEY, *(key.id for key in keyring.known())):
        seals = key_id == (newest.id if newest else SECRET_KEY)
        derived = "  derived from MOTCUA_SECRET_KEY" if key_id == SECRET_KEY else ""
        print(f"{key_id:<10}{counted[key_id]:>10}{derived}{'  seals' if seals else ''}")
    return 0


def _add() -> int:
    from django.conf import settings

    from motcua.sealing import keyring

    settings.SECRET_KEY  # noqa: B018 # refused where there is none: a state folder that was lost must not pass for a new one
    if keyring.is_given():
        key = keyring.new_key()
        print(f"{key.id} {key.secret}")
        print(
            "Nothing was changed: the keys are in MOTCUA_SEALING_KEYS. Put this line above the last one and restart "
            "every host; then move it to the end and restart again.",
            file=sys.stderr,
        )
        return 0
    print(f"{keyring.add_key().id} was added and seals from now on.")
    return 0


def _reseal(*, dry_run: bool) -> int:
    from django.utils import timezone

    from motcua.audit.service import record
    from motcua.sealing import keyring
    from motcua.sealing.resealing import count_by_key, reseal

    newest = keyring.newest()
    if newest is None:
        return _refused("There is no key to seal with: motcua keys add")
    old = {key_id: count for key_id, count in count_by_key().items() if count and key_id != newest.id}
    if dry_run:
        print(f"{sum(old.values())} values would be sealed anew with {newest.id}.")
        return 0
    result = reseal()
    if result.done:
        details = {"old": ", ".join(sorted(old)), "new": newest.id, "count": result.done}
        record(name="keys.rotated", now=timezone.now(), details=details)
    print(f"{result.done} values were sealed anew with {newest.id}.")
    if result.unreadable:
        return _refused(f"{result.unreadable} values were left as they are: no key opens them.")
    return 0


def _drop(key_id: str) -> int:
    from motcua.sealing import keyring
    from motcua.sealing.resealing import count_by_key

    newest = keyring.newest()
    if newest is None or key_id not in [key.id for key in keyring.known()]:
        return _refused(f"There is no key {key_id}: motcua keys list")
    if key_id == newest.id:
        return _refused(
            f"{key_id} is the key that seals: motcua keys add, motcua keys reseal, and then drop it."
        )
    if not keyring.is_given() and (wait := _UNDER_WAY - keyring.seconds_since_change()) > 0:
        return _refused(
            f"The keys were changed a moment ago, and pages begun before may still write with {key_id}. "
            f"Try again in {wait:.0f} seconds."
        )
    if needed := count_by_key()[key_id]:
        return _refused(f"{needed} values still need {key_id}: motcua keys reseal")
    if keyring.is_given():
        print(f"No value needs {key_id}: take its line out of MOTCUA_SEALING_KEYS and restart every host.")
        return 0
    keyring.remove_key(key_id)
    print(
        f"{key_id} was deleted. Delete it from back-ups of the keys too, once no back-up of the database needs it."
    )
    return 0


def _refused(why: str) -> int:
    print(why, file=sys.stderr)
    return 1
