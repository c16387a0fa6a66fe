"""The source as trees, for tests that read it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "chalicelib"


@cache
def parsed(file: Path) -> ast.Module:
    """The tree of one file."""
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def files(*rooms: str) -> list[Path]:
    """The Python files of these rooms of chalicelib; all of them when none is named."""
    found = sorted(PACKAGE.rglob("*.py"))
    return [file for file in found if not rooms or file.relative_to(PACKAGE).parts[0] in rooms]


def nodes(*rooms: str) -> Iterator[tuple[str, ast.AST]]:
    """Every node of these rooms with its place, as file:line."""
    for file in files(*rooms):
        yield from _nodes(file)


@cache
def _nodes(file: Path) -> list[tuple[str, ast.AST]]:
    place = file.relative_to(ROOT)
    return [(f"{place}:{getattr(node, 'lineno', 0)}", node) for node in ast.walk(parsed(file))]


def docstrings(tree: ast.Module) -> set[int]:
    """The ids of the constants that are docstrings."""
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef)
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, holders) and node.body and isinstance(node.body[0], ast.Expr):
            found.add(id(node.body[0].value))
    return found


def texts(*rooms: str) -> Iterator[tuple[str, str]]:
    """Every string of these rooms that is no docstring, with its place."""
    for file in files(*rooms):
        tree = parsed(file)
        told = docstrings(tree)
        for node in ast.walk(tree):
            value = node.value if isinstance(node, ast.Constant) else None
            if isinstance(value, str) and id(node) not in told:
                yield f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", value
