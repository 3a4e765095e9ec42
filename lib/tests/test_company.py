import textwrap
from typing import Literal

import pytest
import yaml

from revops.company import Company, load_company
from revops.errors import SettingsError, nearest
from revops.params import Knobs, find_params, project_root, settings

GOOD = """
company: Halyard
currency: USD
stages: [{name: Discovery}, {name: Proposal, also: [Quote]}, {name: Won, outcome: won}, {name: Lost, outcome: lost}]
types: {new: [New Business], renewal: [Renewal]}
sources:
  - {source: marketing, lead_source: ["Web*", Webinar], campaign_type: [Email]}
  - {source: partner, lead_source: [Partner*]}
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "company.yml").write_text(GOOD)
    (tmp_path / "params" / "demo.yml").write_text("period: next\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(project, text):
    (project / "params" / "company.yml").write_text(textwrap.dedent(text))
    with pytest.raises(SettingsError) as raised:
        load_company(project / "params")
    return str(raised.value)


def test_definitions_have_defaults_and_an_order(project):
    company = load_company(project / "params")
    assert company.stage_order == {"Discovery": 0, "Proposal": 1, "Won": 2, "Lost": 3}
    assert (company.qualifying_order, company.grace_days, company.quota_covers) == (0, 5, ("new", "expansion"))


def test_all_failures_are_named_at_once_with_the_nearest_name(project):
    said = refusal(
        project,
        """
        company: X
        currency: usd
        stages: [{name: A, outcom: open}, {name: W, outcome: won}]
        fiscal_year_start: 2
        types: {newbiz: [N]}
        """,
    )
    known = ", ".join(sorted(Company.model_fields))
    assert said == (
        "params/company.yml: currency: string should match pattern '^[A-Z]{3}$'; found 'usd'.\n"
        "  stages.0.outcom is not a setting. Did you mean outcome? Known: also, name, outcome.\n"
        "  types.newbiz.[key]: input should be 'new', 'expansion', 'renewal' or 'other'; found 'newbiz'.\n"
        f"  fiscal_year_start is not a setting. Did you mean fiscal_year_starts? Known: {known}."
    )


def test_what_is_missing_is_named(project):
    assert refusal(project, "company: X\n") == (
        "params/company.yml: currency is needed and is not there. Add it.\n"
        "  stages is needed and is not there. Add it.\n"
        "  types is needed and is not there. Add it."
    )


def test_a_key_given_twice_is_refused(project):
    assert refusal(project, "company: X\ncurrency: USD\ncompany: Y\n") == (
        "params/company.yml, line 3: must be YAML; found: company is given twice. Correct that line."
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "qualifying_stage: Discover",
            "qualifying_stage: must be an open stage. Did you mean Discovery? Known: Discovery, Proposal.",
        ),
        (
            "time_zone: Mars/Olympus",
            "time_zone: Mars/Olympus is not an IANA time zone such as Europe/Berlin or America/New_York",
        ),
        (
            "exports: {time_zone: EST5}",
            "exports.time_zone: EST5 is not an IANA time zone such as Europe/Berlin or America/New_York",
        ),
        (
            "exports: {rows_per_part: 999}",
            "exports.rows_per_part: input should be greater than or equal to 1000; found 999.",
        ),
    ],
)
def test_definitions_that_contradict_are_refused(project, change, said):
    assert refusal(project, GOOD + change) == f"params/company.yml: {said}"


def test_groups_name_only_their_own_names(project):
    said = refusal(project, GOOD + "segments: {names: [SMB, Large], also: {Larg: [ENT]}}")
    assert said == "params/company.yml: segments: Larg is not one of the names. Did you mean Large? Known: Large, SMB."


def test_a_stage_name_may_stand_once(project):
    said = refusal(project, GOOD.replace("also: [Quote]", "also: [discovery]"))
    assert said == "params/company.yml: stages: each name may stand once; found twice: discovery"


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(SettingsError) as raised:
        load_company(tmp_path / "params")
    assert str(raised.value) == ("params/company.yml: the file must exist; found none. Create it or correct the path.")


@pytest.mark.parametrize(
    ("lead_source", "campaign_type", "source"),
    [
        ("Website", None, "marketing"),
        (" webinar ", None, "marketing"),
        ("Partner referral", "Email", "marketing"),
        ("Partner referral", None, "partner"),
        (None, "Email", "marketing"),
        (None, "", "unknown"),
        ("Cold call", None, None),
    ],
)
def test_the_first_rule_that_matches_names_the_source(project, lead_source, campaign_type, source):
    company = load_company(project / "params")
    assert company.source_of(lead_source, campaign_type, None) == source


def test_the_fingerprint_changes_with_meaning_and_not_with_the_folder(project):
    company = load_company(project / "params")
    moved = company.model_copy(update={"exports": company.exports.model_copy(update={"folder": "elsewhere"})})
    assert company.fingerprint == moved.fingerprint
    assert company.fingerprint != company.model_copy(update={"grace_days": 6}).fingerprint


def test_overrides_win_over_the_file_and_none_means_the_file(project):
    assert settings("demo", Knobs).knobs.period == "next"
    assert settings("demo", Knobs, period=None, as_of="2026-06-09").knobs.model_dump(mode="json") == {
        "as_of": "2026-06-09",
        "period": "next",
        "slice": {},
    }


class Either(Knobs):
    pace: Literal["auto"] | int = "auto"


def test_an_unknown_or_mistyped_parameter_is_refused_with_its_report(project):
    with pytest.raises(SettingsError) as raised:
        settings("demo", Knobs, perod="next")
    assert str(raised.value) == (
        "demo, parameter perod is not a setting. Did you mean period? Known: as_of, period, slice."
    )


def test_a_setting_that_may_be_of_several_kinds_is_refused_in_one_sentence(project):
    for given, said in (
        ({"pace": "cheap"}, "pace: input should be 'auto', or input should be a valid integer, unable to parse string "
         "as an integer; found 'cheap'."),
        ({"as_of": "soon"}, "as_of: input should be 'auto' or 'today', or input should be a valid date or datetime, "
         "input is too short; found 'soon'."),
    ):  # fmt: skip
        with pytest.raises(SettingsError) as refusal:
            settings("demo", Either, **given)
        assert str(refusal.value) == f"demo, parameter {said}"


def test_another_company_falls_back_to_the_common_knobs(project):
    other = project / "params" / "acme"
    other.mkdir()
    (other / "company.yml").write_text(GOOD.replace("Halyard", "Acme"))
    chosen = settings("demo", Knobs, params_dir="params/acme")
    assert (chosen.company.company, chosen.knobs.period, chosen.root) == ("Acme", "next", project)


def test_the_project_is_found_from_below(project, monkeypatch):
    below = project / "notebooks" / "deep"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert find_params() == project / "params"
    assert project_root(find_params()) == project


def test_nearest_lists_all_that_is_known():
    assert nearest("horizon_week", ["as_of", "min_n", "horizon_weeks"]) == (
        "Did you mean horizon_weeks? Known: as_of, horizon_weeks, min_n."
    )
    assert nearest("zzz", ["b", "a"]) == "Known: a, b."


SPELT = ("paid_search", "PAID  search", "Webinar", "Trade Show", "e-mail")


def test_a_channel_has_one_name_however_it_is_spelt():
    company = Company.model_validate(yaml.safe_load(GOOD) | {"channels": {"Paid Search": ["x*"], "webinar": ["y*"]}})
    assert [company.channel_named(name) for name in SPELT] == [
        "Paid Search", "Paid Search", "webinar", "trade_show", "e-mail",
    ]  # fmt: skip
