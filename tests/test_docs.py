"""The documentation is true: it builds strictly, and what it tells people to type works."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_site_builds_strictly(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "tutorial.html").exists()


def test_python_example_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    assert len(blocks) == 1
    assert len([line for line in blocks[0].splitlines() if line.strip()]) <= 15
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks[0], "README.md", "exec"), {})
    assert (tmp_path / "report.html").exists()
    assert "points per month" in capsys.readouterr().out


def console_commands(page: Path) -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def save_files_of(page: str, folder: Path) -> None:
    """The YAML files that a page tells its reader to save: blocks whose first line is a comment with the name."""
    files = re.findall(r"```yaml\n# (\S+\.yaml)\n(.*?)```", page, re.S)
    assert files
    for name, text in files:
        (folder / name).write_text(text, encoding="utf-8")


def test_commands_of_the_tutorial_run(tmp_path, monkeypatch, capsys):
    """The first as a process of its own, the others in this one, which starts no Python anew for each."""
    from leadin.cli.main import run

    commands = [shlex.split(line) for line in console_commands(ROOT / "docs" / "tutorial.md")]
    first, *others = [words for words in commands if words[0] == "leadin"]
    assert len(others) >= 8
    done = subprocess.run([sys.executable, "-m", *first], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    monkeypatch.chdir(tmp_path)
    save_files_of((ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8"), tmp_path)
    for words in others:
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            run()
        assert ended.value.code in (0, 1, None), f"{shlex.join(words)}: {capsys.readouterr().err}"


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda p: p.name)
def test_pages_name_no_place_on_a_machine(page):
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"/(home|root|tmp|work)/", text)


def test_every_option_of_every_verb_is_documented():
    from typer.main import get_command

    from leadin.cli.main import app

    page = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## `leadin (\S+?)[ `].*?\n(.*?)(?=^## |\Z)", page, re.S | re.M))
    for verb, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        for parameter in command.params:
            for name in (name for name in parameter.opts if name.startswith("-") and name != "--help"):
                assert f"`{name}" in sections[verb], f"{verb} {name}"
