"""Which test shows what of each method: writes matrix.md beside this file.

    python -m validation.matrix

A test says so itself: `@pytest.mark.evidence("mmrm", "reference")`. Files are read, not run: a test that is marked and
skipped, for want of outside data, is in the table and says so where it is run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from leadin.protocols.planned_analysis import Method

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
KINDS = {
    "reference": "an outside program",
    "property": "properties",
    "simulation": "type I error and coverage, simulated",
    "bad_input": "bad input",
}

PROCEDURES = ("multiplicity", "rerandomisation")
"""What stands beside the methods and needs evidence as they do."""


@dataclass(frozen=True)
class Evidence:
    """One mark of one test. file: from the project's root."""

    method: str
    kind: str
    file: str
    test: str


def evidence(root: Path = ROOT) -> tuple[Evidence, ...]:
    """Every mark in the tests, by file and line."""
    return tuple(item for path in sorted((root / "tests").rglob("test_*.py")) for item in _of_file(path, root))


def _of_file(path: Path, root: Path) -> Iterator[Evidence]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    shared = [
        node.value for node in tree.body if isinstance(node, ast.Assign) and _named(node.targets[0], "pytestmark")
    ]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            marks = [*node.decorator_list, *(part for value in shared for part in ast.walk(value))]
            for method, kind in dict.fromkeys(_mark(mark) for mark in marks if _mark(mark) is not None):
                yield Evidence(method, kind, str(path.relative_to(root)), node.name)


def _named(target: ast.expr, name: str) -> bool:
    return isinstance(target, ast.Name) and target.id == name


def _mark(node: ast.AST) -> tuple[str, str] | None:
    """Method and kind of a call of `pytest.mark.evidence`; None for anything else."""
    if not isinstance(node, ast.Call) or ast.unparse(node.func) != "pytest.mark.evidence":
        return None
    method, kind = (ast.literal_eval(argument) for argument in node.args)
    return str(method), str(kind)


def matrix_text(found: tuple[Evidence, ...]) -> str:
    """The page: one row a method, one column a kind, the tests in each cell; an empty cell says so."""
    lines = [
        "# What shows that each method is right",
        "",
        "Written by `python -m validation.matrix` from the marks of the tests; a test fails when it is out of date.",
        "Type I error and coverage are slow and run by `make test-slow`.",
        "",
        f"| method | {' | '.join(KINDS.values())} |",
        f"|---{'|---' * len(KINDS)}|",
    ]
    for method in (*get_args(Method), *PROCEDURES):
        cells = []
        for kind in KINDS:
            mine = [item for item in found if (item.method, item.kind) == (method, kind)]
            cells.append("<br>".join(f"`{item.file.removeprefix('tests/')}` {_words(item.test)}" for item in mine))
        lines.append(f"| `{method}` | {' | '.join(cell or '**empty**' for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _words(test: str) -> str:
    return test.removeprefix("test_").replace("_", " ")


if __name__ == "__main__":
    (HERE / "matrix.md").write_text(matrix_text(evidence()), encoding="utf-8")
