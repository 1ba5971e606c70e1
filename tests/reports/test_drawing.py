"""An inline figure leaks no style and no id, keeps its words, and is the same bytes each time."""

from __future__ import annotations

import warnings
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.reports import drawing


def drawn(name: str = "small", words: str = "a word", finding: str = "one & two") -> str:
    with drawing.drawing_style(name):
        figure = drawing.blank_figure(200, 100)
        axes = drawing.axes_at(figure, 40, 10, 150, 60)
        axes.plot([0, 1, 2], [0.123456789, 1, 0.5])
        axes.fill_between([0, 1, 2], [0, 0, 0], [1, 1, 1], alpha=0.2)
        axes.text(1, 0.5, words, fontweight="bold")
        axes.set_xlabel("months", rotation=30)
        return drawing.svg_text(figure, name, "A title", finding)


def test_it_is_well_formed_and_says_what_it_shows():
    root = ElementTree.fromstring(drawn())
    space = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{space}svg"
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "small-title small-desc"
    assert root.get("viewBox") == "0 0 200 100"
    assert root.find(f"{space}title").text == "A title"
    assert root.find(f"{space}desc").text == "one & two"


def test_it_leaks_no_style_and_keeps_the_reader_s_fonts():
    svg = drawn()
    for leak in ("<style", "<metadata", "DejaVu", "xlink", "<?xml", "DOCTYPE", "font-family: "):
        assert leak not in svg
    assert "font-weight: 700" in svg or "font-weight: bold" in svg
    assert "font-size: 9.5px" in svg
    assert svg.count("font-family") == 1


def test_every_id_is_its_own_and_every_reference_is_met():
    for name in ("one", "other"):
        root = ElementTree.fromstring(drawn(name))
        ids = [e.get("id") for e in root.iter() if e.get("id")]
        assert len(ids) == len(set(ids))
        assert all(each.startswith(f"{name}-") for each in ids)
        used = {e.get("href").removeprefix("#") for e in root.iter() if e.get("href")}
        used |= {e.get("clip-path")[5:-1] for e in root.iter() if e.get("clip-path")}
        assert used
        assert used <= set(ids)


def test_coordinates_are_short():
    assert "0.123456" not in drawn()
    assert len(drawn()) < 9000


def test_the_same_figure_is_the_same_bytes():
    assert drawn() == drawn()


@pytest.mark.parametrize(
    "words", ['<script>alert("x")</script>', 'a id="b" href="#c"', "p = 0.123456", "url(#d)", "ü − ≥ 中"]
)
def test_words_stay_words(words):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        root = ElementTree.fromstring(drawn(words=words))
    texts = [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]
    assert words in texts


def test_dollars_are_no_formula():
    with drawing.drawing_style("m"):
        figure = drawing.blank_figure(100, 50)
        drawing.sheet(figure).text(1, 1, "$x^2$ costs $3")
        assert "$x^2$ costs $3" in drawing.svg_text(figure, "m", "", "")


@given(st.text("abc ", max_size=60), st.floats(20, 200))
def test_wrapped_lines_fit_and_keep_every_word(text, width):
    lines = drawing.wrapped(text, width)
    assert all(drawing.text_width(line) <= width or " " not in line for line in lines)
    if all(drawing.text_width(word) <= width for word in text.split()):
        assert " ".join(lines).split() == text.split()


def test_a_word_too_long_is_cut_and_a_no_break_space_holds():
    assert drawing.wrapped("n\u00a0=\u00a04", 5000) == ["n\u00a0=\u00a04"]
    assert drawing.wrapped("abc n\u00a0=\u00a04", drawing.text_width("abc n")) == ["abc", "n\u00a0=\u00a04"]
    long = drawing.shortened("x" * 200, 100)
    assert long.endswith("…")
    assert drawing.text_width(long) <= 100
    assert drawing.wrapped("", 50) == [""]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (-3.2, 12.2, [-3, 0, 3, 6, 9, 12]),
        (0, 6.1, [0, 1, 2, 3, 4, 5, 6]),
        (0, 21, [0, 3, 6, 9, 12, 15, 18, 21]),
        (-12, 60, [-12, 0, 12, 24, 36, 48, 60]),
        (0.2, 0.8, []),
    ],
)
def test_month_ticks_are_round_and_hold_zero(low, high, ticks):
    assert drawing.month_ticks(low, high) == ticks


def test_plain_numbers():
    assert drawing.plain([-3.0, 0.5, 12.0]) == ["−3", "0.5", "12"]
