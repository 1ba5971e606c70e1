"""The attributes of an estimand in words, generated or the plan's own."""

from __future__ import annotations

from typing import get_args

import pytest

from leadin.protocols.estimand import Estimand, IntercurrentEvent, IntercurrentEventKind
from leadin.protocols.estimand_words import (
    EVENTS,
    MEASURES,
    EstimandWords,
    estimand_words,
    event_words,
    strategy_words,
)
from leadin.protocols.imputation import Imputation
from leadin.protocols.planned_analysis import Method, PlannedAnalysis
from leadin.protocols.visits import Measure


@pytest.mark.parametrize("method", get_args(Method))
def test_every_method_has_words_for_every_attribute(method):
    words = estimand_words(PlannedAnalysis(method=method))
    for text in (words.treatment, words.population, words.variable, words.summary):
        assert text == text.strip().rstrip(".") != ""
        assert "{" not in text


def test_words_follow_the_settings():
    planned = PlannedAnalysis(method="ancova", measure="svc_percent", month=6)
    assert estimand_words(planned, "arm a against arm b") == EstimandWords(
        "arm a against arm b, as allocated",
        "everybody in an arm with a baseline and a value at month 6",
        "change of the slow vital capacity from baseline at month 6",
        "difference between arms in means, adjusted for baseline",
    )
    imputed = estimand_words(PlannedAnalysis(method="ancova", imputation=Imputation()))
    assert imputed.treatment == "each arm against the reference, as allocated"
    assert imputed.population == "everybody in an arm with a value at baseline or after it"
    assert imputed.variable == "change of the ALSFRS-R total from baseline at the last visit"
    assert estimand_words(PlannedAnalysis(method="mmrm")).variable == "change of the ALSFRS-R total from baseline"
    assert estimand_words(PlannedAnalysis(method="mmrm", month=9)).variable.endswith("from baseline at month 9")
    either = PlannedAnalysis(method="responders", either_of=("alsfrs_r", "fvc_percent"))
    assert "the ALSFRS-R total or the forced vital capacity declined" in estimand_words(either).variable


def test_the_plan_s_own_words_come_first():
    said = Estimand(treatment="T", population="P", variable="V", summary="S")
    words = estimand_words(PlannedAnalysis(method="cox", estimand=said), "arm a")
    assert words == EstimandWords("T", "P", "V", "S")


def test_measures_are_called_as_in_results():
    from leadin.analysis.measures import measure_name

    assert set(MEASURES) == set(get_args(Measure))
    assert {measure: measure_name(measure) for measure in MEASURES} == MEASURES


def test_events_and_strategies_have_words():
    assert set(EVENTS) == set(get_args(IntercurrentEventKind))
    assert strategy_words("death", "while_alive") == "while alive"
    assert strategy_words("not_dosed", "while_alive") == "while alive"
    assert strategy_words("other_therapy", "while_alive") == "while free of other therapy"
    assert strategy_words("ventilation", "principal_stratum") == "principal stratum"
    assert event_words("death", "hypothetical", "as if alive.") == "death: hypothetical (as if alive)"
    assert event_words("non_invasive_ventilation", "composite") == "non-invasive ventilation: composite"


def test_an_event_is_handled_as_said():
    event = IntercurrentEvent(event="death", strategy="composite")
    assert event.assumption is None
    with pytest.raises(ValueError, match="strategy"):
        IntercurrentEvent(event="death", strategy="ignore")


def test_imputation_has_bounds():
    assert Imputation().imputations == 200
    assert (Imputation().seed, Imputation().covariance, Imputation().tipping_point) == (1, "common", ())
    for bad in ({"imputations": 4}, {"imputations": 2001}, {"seed": -1}, {"tipping_point": [1001]}):
        with pytest.raises(ValueError):
            Imputation.model_validate(bad)
    assert Imputation(imputations=5).imputations == 5
