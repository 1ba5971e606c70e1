"""YAML that is hostile or broken is refused in one sentence; everything else comes out plain, with its lines."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from leadin.errors import ProtocolError
from leadin.protocols.problems import Problem
from leadin.protocols.yaml_with_lines import MAX_DEPTH, MAX_VALUES, parse_yaml


def read(text):
    return parse_yaml(text, "f.yaml", "a protocol")


def refusal(text):
    with pytest.raises(ProtocolError) as caught:
        read(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("28", 28),
        ("-91", -91),
        ("+7", 7),
        ("012", 12),
        ("1_000_000", 1_000_000),
        ("1e6", 1e6),
        ("1.5e+6", 1.5e6),
        (".5", 0.5),
        ("2.", 2.0),
        ("-0.5", -0.5),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("yes", "yes"),
        ("0x1F", "0x1F"),
        ("1:30", "1:30"),
        ("2026-01-12", "2026-01-12"),
        ("10.1002/ana.25302", "10.1002/ana.25302"),
        ("week 4", "week 4"),
        ("'28'", "28"),
        ('"true"', "true"),
        ("''", ""),
        ("|\n  two\n  lines\n", "two\nlines\n"),
        ("9" * 300, int("9" * 300)),
        ("9" * 301, float("9" * 301)),
        ("1.2.3", "1.2.3"),
        ("-", [None]),
    ],
)
def test_scalars(written, value):
    document = read(f"a: {written}\nb: 1" if written != "-" else "a:\n  -\nb: 1")
    said = document.plain()["a"]
    assert said == value
    assert type(said) is type(value)


def test_lists_mappings_and_aliases_come_out_plain():
    text = "a: [1, {b: x}]\nc: &m\n  - alsfrs_r\nd: *m\ne: {}\nf: []\n'<<': 1\n"
    assert read(text).plain() == {
        "a": [1, {"b": "x"}],
        "c": ["alsfrs_r"],
        "d": ["alsfrs_r"],
        "e": {},
        "f": [],
        "<<": 1,
    }


def test_an_anchor_may_be_used_again_and_replaced():
    assert read("a: &x 1\nb: *x\nc: &x 2\nd: [*x, *x]\n").plain() == {"a": 1, "b": 1, "c": 2, "d": [2, 2]}


def test_lines_of_values_and_of_what_is_missing():
    document = read("# head\nname: x\narms:\n  - name: a\n    n: 3\n  - {name: b}\nlate:\n  inner: 1\n")
    lines = {
        (): 2,
        ("name",): 2,
        ("arms",): 3,
        ("arms", 0): 4,
        ("arms", 0, "n"): 5,
        ("arms", 0, "gone"): 4,
        ("arms", 1, "name"): 6,
        ("arms", 2): 3,
        ("arms", -1): 3,
        ("late",): 7,
        ("late", "inner"): 8,
        ("late", "inner", "deeper"): 8,
        ("gone",): 2,
        ("name", 0): 2,
    }
    assert {path: document.line(path) for path in lines} == lines


def test_a_repeated_field_keeps_the_first_value_and_is_told():
    document = read("a: 1\nb:\n  c: 2\n  c: [3]\na: 4\n")
    assert document.plain() == {"a": 1, "b": {"c": 2}}
    assert document.repeated == (
        Problem(("b", "c"), "every field once", "'c' again after line 3", "Remove one of the two.", 4),
        Problem(("a",), "every field once", "'a' again after line 1", "Remove one of the two.", 5),
    )
    assert document.unusable == ()


@pytest.mark.parametrize("written", [".nan", ".NaN", ".inf", "-.inf", "+.INF"])
def test_numbers_that_are_not_finite_are_told(written):
    document = read(f"a:\n- {written}\n")
    assert document.plain() == {"a": [0]}
    advice = "Write a number, or remove the line."
    assert document.unusable == (Problem(("a", 0), "a finite number", written, advice, 2),)


@pytest.mark.parametrize("written", ["1e999", "-1e999", "9" * 400])
def test_numbers_too_large_for_a_float_are_told(written):
    problem = read(f"a: {written}\n").unusable[0]
    assert (problem.path, problem.expected, problem.advice) == (("a",), "a finite number", "Write a smaller number.")


def test_escapes_of_control_characters_are_told_and_taken_out():
    document = read('a: "red \\x1b[31m"\n')
    assert document.plain() == {"a": "red  [31m"}
    assert document.unusable == (Problem(("a",), "printable text", "the character '\\x1b'", "Remove the escape.", 1),)


def test_half_a_surrogate_pair_is_told():
    assert read('a: "\\ud800"\n').unusable[0].got == "the character '\\ud800'"


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(9)
)


def test_too_many_values_are_refused_soon():
    began = time.monotonic()
    assert refusal("[" + "a," * 300_000 + "]").startswith(
        "expected at most 20,000 values, those repeated by an alias (*) counted; got more (f.yaml, line 1)."
    )
    assert time.monotonic() - began < 20


def test_the_bomb_is_refused_where_it_goes_off():
    assert refusal(BOMB) == (
        "expected at most 20,000 values, those repeated by an alias (*) counted; got more (f.yaml, line 5). Write out "
        "what you mean instead of repeating it by aliases."
    )


def test_the_largest_number_of_values_is_read(monkeypatch):
    assert MAX_VALUES == 20_000
    monkeypatch.setattr("leadin.protocols.yaml_with_lines.MAX_VALUES", 500)
    # The list itself is a value too.
    assert len(read("[" + "1," * 499 + "]").plain()) == 499
    assert "at most 500 values" in refusal("[" + "1," * 500 + "]")


def test_depth_is_bounded():
    assert read("[" * MAX_DEPTH + "]" * MAX_DEPTH).plain() is not None
    told = "expected at most 32 levels of nesting; got more (f.yaml, line 1). Check for stray brackets."
    assert refusal("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)) == told
    assert refusal("[" * 500_000) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "a: &a [*a]",
            "a[0]: expected an alias (*) of an anchor (&) further up; got one that contains itself (f.yaml, line 1). "
            "Write the value out; text that starts with * needs quotes.",
        ),
        (
            "\na: *b",
            "a: expected an alias (*) of an anchor (&) further up; got *b, which stands nowhere (f.yaml, line 2). "
            "Write the value out; text that starts with * needs quotes.",
        ),
        (
            "a: &x {b: 1}\nc:\n  <<: *x\n",
            "c.<<: expected fields written out; got a merge key (<<) (f.yaml, line 3). Copy the fields here; an alias "
            "(*) may stand for one whole value.",
        ),
        (
            "a: !!python/object:os.system b",
            "a: expected a plain value; got the YAML tag 'tag:yaml.org,2002:python/object:os.system' (f.yaml, line 1). "
            "Remove the tag; text that starts with ! needs quotes.",
        ),
        (
            "a: !!map {b: 1}",
            "a: expected a plain value; got the YAML tag 'tag:yaml.org,2002:map' (f.yaml, line 1). "
            "Remove the tag; text that starts with ! needs quotes.",
        ),
        (
            "? [a, b]\n: 1\n",
            "expected a field name before the colon; got a list, a mapping or an alias (f.yaml, line 1). Write a name; "
            "text that starts with [, {, ? or * needs quotes.",
        ),
        (
            "a: &x b\n*x : 1\n",
            "expected a field name before the colon; got a list, a mapping or an alias (f.yaml, line 2). Write a name; "
            "text that starts with [, {, ? or * needs quotes.",
        ),
        (
            "a: 1\n---\nb: 2\n",
            "expected one document in the file; got a second one (f.yaml, line 2). Remove it, or split the file.",
        ),
        (
            "",
            "f.yaml: expected a protocol; got an empty file. Start from one that works: leadin show hanyang-phase2 "
            "--yaml FILE",
        ),
        (
            "# only a comment\n",
            "f.yaml: expected a protocol; got an empty file. Start from one that works: leadin show hanyang-phase2 "
            "--yaml FILE",
        ),
        ("a:\n\tb: 1\n", "f.yaml, line 2: expected spaces before the first word; got a tab. Replace tabs by spaces."),
        (
            "a: 1\nb: [c,\n  d",
            "f.yaml, line 2: expected the end of what starts here (a bracket or a quote); got the end of the file. "
            "Close it, or check that the file is whole.",
        ),
        (
            "a: 1\nb: 'c\n",
            "f.yaml, line 2: expected the end of what starts here (a bracket or a quote); got the end of the file. "
            "Close it, or check that the file is whole.",
        ),
        (
            "title: Cells: a trial\n",
            "f.yaml, line 1: expected one 'field: value' a line; got 'title: Cells: a trial'. Check the indentation, "
            "and put text with a colon and a space in it in quotes.",
        ),
        (
            "a: @b\n",
            "f.yaml, line 1: expected a value; got 'a: @b'. Text that starts with a special character (@, `, %) needs "
            "quotes.",
        ),
        (
            "a: {b: c[3]}\n",
            "f.yaml, line 1: expected a comma or the closing bracket; got 'a: {b: c[3]}'. Inside { } or [ ], text with "
            "a comma, a colon or a bracket in it needs quotes.",
        ),
        (
            "a: b\n- c\n",
            "f.yaml, line 2: expected YAML; got '- c' (expected <block end>, but found '-'). Check the indentation.",
        ),
        (
            "%YAML 3.0\n---\na: 1\n",
            "f.yaml, line 1: expected YAML; got '%YAML 3.0' (found incompatible YAML document (version 1.* is "
            "required)). Check the indentation.",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(text, told):
    assert refusal(text) == told


def test_text_that_the_reader_refuses():
    assert refusal("a: \x07\n").startswith(
        "f.yaml: expected YAML; got text that is not (unacceptable character #x0007:"
    )


@given(st.text(alphabet=st.sampled_from("ab:-[]{},&*!|>'\"%@`#?~<.0 \n\t\\"), max_size=60))
def test_no_text_is_a_traceback(text):
    with contextlib.suppress(ProtocolError):
        assert isinstance(read(text).plain(), dict | list | str | int | float)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    # The dumper leaves a leading ? unquoted, which its own reader cannot read back.
    | st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="?"), max_size=20
    )
)


@given(
    st.dictionaries(
        st.from_regex("[a-z]{1,5}", fullmatch=True),
        st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4), max_leaves=10),
        min_size=1,
        max_size=5,
    )
)
def test_what_another_program_writes_is_read_as_it_was(said):
    import io

    stream = io.StringIO()
    YAML(typ="safe", pure=True).dump(said, stream)
    assert read(stream.getvalue()).plain() == said
