"""How kernels are compiled and kept: what a copy of the package does in processes of its own."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import leadin
from leadin.engine.kernels import compiled

PROGRAM = """
import numpy as np
from leadin.engine.kernels.compiled import code_folder
from leadin.engine.kernels.rows import add_row
row = np.ones(3)
add_row(row)
print(row.sum(), sum(add_row.stats.cache_hits.values()), code_folder())
"""
ROWS = """
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.step import step

@kernel
def add_row(row):
    for i in range(row.shape[0]):
        row[i] += step(i)
"""
STEP = """
from leadin.engine.kernels.compiled import kernel

@kernel
def step(i):
    return 1.0 * i
"""


@pytest.fixture
def package(tmp_path):
    """A copy of what compiles, with one kernel that calls one of another file."""
    whole = Path(leadin.__file__).parent
    kernels = tmp_path / "here" / "leadin" / "engine" / "kernels"
    kernels.mkdir(parents=True)
    for folder in (kernels, kernels.parent, kernels.parents[1]):
        (folder / "__init__.py").write_text("", encoding="utf-8")
    for name in ("compiled.py", "linked.py"):
        shutil.copy(whole / "engine" / "kernels" / name, kernels)
    (kernels / "rows.py").write_text(ROWS, encoding="utf-8")
    (kernels / "step.py").write_text(STEP, encoding="utf-8")
    return kernels


def ran(package, **told):
    """Sum of the row, how often compiled code was found, and its folder; nothing else may be said."""
    here = {name: value for name, value in os.environ.items() if name not in ("LEADIN_CACHE_DIR", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**here, "PYTHONPATH": str(package.parents[2]), **told},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    total, found, folder = done.stdout.split(maxsplit=2)
    return float(total), int(found), Path(folder.strip())


def test_code_is_kept_where_the_user_says_until_a_file_that_is_called_changes(package, tmp_path):
    cache = {"LEADIN_CACHE_DIR": str(tmp_path / "kept")}
    total, found, folder = ran(package, **cache)
    assert (total, found, folder.parent) == (6.0, 0, tmp_path / "kept" / "kernels")
    kept = [path for path in folder.rglob("*") if path.is_file()]
    assert [path.name.split("-")[0] for path in kept] == [
        "rows.add_row"
    ] * 2  # what it calls is in there, not beside it
    for path in kept:  # what is half written is made anew, without a word
        path.write_bytes(path.read_bytes()[:40])
    assert ran(package, **cache) == (6.0, 0, folder)
    assert ran(package, **cache) == (6.0, 1, folder)
    (package / "step.py").write_text(STEP.replace("1.0", "2.0"), encoding="utf-8")
    total, found, other = ran(package, **cache)
    assert (total, found, other.parent) == (9.0, 0, folder.parent)
    assert other != folder


def test_a_home_that_cannot_be_written_to_gives_way_to_a_temporary_folder(package, tmp_path):
    (tmp_path / "no-folder").write_text("", encoding="utf-8")
    no = str(tmp_path / "no-folder")
    (tmp_path / "temporary").mkdir()
    total, _, folder = ran(
        package, HOME=no, XDG_CACHE_HOME=no, LEADIN_CACHE_DIR=no, LOCALAPPDATA=no, TMPDIR=str(tmp_path / "temporary")
    )
    assert total == 6.0
    assert folder.is_relative_to(tmp_path / "temporary")


def test_without_any_folder_code_is_compiled_all_the_same(monkeypatch):
    monkeypatch.setattr(compiled, "code_folder", lambda: None)

    @compiled.kernel
    def twice(x: float) -> float:
        return 2.0 * x

    assert twice(4.0) == 8.0
    assert twice.stats.cache_path is None


def test_the_first_folder_that_can_be_written_to_is_taken_and_old_ones_are_thrown_away(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    first, second = tmp_path / "file" / "kernels", tmp_path / "kernels"
    days = {"old": compiled.KEPT_DAYS + 1, "young": compiled.KEPT_DAYS - 1}
    for name, age in days.items():
        (second / name).mkdir(parents=True)
        (second / name / "code").write_text("", encoding="utf-8")
        then = time.time() - age * 86_400
        os.utime(second / name, (then, then))
    (second / "a file").write_text("", encoding="utf-8")
    os.utime(second / "a file", (0, 0))
    monkeypatch.setattr(compiled, "_parents", lambda: (first, second, tmp_path / "never"))
    folder = compiled.code_folder.__wrapped__()
    assert folder == second / compiled.sources_hash()
    assert sorted(path.name for path in second.iterdir()) == sorted(["a file", "young", folder.name])
    assert not (tmp_path / "never").exists()
    os.utime(second / "young", (0, 0))
    assert compiled.code_folder.__wrapped__() == folder  # which is there: nobody looks again
    assert (second / "young").exists()
    monkeypatch.setattr(compiled, "_parents", lambda: (first,))
    assert compiled.code_folder.__wrapped__() is None


def test_where_code_may_lie(monkeypatch, tmp_path):
    monkeypatch.setenv("LEADIN_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "temporary"))
    said, own, temporary = compiled._parents()
    assert said == tmp_path / "kernels"
    assert own.name == "kernels"
    assert "leadin" in own.parts
    assert temporary.parent.parent == tmp_path / "temporary"
    assert temporary.parent.name.startswith("leadin-")
    monkeypatch.delenv("LEADIN_CACHE_DIR")
    assert compiled._parents() == (own, temporary)


def test_the_hash_is_of_every_kernel_and_of_what_they_take_constants_from(package, monkeypatch):
    home = package.parents[1]
    monkeypatch.setattr(compiled, "__file__", str(package / "compiled.py"))

    def now():
        return compiled.sources_hash.__wrapped__()

    seen = [now()]
    assert len(seen[0]) == 16
    assert set(seen[0]) <= set("0123456789abcdef")
    for name in ("engine/fits.py", "disease/kernels/decline.py", "designs/kernels/deep/path.py"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("A = 1\n", encoding="utf-8")
        seen.append(now())
    (home / "engine" / "fits.py").rename(home / "engine" / "other.py")
    seen.append(now())
    monkeypatch.setattr(compiled.numba, "__version__", "0")
    seen.append(now())
    assert len(set(seen)) == len(seen)
    (home / "disease" / "people.py").write_text("A = 1\n", encoding="utf-8")
    assert now() == seen[-1]
