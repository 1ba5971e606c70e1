"""The speed gate: what is too slow, what is compared with what, and when there is nothing to compare."""

from __future__ import annotations

import subprocess

import pytest
from benchmarks.gate import MORE_ROUNDS, ROUNDS, Compared, base_of, changed, compared, exported, sources_of

from benchmarks import gate


@pytest.mark.parametrize(
    ("base", "head", "too_slow"),
    [
        (1.0, 1.0, False),
        (1.0, 1.25, False),  # a quarter, not more
        (1.0, 1.2501, True),
        (0.5, 0.7, False),  # 0.2 s, not more
        (0.5, 0.701, True),
        (0.1, 0.29, False),  # nearly three times as slow, but a fifth of a second is not reached
        (4.0, 4.9, False),  # nearly a second, but below a quarter
        (4.0, 5.01, True),
        (1.0, 0.5, False),
    ],
)
def test_too_slow_is_more_than_a_quarter_and_more_than_a_fifth_of_a_second(base, head, too_slow):
    assert Compared("fit", base, head).too_slow is too_slow


def test_a_line_of_the_table():
    assert str(Compared("mmrm", 1.0, 1.5)) == "mmrm                1.00 s ->    1.50 s     +50 %  too slow"
    assert str(Compared("ancova", 0.8, 0.72)) == "ancova              0.80 s ->    0.72 s     -10 %  ok"


def playing(log, side, rounds):
    """A measure that gives these times in turn, and notes who was asked for what."""
    left = list(rounds)

    def measure(names):
        log.append((side, tuple(names)))
        times = left.pop(0)
        return {name: times[name] for name in names if name in times}

    return measure


def test_the_shortest_of_interleaved_rounds():
    log = []
    base = playing(log, "base", [{"a": 1.0, "b": 2.0}, {"a": 1.2, "b": 1.9}])
    head = playing(log, "head", [{"a": 1.4, "b": 2.2}, {"a": 1.1, "b": 2.1}])
    assert compared(base, head, ("a", "b")) == (Compared("a", 1.0, 1.1), Compared("b", 1.9, 2.1))
    both = ("a", "b")
    assert log == [("base", both), ("head", both), ("head", both), ("base", both)]


def test_only_what_looks_slower_is_looked_at_again():
    log = []
    base = playing(log, "base", [{"a": 1.0, "b": 1.0}] * 9)
    head = playing(log, "head", [{"a": 1.5, "b": 1.0}] * 2 + [{"a": 1.2}] * 9)
    assert compared(base, head, ("a", "b")) == (Compared("a", 1.0, 1.2), Compared("b", 1.0, 1.0))
    assert [names for side, names in log if side == "base"] == [("a", "b"), ("a", "b"), ("a",)]


def test_what_stays_slower_is_too_slow_after_all_rounds():
    log = []
    found = compared(playing(log, "base", [{"a": 1.0}] * 9), playing(log, "head", [{"a": 1.5}] * 9), ("a",))
    assert found == (Compared("a", 1.0, 1.5),)
    assert found[0].too_slow
    assert len(log) == 2 * (ROUNDS + MORE_ROUNDS) == 10


def test_what_one_of_them_has_not_is_not_compared():
    base = playing([], "base", [{"a": None, "b": 1.0}] * 5)
    head = playing([], "head", [{"a": 1.0, "b": 1.0, "c": 1.0}] * 5)
    assert compared(base, head, ("a", "b", "c")) == (Compared("b", 1.0, 1.0),)
    assert compared(playing([], "base", [{}] * 5), head, ("a",)) == ()


def git(folder, *words):
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    run = subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True)
    return run.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    """Two commits on main, one on a branch from the first of them."""
    folder = tmp_path / "repository"
    source = folder / "src" / "leadin" / "engine"
    source.mkdir(parents=True)
    git(folder, "init", "--quiet")
    commits = {}
    for name, branch in (("first", None), ("second", None), ("third", "other")):
        if branch:
            git(folder, "checkout", "--quiet", "-b", branch, commits["first"])
        (source / "fit.py").write_text(f"# {name}\n")
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "-m", name)
        commits[name] = git(folder, "rev-parse", "HEAD")
    return folder, commits


def test_the_base_of_a_branch_is_where_it_left_main(repository):
    folder, commits = repository
    assert base_of(folder) == (commits["first"], "")


def test_the_base_of_main_is_the_commit_before(repository):
    folder, commits = repository
    git(folder, "checkout", "--quiet", "main")
    assert base_of(folder) == (commits["first"], "")
    git(folder, "checkout", "--quiet", "--detach")
    assert base_of(folder) == (commits["first"], "")


def test_the_base_of_edits_on_main_is_its_last_commit(repository):
    folder, commits = repository
    git(folder, "checkout", "--quiet", "main")
    (folder / "README.md").write_text("no part of the engine\n")
    assert base_of(folder) == (commits["first"], "")
    (folder / "src" / "leadin" / "engine" / "fit.py").write_text("# edited\n")
    assert base_of(folder) == (commits["second"], "")


def test_a_base_that_is_named(repository):
    folder, commits = repository
    assert base_of(folder, "main") == (commits["second"], "")
    assert base_of(folder, "nowhere") == (None, "SPEED_BASE names no commit here: nowhere")


def test_no_history(repository, tmp_path):
    folder, _ = repository
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{folder}", "shallow")
    assert base_of(tmp_path / "shallow") == (None, "no commit before this one here (a shallow clone?)")
    (tmp_path / "bare").mkdir()
    found, why = base_of(tmp_path / "bare")
    assert (found, why) == (None, "no git history here")


def test_a_commit_is_exported_as_it_was(repository, tmp_path):
    folder, commits = repository
    source = exported(folder, commits["second"], tmp_path / "out")
    assert (source / "leadin" / "engine" / "fit.py").read_text() == "# second\n"
    assert source == tmp_path / "out" / "src"


def test_what_has_changed_in_the_engine(repository):
    folder, commits = repository
    assert changed(folder, commits["third"]) == set()
    assert changed(folder, commits["first"]) == {"src/leadin/engine/fit.py"}
    (folder / "README.md").write_text("other\n")
    assert changed(folder, commits["third"]) == set()
    new = folder / "src" / "leadin" / "engine" / "new.py"
    new.write_text("")
    assert changed(folder, commits["third"]) == {"src/leadin/engine/new.py"}
    new.unlink()
    (folder / "src" / "leadin" / "engine" / "fit.py").write_text("# edited\n")
    assert changed(folder, commits["third"]) == {"src/leadin/engine/fit.py"}


def test_what_a_fit_is_made_of():
    found = sources_of("ancova", gate.ROOT)
    engine = "src/leadin/engine"
    assert {
        f"{engine}/{name}.py" for name in ("batches/ancova", "kernels/ancova", "kernels/mean_tests", "fits")
    } <= found
    assert f"{engine}/kernels/compiled.py" in found
    assert f"{engine}/kernels/fisher.py" not in found
    assert sources_of("nothing_of_this_name", gate.ROOT) == set()


def engine_of(folder, **files):
    """Writes modules of the engine: of the batch of that name, or of what they import."""
    for name, text in files.items():
        file = folder / "src" / "leadin" / "engine" / "batches" / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)


def played(monkeypatch, folder, base, head):
    """The gate in that repository, its measures replaced; two fits were edited, one through what it imports."""
    if (folder / "src").exists():
        engine_of(folder, mmrm="from leadin.engine.batches import deviance", deviance="", ancova="", survival="")
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "-m", "fits")
        engine_of(folder, deviance="slower = True", ancova="slower = True")
    monkeypatch.setattr(gate, "ROOT", folder)
    monkeypatch.setenv("SPEED_BASE", "HEAD")
    measures = {False: base, True: head}
    monkeypatch.setattr(gate, "measure_of", lambda source, must_run: measures[must_run])
    return gate.main()


def head_of(folder):
    return git(folder, "rev-parse", "HEAD")[:9]


def test_a_slower_fit_fails(monkeypatch, repository, capsys):
    folder, _ = repository
    log = []
    base = playing(log, "base", [{"mmrm": 1.0}] * 5)
    head = playing(log, "head", [{"mmrm": 1.5, "ancova": 1.0}] * 5)
    assert played(monkeypatch, folder, base, head) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"speed gate: {head_of(folder)} -> working tree, seconds of processor",
        "mmrm                1.00 s ->    1.50 s     +50 %  too slow",
        "not compared, since one of them has it not: ancova",
    ]
    assert log[0] == ("base", ("mmrm", "ancova"))


def test_fits_as_fast_pass(monkeypatch, repository, capsys):
    times = dict.fromkeys(gate.COMPARED, 1.0)
    assert played(monkeypatch, repository[0], lambda names: times, lambda names: times) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["speed", "mmrm", "ancova"]


def test_a_base_without_the_fits_passes_with_a_sentence(monkeypatch, repository, capsys):
    folder, _ = repository
    assert played(monkeypatch, folder, lambda names: {}, lambda names: {"mmrm": 1.0}) == 0
    assert capsys.readouterr().out == f"speed gate: passed, {head_of(folder)} has none of these fits: mmrm, ancova.\n"


def test_the_same_fits_pass_with_a_sentence(monkeypatch, repository, capsys):
    folder, _ = repository
    monkeypatch.setattr(gate, "ROOT", folder)
    monkeypatch.delenv("SPEED_BASE", raising=False)
    assert gate.main() == 0
    first = repository[1]["first"][:9]
    assert capsys.readouterr().out == f"speed gate: passed, the fits are made of what they are made of in {first}.\n"


def test_without_history_it_passes_with_a_sentence(monkeypatch, tmp_path, capsys):
    assert played(monkeypatch, tmp_path, None, None) == 0
    assert capsys.readouterr().out == "speed gate: passed, nothing to compare with: no git history here.\n"


@pytest.mark.parametrize(
    ("program", "must_run", "found"),
    [("import json; print('x'); print(json.dumps({'a': 1.5}))", True, {"a": 1.5}), ("raise SystemExit(3)", False, {})],
)
def test_fits_are_timed_by_a_process_of_the_other_source(tmp_path, program, must_run, found):
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "engine_runs.py").write_text(program)
    assert gate.measure_of(tmp_path / "src", must_run=must_run, root=tmp_path)(("a",)) == found


def test_a_working_tree_whose_fits_cannot_be_run_is_an_error(tmp_path, capsys):
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "engine_runs.py").write_text("raise SystemExit('no such fit')")
    with pytest.raises(subprocess.CalledProcessError):
        gate.measure_of(tmp_path / "src", must_run=True, root=tmp_path)(("a",))
    assert "no such fit" in capsys.readouterr().err


def test_the_other_source_comes_first(tmp_path):
    """Before the leadin that is installed, and with what the caller's path holds after it."""
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "src" / "leadin").mkdir(parents=True)
    (tmp_path / "src" / "leadin" / "__init__.py").write_text("SECONDS = 7.5\n")
    (tmp_path / "benchmarks" / "engine_runs.py").write_text(
        "import json, sys, leadin; print(json.dumps({name: leadin.SECONDS for name in sys.argv[1:]}))"
    )
    found = gate.measure_of(tmp_path / "src", must_run=True, root=tmp_path)(("a", "b"))
    assert found == {"a": 7.5, "b": 7.5}
