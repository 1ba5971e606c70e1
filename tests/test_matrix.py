"""The table of what shows that each method is right is as the tests say."""

from __future__ import annotations

from typing import get_args

from validation.matrix import HERE, KINDS, PROCEDURES, Evidence, evidence, matrix_text

from leadin.protocols.planned_analysis import Method

FOUND = evidence()


def test_the_table_is_as_written():
    assert (HERE / "matrix.md").read_text(encoding="utf-8") == matrix_text(FOUND), "run python -m validation.matrix"


def test_marks_name_methods_and_kinds():
    assert FOUND
    assert {item.method for item in FOUND} <= {*get_args(Method), *PROCEDURES}
    assert {item.kind for item in FOUND} <= set(KINDS)


def test_an_empty_cell_is_shown_empty_and_a_full_one_names_its_tests():
    text = matrix_text((Evidence("cox", "reference", "tests/analysis/test_x.py", "test_it_is_so"),))
    (row,) = [line for line in text.splitlines() if line.startswith("| `cox` |")]
    assert row == "| `cox` | `analysis/test_x.py` it is so | **empty** | **empty** | **empty** |"
