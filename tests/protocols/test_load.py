"""Protocols and plans from the library and from files; every problem told at once, in words that say what to do."""

from __future__ import annotations

import io
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from leadin.errors import ProtocolError, UsageError
from leadin.protocols.library import library_names, library_yaml
from leadin.protocols.load import load_plan, load_protocol, protocol_file, protocol_yaml
from leadin.protocols.plan import Plan
from leadin.protocols.planned_analysis import Method
from leadin.protocols.product import Origin, ReleaseTest, Route
from leadin.protocols.protocol import Protocol
from leadin.protocols.statement_file import parse_statement
from leadin.protocols.visits import Measure


def dumped(said) -> str:
    stream = io.StringIO()
    YAML(typ="safe", pure=True).dump(said, stream)
    return stream.getvalue()


def refusal(source, error=ProtocolError, load=load_protocol):
    with pytest.raises(error) as caught:
        load(source)
    return str(caught.value)


# --- where a protocol comes from


@pytest.mark.parametrize("name", library_names())
def test_a_library_name_gives_the_protocol_of_that_name(name):
    assert load_protocol(name).name == name


def test_what_is_done_to_a_library_protocol_does_not_last():
    mine = load_protocol("hanyang-phase2")
    assert mine.randomisation is not None
    mine.randomisation.ratio["cells"] = 99
    again = load_protocol("hanyang-phase2")
    assert again != mine
    assert again.randomisation.ratio["cells"] == 1


def test_a_protocol_is_given_back_as_it_is(protocol):
    assert load_protocol(protocol) is protocol


def test_a_file_gives_what_it_says(small, yaml_file):
    path = yaml_file(dumped(small))
    assert load_protocol(path) == load_protocol(str(path)) == Protocol.model_validate(small)


def test_the_library_wins_over_a_file_of_that_name(small, tmp_path, monkeypatch):
    (tmp_path / "hanyang-phase2").write_text(dumped(small))
    monkeypatch.chdir(tmp_path)
    assert load_protocol("hanyang-phase2").name == "hanyang-phase2"
    assert load_protocol("./hanyang-phase2").name == "small"
    assert load_protocol(Path("hanyang-phase2")).name == "small"


def test_a_file_without_an_ending_is_found(small, tmp_path, monkeypatch):
    (tmp_path / "mine").write_text(dumped(small))
    monkeypatch.chdir(tmp_path)
    assert load_protocol("mine").name == "small"


@pytest.mark.parametrize(
    ("name", "got", "near"),
    [
        ("hanyang-phas2", "'hanyang-phas2'", "Did you mean hanyang-phase2? "),
        ("nurown", "'nurown'", "Did you mean nurown-phase2a? "),
        ("Weekly NSC series", "'Weekly NSC series'", "Did you mean weekly-nsc-series? "),
        ("zzz", "'zzz'", ""),
        ("", "''", ""),
        ("a\0b", "'a\\x00b'", ""),
        ("q" * 300, "'" + "q" * 56 + "...", ""),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest_and_how_to_list(name, got, near):
    assert refusal(name, UsageError) == (
        f"protocol: expected a library protocol (one of {len(library_names())}) or a YAML file; got {got}. {near}"
        "`leadin protocols` lists the library; a file is named with its ending, .yaml."
    )


@pytest.mark.parametrize("name", ["gone.yaml", "gone.yml", "folder/gone", "./gone"])
def test_what_looks_like_a_file_is_refused_as_a_file(name):
    assert refusal(name).startswith(f"{Path(name)}: expected a YAML file with a protocol; it cannot be read: ")
    assert protocol_file(name) == Path(name)


def test_the_yaml_of_a_protocol_is_its_own_text(small, yaml_file):
    assert protocol_yaml("hanyang-phase1") == library_yaml("hanyang-phase1")
    path = yaml_file("# mine\n" + dumped(small))
    assert protocol_yaml(path) == "# mine\n" + dumped(small)
    assert "problems in trial.yaml" in refusal(yaml_file("a: 1"), load=protocol_yaml)


# --- plans


def test_a_plan_is_read_from_a_file(yaml_file):
    plan = load_plan(
        yaml_file("reference_arm: control\nanalyses:\n  - method: cox\n  - {method: safety, role: safety}\n")
    )
    assert plan.reference_arm == "control"
    assert [analysis.method for analysis in plan.analyses] == ["cox", "safety"]
    assert load_plan(plan) is plan


def test_a_plan_takes_a_path_as_text(yaml_file):
    assert load_plan(str(yaml_file("analyses: [{method: cox}]"))) == Plan.model_validate(
        {"analyses": [{"method": "cox"}]}
    )


def test_problems_of_a_plan_are_told_alike(yaml_file):
    text = "analyses:\n  - method: broken-stick\n  - {method: cox, alpha: 0}\nreference: a\n"
    methods = ", ".join(get_args(Method))
    assert refusal(yaml_file(text), load=load_plan).splitlines() == [
        "3 problems in trial.yaml:",
        f"  analyses[0].method: expected one of {methods}; got 'broken-stick' (trial.yaml, line 2). Write "
        "broken_stick.",
        "  analyses[1].alpha: expected a number, above 0 and below 1; got 0 (trial.yaml, line 3). Write a number in "
        "that range.",
        "  reference: expected a known field; got 'reference' (trial.yaml, line 4). Write 'reference_arm'.",
    ]


def test_a_plan_that_is_no_plan(yaml_file, tmp_path):
    assert refusal(yaml_file("- cox\n"), load=load_plan) == (
        "trial.yaml, line 1: expected an analysis plan, fields such as analyses; got a list. "
        "Start each line with the name of a field and a colon."
    )
    gone = tmp_path / "plan.yaml"
    assert refusal(gone, load=load_plan).startswith(f"{gone}: expected a YAML file with an analysis plan; it cannot")


# --- what is said comes back as it was


# The dumper leaves a leading ? unquoted, which its own reader cannot read back.
LETTERS = st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="?")
TEXT = st.text(LETTERS, min_size=1, max_size=12)
SLUGS = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,8}", fullmatch=True)


def one_of(literal):
    return st.sampled_from(sorted(TypeAdapter(literal).json_schema()["enum"]))


def some_of(literal, least=0):
    return st.lists(one_of(literal), min_size=least, unique=True)


@st.composite
def protocols(draw):
    products = draw(st.lists(SLUGS, min_size=1, max_size=2, unique=True))
    arms = draw(st.lists(SLUGS, min_size=2, max_size=3, unique=True))
    days = sorted({0, *draw(st.lists(st.integers(1, 3000), max_size=3))})
    visits = sorted(draw(st.sets(st.integers(-3000, 7000), min_size=1, max_size=5)))
    names = draw(st.lists(TEXT, min_size=len(visits), max_size=len(visits), unique=True))
    making = st.fixed_dictionaries(
        {"isolations": st.integers(1, 12), "expansion_days": st.integers(1, 365)},
        optional={
            "release_tests": some_of(ReleaseTest),
            "shelf_life_hours": st.floats(0.1, 1e5),
            "cryopreserved": st.booleans(),
        },
    )
    dose = st.fixed_dictionaries({"product": st.sampled_from(products), "route": one_of(Route)})
    return Protocol.model_validate(
        {
            "name": draw(SLUGS),
            "title": draw(TEXT),
            "summary": draw(TEXT),
            "masking": "unknown",
            "phase": draw(st.none() | TEXT),
            "lead_in_months": draw(st.floats(0, 60)),
            "follow_up_months": draw(st.floats(0.1, 240)),
            "products": [
                {
                    "name": name,
                    "label": draw(TEXT),
                    "cell_type": draw(TEXT),
                    "origin": draw(one_of(Origin)),
                    "manufacturing": draw(st.none() | making),
                }
                for name in products
            ],
            "arms": [
                {
                    "name": name,
                    "label": draw(TEXT),
                    "role": draw(st.sampled_from(["treatment", "control"])),
                    "planned": draw(st.integers(0, 100_000)),
                    "administrations": [{"day": day, **draw(dose)} for day in days],
                }
                for name in arms
            ],
            "randomisation": draw(
                st.none() | st.just({"ratio": dict.fromkeys(arms, 2), "block_size": 4 * len(arms)})
            ),
            "visits": [
                {"name": name, "day": day, "measures": draw(some_of(Measure, least=1))}
                for name, day in zip(names, visits, strict=True)
            ],
            "plan": draw(
                st.none()
                | st.fixed_dictionaries(
                    {"analyses": st.lists(st.fixed_dictionaries({"method": one_of(Method)}), min_size=1, max_size=3)}
                )
            ),
            "notes": draw(st.lists(TEXT, max_size=2)),
        }
    )  # fmt: skip


@given(protocols())
def test_any_protocol_survives_being_written_and_read(protocol):
    text = dumped(protocol.model_dump(mode="json"))
    assert parse_statement(text, "f.yaml", Protocol, "a protocol") == protocol
