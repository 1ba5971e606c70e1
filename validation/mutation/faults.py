"""Every single fault that could be planted in a room, and a seeded sample of them."""

from __future__ import annotations

import ast
import random
from dataclasses import dataclass
from pathlib import Path

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import mutate_code

Span = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class Fault:
    """One fault: an operator's n-th occurrence in a file. `line` is where it falls."""

    path: str
    operator: str
    occurrence: int
    line: int

    @property
    def key(self) -> str:
        """A name that stays the same while the file does."""
        return f"{self.path}:{self.line} {self.operator} #{self.occurrence}"

    def planted(self, source: str) -> str | None:
        """The source with the fault in it; None when it cannot be planted or changes nothing."""
        try:
            mutated: str | None = mutate_code(source, cosmic_ray.plugins.get_operator(self.operator)(), self.occurrence)
        except AttributeError:  # the operators' own fault: exceptions named with a dot
            return None
        return None if mutated == source else mutated


def list_faults(folder: Path, root: Path) -> list[Fault]:
    """Every fault in the Python files under `folder`, in a fixed order, without those in annotations."""
    faults = []
    for path in sorted(folder.rglob("*.py")):
        silent = _annotations(path.read_text(encoding="utf-8"))
        tree = get_ast_from_path(path)
        for name in sorted(cosmic_ray.plugins.operator_names()):
            if name == "core/NoOp":
                continue
            operator = cosmic_ray.plugins.get_operator(name)
            if operator.arguments():
                continue
            positions = [p for node in ast_nodes(tree) for p in operator().mutation_positions(node)]
            faults += [
                Fault(str(path.relative_to(root)), name, occurrence, start[0])
                for occurrence, (start, _) in enumerate(positions)
                if not any(first <= start < last for first, last in silent)
            ]
    return faults


def sample(faults: list[Fault], size: int, seed: int, root: Path) -> list[Fault]:
    """`size` faults drawn without replacement (all, when there are fewer), the same for the same seed and code.

    A fault that cannot be planted is not tried: another is drawn in its place.
    """
    chance = random.Random(seed)
    drawn = chance.sample(faults, min(size, len(faults)))
    others = [fault for fault in faults if fault not in set(drawn)]
    chance.shuffle(others)
    plantable = [fault for fault in drawn if _can_be_planted(fault, root)]
    while len(plantable) < len(drawn) and others:
        fault = others.pop()
        if _can_be_planted(fault, root):
            plantable.append(fault)
    return plantable


def _can_be_planted(fault: Fault, root: Path) -> bool:
    return fault.planted((root / fault.path).read_text(encoding="utf-8")) is not None


def _annotations(source: str) -> list[Span]:
    spans: list[Span] = []
    for node in ast.walk(ast.parse(source)):
        notes: list[ast.expr | None] = []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = [
                *node.args.posonlyargs,
                *node.args.args,
                *node.args.kwonlyargs,
                node.args.vararg,
                node.args.kwarg,
            ]
            notes = [node.returns, *(a.annotation for a in arguments if a is not None)]
        elif isinstance(node, ast.AnnAssign):
            notes = [node.annotation]
        spans += [
            ((n.lineno, n.col_offset), (n.end_lineno or n.lineno, n.end_col_offset or n.col_offset)) for n in notes if n
        ]
    return spans
