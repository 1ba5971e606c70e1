"""Comparisons as text and as tables, and the page that holds them."""

from __future__ import annotations

import datetime
import shutil

import numpy as np
import pytest
from benchmarks.__main__ import TOPICS, main
from benchmarks.collapsed_trials import VISITS, collapsed_trials, repeated
from benchmarks.engine_runs import RUNS, fits_of
from benchmarks.page import FROM, TO, versions, written
from benchmarks.side_by_side import Comparison, as_table, as_text, ratio

COMPARISON = Comparison(
    "Fits", ("leadin", 0.02), {"lme4": 49.0, "absent": None, "far": None, "quicker": 0.01}, {"far": 520.0}
)


@pytest.mark.parametrize(
    ("times", "told"),
    [
        (0.5, "0.5"),
        (0.123, "0.12"),
        (4.26, "4.3"),
        (9.99, "10"),
        (10.4, "10"),
        (99.7, "100"),
        (151.0, "151"),
        (1636.0, "1,640"),
        (26000.0, "26,000"),
        (123456.0, "123,000"),
    ],
)
def test_ratios_are_told_to_two_or_three_figures(times, told):
    assert ratio(times) == told


def test_ratios_of_a_comparison():
    assert COMPARISON.ratios() == [
        ("leadin", "1"),
        ("lme4", "2,450"),
        ("absent", "not installed, left out"),
        ("far (stored: 520 ms)", "26,000"),
        ("quicker", "0.5"),
    ]
    assert Comparison("Fits", ("leadin", None), {"lme4": 49.0}).ratios() == [("leadin", "not in this version")]


def test_a_program_that_was_run_is_not_told_as_stored():
    run = Comparison("Fits", ("leadin", 1.0), {"far": 600.0}, {"far": 520.0})
    assert run.ratios() == [("leadin", "1"), ("far", "600")]


def test_as_text_and_as_a_table():
    lines = as_text(COMPARISON).splitlines()
    assert lines[0] == "Fits"
    assert [line.split("  ")[-1].strip() for line in lines[1:4]] == ["1 x", "2,450 x", "not installed, left out"]
    assert as_table(COMPARISON).splitlines()[:5] == [
        "### Fits",
        "",
        "| program | time, as a multiple of the first |",
        "|---|---|",
        "| leadin | 1 |",
    ]


def test_tables_take_the_place_of_those_in_the_page(monkeypatch):
    monkeypatch.setattr("benchmarks.page.versions", lambda: "Python 3.99")
    page = f"# Title\n\n{FROM}; by a program -->\nold\n{TO}\nend\n"
    told = written(page, [COMPARISON, COMPARISON], datetime.date(2026, 11, 28))
    start = f"# Title\n\n{FROM}; by a program -->\n\nRun of 2026-11-28: Python 3.99.\n\n### Fits"
    assert told.startswith(start)
    assert told.endswith(f"| quicker | 0.5 |\n\n{TO}\nend\n")
    assert told.count("### Fits") == 2
    assert written(told, [COMPARISON], datetime.date(2026, 11, 28)).count("### Fits") == 1
    assert "old" not in told


@pytest.mark.parametrize("page", ["", f"{FROM} -->", TO])
def test_a_page_without_marks(page):
    with pytest.raises(ValueError) as error:
        written(page, [COMPARISON])
    assert str(error.value) == f"page: expected the marks {FROM!r} and {TO!r}"


def test_versions_name_what_is_installed():
    told = versions()
    assert told.startswith("Python 3.")
    assert ", numba " in told
    assert ("R " in told) is (shutil.which("Rscript") is not None)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["speed"],
            "TOPIC: expected some of generator, random_slope, mmrm, ancova, joint_rank, survival, safety; got speed",
        ),
        (["mmrm", "--write", "page.md"], "--write: expected all topics"),
    ],
)
def test_what_is_asked_for_must_be_there(words, message, capsys):
    with pytest.raises(SystemExit):
        main(words)
    assert message in capsys.readouterr().err


def test_only_what_is_asked_for_is_run(monkeypatch, capsys):
    import benchmarks.__main__ as program

    monkeypatch.setattr(program, "TOPICS", {"one": lambda: (COMPARISON,), "two": lambda: 1 / 0})
    assert main(["one"]) == 0
    assert as_text(COMPARISON) in capsys.readouterr().out
    assert len(TOPICS) == 7


def test_a_run_written_to_a_page(monkeypatch, capsys, tmp_path):
    import benchmarks.__main__ as program

    monkeypatch.setattr(program, "TOPICS", {"one": lambda: (COMPARISON,)})
    monkeypatch.setattr("benchmarks.page.versions", lambda: "Python 3.99")
    page = tmp_path / "page.md"
    page.write_text(f"{FROM} -->\n{TO}\n")
    assert main(["--write", str(page)]) == 0
    assert "| lme4 | 2,450 |" in page.read_text()
    assert f"written: {page}" in capsys.readouterr().out


def test_the_data_sets_as_the_engine_wants_them():
    """Counts, and the sums of one participant by hand."""
    batch = collapsed_trials()
    assert batch.sizes.tolist() == [100, 100]
    assert batch.sums.shape == (len(VISITS), 1, 16, 200)
    assert batch.seen.shape == (len(VISITS), 1, 6, 200)
    assert batch.survival.shape == (len(VISITS), 2, 200)
    rows = [line.split(",") for line in VISITS[0].read_text().splitlines()[1:]]
    control = sorted({int(row[0]) for row in rows if row[1] == "0"})
    mine = [(float(t), float(y)) for who, _, t, y in rows if int(who) == control[3]]
    before, after = [each for each in mine if each[0] < 0], [each for each in mine if each[0] > 0]
    sums = batch.sums[0, 0, :, 3]
    for start, side in ((0, before), (6, after)):
        t, y = np.array(side).T
        assert sums[start : start + 6].tolist() == [t.size, t.sum(), t @ t, y.sum(), t @ y, y @ y]
    now = [y for t, y in mine if t == 0]
    assert sums[12:14].tolist() == [len(now), sum(now)]
    assert sums[14:].tolist() == list(max(each for each in mine if each[0] <= 0))
    assert repeated(batch, 3).sums.shape[0] == 3 * len(VISITS)
    earlier = collapsed_trials(zero=-1.0)
    assert earlier.seen.shape[2] == 7
    assert np.array_equal(earlier.seen[:, :, 1:], batch.seen, equal_nan=True)


@pytest.mark.parametrize("name", ["ancova", "slope_change"])
def test_the_fits_that_are_timed_converge(name):
    fit = fits_of(name)
    assert fit is not None
    assert (fit().codes == 0).all()


def test_a_fit_that_this_version_has_not(monkeypatch):
    def missing(batch):
        import leadin.engine.nothing_of_this_name  # noqa: F401

    monkeypatch.setitem(RUNS, "missing", (missing, 1))
    assert fits_of("missing") is None
