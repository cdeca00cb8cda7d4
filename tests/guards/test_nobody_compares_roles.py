"""What somebody may do is asked of the table of rights; nobody outside ``accounts`` looks at roles for it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PRODUCT = Path(__file__).resolve().parents[2] / "src" / "motcua"
MODULES = [
    path
    for path in sorted(PRODUCT.glob("**/*.py"))
    if not {"accounts", "migrations"} & set(path.relative_to(PRODUCT).parts)
]
# What a role is looked at for that is no right.
ALLOWED = {
    "reception/filters.py": "what the queue shows first goes by the main role, whatever else one may do",
    "config/province/loading.py": "the cashiers that a made-up province was given",
}


def looks_at_roles(source: str) -> list[int]:
    """Return the lines that read somebody's role or name one; whether somebody is a citizen is no matter of rights."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and (
            (node.attr in {"role", "also_roles", "roles"} and isinstance(node.ctx, ast.Load))
            or (
                isinstance(node.value, ast.Attribute) and node.value.attr == "Role" and node.attr != "CITIZEN"
            )
        )
    ]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("user.role == 'leader'", [1]),
        ("'leader' in user.roles", [1]),
        ("User.objects.filter(role=User.Role.SUPERVISOR)", [1]),
        ("User.objects.exclude(role=User.Role.CITIZEN)", []),
        ("may(user, Right.OVERSEE)", []),
    ],
)
def test_the_guard_sees_what_it_is_for(source: str, found: list[int]) -> None:
    assert looks_at_roles(source) == found


def test_nobody_looks_at_roles_but_who_has_a_reason() -> None:
    found = {
        path.relative_to(PRODUCT).as_posix()
        for path in MODULES
        if looks_at_roles(path.read_text(encoding="utf-8"))
    }
    assert found == set(ALLOWED)
