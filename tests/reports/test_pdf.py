"""The report as PDF: every word of a trial stays a word, tables fit the page, the same bytes each time."""

from __future__ import annotations

import importlib.util
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadin.analysis.analyse import analyse_trial
from leadin.errors import UsageError
from leadin.reports.contents import report_page
from leadin.reports.page import Page, Section
from leadin.reports.picture import Picture
from leadin.reports.redo import Commands, Reference, References
from leadin.reports.report import write_report
from leadin.reports.sentences import Sentence
from leadin.reports.tables import Bullets, Column, Entries, Entry, Heading, Paragraph, Rows, Table
from leadin.reports.typst_markup import LANDSCAPE, PORTRAIT, quoted, table_layout, typst_text

typst = pytest.importorskip("typst", reason="the package typst, which sets PDFs, is not installed")

NASTY = '#eval("1") $x^2$ [a] *b* _c_ `d` \\ "e" // f /* g */ @h <i> {j} ~ – ’ & é 細胞 \x00 \n \t \ud800 #let x = 1'


def page_of(*blocks, **changes) -> Page:
    page = Page("A trial", "Done.", "Real data.", False, (), (Section("s", "2. S", tuple(blocks)),), "0.1.0")
    return replace(page, **changes)


def pages(content: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", content))


def test_nasty_words_stay_words():
    said = quoted(NASTY)
    assert said.startswith('"')
    assert said.endswith('"')
    assert not re.search(r'(?<!\\)(\\\\)*"', said[1:-1])
    assert "\n" not in said
    assert "\x00" not in said
    assert quoted('a\\b"c\nd\x07\ud800') == '"a\\\\b\\"c d\ufffd\ufffd"'


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=60))
def test_any_words_compile_and_come_back(words):
    shown = re.sub("[\n\t\r]", " ", words)
    shown = re.sub("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "\ufffd", shown)
    assert json.loads(typst.eval(b"", quoted(words))) == shown


@settings(max_examples=8, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_every_kind_of_block_takes_any_words(one, other):
    table = Table(
        "t",
        one,
        (Column(other), Column(one, True, other), Column("x", True, other)),
        (Rows(((one, other, one),), other),),
    )
    drawn = '<svg xmlns="http://www.w3.org/2000/svg" width="20pt" height="10pt"></svg>'
    page = page_of(
        Paragraph(one),
        Bullets((one, other), other),
        Heading(one),
        Entries((Entry(one, ((other, one),)),)),
        References(one, (Reference(one, "https://doi.org/10.1000/x", other), Reference(other, None, None))),
        Commands((one, other)),
        replace(table, notes=(one,)),
        Picture("p", one, other, one, drawn),
        title=one,
        sentences=(Sentence(one, other),),
        simulated=True,
    )
    assert pages(pdf(page)) >= 1


def pdf(page: Page) -> bytes:
    from leadin.reports.pdf import pdf_bytes

    return pdf_bytes(page)


@pytest.fixture(scope="module")
def simulated_page(phase1) -> Page:
    return report_page(phase1, analyse_trial(phase1))


def test_a_whole_report_is_the_same_bytes_each_time(simulated_page):
    content = pdf(simulated_page)
    assert content == pdf(simulated_page)
    assert content.startswith(b"%PDF-")
    assert b"CreationDate" not in content
    assert pages(content) >= 5


def test_every_block_is_in_the_markup_and_the_stamp_is_on_every_page(simulated_page):
    text = typst_text(simulated_page)
    assert text.count("#picture(") == sum(isinstance(block, Picture) for block in simulated_page.blocks)
    tables = sum(isinstance(block, Table) for block in simulated_page.blocks)
    assert len(re.findall(r"^#(?:landscape\()?sheet\(", text, re.M)) == tables
    assert text.count("#finding(") == len(simulated_page.sentences)
    for section in simulated_page.sections:
        assert f"#heading(level: 2, {quoted(section.title)})" in text
    for block in simulated_page.blocks:
        if isinstance(block, Picture):
            assert f"alt: {quoted(block.finding)}" in text
    assert 'stamp: ("Simulated trial: no person took part", "SIMULATED TRIAL: NO PERSON TOOK PART")' in text
    assert "(simulated trial)" in text
    assert "Helvetica" not in text
    real = typst_text(replace(simulated_page, simulated=False))
    assert "stamp: none" in real
    assert "(simulated trial)" not in real


def wide_table(columns: int, words: str = "10 (67 %)") -> Table:
    heads = (Column("Term"), *(Column("Any (%)", True, "arm") for _ in range(columns)))
    return Table("w", "", heads, (Rows((("Headache", *[words] * columns),)),), wide=True)


@pytest.mark.parametrize("columns", [1, 6, 12, 20, 40, 90])
def test_tables_fit_the_page_that_they_are_set_on(columns):
    size, turned, widths = table_layout(wide_table(columns))
    assert len(widths) == columns + 1
    assert sum(widths) == pytest.approx(LANDSCAPE if turned else PORTRAIT)
    assert 7.0 <= size <= 8.5
    assert all(width > 0 for width in widths)


def test_a_table_grows_smaller_before_its_page_is_turned():
    layouts = [table_layout(wide_table(columns))[:2] for columns in range(1, 30)]
    assert layouts[0] == (8.5, False)
    upright = [size for size, turned in layouts if not turned]
    assert upright == sorted(upright, reverse=True)
    assert [turned for _, turned in layouts] == sorted(turned for _, turned in layouts)
    assert layouts[-1][1] is True
    assert "#landscape(sheet(" in typst_text(page_of(wide_table(28)))
    assert table_layout(replace(wide_table(1), wide=False))[0] == 9.5


def test_short_tables_stay_on_one_page_and_long_ones_do_not():
    rows = tuple((str(k), "x") for k in range(17))
    table = Table("t", "", (Column("a"), Column("b")), (Rows(rows[:16]),))
    assert "whole: true" in typst_text(page_of(table))
    assert "whole: false" in typst_text(page_of(replace(table, groups=(Rows(rows),))))


def test_the_suffix_decides(tmp_path, two_arms, monkeypatch):
    trial = two_arms()
    results = analyse_trial(trial, methods=["log_rank"], reference="control")
    monkeypatch.setattr("leadin.reports.contents.report_page", lambda *_: page_of(Paragraph("words")))
    assert write_report(trial, results, tmp_path / "r.pdf").read_bytes().startswith(b"%PDF-")
    assert write_report(trial, results, tmp_path / "R.PDF").read_bytes().startswith(b"%PDF-")
    for name in ("r.html", "r.HTM", "r"):
        assert write_report(trial, results, tmp_path / name).read_text(encoding="utf-8").startswith("<!doctype html>")
    with pytest.raises(UsageError) as refused:
        write_report(trial, results, tmp_path / "r.docx")
    assert str(refused.value) == (
        f"{tmp_path / 'r.docx'}: expected a name that ends in .html or .pdf; got .docx. Rename it."
    )
    assert not (tmp_path / "r.docx").exists()


def test_without_typst_it_says_how_to_get_it(tmp_path, two_arms, monkeypatch):
    trial = two_arms()
    results = analyse_trial(trial, methods=["safety"], reference="control")
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "typst" else real(name))
    with pytest.raises(UsageError) as refused:
        write_report(trial, results, tmp_path / "r.pdf")
    assert str(refused.value) == (
        f"{tmp_path / 'r.pdf'}: a PDF needs the package typst, which is not installed. Install it with: "
        "pip install 'leadin[pdf]', or choose a name that ends in .html."
    )
    assert list(tmp_path.iterdir()) == []


def test_letters_that_no_font_of_ours_has_are_looked_for_in_the_system():
    from pathlib import Path

    import matplotlib

    from leadin.reports.pdf import _covered

    font = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    assert _covered("Zelltherapie für ALS, ≥ 50 % − “x” \n\u200b", font)
    assert not _covered("細胞", font)
