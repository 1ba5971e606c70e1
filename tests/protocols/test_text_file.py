"""Files that cannot be read as text are refused in one sentence."""

from __future__ import annotations

import os

import pytest

from leadin.errors import ProtocolError
from leadin.protocols.text_file import MAX_BYTES, read_text


def refusal(path):
    with pytest.raises(ProtocolError) as caught:
        read_text(path, "a protocol")
    return str(caught.value)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_utf8_is_read_with_and_without_a_mark(yaml_file, mark):
    assert read_text(yaml_file(mark + "title: Séoul 서울\n".encode()), "a protocol") == "title: Séoul 서울\n"


def test_tabs_and_line_ends_are_text(yaml_file):
    assert read_text(yaml_file(b"a:\tb\r\nc: d\x0d\n"), "a protocol") == "a:\tb\r\nc: d\r\n"


def test_a_missing_file(tmp_path):
    path = tmp_path / "gone.yaml"
    assert refusal(path) == (
        f"{path}: expected a YAML file with a protocol; it cannot be read: no such file or directory. Check the path."
    )


def test_a_folder(tmp_path):
    assert refusal(tmp_path) == (
        f"{tmp_path}: expected a YAML file with a protocol; got a folder. Name the file in it."
    )


def test_a_name_with_a_null_byte(tmp_path):
    text = refusal(tmp_path / "a\0b")
    assert "it cannot be read: " in text
    assert "embedded null " in text  # byte, or character, by the version of Python
    assert text.endswith(". Check the path.")


def test_a_file_of_the_largest_size_is_read(yaml_file):
    assert len(read_text(yaml_file(b"x" * MAX_BYTES), "a protocol")) == MAX_BYTES


def test_a_file_one_byte_larger_is_refused(yaml_file):
    assert refusal(yaml_file(b"x" * (MAX_BYTES + 1))) == (
        "trial.yaml: expected a protocol of at most 1,000,000 bytes; got 1,000,001 bytes. "
        "This is no such file: check the path."
    )


def test_a_line_of_a_gigabyte_is_refused_from_its_size_without_being_read(tmp_path, monkeypatch):
    path = tmp_path / "huge.yaml"
    with path.open("wb") as stream:
        stream.truncate(1 << 30)  # sparse: takes no room
    monkeypatch.setattr("pathlib.Path.open", lambda *_: pytest.fail("it was opened"))
    assert refusal(path) == (
        "huge.yaml: expected a protocol of at most 1,000,000 bytes; got 1,073,741,824 bytes. "
        "This is no such file: check the path."
    )


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="this system has no /dev/zero")
def test_an_endless_file_without_a_size_is_refused():
    from pathlib import Path

    assert refusal(Path("/dev/zero")) == (
        "zero: expected a protocol of at most 1,000,000 bytes; got more than 1,000,000 bytes. "
        "This is no such file: check the path."
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_refused(yaml_file, encoding):
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    text = refusal(yaml_file(mark + "title: x\n".encode(encoding)))
    assert text == "trial.yaml: expected UTF-8 text; got UTF-16. Save the file as UTF-8."


def test_latin1_is_refused_with_its_line(yaml_file):
    assert refusal(yaml_file("title: x\nsummary: Séoul\n".encode("latin-1"))) == (
        "trial.yaml, line 2: expected UTF-8 text; got the byte 0xe9. Save the file as UTF-8."
    )


def test_lines_are_counted_from_the_first_sign(yaml_file):
    assert refusal(yaml_file(b"\n\x01")).startswith("trial.yaml, line 2: expected text; got the control character 0x01")
    assert refusal(yaml_file(b"\n\xe9")).startswith("trial.yaml, line 2: expected UTF-8 text; got the byte 0xe9")
    assert refusal(yaml_file(b"\x01\n")).startswith("trial.yaml, line 1: ")


@pytest.mark.parametrize("code", [0x00, 0x08, 0x0B, 0x0E, 0x1B, 0x1F, 0x7F, 0x80, 0x9F])
def test_control_characters_are_refused_with_their_line(yaml_file, code):
    assert refusal(yaml_file(f"a: b\nc: d{chr(code)}\n".encode())) == (
        f"trial.yaml, line 2: expected text; got the control character 0x{code:02x}. Remove it, or check that this is "
        "a text file."
    )


def test_a_wrong_byte_is_told_with_its_own_line(yaml_file):
    for lines in (1, 3, 4):
        text = refusal(yaml_file(b"a: b\n" * (lines - 1) + b"\xe9"))
        assert text.startswith(f"trial.yaml, line {lines}: expected UTF-8 text"), lines
