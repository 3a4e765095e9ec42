"""What goes with being late: by hand, with strata, and where the difference is planted or none."""

import numpy as np
import pandas as pd
import pytest

from revops.measures.stage_benchmarking.hand_off.result import LEADS, STAKE
from revops.measures.stage_benchmarking.hand_off.stake import at_stake
from revops.measures.stage_benchmarking.knobs import Knobs

UNTIL = pd.Timestamp("2026-06-30 12:00")
KNOBS = Knobs(fewest_followed=2, draws=200, horizons=(30, 60))


def leads(*groups):
    """Return MQLs of 2 March 2026: groups of how many, how many of them with an opportunity, and what they share."""
    rows = []
    for place, (n, made, given) in enumerate(groups):
        for number in range(n):
            has = number < made
            rows.append({
                "lead_id": f"{place}-{number}", "company_key": f"{place}-{number}", "mql_at": "2026-03-02 10:00",
                "lead_source": "Web", "arrived": "10:00", "is_late": False, "place": 0, "event": 1, "hours": 1.0,
                "side": "accepted" if has else "recycled", "lost_at": None if has else "2026-03-20 09:00",
                "opportunity_at": "2026-03-12 09:00" if has else None, "opportunity_amount": 100.0 if has else None,
                **given,
            })  # fmt: skip
    table = pd.DataFrame(rows, columns=list(LEADS))
    return table.astype({name: dtype for name, dtype in LEADS.items() if name not in ("event", "place")})


def whole(found):
    return found[found["lead_source"].eq("all")].iloc[0]


def test_by_hand():
    """Half of ten on time and a fifth of ten late have an opportunity of 100: ten late ones x (0.5 - 0.2) x 100 = 300.
    Of those who were late only the last weeks' are at stake, and all of them tell the rates."""
    late = {"is_late": True}
    found = at_stake(leads((10, 5, {}), (10, 2, late)), UNTIL, KNOBS)
    assert found.columns.tolist() == list(STAKE) and found["lead_source"].tolist() == ["Web", "all"]
    row = found.iloc[0]
    assert row[["n_late", "n_on_time_known", "n_late_known", "horizon_days"]].tolist() == [10, 10, 10, 60]
    assert [row["rate_on_time"], row["rate_late"], row["worth_amount"]] == pytest.approx([0.5, 0.2, 100])
    assert row["amount"] == pytest.approx(300) and row["low"] < 300 < row["high"]
    lately = at_stake(leads((10, 5, {}), (6, 2, late), (4, 0, late | {"place": 3})), UNTIL, KNOBS)
    assert whole(lately)["n_late"] == 6 and whole(lately)["amount"] == pytest.approx(6 * 0.3 * 100)


def test_late_ones_who_do_better_stay_below_zero():
    found = at_stake(leads((10, 2, {}), (10, 5, {"is_late": True})), UNTIL, KNOBS)
    assert whole(found)["amount"] == pytest.approx(-300)


def test_like_is_held_against_like():
    """Of hot leads nine in ten make it and few are late, of cold ones one in ten and most are late; lateness changes
    nothing. All together the late ones look much worse; within sources nothing is at stake."""
    late, cold = {"is_late": True}, {"lead_source": "List"}
    table = leads((50, 45, {}), (10, 9, late), (10, 1, cold), (50, 5, cold | late))
    crude = [table.loc[table["is_late"].eq(mine), "opportunity_at"].notna().mean() for mine in (False, True)]
    assert crude[0] - crude[1] > 0.5
    found = at_stake(table, UNTIL, KNOBS)
    assert found["lead_source"].tolist() == ["List", "Web", "all"]
    assert whole(found)["amount"] == pytest.approx(0, abs=1e-9) and whole(found)["n_late"] == 60


def test_hours_of_arrival_are_strata_and_small_ones_are_put_together():
    late, off = {"is_late": True}, {"arrived": "day off"}
    small, tiny = {"lead_source": "Fair"}, {"lead_source": "Zoo"}
    found = at_stake(
        leads((10, 5, {}), (10, 2, late), (10, 4, off), (10, 4, off | late), (4, 2, small), (4, 1, small | late),
              (4, 2, tiny), (4, 1, tiny | late)), UNTIL, KNOBS)  # fmt: skip
    assert found[["lead_source", "arrived"]].agg(" ".join, axis=1).tolist() == [
        "Web in office hours", "Web outside office hours", "others in office hours", "all all"]  # fmt: skip
    assert found["amount"].tolist() == pytest.approx([300, 0, 8 * 0.25 * 100, 500])


def test_the_share_with_an_opportunity_is_censored_rightly():
    """Late ones that are still open after twenty days have not failed: of ten followed to the end five made it after
    thirty days; ten more, seen for twenty days, tell nothing against it."""
    late = {"is_late": True}
    young = {"mql_at": "2026-06-10 10:00", "side": "open", "lost_at": None}
    at, after = {"opportunity_at": "2026-04-01 09:00"}, {"lost_at": "2026-04-11 09:00"}
    table = leads((10, 5, {}), (5, 5, late | at), (5, 0, late | after), (10, 0, late | young))
    assert whole(at_stake(table, UNTIL, KNOBS))["rate_late"] == pytest.approx(0.5)
    assert table.loc[table["is_late"], "opportunity_at"].notna().mean() == 0.25


@pytest.mark.parametrize("groups", [
    [], [(10, 5, {})], [(10, 5, {"is_late": True})], [(10, 0, {}), (10, 0, {"is_late": True})],
    [(4, 2, {}), (10, 5, {"is_late": True})], [(10, 5, {}), (10, 5, {"is_late": True, "place": 2})],
    [(10, 5, {"is_late": pd.NA}), (10, 5, {"is_late": True})],
])  # fmt: skip
def test_nothing_to_compare_is_no_row(groups):
    found = at_stake(leads(*groups), UNTIL, KNOBS)
    assert found.empty and found.columns.tolist() == list(STAKE)


def test_an_opportunity_before_the_mql_is_in_no_rate():
    before = {"opportunity_at": "2026-02-01", "opportunity_amount": 900.0}
    one = at_stake(leads((10, 5, {}), (10, 2, {"is_late": True})), UNTIL, KNOBS)
    other = at_stake(leads((10, 5, {}), (10, 2, {"is_late": True}), (9, 9, before)), UNTIL, KNOBS)
    pd.testing.assert_frame_equal(one, other)


def test_names_and_order_change_nothing_and_the_currency_scales():
    table = leads((20, 9, {}), (20, 5, {"is_late": True}), (20, 4, {"arrived": "day off"}))
    one = at_stake(table, UNTIL, KNOBS)
    assert at_stake(table.assign(lead_id="x" + table["lead_id"], company_key="y" + table["company_key"]), UNTIL,
                    KNOBS).equals(one)  # fmt: skip
    scaled = at_stake(table.assign(opportunity_amount=table["opportunity_amount"] * 4), UNTIL, KNOBS)
    for name in ("amount", "low", "high", "worth_amount"):
        assert scaled[name].tolist() == pytest.approx((one[name] * 4).tolist())


def test_ranges_hold_the_planted_difference():
    """Two hundred on time at 0.5, two hundred late at 0.35, each opportunity about 100: 200 x 0.15 x 100 = 3,000."""
    held, n = 0, 30
    rng = np.random.default_rng(5)
    for _ in range(n):
        table = leads((200, int(rng.binomial(200, 0.5)), {}), (200, int(rng.binomial(200, 0.35)), {"is_late": True}))
        has = table["opportunity_at"].notna()
        table["opportunity_amount"] = np.where(has, 100 * rng.lognormal(-0.18, 0.6, len(table)), np.nan)
        row = whole(at_stake(table, UNTIL, KNOBS))
        held += row["low"] <= 3000 <= row["high"]
    assert 0.6 <= held / n <= 0.97
