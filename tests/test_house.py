"""The rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "util", "helpers", "common", "core", "services", "misc"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT / "src")))
def test_modules_and_functions_stay_short(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 420, "look for the second idea in this file"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= 60, f"{node.name} has {length} lines: look for the second idea in it"


def test_no_room_for_things_without_a_name():
    for path in SOURCES:
        assert not FORBIDDEN_NAMES & {part.removesuffix(".py") for part in path.relative_to(ROOT / "src").parts}, path


def test_init_files_hold_imports_only():
    for path in SOURCES:
        if path.name != "__init__.py":
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            exported = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
            assert docstring or exported or isinstance(node, ast.Import | ast.ImportFrom), path


def test_every_tests_folder_mirrors_a_room():
    """And `benchmarks`, whose gate decides what passes."""
    rooms = {path.name for path in (ROOT / "src" / "leadin").iterdir() if path.is_dir()} - {"__pycache__"}
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders <= rooms | {"benchmarks"}


def test_every_dependency_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {re.split(r"[<>=\[]", name)[0].lower().replace(".", "-") for name in project["dependencies"]}
    lines = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.split("==")[0].lower().replace(".", "-") for line in lines if "==" in line}
    assert needed <= pinned


def test_what_runs_imports_nothing_that_is_not_stated():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    stated = {re.split(r"[<>=\[]", name)[0] for name in (*project["dependencies"], *optional["pdf"], *optional["gpu"])}
    imported = {
        (node.module or "").split(".")[0] if isinstance(node, ast.ImportFrom) else alias.name.split(".")[0]
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    called = {"cuda": "numba-cuda", "ruamel.yaml": "ruamel", "mpl_toolkits": "matplotlib", "pydantic_core": "pydantic"}
    ours = {"leadin", *sys.stdlib_module_names}
    others = {called.get(name, name) for name in imported - ours}
    assert others == {called.get(name, name) for name in stated}


def test_engine_holds_no_word_of_the_domain():
    words = re.compile(r"\b(als|alsfrs\w*|participants?|patients?|injections?|lead.in|visits?|arms?)\b", re.IGNORECASE)
    for path in (ROOT / "src" / "leadin" / "engine").glob("*.py"):
        told = words.search(path.read_text(encoding="utf-8").replace("know nothing of ALS", ""))
        assert told is None, f"{path.name}: {told.group() if told else ''}"


def test_data_are_frozen_values():
    filled_while_reading = {"yaml_with_lines.py", "import_report.py"}  # the parsed file, the log of an import
    for path in (path for path in SOURCES if path.name not in filled_while_reading):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ClassDef):
                continue
            for decorator in node.decorator_list:
                if "dataclass" in ast.unparse(decorator):
                    assert "frozen=True" in ast.unparse(decorator), f"{path.name}: {node.name}"
