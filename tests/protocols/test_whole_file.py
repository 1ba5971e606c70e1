"""Files are written whole or not at all."""

from __future__ import annotations

import os

import pytest

from leadin.errors import UsageError
from leadin.protocols.whole_file import write_whole


def test_it_writes_and_gives_the_path_back(tmp_path):
    path = tmp_path / "x.ics"
    assert write_whole(path, b"abc\r\n") == path
    assert path.read_bytes() == b"abc\r\n"
    assert os.listdir(tmp_path) == ["x.ics"]


def test_it_replaces_what_was_there(tmp_path):
    path = tmp_path / "x"
    path.write_text("old")
    write_whole(path, b"new")
    assert path.read_text() == "new"


def test_the_file_may_be_read_as_others_made_here(tmp_path):
    mask = os.umask(0o027)
    try:
        assert write_whole(tmp_path / "x", b"").stat().st_mode & 0o777 == 0o640
    finally:
        os.umask(mask)


def test_a_killed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x"
    path.write_text("old")

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", killed)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, b"new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["x"]


def test_a_full_disk_is_told_and_nothing_is_left(tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UsageError) as caught:
        write_whole(tmp_path / "x", b"new")
    assert str(caught.value) == (
        f"{tmp_path / 'x'}: expected to write the file; no space left on device. Nothing was written."
    )
    assert os.listdir(tmp_path) == []


def test_a_missing_folder(tmp_path):
    path = tmp_path / "gone" / "x"
    with pytest.raises(UsageError) as caught:
        write_whole(path, b"")
    assert str(caught.value) == f"{path}: expected a place to write to; no such file or directory. Check the path."


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(UsageError) as caught:
        write_whole(tmp_path, b"")
    assert str(caught.value) == (f"{tmp_path}: expected the name of a file to write; got a folder. Add a file name.")


def test_a_name_with_a_null_byte(tmp_path):
    with pytest.raises(UsageError, match=r"embedded null (byte|character)"):
        write_whole(tmp_path / "a\0b", b"")
