"""Moving texts from clear columns into sealed ones, and back, inside a migration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.db.migrations import RunPython

from motcua.sealing import unseal

_BATCH: Final = 1000


def seal_columns(app: str, model: str, columns: Mapping[str, str]) -> RunPython:
    """Return the step of a migration that fills sealed columns, and when it is reversed the clear ones.

    Args:
        app: the app's label.
        model: the model's name.
        columns: names of fields, the clear one to the ``SealedTextField``; both are there while the step runs.
    """

    def seal_all(apps: Any, schema_editor: Any) -> None:
        found = apps.get_model(app, model)
        fields = {sealed: found._meta.get_field(sealed) for sealed in columns.values()}
        connection = schema_editor.connection
        _copy(
            found,
            columns,
            lambda sealed, text: fields[sealed].get_db_prep_save(text, connection),
            schema_editor,
        )

    def open_all(apps: Any, schema_editor: Any) -> None:
        found = apps.get_model(app, model)
        uses = {clear: found._meta.get_field(sealed).use for clear, sealed in columns.items()}
        back = {sealed: clear for clear, sealed in columns.items()}
        _copy(
            found,
            back,
            lambda clear, value: unseal(uses[clear], value.raw) if value else "",
            schema_editor,
        )

    return RunPython(seal_all, open_all)


def _copy(
    model: Any, columns: Mapping[str, str], turn: Callable[[str, Any], Any], schema_editor: Any
) -> None:
    """Write one column of every row from another, a thousand rows at a time."""
    connection, meta = schema_editor.connection, model._meta
    quote = connection.ops.quote_name
    writes = ", ".join(f"{quote(meta.get_field(target).column)} = %s" for target in columns.values())
    update = f"UPDATE {quote(meta.db_table)} SET {writes} WHERE {quote(meta.pk.column)} = %s"  # noqa: S608  # nosec B608 # names of ours
    rows = model._base_manager.order_by("pk").values_list("pk", *columns)
    batch = list(rows[:_BATCH])
    while batch:
        with connection.cursor() as cursor:
            cursor.executemany(
                update,
                [
                    (
                        *(
                            turn(target, value)
                            for target, value in zip(columns.values(), values, strict=True)
                        ),
                        meta.pk.get_db_prep_value(pk, connection),
                    )
                    for pk, *values in batch
                ],
            )
        batch = list(rows.filter(pk__gt=batch[-1][0])[:_BATCH])
