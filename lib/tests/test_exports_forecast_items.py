"""Salesforce forecasting items: one family of categories, nobody's deals twice, and each file the state of one day."""

from zlib import crc32

import pytest
from gate import balanced, file_audit, gate, left_out, rows

from revops.errors import ExportError

DANA, JORG, BOSS, CHIEF = "0058d00000Aq1Ab", "0058d00000Aq1aB", "0058d00000Aq1Ac", "0058d00000Aq1Ad"
Q2, Q1 = "0268d00000Pd2Aa", "0268d00000Pd1Aa"
ITEMS = "ForecastingItem.csv"
TYPE, OTHER = "0Db8d00000Tp1Aa", "0Db8d00000Tp2Aa"
DEAL = rows({"Stage": "Closed Won", "Amount": "150000", "Close Date": "2025-06-15"})
PERIODS = (
    "Id,Type,StartDate,EndDate,FullyQualifiedLabel\n"
    f"{Q1},Quarter,2025-01-01 00:00:00,2025-03-31 00:00:00,FQ1 FY 2025\n"
    f"{Q2},Quarter,2025-04-01 00:00:00,2025-06-30 00:00:00,FQ2 FY 2025\n"
)
USERS = (
    "Id,Name,ManagerId,UserRoleId\n"
    f"{DANA},Dana Whitfield,{BOSS},00E8d00000Ro1Aa\n{JORG},Jörg Müller,{BOSS},00E8d00000Ro1Aa\n"
    f"{BOSS},Bea Boss,{CHIEF},00E8d00000Ro2Aa\n{CHIEF},Chris Chief,,00E8d00000Ro3Aa\n"
)
ROLES = "Id,Name\n00E8d00000Ro1Aa,AE West\n00E8d00000Ro2Aa,Manager West\n00E8d00000Ro3Aa,CRO\n"
HEAD = (
    "Id,OwnerId,PeriodId,ForecastCategoryName,ForecastingItemCategory,ForecastAmount,AmountWithoutAdjustments,"
    "AmountWithoutManagerAdjustment,OwnerOnlyAmount,HasAdjustment,ForecastingTypeId,CurrencyIsoCode,SystemModstamp\n"
)


def item(owner, category, amount, own=None, *, name="", adjusted=False, seen=None, **changes):
    """Return one item: its amount unadjusted, what is the owner's own, and what the owner sees after adjusting."""
    seen = amount if seen is None else seen
    cells = {
        "id": f"0G3{crc32(repr((owner, category, name, changes)).encode()):012d}",
        "owner": owner,
        "period": Q2,
        "name": name,
        "category": category,
        "whole": seen,
        "plain": amount,
        "seen": seen,
        "own": amount if own is None else own,
        "adjusted": str(adjusted).lower(),
        "type": TYPE,
        "currency": "USD",
        "stamp": "2025-06-13T17:00:00.000Z",
    } | changes
    return ",".join(str(cell) for cell in cells.values()) + "\n"


TWO = (
    item(DANA, "CommitForecast", 100)
    + item(JORG, "CommitForecast", 50, adjusted=True, seen=70)
    + item(BOSS, "CommitForecast", 150, 0, adjusted=True, seen=160)
    + item(CHIEF, "CommitForecast", 165, 5, seen=175, adjusted=True)
)
BESIDE = {"deals.csv": DEAL, "Period.csv": PERIODS}
PEOPLE = {"User.csv": USERS, "UserRole.csv": ROLES}


def calls(prepared):
    """Return the calls as (day, level, member, category, amount)."""
    table = prepared.tables["forecasts"].to_pylist()
    return [
        (f"{r['snapshot_date']:%m-%d}", r["level"], r["member"], r["category"], r["forecast_amount"]) for r in table
    ]


def refused(folder, files, **changes):
    """Return the message with which forecasting items are refused."""
    with pytest.raises(ExportError) as caught:
        gate(folder, {"deals.csv": DEAL, **files}, **changes)
    return str(caught.value)


def test_a_managers_roll_up_is_the_companys_or_a_teams_and_never_an_owners(tmp_path):
    prepared = gate(tmp_path, {**BESIDE, **PEOPLE, "ForecastingItem.csv": HEAD + TWO})
    assert calls(prepared) == [
        ("06-13", "company", "company", "Forecast", 175.0),
        ("06-13", "owner", DANA, "Forecast", 100.0),
        ("06-13", "owner", CHIEF, "Forecast", 5.0),
        ("06-13", "owner", JORG, "Forecast", 70.0),
        ("06-13", "team", "AE West", "Forecast", 160.0),
    ]
    audit = file_audit(prepared, "ForecastingItem.csv")
    assert audit.decisions == (
        "forecasts of 2025-06-13, the day of the latest change in the file: a folder named YYYY-MM-DD would say when "
        "it was exported",
        "1 item adjusted by hand: the call is the adjusted amount that its owner sees, of the others OwnerOnlyAmount",
        "1 item of managers with deals of their own: read as two rows, theirs and the whole",
    )
    assert (audit.rows_read, audit.rows_kept, audit.first) == (5, 5, "2025-06-13") and balanced(prepared)
    assert {(str(r["period_start"])[:10], str(r["period_end"])[:10]) for r in
            prepared.tables["forecasts"].to_pylist()} == {("2025-04-01", "2025-06-30")}  # fmt: skip


def test_without_managers_the_roll_ups_show_by_their_sums_and_are_left_out(tmp_path):
    prepared = gate(tmp_path, {**BESIDE, "ForecastingItem.csv": HEAD + TWO})
    assert [(member, amount) for _, level, member, _, amount in calls(prepared) if level == "owner"] == [
        (DANA, 100.0),
        (CHIEF, 5.0),
        (JORG, 70.0),
    ]
    assert "1 item of managers: only the deals of their own are read" in file_audit(prepared, ITEMS).decisions
    assert left_out(prepared) == [("ForecastingItem.csv", "roll-up of others", 1)]
    assert balanced(prepared)


def test_where_nobody_can_tell_a_roll_up_it_is_refused(tmp_path):
    lines = "OwnerId,PeriodId,ForecastingItemCategory,ForecastAmount,SystemModstamp\n"
    lines += f"{DANA},{Q2},CommitForecast,100,2025-06-13T17:00:00.000Z\n"
    assert refused(tmp_path, {"Period.csv": PERIODS, "ForecastingItem.csv": lines}) == (
        "ForecastingItem.csv: it must be known whose forecasts include those of others; found 1 of 1 items without "
        f"OwnerOnlyAmount (e.g. {DANA}), and no managers of owners. Add OwnerOnlyAmount to the export, or export User "
        "with ManagerId."
    )


def test_single_categories_are_added_up_to_what_cumulative_ones_say(tmp_path):
    single = [("PipelineOnly", "Pipeline", 500), ("BestCaseOnly", "Best Case", 40), ("CommitOnly", "Commit", 30),
              ("ClosedOnly", "Closed", 100)]  # fmt: skip
    cumulative = [("OpenPipeline", 570), ("BestCaseForecast", 170), ("CommitForecast", 130), ("ClosedOnly", 100)]
    one = HEAD + "".join(item(DANA, word, amount, name=name) for word, name, amount in single)
    two = HEAD + "".join(item(DANA, word, amount) for word, amount in cumulative)
    by_name = HEAD + "".join(item(DANA, "", amount, name=name) for _, name, amount in single)
    both = one + two.removeprefix(HEAD)
    found = [
        gate(tmp_path / str(i), {**BESIDE, "ForecastingItem.csv": text})
        for i, text in enumerate((one, two, by_name, both))
    ]
    assert calls(found[0]) == [
        ("06-13", "owner", DANA, "BestCase", 170.0),
        ("06-13", "owner", DANA, "Closed", 100.0),
        ("06-13", "owner", DANA, "Forecast", 130.0),
        ("06-13", "owner", DANA, "Pipeline", 570.0),
    ]
    assert all(prepared.tables["forecasts"].equals(found[0].tables["forecasts"]) for prepared in found[1:])
    assert file_audit(found[0], "ForecastingItem.csv").decisions[-1] == (
        "single categories added up to calls for the period: Commit with Closed, Best Case with both, Pipeline with "
        "all that is open"
    )
    assert file_audit(found[3], "ForecastingItem.csv").decisions[-1] == (
        "cumulative categories (ForecastingItemCategory) are read; 3 items of single ones left out"
    )
    assert left_out(found[3]) == [
        ("ForecastingItem.csv", "a single category beside cumulative ones", 3),
        ("ForecastingItem.csv", "exact duplicate row", 1),
    ]
    assert all(balanced(prepared) for prepared in found)


def test_a_renamed_category_is_refused_where_no_api_word_stands_beside(tmp_path):
    text = HEAD + item(DANA, "", 5, name="Upside") + item(DANA, "", 100, name="Closed")
    assert refused(tmp_path, {"Period.csv": PERIODS, "ForecastingItem.csv": text}) == (
        "ForecastingItem.csv: every forecast category must be one we know; found 1 of 2 items of another (e.g. "
        "Upside). Add the column ForecastingItemCategory to the export, whose words cannot be renamed."
    )


def test_without_periods_it_says_what_to_export(tmp_path):
    assert refused(tmp_path, {"ForecastingItem.csv": HEAD + item(DANA, "CommitForecast", 1)}) == (
        "ForecastingItem.csv: every row must have a period whose days are known; found 1 of 1 without (e.g. "
        f"{Q2}). Export Period (Id, Type, StartDate, EndDate, FullyQualifiedLabel) and put it beside this file."
    )


def test_several_forecast_types_are_refused_until_one_is_named(tmp_path):
    text = HEAD + item(DANA, "CommitForecast", 100) + item(DANA, "CommitForecast", 7, type=OTHER)
    types = f"Id,DeveloperName,MasterLabel\n{TYPE},OpportunityRevenue,Revenue\n{OTHER},OpportunityQuantity,Units\n"
    files = {"Period.csv": PERIODS, "ForecastingItem.csv": text}
    assert refused(tmp_path / "none", files) == (
        f"ForecastingItem.csv: forecasts of one type only can be read together; found 2 types ({TYPE}, {OTHER}). Say "
        "in company.yml which one counts, by its id or, with ForecastingType exported beside, its DeveloperName:\n"
        "  forecasts:\n    type: TODO"
    )
    for i, named in enumerate((TYPE, "opportunityrevenue")):
        prepared = gate(tmp_path / str(i), {**BESIDE, **files, "ForecastingType.csv": types}, forecasts={"type": named})
        assert calls(prepared) == [("06-13", "owner", DANA, "Forecast", 100.0)]
        assert left_out(prepared) == [("ForecastingItem.csv", "of another forecast type", 1)]
    message = refused(tmp_path / "wrong", {**files, "ForecastingType.csv": types}, forecasts={"type": "Revenues"})
    assert message == (
        "company.yml, forecasts.type: must be one forecast type of ForecastingItem.csv; found Revenues, and the types "
        f"{TYPE} (OpportunityRevenue), {OTHER} (OpportunityQuantity). Correct it."
    )


def test_dated_folders_are_snapshots_and_a_copy_beside_them_counts_once(tmp_path):
    first, second = (HEAD + item(DANA, "CommitForecast", amount) for amount in (100, 120))
    files = {
        **BESIDE,
        "2025-06-06/sf/ForecastingItem.csv": first,
        "2025-06-06/sf/Period.csv": PERIODS,
        "2025-06-16/sf/ForecastingItem.csv": second,
        "sf/ForecastingItem.csv": second,
    }
    prepared = gate(tmp_path, files)
    assert calls(prepared) == [("06-06", "owner", DANA, "Forecast", 100.0), ("06-16", "owner", DANA, "Forecast", 120.0)]
    assert left_out(prepared) == [("sf/ForecastingItem.csv", "same file given twice", 1)]
    assert file_audit(prepared, "sf/ForecastingItem.csv").warnings == (
        "has the same content as 2025-06-16/sf/ForecastingItem.csv",
    )
    assert balanced(prepared)


def test_periods_that_were_over_and_items_given_twice_are_left_out(tmp_path):
    line = item(DANA, "CommitForecast", 100)
    text = HEAD + line + line + item(DANA, "CommitForecast", 90, period=Q1)
    prepared = gate(tmp_path, {**BESIDE, "ForecastingItem.csv": text})
    assert calls(prepared) == [("06-13", "owner", DANA, "Forecast", 100.0)]
    assert left_out(prepared) == [
        ("ForecastingItem.csv", "a period that was over on the day of the file", 1),
        ("ForecastingItem.csv", "exact duplicate row", 1),
    ]


def test_items_without_any_day_are_refused(tmp_path):
    lines = f"OwnerId,PeriodId,ForecastingItemCategory,OwnerOnlyAmount\n{DANA},{Q2},CommitForecast,100\n"
    assert refused(tmp_path, {"Period.csv": PERIODS, "ForecastingItem.csv": lines}) == (
        "ForecastingItem.csv: forecasts must be of a day; found no folder of a day and no column SystemModstamp. Put "
        "the file into a folder named YYYY-MM-DD, the day of its export."
    )
    prepared = gate(tmp_path / "ok", {**BESIDE, "2025-06-16/ForecastingItem.csv": lines})
    assert calls(prepared) == [("06-16", "owner", DANA, "Forecast", 100.0)]


def test_amounts_of_items_are_units_and_in_their_own_currency(tmp_path):
    text = HEAD + item(DANA, "CommitForecast", 100, currency="EUR")
    prepared = gate(tmp_path, {**BESIDE, "ForecastingItem.csv": text}, forecasts={"unit": "thousands"})
    assert calls(prepared) == [("06-13", "owner", DANA, "Forecast", 110.0)]


def test_items_of_several_product_families_are_refused(tmp_path):
    lines = "OwnerId,PeriodId,ForecastingItemCategory,OwnerOnlyAmount,ProductFamily,SystemModstamp\n" + "".join(
        f"{DANA},{Q2},CommitForecast,100,{family},2025-06-13T17:00:00.000Z\n" for family in ("Hardware", "Software")
    )
    assert refused(tmp_path, {"Period.csv": PERIODS, "ForecastingItem.csv": lines}) == (
        "ForecastingItem.csv: a forecast must be of all products; found items of 2 product families (e.g. Hardware, "
        "Software). Export the items of a forecast type by opportunity."
    )


def test_the_order_of_items_does_not_matter(tmp_path):
    lines = TWO.splitlines(keepends=True)
    one, two = (
        gate(tmp_path / name, {**BESIDE, **PEOPLE, "ForecastingItem.csv": HEAD + "".join(part)})
        for name, part in (("a", lines), ("b", lines[::-1]))
    )
    assert one.tables["forecasts"].equals(two.tables["forecasts"])


def test_salesforces_own_quotas_have_the_days_of_their_periods(tmp_path):
    text = "Id,QuotaOwnerId,QuotaAmount,StartDate,PeriodId,ForecastingTypeId,CurrencyIsoCode\n" + "".join(
        f"0J98d00000Qu{place}Aa,{owner},{amount},2025-04-01,{Q2},{kind},{code}\n"
        for place, (owner, amount, kind, code) in enumerate(
            [(DANA, 250000, TYPE, "USD"), (JORG, 100000, TYPE, "EUR"), (DANA, 40, OTHER, "USD")]
        )
    )
    prepared = gate(tmp_path, {**BESIDE, "ForecastingQuota.csv": text}, forecasts={"type": TYPE})
    found = prepared.tables["quotas"].to_pylist()
    assert [(r["level"], r["member"], r["metric"], str(r["period_end"])[:10], r["quota_amount"]) for r in found] == [
        ("owner", DANA, "bookings", "2025-06-30", 250000.0),
        ("owner", JORG, "bookings", "2025-06-30", 110000.0),
    ]
    assert left_out(prepared) == [("ForecastingQuota.csv", "of another forecast type", 1)] and balanced(prepared)
    assert refused(tmp_path / "alone", {"ForecastingQuota.csv": text}, forecasts={"type": TYPE}) == (
        f"ForecastingQuota.csv: every row must have a period whose days are known; found 3 of 3 without (e.g. {Q2}). "
        "Export Period (Id, Type, StartDate, EndDate, FullyQualifiedLabel) and put it beside this file."
    )


def test_a_single_category_without_an_item_is_nothing_and_hides_no_call(tmp_path):
    text = HEAD + item(DANA, "ClosedOnly", 10) + item(DANA, "BestCaseOnly", 30) + item(JORG, "CommitOnly", 5)
    prepared = gate(tmp_path, {**BESIDE, **PEOPLE, ITEMS: text})
    assert calls(prepared) == [
        ("06-13", "owner", DANA, "BestCase", 40.0),
        ("06-13", "owner", DANA, "Closed", 10.0),
        ("06-13", "owner", DANA, "Forecast", 10.0),
        ("06-13", "owner", JORG, "BestCase", 5.0),
        ("06-13", "owner", JORG, "Closed", 0.0),
        ("06-13", "owner", JORG, "Forecast", 5.0),
    ]
    assert "3 single categories without an item taken as 0: each read as a row" in file_audit(prepared, ITEMS).decisions
    assert balanced(prepared)


def test_single_categories_of_one_owner_and_period_in_two_currencies_are_refused(tmp_path):
    text = HEAD + item(DANA, "CommitOnly", 20) + item(DANA, "ClosedOnly", 10, currency="EUR")
    assert refused(tmp_path, {**BESIDE, ITEMS: text}) == (
        "ForecastingItem.csv: single categories of one owner and period must be in one currency; found 2 of 2 items in "
        "several (e.g. EUR, USD). Export the items in one currency, or the cumulative categories."
    )
