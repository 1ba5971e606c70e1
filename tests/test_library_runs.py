"""Every protocol of the library goes the whole road: load, check, simulate, check the tables, analyse."""

from __future__ import annotations

from collections import Counter

import pytest

import leadin
from leadin.protocols.coverage import uncovered

SEED = 20261122


@pytest.mark.parametrize("name", leadin.protocol_names())
def test_simulates_and_analyses(name: str) -> None:
    protocol = leadin.protocol(name)
    trial = leadin.simulate(protocol, seed=SEED)
    assert [f for f in leadin.check(trial) if f.severity == "error"] == []
    in_arms = Counter(trial.participants["arm"].drop_nulls().to_list())
    assert in_arms == {arm.name: arm.planned for arm in protocol.arms if arm.planned}
    assert not trial.adverse_events.is_empty()
    given = {arm.name for arm in protocol.arms if arm.administrations}
    dosed = trial.administrations.join(trial.participants, on="participant_id")["arm"].to_list()
    assert set(dosed) == given
    results = leadin.analyse(trial)
    assert any(row.estimate is not None for row in results.rows)
    for planned in protocol.plan.analyses if protocol.plan is not None else ():
        rows = [row for row in results.rows if row.method == planned.method]
        assert rows, f"{planned.method} is planned but gave no result"
        assert all(row.warnings or row.estimate is not None or row.statistic is not None for row in rows)


@pytest.mark.parametrize("name", leadin.protocol_names())
def test_every_value_has_a_source_or_is_assumed_and_no_check_warns_of_an_error(name: str) -> None:
    protocol = leadin.protocol(name)
    assert uncovered(protocol) == ()
    assert [f for f in leadin.check(protocol) if f.severity == "error"] == []
