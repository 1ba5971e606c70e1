"""The front door: what `import leadin` offers, and that rooms do not hide verbs."""

from __future__ import annotations

import datetime
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import leadin

ROOT = Path(__file__).resolve().parents[1]


def every_module() -> list[str]:
    return [
        module.name
        for module in pkgutil.walk_packages(leadin.__path__, "leadin.")
        if not module.name.endswith("__main__")
    ]


def test_exported_names_are_sorted_and_exist():
    assert leadin.__all__ == sorted(leadin.__all__)
    for name in leadin.__all__:
        assert hasattr(leadin, name), name


def test_every_exported_name_is_documented():
    page = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    for name in leadin.__all__:
        if name != "__version__":
            assert f"::: leadin.{name}\n" in page, name


def test_every_verb_works_twice_after_every_room_was_imported(tmp_path):
    for name in every_module():
        importlib.import_module(name)
    for turn in ("first", "second"):
        protocol = leadin.protocol("hanyang-phase1")
        assert "hanyang-phase1" in leadin.protocol_names()
        assert leadin.show(protocol)[0].heading
        assert all(finding.severity == "note" for finding in leadin.check("hanyang-phase1"))
        assert leadin.schedule(protocol, datetime.date(2026, 1, 12))
        trial = leadin.simulate(protocol, seed=3)
        folder = leadin.write(trial, tmp_path / turn / "trial")
        assert leadin.check(leadin.read(folder)) == leadin.check(trial)
        results = leadin.analyse(trial)
        chance = leadin.chance(protocol, replicates=2)
        assert leadin.design("hanyang-phase2", n=8, slowing=0, analysis=["slope_change"], replicates=2).cells
        page = leadin.report(trial, results, tmp_path / turn / "report.html", chance=chance)
        assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_importing_leadin_loads_no_heavy_library():
    heavy = ("numpy", "scipy", "polars", "pandas", "matplotlib", "lifelines", "pydantic", "typer")
    code = f"import sys, leadin; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
