from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from leadin.errors import DataError
from leadin.trials import folder_swap
from leadin.trials.folder_swap import interrupted, replaced_folder


def allow(existing):
    pass


def write(folder, text, may_replace=allow):
    with replaced_folder(folder, may_replace=may_replace) as draft:
        (draft / "a.txt").write_text(text)


def said(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.fixture(params=["exchange", "two renames"])
def way(request, monkeypatch):
    """Both ways of putting a folder in place: in one step, and where the system has no such step."""
    if request.param == "two renames":
        monkeypatch.setattr(folder_swap, "_exchange", lambda one, other: False)
    return request.param


def test_a_new_folder_with_its_parents(tmp_path, way):
    write(tmp_path / "x" / "y" / "out", "new")
    assert said(tmp_path / "x" / "y" / "out") == {"a.txt": "new"}
    assert os.listdir(tmp_path / "x" / "y") == ["out"]


def test_an_old_folder_is_replaced_whole(tmp_path, way):
    out = tmp_path / "out"
    write(out, "old")
    (out / "b.txt").write_text("old too")
    write(out, "new")
    assert said(out) == {"a.txt": "new"}
    assert os.listdir(tmp_path) == ["out"]


def test_an_empty_folder_is_taken(tmp_path, way):
    (tmp_path / "out").mkdir()
    write(tmp_path / "out", "new")
    assert said(tmp_path / "out") == {"a.txt": "new"}
    assert os.listdir(tmp_path) == ["out"]


def test_a_failure_while_writing_leaves_the_old_folder_and_nothing_else(tmp_path, way):
    out = tmp_path / "out"
    write(out, "old")

    def stopped():
        with replaced_folder(out, may_replace=allow) as draft:
            (draft / "a.txt").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert said(out) == {"a.txt": "old"}
    assert os.listdir(tmp_path) == ["out"]


def test_a_failure_before_there_was_anything_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), replaced_folder(tmp_path / "out", may_replace=allow):
        raise ZeroDivisionError
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("when", [1, 2])
def test_a_refusal_leaves_the_old_folder_and_nothing_else(tmp_path, when):
    out = tmp_path / "out"
    write(out, "old")
    asked = []

    def refuse(existing):
        asked.append(existing)
        if len(asked) == when:
            raise DataError("no")

    with pytest.raises(DataError, match="no"):
        write(out, "new", refuse)
    assert asked == [out] * when
    assert said(out) == {"a.txt": "old"}
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.parametrize("step", ["_flush", "_put_in_place"])
def test_a_full_disk_at_any_step(tmp_path, monkeypatch, step):
    out = tmp_path / "out"
    write(out, "old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder_swap, step, full)
    with pytest.raises(DataError) as error:
        write(out, "new")
    assert str(error.value) == (
        f"{out}: cannot be written: no space left on device. The folder is as it was; choose another place."
    )
    assert said(out) == {"a.txt": "old"}
    assert os.listdir(tmp_path) == ["out"]


def test_a_second_rename_that_fails_is_undone(tmp_path, monkeypatch):
    out = tmp_path / "out"
    write(out, "old")
    monkeypatch.setattr(folder_swap, "_exchange", lambda one, other: False)
    rename = Path.rename

    def failing(self, target):
        if self.name.endswith(folder_swap.SUFFIX):
            raise OSError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(DataError, match="cannot be written: permission denied"):
        write(out, "new")
    assert said(out) == {"a.txt": "old"}
    assert os.listdir(tmp_path) == ["out"]


def test_a_place_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError) as error:
        write(tmp_path / "file" / "out", "new")
    assert str(error.value).startswith(f"{tmp_path / 'file' / 'out'}: cannot be written: ")


def test_the_root_of_the_disk_is_no_place():
    root = Path(Path.cwd().anchor)
    with pytest.raises(DataError) as error:
        write(root, "new")
    assert str(error.value) == (
        f"{root}: expected the name of a folder to write; got the root of the disk. Name a folder in it."
    )


def test_a_link_to_a_folder_stays_a_link(tmp_path):
    write(tmp_path / "real", "old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert said(tmp_path / "real") == {"a.txt": "new"}


def test_what_dead_writers_left_is_removed_and_what_living_ones_write_stays(tmp_path):
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    dead = tmp_path / f".out.{int(gone.stdout)}-0123abcd{folder_swap.SUFFIX}"
    alive = tmp_path / f".out.{os.getpid()}-0123abcd{folder_swap.SUFFIX}"
    other = tmp_path / f".other.{int(gone.stdout)}-0123abcd{folder_swap.SUFFIX}"
    for folder in (dead, alive, other):
        folder.mkdir()
        (folder / "half.csv").write_text("half")
    write(tmp_path / "out", "new")
    assert not dead.exists()
    assert alive.exists()
    assert other.exists()


def test_a_process_of_somebody_else_counts_as_living(monkeypatch):
    def forbidden(process, number):
        raise PermissionError

    monkeypatch.setattr(os, "kill", forbidden)
    assert folder_swap._running(1)


def test_an_old_folder_set_aside_is_recognised_and_put_back(tmp_path):
    out, aside = tmp_path / "out", tmp_path / f".out{folder_swap.OLD_SUFFIX}"
    write(out, "old")
    assert interrupted(out) is None
    out.rename(aside)
    assert interrupted(out) == aside
    with pytest.raises(ZeroDivisionError), replaced_folder(out, may_replace=allow):
        raise ZeroDivisionError
    assert said(out) == {"a.txt": "old"}
    assert os.listdir(tmp_path) == ["out"]


def test_an_old_folder_left_over_beside_a_new_one_is_removed(tmp_path):
    out, aside = tmp_path / "out", tmp_path / f".out{folder_swap.OLD_SUFFIX}"
    write(out, "old")
    write(aside, "older")
    write(out, "new")
    assert said(out) == {"a.txt": "new"}
    assert os.listdir(tmp_path) == ["out"]


class NoExchange:
    """A C library whose system call fails with `number`."""

    def __init__(self, number):
        self.number = number

    def renameat2(self, *_):
        folder_swap.ctypes.set_errno(self.number)
        return -1

    renamex_np = renameat2


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX")
@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM])
def test_a_file_system_that_cannot_exchange_folders(tmp_path, monkeypatch, number):
    monkeypatch.setattr(folder_swap.ctypes, "CDLL", lambda name, use_errno: NoExchange(number))
    write(tmp_path / "out", "old")
    write(tmp_path / "out", "new")
    assert said(tmp_path / "out") == {"a.txt": "new"}
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX")
def test_an_exchange_that_fails_for_another_reason(tmp_path, monkeypatch):
    write(tmp_path / "out", "old")
    monkeypatch.setattr(folder_swap.ctypes, "CDLL", lambda name, use_errno: NoExchange(errno.EIO))
    with pytest.raises(DataError, match="cannot be written: input/output error"):
        write(tmp_path / "out", "new")
    assert said(tmp_path / "out") == {"a.txt": "old"}
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.parametrize("platform", ["darwin", "linux", "sunos5"])
def test_systems_by_name(tmp_path, monkeypatch, platform):
    asked = []

    class Library:
        def renameat2(self, *arguments):
            asked.append(("renameat2", arguments))
            return 0

        def renamex_np(self, *arguments):
            asked.append(("renamex_np", arguments))
            return 0

    monkeypatch.setattr(folder_swap.sys, "platform", platform)
    monkeypatch.setattr(folder_swap.ctypes, "CDLL", lambda name, use_errno: Library())
    done = folder_swap._exchange(tmp_path / "a", tmp_path / "b")
    one, other = os.fsencode(tmp_path / "a"), os.fsencode(tmp_path / "b")
    assert (done, asked) == {
        "darwin": (True, [("renamex_np", (one, other, 2))]),
        "linux": (True, [("renameat2", (-100, one, -100, other, 2))]),
        "sunos5": (False, []),
    }[platform]


KILLED = """
import os, signal, sys
from pathlib import Path
from leadin.trials import folder_swap

out, step, way = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
if way == "two renames":
    folder_swap._exchange = lambda one, other: False
steps = 0

def watch(owner, name):
    original = getattr(owner, name)
    def watched(*arguments, **named):
        global steps
        steps += 1
        if steps == step:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*arguments, **named)
        steps += 1
        if steps == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(owner, name, watched)

for owner, name in ((Path, "mkdir"), (Path, "write_text"), (Path, "rename"), (os, "fsync"),
                    (folder_swap, "_exchange"), (folder_swap.shutil, "rmtree")):
    watch(owner, name)
with folder_swap.replaced_folder(out, may_replace=lambda existing: None) as draft:
    (draft / "a.txt").write_text("new")
    (draft / "b.txt").write_text("new")
print("done")
"""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
@pytest.mark.parametrize("method", ["exchange", "two renames"])
def test_a_process_killed_at_any_step_leaves_the_old_folder_or_the_new_one(tmp_path, method):
    outcomes = []
    for step in range(1, 60):
        place = tmp_path / str(step)
        out = place / "out"
        write(out, "old")
        (out / "b.txt").write_text("old")
        command = [sys.executable, "-S", "-c", KILLED, str(out), str(step), method]
        path = os.pathsep.join(entry for entry in sys.path if entry)
        done = subprocess.run(command, capture_output=True, text=True, env={"PYTHONPATH": path}, check=False)
        standing = out if out.exists() else interrupted(out)
        held = said(standing)
        assert held in ({"a.txt": "old", "b.txt": "old"}, {"a.txt": "new", "b.txt": "new"})
        outcomes.append(held["a.txt"])
        write(out, "next")
        assert said(out) == {"a.txt": "next"}
        assert os.listdir(place) == ["out"]
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
    assert done.stdout == "done\n"
    assert len(outcomes) > 15
    assert "old" in outcomes
    assert outcomes[-1] == "new"
    assert outcomes == sorted(outcomes, reverse=True)
