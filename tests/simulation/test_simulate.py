"""One simulated trial: determinism, arguments, manifest, and a trial without a single contradiction."""

from __future__ import annotations

import hashlib

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadin.errors import UsageError
from leadin.protocols.identity import protocol_sha256
from leadin.protocols.library import library_names
from leadin.protocols.load import load_protocol
from leadin.simulation.simulate import planned_numbers, simulate_trial
from leadin.trials.checks import check_trial
from leadin.trials.schema import KEYS, SCHEMAS
from leadin.trials.trial import TABLES
from leadin.trials.write import write_trial


@pytest.fixture(scope="module")
def phase2():
    return load_protocol("hanyang-phase2")


def same(one, two) -> bool:
    return one.manifest == two.manifest and all(one.table(name).equals(two.table(name)) for name in TABLES)


def serious_findings(trial):
    return [finding for finding in check_trial(trial) if finding.severity != "note"]


def test_same_arguments_same_bytes(phase2, tmp_path):
    hashes = []
    for turn in ("first", "second"):
        trial = simulate_trial(phase2, slowing=0.3, seed=5, n={"cells": 12})
        for table_format in ("csv", "parquet"):
            folder = write_trial(trial, tmp_path / turn / table_format, table_format=table_format)
            hashes.extend(
                (turn, table_format, file.name, hashlib.sha256(file.read_bytes()).hexdigest())
                for file in sorted(folder.iterdir())
            )
    half = len(hashes) // 2
    assert [row[1:] for row in hashes[:half]] == [row[1:] for row in hashes[half:]]
    assert half == 16


@pytest.mark.parametrize(
    "other",
    [{"seed": 2}, {"replicate": 1}, {"n": {"cells": 34}}, {"slowing": 0.1}],
    ids=lambda other: next(iter(other)),
)
def test_other_arguments_other_trial(phase2, other):
    assert not same(simulate_trial(phase2), simulate_trial(phase2, **other))


def test_whole_numbers_and_shares_may_be_written_alike(phase2):
    assert same(simulate_trial(phase2, slowing=0), simulate_trial(phase2, slowing=0.0))


def test_the_manifest_says_how_it_was_made(phase2):
    manifest = simulate_trial(phase2, slowing=0.3, seed=7, n={"control": 5}, replicate=2).manifest
    assert (manifest.origin, manifest.protocol, manifest.seed) == ("simulated", "hanyang-phase2", 7)
    assert manifest.protocol_sha256 == protocol_sha256(phase2)
    made = dict(manifest.simulation)
    assert len(made.pop("population_sha256")) == 64
    assert 2 < int(made.pop("cultures_at_once.lenzumestrocel")) < 66
    assert made == {"population": "pro-act", "slowing": "0.3", "replicate": "2", "n.cells": "33", "n.control": "5"}


@pytest.mark.parametrize("name", library_names())
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
def test_no_library_protocol_makes_a_contradiction(name, seed):
    trial = simulate_trial(load_protocol(name), slowing=0.4, seed=seed)
    assert serious_findings(trial) == []
    for table in TABLES:
        assert dict(trial.table(table).schema) == SCHEMAS[table]
        assert trial.table(table).equals(trial.table(table).sort(KEYS[table]))
    assert trial.protocol is not None


@st.composite
def protocols(draw, build):
    lead_in = draw(st.integers(0, 3))
    follow_up = draw(st.integers(1, 6))
    doses = tuple(sorted(draw(st.sets(st.sampled_from((0, 1, 7, 26, 90)), max_size=3)) | {0}))
    measures = tuple(
        draw(st.sets(st.sampled_from(("alsfrs_r", "fvc_percent", "strength.left", "weight_kg")), min_size=1))
    )
    changes = {}
    controlled = draw(st.booleans())
    if controlled:
        changes["randomisation"] = {
            "ratio": {"cells": draw(st.integers(1, 2)), "control": 1},
            "strata": draw(
                st.lists(st.sampled_from(("site", "onset_region", "sex", "riluzole")), max_size=2, unique=True)
            ),
            "at": draw(st.sampled_from(("screening", "baseline"))),
        }
    criteria = ()
    if draw(st.booleans()):
        criteria = (
            {"variable": "alsfrs_r", "minimum": draw(st.integers(20, 35))},
            {"variable": "alsfrs_r_lost_in_lead_in", "at": "baseline", "minimum": draw(st.integers(-2, 2))},
        )
    return build(
        lead_in,
        follow_up,
        planned=draw(st.integers(1, 12)),
        doses=doses,
        controlled=controlled,
        criteria=criteria,
        window=draw(st.integers(0, 20)),
        measures=measures,
        **changes,
    )


@settings(max_examples=30)
@given(data=st.data(), seed=st.integers(0, 1_000), slowing=st.sampled_from((0.0, 0.5, 0.99)))
def test_no_small_protocol_makes_a_contradiction(build, data, seed, slowing):
    protocol = data.draw(protocols(build))
    trial = simulate_trial(protocol, slowing=slowing, seed=seed)
    assert serious_findings(trial) == []
    arms = trial.participants["arm"].drop_nulls().value_counts().rows()
    assert dict(arms) == {arm.name: arm.planned for arm in protocol.arms}


def test_planned_numbers(phase2):
    assert planned_numbers(phase2) == (33, 31)
    assert planned_numbers(phase2, {"control": 4}) == (33, 4)
    assert planned_numbers(phase2, {"control": 1, "cells": 100_000}) == (100_000, 1)


@pytest.mark.parametrize("slowing", [-0.01, 1.0, float("nan"), True, "0.3"])
def test_slowing_out_of_range(phase2, slowing):
    with pytest.raises(
        UsageError, match=r"slowing: expected a share from 0 to below 1 \(0\.3: decline slowed by 30 %\)"
    ):
        simulate_trial(phase2, slowing=slowing)


@pytest.mark.parametrize("name", ["seed", "replicate"])
@pytest.mark.parametrize("value", [-1, 1.5, True])
def test_seed_and_replicate_are_whole_numbers(phase2, name, value):
    with pytest.raises(UsageError, match=f"{name}: expected a whole number from 0 on; got"):
        simulate_trial(phase2, **{name: value})


@pytest.mark.parametrize(
    ("n", "message"),
    [
        (
            {"cell": 5},
            "n: expected an arm of hanyang-phase2 (cells, control); got 'cell'. Did you mean cells?",
        ),
        ({"zebra": 5}, "n: expected an arm of hanyang-phase2 (cells, control); got 'zebra'."),
        (
            {"cells": 0},
            "n: expected a whole number of participants from 1 to 100,000 for arm cells; got 0.",
        ),
        (
            {"cells": 100_001},
            "n: expected a whole number of participants from 1 to 100,000 for arm cells; got 100001.",
        ),
        ({"cells": 2.5}, "n: expected a whole number of participants from 1 to 100,000 for arm cells; got 2.5."),
        ({"cells": True}, "n: expected a whole number of participants from 1 to 100,000 for arm cells; got true."),
    ],
)
def test_numbers_that_cannot_be(phase2, n, message):
    with pytest.raises(UsageError) as caught:
        simulate_trial(phase2, n=n)
    assert str(caught.value) == message


def test_an_unknown_population(phase2):
    with pytest.raises(UsageError, match="population: expected one of early-stage, "):
        simulate_trial(phase2, population="proact")


def test_a_large_trial(phase2):
    trial = simulate_trial(phase2, n={"cells": 3_000, "control": 3_000})
    assert trial.participants.filter(pl.col("arm").is_not_null()).height == 6_000
