"""Sealing anew what older keys sealed, while everybody goes on reading and writing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps
from django.db import models, transaction
from django.db.models import Count, ExpressionWrapper, F, Func, Q, Value

from motcua.sealing import HEAD, BrokenSeal, head_of, keyring, seal, unseal
from motcua.sealing.fields import SealedTextField

SECRET_KEY: Final = "secret"  # noqa: S105 (a name): how the key derived from MOTCUA_SECRET_KEY is called
_BATCH: Final = 100


@dataclass(slots=True)
class Resealed:
    """How many values were sealed anew, how many rows somebody else changed meanwhile, how many values no key opens."""

    done: int = 0
    raced: int = 0
    unreadable: int = 0


def sealed_fields() -> dict[type[models.Model], list[SealedTextField]]:
    """Return every sealed field of every model."""
    found = {
        model: [field for field in model._meta.local_concrete_fields if isinstance(field, SealedTextField)]
        for model in apps.get_models(include_auto_created=True)
    }
    return {model: fields for model, fields in found.items() if fields}


def count_by_key() -> Counter[str]:
    """Count the stored values by the id of the key that they need.

    Values that need none of the keys count under ``SECRET_KEY``: of the older form, or of a key that was lost.
    """
    counted: Counter[str] = Counter()
    heads = {key.id: head_of(key.id) for key in keyring.known()}
    for model, fields in sealed_fields().items():
        for field in fields:
            by_key = {f"of_{key_id}": Count("pk", filter=Q(head=head)) for key_id, head in heads.items()}
            found = (
                model._base_manager.annotate(head=_head(field), size=_size(field))
                .filter(size__gt=0)
                .aggregate(all_of_it=Count("pk"), **by_key)
            )
            rest = found.pop("all_of_it")
            for key_id in heads:
                counted[key_id] += found[f"of_{key_id}"]
                rest -= found[f"of_{key_id}"]
            counted[SECRET_KEY] += rest
    return counted


def reseal(pause: Callable[[float], object] = time.sleep) -> Resealed:
    """Seal every value anew that the newest key did not seal; a value that somebody changes meanwhile stays theirs.

    Args:
        pause: called after each short transaction with the seconds to leave to others.

    Returns:
        What was done; nothing where there is no key but the one derived from ``SECRET_KEY``.
    """
    result = Resealed()
    key = keyring.newest()
    if key is None:
        return result
    for model, fields in sealed_fields().items():
        is_settled = False
        while not is_settled:  # until one walk meets nothing that it could still do
            walk = _walk(model, fields, head_of(key.id), pause)
            result.done += walk.done
            result.raced += walk.raced
            is_settled = not (walk.done or walk.raced)
        result.unreadable += walk.unreadable
    return result


def _walk(
    model: type[models.Model], fields: list[SealedTextField], newest: bytes, pause: Callable[[float], object]
) -> Resealed:
    """Go once through a table, in the order of its keys."""
    result = Resealed()
    stale = Q()
    rows = model._base_manager.order_by("pk")
    for field in fields:
        rows = rows.annotate(
            **{
                f"raw_{field.name}": _raw(field),
                f"head_{field.name}": _head(field),
                f"size_{field.name}": _size(field),
            }
        )
        stale |= Q(**{f"size_{field.name}__gt": 0}) & ~Q(**{f"head_{field.name}": newest})
    rows = rows.filter(stale)
    last: Any = None
    while True:
        batch = rows if last is None else rows.filter(pk__gt=last)
        found = list(batch.values("pk", *(f"raw_{field.name}" for field in fields))[:_BATCH])
        if not found:
            return result
        began = time.monotonic()
        with transaction.atomic():
            for row in found:
                _reseal_row(model, fields, row, newest, result)
        last = found[-1]["pk"]
        pause(time.monotonic() - began)


def _reseal_row(
    model: type[models.Model],
    fields: list[SealedTextField],
    row: dict[str, Any],
    newest: bytes,
    result: Resealed,
) -> None:
    """Write one row's values anew, if all of them still are what was read."""
    anew, as_read = {}, {}
    for field in fields:
        raw = row[f"raw_{field.name}"]
        if not raw or bytes(raw).startswith(newest):
            continue
        try:
            anew[field.name] = Value(seal(field.use, unseal(field.use, raw)), models.BinaryField())
        except BrokenSeal:
            result.unreadable += 1
        else:
            as_read[f"raw_{field.name}"] = raw
    if not anew:
        return
    unchanged = model._base_manager.annotate(
        **{f"raw_{field.name}": _raw(field) for field in fields if field.name in anew}
    ).filter(pk=row["pk"], **as_read)
    if unchanged.update(**anew):
        result.done += len(anew)
    else:
        result.raced += 1


def _raw(field: SealedTextField) -> ExpressionWrapper[F]:
    return ExpressionWrapper(F(field.name), models.BinaryField())


def _head(field: SealedTextField) -> Func:
    return Func(F(field.name), Value(1), Value(HEAD), function="SUBSTR", output_field=models.BinaryField())


def _size(field: SealedTextField) -> Func:
    return Func(F(field.name), function="LENGTH", output_field=models.IntegerField())
