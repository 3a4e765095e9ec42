"""Journeys of companies small enough to follow by hand."""

import pandas as pd
import pytest
from companies_of_people import WITH_CHANNELS, contact, fates, found, paths, reasons, role, touch, won

from frames import as_of, book, change, deal
from revops.analysis.journeys import UNKNOWN_CHANNEL, JourneyKnobs, journeys_of


def test_touches_of_who_has_a_role_lead_up_to_the_close():
    """Made 1 March 9:00, won 1 May: the lead was made before the second touch, the last touch is on the day itself."""
    result = found(
        [won("d1", amount=100.10)],
        [touch("t1", "c1", "2026-02-01", "webinar"), touch("t2", "c1", "2026-02-11 12:00", "email"),
         touch("t3", "c2", "2026-03-01 10:00", "search"), touch("t4", "c1", "2026-05-01 18:00", "email"),
         touch("t5", "c1", "2026-05-02", "email"), touch("t6", "c9", "2026-02-01", "fair")],
        contacts=[contact("c1"), contact("c2"), contact("c9", "B")], roles=[role("d1", "c1"), role("d1", "c2")],
        leads=[{"lead_id": "l1", "created_at": "2026-02-05", "contact_id": "c2", "converted_date": "2026-03-01"}],
        never_converted="off",
    )  # fmt: skip
    [journey] = result.journeys.to_dict("records")
    assert journey == {
        "record_id": "d1", "opportunity_id": "d1", "account_id": "A", "account": 0, "kind": "won", "type": "new",
        "wins": 1.0, "losses": 0.0, "amount": 100.10, "ended_at": pd.Timestamp("2026-05-01"),
        "lead": 0, "opportunity": 1, "won": 3,
    }  # fmt: skip
    assert paths(result) == {"d1": ["t1", "t2", "t3", "t4"]}
    assert paths(result, "channel") == {"d1": ["webinar", "email", "search", "email"]}
    assert paths(result, "days_before") == {"d1": [89.0, 78.5, 60 + 14 / 24, 0.0]}
    assert paths(result, "person") == {"d1": [0, 0, 1, 0]}
    assert result.channels == ("email", "search", "webinar") and not result.has_only_ends
    assert result.touches.dtypes.astype(str).to_dict() | {"touched_at": ""} == {
        "journey": "int64", "channel": "int32", "days_before": "float64", "person": "int64", "touch_id": "str",
        "touched_at": "", "campaign_id": "str", "campaign_type": "str", "made_from": "str",
    }  # fmt: skip
    assert reasons(result) == {"with touches": (1, 100.10)}
    assert fates(result) == {"used": 4, "after the end": 1, "of nobody on these deals": 1}


def test_credit_for_pipeline_ends_with_the_moment_of_creation():
    deals = [won("d1"), deal("d2", account_id="A", created_at="2026-03-01 09:00", amount=70.0)]
    touches = [touch("t1", "c1", "2026-03-01 09:00"), touch("t2", "c1", "2026-03-01 09:01")]
    result = found(deals, touches, contacts=[contact("c1")], roles=[role("d1", "c1"), role("d2", "c1")],
                   cutoff="creation")  # fmt: skip
    assert paths(result) == {"d1": ["t1"], "d2": ["t1"]}
    table = result.journeys
    assert table[["kind", "wins", "losses", "amount", "opportunity", "won"]].to_numpy().tolist() == [
        ["won", 1, 0, 100, 0, -1], ["open", 1, 0, 70, 0, -1]
    ]  # fmt: skip
    assert table["account"].tolist() == [0, 0]
    assert result.touches["days_before"].tolist() == [0, 0]
    assert reasons(result) | reasons(result, "open") == {"with touches": (1, 70)}


@pytest.mark.parametrize(
    ("fallback", "expected"),
    [("off", {"d1": ["t1"]}), ("no_roles", {"d1": ["t1"], "d2": ["t1", "t2", "t3"]}),
     ("always", {"d1": ["t1", "t2", "t3"], "d2": ["t1", "t2", "t3"]})],
)  # fmt: skip
def test_people_of_the_account_stand_in_where_asked_for(fallback, expected):
    """The account has c1, c2 and a lead that became a contact nobody exported; d2 has no role, d3 no account."""
    result = found(
        [won("d1"), won("d2"), won("d3", None)],
        [
            touch("t1", "c1", "2026-02-01"),
            touch("t2", "c2", "2026-02-02"),
            touch("t3", None, "2026-02-03", lead_id="l"),
        ],
        contacts=[contact("c1"), contact("c2")],
        roles=[role("d1", "c1")],
        account_fallback=fallback,
        leads=[{"lead_id": "l", "created_at": "2026-01-01", "account_id": "A", "converted_date": "2026-02-20"}],
    )
    assert paths(result) == expected
    assert reasons(result) == {
        "with touches": (len(expected), 100.0 * len(expected)),
        **({"no contact": (1, 100)} if fallback == "off" else {}),
        "no account and no contact": (1, 100),
    }


def test_a_lead_is_the_contact_it_became_and_belongs_to_the_deal_made_of_it():
    leads = [
        {
            "lead_id": "l1",
            "created_at": "2026-01-01",
            "contact_id": "c1",
            "opportunity_id": "d1",
            "converted_date": "2026-03-01",
        },
        {"lead_id": "l2", "created_at": "2026-01-05", "opportunity_id": "d1", "converted_date": "2026-03-01"},
        {
            "lead_id": "l3",
            "created_at": "2026-01-05",
            "contact_id": "c2",
            "opportunity_id": "d1",
            "converted_date": "2026-06-20",
        },
    ]
    touches = [
        touch("t1", None, "2026-01-01", lead_id="l1"),
        touch("t2", "c1", "2026-01-03", lead_id="l1"),
        touch("t3", None, "2026-01-10", lead_id="l2"),
        touch("t4", "c2", "2026-01-11", lead_id="l3"),
    ]
    contacts = [contact("c1"), contact("c2", created_at="2026-06-20 10:00")]
    result = found(
        [won("d1")], touches, contacts=contacts, leads=leads, account_fallback="off", never_converted="people"
    )
    assert paths(result) == {"d1": ["t1", "t2", "t3", "t4"]}
    assert paths(result, "person") == {"d1": [0, 0, 1, 2]}
    before = found([won("d1")], touches, contacts=contacts, leads=leads, account_fallback="off", day="2026-06-19")
    assert paths(before) == {"d1": ["t1", "t2", "t3"], "l3": ["t4"]}
    assert before.journeys["kind"].tolist() == ["won", "never"]


def test_equal_times_go_by_when_they_were_entered_and_then_by_id():
    touches = [
        touch("b", "c1", "2026-02-01"),
        touch("a", "c1", "2026-02-01", "email"),
        touch("c", "c1", "2026-02-01", "search", associated_at="2026-02-01 07:00"),
        touch("d", "c1", "2026-02-01", "fair", associated_at="2026-02-01 06:00"),
    ]
    for rows in (touches, touches[::-1]):
        assert paths(found([won("d1")], rows, contacts=[contact("c1")])) == {"d1": ["d", "c", "a", "b"]}


@pytest.mark.parametrize(
    ("once", "expected"),
    [("off", "abcdefg"), ("person_campaign", "acdefg"), ("person_channel", "adeg"), ("campaign", "acefg"),
     ("channel", "aeg")],
)  # fmt: skip
def test_repeats_of_one_day_count_once(once, expected):
    """One day: c1 thrice in webinars, twice of them in the first; c2 in that, its mail and another; c1 the next day."""
    rows = [("a", "c1", "02-01 08:00", "webinar", "w1"), ("b", "c1", "02-01 09:00", "webinar", "w1"),
            ("c", "c1", "02-01 10:00", "webinar", "w2"), ("d", "c2", "02-01 11:00", "webinar", "w1"),
            ("e", "c2", "02-01 11:00", "email", "w1"), ("f", "c2", "02-01 12:00", "webinar", "w3"),
            ("g", "c1", "02-02 08:00", "webinar", "w1")]  # fmt: skip
    touches = [touch(id, who, f"2026-{at}", channel, campaign_id=campaign) for id, who, at, channel, campaign in rows]
    result = found([won("d1")], touches, contacts=[contact("c1"), contact("c2")], once_a_day=once)
    assert "".join(paths(result)["d1"]) == expected
    assert fates(result).get("repeat of the same day", 0) == 7 - len(expected)


def test_touches_left_out_are_told_by_reason():
    """What kept the touch back that came nearest to counting is the deal's reason; amounts add up to the cent."""
    deals = [won(f"d{n}", f"A{n}", amount=10.01 * n) for n in range(1, 7)] + [won("d7", "A7", amount=None)]
    touches = [
        touch("late", "c1", "2026-05-02"),
        touch("old", "c2", "2026-01-30"),
        touch("mail", "c3", "2026-04-01", is_response=False),
        touch("direct", "c4", "2026-04-01", "direct"),
        touch("late2", "c4", "2026-06-01"),
        touch("used", "c5", "2026-04-01", is_response=None),
        touch("again", "c5", "2026-04-01"),
        touch("first", "c5", "2026-01-31"),
        touch("nobody", "c8", "2026-04-01"),
    ]
    contacts = [contact(f"c{n}", f"A{n}") for n in (*range(1, 7), 8)]
    given = {"contacts": contacts, "lookback_days": 90, "without_channels": ("direct",), "never_converted": "off"}
    result = found(deals, touches, **given)
    assert reasons(result) == {
        "with touches": (1, pytest.approx(50.05)),
        "no touches of its people": (1, pytest.approx(60.06)),
        "touches only after it closed": (1, pytest.approx(10.01)),
        "touches only before the lookback": (1, pytest.approx(20.02)),
        "touches never answered": (1, pytest.approx(30.03)),
        "touches only in channels left out": (1, pytest.approx(40.04)),
        "no contact": (1, 0.0),
    }
    assert result.reconciliation["amount"].sum() == pytest.approx(210.21)
    assert result.reconciliation.set_index("reason")["n_without_amount"].to_dict()["no contact"] == 1
    assert fates(result) == {
        "used": 2,
        "repeat of the same day": 1,
        "channel left out": 1,
        "not answered": 1,
        "before the lookback": 1,
        "after the end": 2,
        "of nobody on these deals": 1,
    }
    assert paths(result) == {"d5": ["first", "again"]}
    assert sorted(paths(found(deals, touches, **given | {"responses_only": False}))) == ["d3", "d5"]
    assert sorted(paths(found(deals, touches, **given | {"without_channels": ()}))) == ["d4", "d5"]
    assert sorted(paths(found(deals, touches, **given | {"lookback_days": 91}))) == ["d2", "d5"]


def test_a_touch_of_several_deals_is_counted_once_by_what_became_of_it():
    deals = [won("d1"), won("d2", close_date="2026-04-01")]
    result = found(deals, [touch("t", "c1", "2026-04-15")], contacts=[contact("c1")])
    assert result.left_out.to_numpy().tolist() == [["used", 1, 1], ["after the end", 0, 1]]
    assert reasons(result) == {"with touches": (1, 100), "touches only after it closed": (1, 100)}


def test_deals_count_as_they_stood_on_the_day():
    """d1 is won in May and reopened in June; d2 is deleted in June; d3 closes tomorrow; d4 was lost."""
    deals = [
        won("d1", stage_name="Discovery"),
        won("d2"),
        won("d3", close_date="2026-07-01"),
        won("d4", stage_name="Lost"),
    ]
    history = [
        *(change(f"d{n}", "2026-03-01 09:00") for n in range(1, 5)),
        change("d1", "2026-05-01 10:00", 1, stage_name="Won", close_date="2026-05-01"),
        change("d1", "2026-06-15 10:00", 2),
        change("d2", "2026-05-01 10:00", 1, stage_name="Won", close_date="2026-05-01"),
        change("d2", "2026-06-15 10:00", 2, stage_name="Won", close_date="2026-05-01", is_deleted=True),
        change("d3", "2026-06-01 10:00", 1, stage_name="Won", close_date="2026-07-01"),
        change("d4", "2026-05-01 10:00", 1, stage_name="Lost", close_date="2026-05-01"),
    ]
    given = {"contacts": [contact("c1")], "history": history}
    touches = [touch("t1", "c1", "2026-02-01"), touch("t2", "c1", "2026-06-10")]
    june = found(deals, touches, **given)
    assert dict(zip(june.journeys["record_id"], june.journeys["kind"], strict=True)) == {"d4": "lost"}
    assert june.journeys[["wins", "losses", "amount", "opportunity", "won"]].to_numpy().tolist() == [[0, 1, 0, 0, -1]]
    kinds = june.reconciliation.groupby("kind")["n_deals"].sum().to_dict()
    assert kinds == {"lost": 1, "open": 1, "undated": 1}
    kept = found(deals, touches, **given, keep_open=True, lost=False)
    assert kept.journeys[["record_id", "wins", "losses", "amount"]].to_numpy().tolist() == [["d1", 0, 0, 0]]
    assert paths(kept) == {"d1": ["t1", "t2"]} and paths(kept, "days_before")["d1"] == [149.0, 20.0]
    may = found(deals, touches, **given, day="2026-05-20")
    assert dict(zip(may.journeys["record_id"], may.journeys["kind"], strict=True)) == {
        "d1": "won",
        "d2": "won",
        "d4": "lost",
    }


def test_amounts_are_those_of_the_company_and_of_the_day():
    """A euro deal counts by its converted amount; of pipeline created the amount as known on the day."""
    deals = [won("d1", amount=110.0, amount_original=100.0, currency="EUR"), won("d2", amount=50.0, currency="USD")]
    history = [
        change("d1", "2026-03-01 09:00", amount=500.0),
        change("d2", "2026-03-01 09:00", amount=50.0),
        change("d1", "2026-04-01", 1, amount=110.0),
        change("d1", "2026-05-01", 2, stage_name="Won", close_date="2026-05-01", amount=110.0),
    ]
    given = {"contacts": [contact("c1")], "history": history, "cutoff": "creation"}
    touches = [touch("t1", "c1", "2026-02-01")]
    assert found(deals, touches, **given).journeys["amount"].tolist() == [110.0, 50.0]
    assert found(deals, touches, **given, day="2026-03-15").journeys["amount"].tolist() == [500.0, 50.0]


def test_types_and_days_choose_the_deals():
    deals = [
        won("d1"),
        won("d2", type="renewal"),
        won("d3", close_date="2026-04-30"),
        won("d4", close_date="2026-05-31"),
    ]
    given = {"contacts": [contact("c1")]}
    touches = [touch("t1", "c1", "2026-02-01")]
    assert list(paths(found(deals, touches, **given))) == ["d1", "d3", "d4"]
    assert list(paths(found(deals, touches, **given, types=("renewal",)))) == ["d2"]
    assert list(paths(found(deals, touches, **given, since="2026-05-01", until="2026-05-30"))) == ["d1"]
    assert list(paths(found(deals, touches, **given, since="2026-05-01", until="2026-05-31"))) == ["d1", "d4"]
    made = found(deals, touches, **given, since="2026-03-01", until="2026-03-01", cutoff="creation")
    assert len(made.journeys) == 3
    assert found(deals, touches, **given, since="2026-03-02", cutoff="creation").journeys.empty


def test_who_never_came_to_an_opportunity_is_a_loss():
    """c1 is behind a deal, c2 works where one is; c3 and c4 of B, c5 of nowhere and the lead came to nothing."""
    touches = [
        touch("t1", "c1", "2026-02-01"),
        touch("t2", "c2", "2026-02-01"),
        touch("t3", "c3", "2026-02-01"),
        touch("t4", "c4", "2026-03-01"),
        touch("t5", "c5", "2026-06-01"),
        touch("t6", None, "2026-06-11", lead_id="l"),
        touch("t7", None, "2026-06-12", is_response=False, lead_id="l"),
        touch("t8", None, "2026-06-12", is_response=False, lead_id="m"),
    ]
    contacts = [*(contact(f"c{n}") for n in (1, 2)), contact("c3", "B"), contact("c4", "B"), contact("c5", None)]
    leads = [{"lead_id": "l", "created_at": "2026-06-11"}, {"lead_id": "m", "created_at": "2026-06-12"}]
    given = {"contacts": contacts, "roles": [role("d1", "c1")], "leads": leads}
    people = found([won("d1")], touches, **given)
    assert paths(people) == {"d1": ["t1"], "c3": ["t3"], "c4": ["t4"], "c5": ["t5"], "l": ["t6"]}
    assert people.journeys["kind"].tolist() == ["won", *["never"] * 4]
    assert people.journeys["losses"].tolist() == [0, 1, 1, 1, 1]
    assert people.journeys["account_id"].fillna("").tolist() == ["A", "B", "B", "", ""]
    assert people.journeys["account"].nunique() == 4
    assert people.journeys["lead"].tolist() == [-1, -1, -1, -1, 0]
    assert people.touches["days_before"].tolist() == [89, 0, 0, 0, 0]
    assert fates(people) == {"used": 5, "not answered": 1, "of nobody on these deals": 2}
    accounts = found([won("d1")], touches, **given, never_converted="accounts")
    assert paths(accounts) == {"d1": ["t1"], "B": ["t3", "t4"], "c5": ["t5"], "l": ["t6"]}
    assert accounts.touches["days_before"].tolist() == [89, 28, 0, 0, 0]
    quiet = found([won("d1")], touches, **given, quiet_days=20, lookback_days=100)
    assert list(paths(quiet)) == ["d1", "c3", "c4", "c5"]
    assert list(paths(found([won("d1")], touches, **given, quiet_days=30, since="2026-02-02"))) == ["d1", "c4"]
    assert list(paths(found([won("d1")], touches, **given, never_converted="off"))) == ["d1"]
    some = found([won("d1", type="renewal")], touches, **given)
    assert list(paths(some)) == ["c3", "c4", "c5", "l"]


def test_who_is_behind_a_deal_elsewhere_is_no_part_of_an_account_that_came_to_nothing():
    touches = [touch("t1", "c1", "2026-02-03"), touch("t2", "c2", "2026-02-02")]
    contacts = [contact("c1", "B"), contact("c2", "B")]
    result = found([won("d1")], touches, contacts=contacts, roles=[role("d1", "c1")], never_converted="accounts")
    assert paths(result) == {"d1": ["t1"], "B": ["t2"]}
    assert paths(result, "days_before")["B"] == [0]


def test_a_role_of_who_comes_later_is_none_yet():
    """In May nobody has a role, so that all of the account stand in; in June the new contact has it alone."""
    contacts = [contact("c1"), contact("c2", created_at="2026-06-01")]
    given = {"contacts": contacts, "roles": [role("d1", "c2")], "never_converted": "off"}
    touches = [touch("t1", "c1", "2026-02-01"), touch("t2", "c2", "2026-02-01")]
    assert paths(found([won("d1")], touches, **given, day="2026-05-20")) == {"d1": ["t1"]}
    assert paths(found([won("d1")], touches, **given)) == {"d1": ["t2"]}


def test_a_touch_of_a_lead_who_comes_later_is_not_known_yet():
    leads = [{"lead_id": "l1", "created_at": "2026-06-01"}]
    touches = [touch("t1", "c1", "2026-02-01", lead_id="l1")]
    assert fates(found([won("d1")], touches, contacts=[contact("c1")], leads=leads, day="2026-05-20")) == {"used": 0}
    assert fates(found([won("d1")], touches, contacts=[contact("c1")], leads=leads)) == {"used": 1}


def test_the_lead_was_made_when_the_first_lead_was_else_the_contact():
    touches = [touch("t1", "c1", "2026-02-01"), touch("t2", "c1", "2026-02-10"), touch("t3", "c1", "2026-04-01")]
    lead = {"lead_id": "l1", "contact_id": "c1", "converted_date": "2026-03-01"}

    def place(*, contacts, leads=()):
        return found([won("d1")], touches, contacts=contacts, leads=leads).journeys["lead"].tolist()

    assert place(contacts=[contact("c1")]) == [-1]
    assert place(contacts=[contact("c1", created_at="2026-02-10")]) == [1]
    assert place(contacts=[contact("c1", created_at="2026-01-01", lead_at="2026-02-09")]) == [0]
    assert place(contacts=[contact("c1", created_at=None)]) == [-1]
    assert place(contacts=[contact("c1")], leads=[{**lead, "created_at": "2026-02-20"}]) == [1]
    two = [{**lead, "created_at": "2026-02-20"}, {**lead, "lead_id": "l2", "created_at": "2026-02-05"}]
    assert place(contacts=[contact("c1")], leads=two) == [0]
    assert place(contacts=[contact("c1")], leads=[{**lead, "created_at": "2026-05-03"}]) == [-1]


def test_an_answer_to_come_is_not_known_yet():
    """Put on the list in April, answered in June: in May the touch is of April and without an answer."""
    row = touch("t1", "c1", "2026-06-10", responded_date="2026-06-10", associated_at="2026-04-10")
    deals, contacts = [won("d1", close_date="2026-06-20")], [contact("c1")]
    june = found(deals, [row], contacts=contacts)
    assert june.touches["days_before"].tolist() == [10]
    may = {"contacts": contacts, "day": "2026-05-20", "keep_open": True}
    assert fates(found(deals, [row], **may)) == {"used": 0, "not answered": 1}
    assert found(deals, [row], **may, responses_only=False).touches["days_before"].tolist() == [40]
    assert fates(found(deals, [row], **may | {"day": "2026-04-09"})) == {"used": 0}
    late = touch("t1", "c1", "2026-04-01", responded_date="2026-04-01", associated_at="2026-04-08")
    assert fates(found(deals, [late], **may | {"day": "2026-04-07"})) == {"used": 0}
    assert fates(found(deals, [late], **may | {"day": "2026-04-08"})) == {"used": 1}


def test_a_channel_is_the_campaigns_else_that_of_the_tags_else_unknown():
    touches = [
        touch("t1", "c1", "2026-02-01", "fair", utm_source="google"),
        touch("t2", "c1", "2026-02-02", None, utm_source="Google", utm_medium="cpc"),
        touch("t3", "c1", "2026-02-03", None, utm_medium="x"),
        touch("t4", "c1", "2026-02-04", None),
    ]
    result = found([won("d1")], touches, contacts=[contact("c1")], company=WITH_CHANNELS)
    assert paths(result, "channel") == {"d1": ["fair", "search", UNKNOWN_CHANNEL, UNKNOWN_CHANNEL]}
    assert result.channels == ("fair", "search", "unknown")


def test_without_touches_first_and_last_conversions_stand_in():
    """The page first seen says where the first came from, of the last nothing is known."""
    contacts = [
        contact("c1", first_conversion_at="2026-02-01 10:00", recent_conversion_at="2026-04-01", utm_source="google"),
        contact("c2", first_conversion_at="2026-02-05", recent_conversion_at="2026-02-05", lead_source="Paid search"),
        contact("c3", first_conversion_at="2026-02-06", recent_conversion_at="2026-05-02"),
        contact("c4"),
    ]
    result = found([won("d1")], contacts=contacts, company=WITH_CHANNELS)
    assert result.has_only_ends
    assert paths(result, "channel") == {"d1": ["search", "search", UNKNOWN_CHANNEL, UNKNOWN_CHANNEL]}
    assert paths(result)["d1"] == [
        "c1:first_conversion",
        "c2:first_conversion",
        "c3:first_conversion",
        "c1:recent_conversion",
    ]
    assert paths(result, "made_from")["d1"] == [*["first_conversion"] * 3, "recent_conversion"]
    assert fates(result) == {"used": 4, "after the end": 1}
    assert result.touches["campaign_id"].isna().all()
    march = found([won("d1")], contacts=contacts, company=WITH_CHANNELS, day="2026-03-15", keep_open=True)
    assert len(march.touches) == 3
    real = found([won("d1")], [touch("t1", "c1", "2026-02-01")], contacts=contacts, company=WITH_CHANNELS)
    assert not real.has_only_ends and paths(real) == {"d1": ["t1"]}


def test_empty_tables_give_empty_journeys_with_the_same_columns():
    full = found([won("d1")], [touch("t1", "c1", "2026-02-01")], contacts=[contact("c1")])
    bare = found([won("d1")])
    assert reasons(bare) == {"no contact": (1, 100)} and fates(bare) == {"used": 0}
    none = journeys_of(
        as_of(book([deal("d1", created_at="2026-06-30")]), "2026-06-30"), JourneyKnobs(types=("renewal",))
    )
    assert none.reconciliation.empty
    for empty in (bare, none, found([won("d1")], contacts=[contact("c1")])):
        assert empty.channels == () and not empty.has_only_ends
        for name in ("journeys", "touches", "reconciliation", "left_out"):
            one, other = getattr(full, name), getattr(empty, name)
            assert one.dtypes.to_dict() == other.dtypes.to_dict(), name
        assert len(empty.journeys) == len(empty.touches) == 0


def test_channels_spelt_in_several_ways_are_one():
    touches = [touch(f"t{n}", "c1", f"2026-02-0{n + 1}", name) for n, name in
               enumerate(("Paid Search", "paid_search", "PAID  SEARCH"))]  # fmt: skip
    result = found([won("d1")], touches, contacts=[contact("c1")], roles=[role("d1", "c1")])
    assert result.channels == ("paid_search",) and len(result.touches) == 3
