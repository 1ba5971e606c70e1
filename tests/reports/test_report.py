"""The page as a whole: one file, readable by people and by machines, honest about what is not there."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from leadin.analysis.analyse import analyse_trial
from leadin.designs.chance import chance_level
from leadin.errors import UsageError
from leadin.reports.contents import report_page
from leadin.reports.report import write_report

SECTIONS = ["who", "given", "function", "models", "survival", "safety", "trust", "redo"]
STAMP = "Simulated trial: no person took part."


@pytest.fixture(scope="module")
def pages(html_of, two_arms, one_arm, phase1) -> dict[str, str]:
    chance = chance_level(phase1.protocol, replicates=3)
    return {
        "two arms": html_of(two_arms(), reference="control"),
        "one arm": html_of(one_arm()),
        "simulated": html_of(phase1, chance),
    }


@pytest.fixture(params=["two arms", "one arm", "simulated"])
def html(pages, request) -> str:
    return pages[request.param]


def test_markup_is_balanced_and_in_order(html, read_html):
    page = read_html(html)
    assert page.unbalanced == []
    assert page.open == []
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert [a["id"] for a in page.named("section")] == ["first", *SECTIONS]
    assert page.tags[0] == ("html", {"lang": "en"})


def test_ids_are_unique_and_every_inner_reference_is_met(html, read_html):
    page = read_html(html)
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    wanted = {a["href"][1:] for _, a in page.tags if str(a.get("href", "")).startswith("#")}
    for _, attrs in page.tags:
        wanted |= set(str(attrs.get("aria-labelledby") or "").split())
        wanted |= set(re.findall(r"url\(#([^)]+)\)", " ".join(str(v) for v in attrs.values())))
    assert wanted <= set(ids)


def test_nothing_is_fetched_and_nothing_runs(html, read_html):
    page = read_html(html)
    assert not page.named("script", "link", "iframe", "img", "object", "embed")
    for tag, attrs in page.tags:
        assert not any(name.startswith("on") or name == "src" for name in attrs), tag
        if "href" in attrs and not attrs["href"].startswith("#"):
            assert tag == "a"
            assert attrs["href"].startswith(("https://", "http://"))
    style = "".join(re.findall(r"<style>(.*?)</style>", html, re.S))
    assert html.count("<style") == 1
    assert "url(" not in style
    assert "@import" not in style


def test_every_figure_says_what_it_shows(html):
    figures = re.findall(r"<figure.*?</figure>", html, re.S)
    assert figures
    for figure in figures:
        root = ElementTree.fromstring(re.search(r"<svg.*?</svg>", figure, re.S)[0])
        space = "{http://www.w3.org/2000/svg}"
        assert root.get("role") == "img"
        assert re.search(r"\d", root.find(f"{space}desc").text), "a finding states its numbers"
        assert root.find(f"{space}title").text
        assert re.search(r"<figcaption><strong>Figure \d+\. ", figure)
    assert [int(n) for n in re.findall(r"<strong>Figure (\d+)\.", html)] == list(range(1, len(figures) + 1))


def test_every_table_has_a_caption_and_scopes(html):
    tables = re.findall(r"<table.*?</table>", html, re.S)
    assert tables
    for table in tables:
        assert re.search(r"<caption[^>]*><strong>Table \d+\.</strong> \S", table)
        assert all('scope="' in head for head in re.findall(r"<th[ >][^>]*", table))
        assert re.search(r'<th [^>]*scope="col"', table)
        assert re.search(r'<th [^>]*scope="row"', table)


def test_cells_under_spanning_heads_name_all_their_heads(pages, read_html):
    page = read_html(pages["two arms"])
    ids = {str(attrs["id"]) for _, attrs in page.tags if "id" in attrs}
    cells = [attrs for attrs in page.named("td") if "headers" in attrs]
    assert cells
    for attrs in cells:
        heads = str(attrs["headers"]).split()
        assert set(heads) <= ids
        assert len(heads) == len(set(heads)) >= 3
    table = re.search(r'<table id="table-adverse-events".*?</table>', pages["two arms"], re.S)[0]
    first = re.search(r"<td headers=\"([^\"]*)\"", table)[1]
    number = re.search(r"Table (\d+)", table)[1]
    assert first == f"t{number}-1-1 t{number}-g2 t{number}-c2"
    later = re.findall(r"<td headers=\"([^\"]*)\"", table)[-1]
    assert later == f"t{number}-b3 t{number}-3-1 t{number}-g3 t{number}-c15"
    plain = re.search(r'<table id="table-models".*?</table>', pages["two arms"], re.S)[0]
    assert "headers=" not in plain


def test_a_simulated_trial_says_so_everywhere(pages, read_html):
    page = read_html(pages["simulated"])
    assert STAMP in page.text
    assert page.text.index(STAMP) < page.text.index("1. In short")
    assert "(simulated trial)" in re.search(r"<title>(.*?)</title>", pages["simulated"])[1]
    assert 'class="stamp"' in pages["simulated"]
    style = re.search(r"<style>(.*?)</style>", pages["simulated"], re.S)[1]
    assert re.search(r"\.stamp \{ display: block; position: fixed", style)
    assert '@top-left { content: "Simulated trial: no person took part"' in style
    for other in ("two arms", "one arm"):
        assert "imulated trial" not in read_html(pages[other]).text
        assert 'class="stamp"' not in pages[other]


def test_the_first_screen_has_its_sentences(pages, read_html):
    def about(name: str) -> list[str]:
        return re.findall(r'<p class="finding"><strong>(.*?)\.</strong>', pages[name])

    assert about("two arms") == ["Function", "Survival", "Safety", "In other words"]
    assert about("one arm") == ["Function", "With no treatment", "Survival", "Safety", "In other words"]
    assert about("simulated") == ["Function", "With no treatment", "Survival and breathing", "Safety", "In other words"]
    assert (
        "3 trials of the same design were simulated in which nobody is treated." in read_html(pages["simulated"]).text
    )


def test_empty_sections_say_so(pages, read_html):
    text = read_html(pages["one arm"]).text
    for said in (
        "No administration of cells is recorded in these tables.",
        "Slopes before and after time zero cannot be compared, and responders cannot be judged",
        "The tables hold no events, so nobody's survival is known.",
        "The tables hold no adverse events. Whether none happened or none was recorded cannot be told: no rate is "
        "given.",
        "No analysis plan was given: every analysis here is exploratory.",
        "What the same design shows with no treatment cannot be computed without a protocol",
        "No comparison has an interval, so there is no forest plot.",
    ):
        assert said in text
    assert read_html(pages["two arms"]).text.count("cannot be told") == 0


def test_it_makes_no_claims(html, read_html):
    text = read_html(html).text.lower()
    assert not re.search(r"\d\s*\*", text), "no stars behind numbers"
    for word in ("trend", "promising", "proved", "proven", "demonstrat", "efficacious"):
        assert word not in text
    assert "significant" not in text  # neither trial has a planned primary analysis of function


def test_words_that_look_like_markup_are_words(html_of, two_arms, read_html):
    evil = '</style><script>alert("1")</script>'
    trial = two_arms(cells=evil, control='" onload="x" $a$ &amp; 中')
    trial = replace(
        trial,
        adverse_events=trial.adverse_events.with_columns(term=trial.adverse_events["term"] + evil),
        events=trial.events.with_columns(detail=trial.events["kind"] + evil),
    )
    html = html_of(trial, reference='" onload="x" $a$ &amp; 中')
    page = read_html(html)
    assert not page.named("script")
    assert page.unbalanced == []
    assert page.open == []
    assert evil in page.text
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    for svg in re.findall(r"<svg.*?</svg>", html, re.S):
        ElementTree.fromstring(svg)


def test_the_same_trial_is_the_same_bytes(html_of, two_arms, pages):
    assert html_of(two_arms(), reference="control") == pages["two arms"]


def test_it_is_written_whole_or_not_at_all(tmp_path, two_arms, monkeypatch, pages):
    trial = two_arms()
    results = analyse_trial(trial, reference="control")
    path = tmp_path / "new folder" / "report.html"
    assert write_report(trial, results, path) == path
    assert path.read_text(encoding="utf-8") == pages["two arms"]
    path.write_text("old", encoding="utf-8")

    def refused(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(
        UsageError, match=r"report\.html: the report cannot be written: no space left on device\. Choose"
    ):
        write_report(trial, results, path)
    assert path.read_text(encoding="utf-8") == "old"
    assert [each.name for each in path.parent.iterdir()] == ["report.html"]


def test_a_place_that_is_no_place_is_refused(tmp_path, two_arms):
    (tmp_path / "file").write_text("", encoding="utf-8")
    trial = two_arms()
    with pytest.raises(UsageError, match="the report cannot be written"):
        write_report(trial, analyse_trial(trial, methods=["safety"]), tmp_path / "file" / "report.html")


def test_numbers_of_figures_and_tables_count_up(two_arms):
    trial = two_arms()
    page = report_page(trial, analyse_trial(trial, reference="control"))
    assert sorted(page.numbering.values()) != []
    assert page.numbering["flow"] == 1
    assert page.numbering["baseline"] == 1
    assert [section.name for section in page.sections] == SECTIONS
    assert all(section.blocks for section in page.sections)


def test_rows_with_errors_are_left_out_and_told(html_of, two_arms, read_html):
    trial = two_arms()
    scores = trial.assessments.with_columns(
        value=trial.assessments["value"].scatter([0], [49.0])  # a score that cannot be
    )
    text = read_html(html_of(replace(trial, assessments=scores), reference="control")).text
    assert f"Left out of the analyses: 1 of {scores.height} rows of assessments." in text
    assert "1 error" in text
