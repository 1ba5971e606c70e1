"""Which lots serve which doses, and when they are made."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leadin.protocols.lots import PlannedLot, planned_lots
from leadin.protocols.product import Administration, Manufacturing, Product
from leadin.protocols.protocol import Arm, Protocol
from leadin.protocols.visits import Visit


def trial(doses, *products):
    arm = Arm(name="cells", label="Cells", role="treatment", planned=1, administrations=tuple(doses))
    return Protocol(
        name="t",
        title="t",
        summary="s",
        masking="unknown",
        lead_in_months=3,
        follow_up_months=6,
        products=products,
        arms=(arm,),
        visits=(Visit(name="v", day=0, measures=("alsfrs_r",)),),
    )


def dose(day, product="msc", route="intrathecal"):
    return Administration(day=day, product=product, route=route)


def product(name="msc", **making):
    made = Manufacturing(**making) if making else None
    return Product(name=name, label=name, cell_type="c", origin="autologous", manufacturing=made)


def lots(doses, *products):
    protocol = trial(doses, *products)
    return planned_lots(protocol.arms[0], protocol)


def test_as_many_isolations_as_dosing_days_give_each_its_own_lot():
    assert lots([dose(0), dose(26)], product(isolations=2, expansion_days=28)) == (
        PlannedLot(1, "msc", -28, 0, 0, (0,)),
        PlannedLot(2, "msc", -2, 26, 26, (1,)),
    )


def test_with_fewer_isolations_the_last_lot_serves_the_remaining_days():
    made = product(isolations=2, expansion_days=20, differentiation_days=3)
    assert lots([dose(0), dose(30), dose(60), dose(90)], made) == (
        PlannedLot(1, "msc", -23, -3, 0, (0,)),
        PlannedLot(2, "msc", 7, 27, 30, (1, 2, 3)),
    )


def test_release_tests_come_after_differentiation():
    made = product(expansion_days=20, differentiation_days=3, release_days=14)
    assert lots([dose(0)], made) == (PlannedLot(1, "msc", -37, -17, 0, (0,)),)


def test_one_isolation_serves_every_dose():
    assert lots([dose(0), dose(7)], product(isolations=1, expansion_days=10)) == (
        PlannedLot(1, "msc", -10, 0, 0, (0, 1)),
    )


def test_more_isolations_than_dosing_days_leave_no_lot_over():
    assert [lot.number for lot in lots([dose(0)], product(isolations=5, expansion_days=10))] == [1]


def test_two_routes_on_one_day_share_a_lot():
    doses = [dose(0), dose(0, route="intramuscular")]
    assert lots(doses, product(isolations=1, expansion_days=28, differentiation_days=3)) == (
        PlannedLot(1, "msc", -31, -3, 0, (0, 1)),
    )


def test_cells_from_stock_come_one_lot_a_dosing_day_without_isolation():
    doses = [dose(0), dose(7), dose(7, route="intravenous")]
    assert lots(doses, product()) == (
        PlannedLot(1, "msc", None, None, 0, (0,)),
        PlannedLot(2, "msc", None, None, 7, (1, 2)),
    )


def test_products_are_numbered_together_by_release():
    doses = [dose(0, "b"), dose(0, "a"), dose(9, "a")]
    made = [product("a", isolations=2, expansion_days=5), product("b", isolations=1, expansion_days=6)]
    assert [(lot.number, lot.product, lot.administrations) for lot in lots(doses, *made)] == [
        (1, "b", (0,)),
        (2, "a", (1,)),
        (3, "a", (2,)),
    ]


def test_an_arm_without_cells_needs_no_lots():
    assert lots([], product(expansion_days=28)) == ()


@given(
    days=st.lists(st.integers(1, 400), max_size=6).map(lambda more: [0, *sorted(more)]),
    isolations=st.integers(1, 8),
    expansion=st.integers(1, 90),
    differentiation=st.integers(0, 20),
)
def test_every_dose_has_exactly_one_lot_that_is_ready_by_then(days, isolations, expansion, differentiation):
    doses = [dose(day) for day in sorted(set(days))]
    made = lots(doses, product(isolations=isolations, expansion_days=expansion, differentiation_days=differentiation))
    served = [position for lot in made for position in lot.administrations]
    assert sorted(served) == list(range(len(doses)))
    assert len(made) == min(isolations, len(doses))
    for lot in made:
        assert lot.released_day - lot.harvested_day == differentiation
        assert lot.harvested_day - lot.isolated_day == expansion
        assert all(doses[position].day >= lot.released_day for position in lot.administrations)
