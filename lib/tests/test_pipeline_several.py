"""Several pipelines below one another in company.yml: which stages belong together, and no stage of another skipped."""

import pandas as pd
import pytest
from staged import company_with, moved, told

from revops.measures.stage_benchmarking.pipeline.several import Lines, lines_of

WON, LOST = {"name": "Won", "outcome": "won"}, {"name": "Lost", "outcome": "lost"}
SALES = [("2026-04-01", "Discovery"), ("2026-04-11", "Proposal"), ("2026-05-01", "Won")]
PARTNER = [("2026-04-02", "Registered"), ("2026-04-12", "Approved"), ("2026-05-02", "Lost")]
APART = company_with("Discovery", "Proposal", "Registered", "Approved", WON, LOST)
MARKED = company_with("Discovery (Sales)", "Proposal", "Discovery (Partner)", "Approved", WON, LOST)


def states(*paths):
    rows = [{"opportunity_id": f"d{n:03d}", "stage_name": stage, "outcome": "open"}
            for n, path in enumerate(paths) for stage in path]  # fmt: skip
    return pd.DataFrame(rows, columns=["opportunity_id", "stage_name", "outcome"])


def test_stages_that_share_opportunities_belong_together():
    lines = lines_of(APART, states(*[["Discovery", "Proposal"]] * 20, *[["Registered", "Approved"]] * 20))
    assert lines.stages == {
        "from Discovery": ("Discovery", "Proposal"),
        "from Registered": ("Registered", "Approved"),
    }
    assert lines.note == (
        "Stages of 2 pipelines, each opportunity on its own: from Discovery: Discovery and Proposal; from Registered: "
        "Registered and Approved."
    )


@pytest.mark.parametrize("paths", [
    [["Discovery", "Proposal"]] * 20 + [["Registered", "Approved"]] * 19,  # too few to be a pipeline
    [["Discovery", "Proposal"]] * 20 + [["Registered", "Approved"]] * 20 + [["Proposal", "Registered"]] * 2,
    [["Discovery"], ["Proposal"], ["Registered"]] * 50,  # history so short that none moved
    [],
])  # fmt: skip
def test_what_may_be_one_pipeline_is_one(paths):
    lines = lines_of(APART, states(*paths))
    assert list(lines.stages) == [""] and lines.note is None


def test_one_that_strays_does_not_join_two_pipelines_and_is_left_out():
    paths = [["Discovery", "Proposal"]] * 40 + [["Registered", "Approved"]] * 40 + [["Proposal", "Registered"]]
    lines = lines_of(APART, states(*paths))
    assert len(lines.stages) == 2
    assert lines.of_deals(states(*paths)).to_dict()["d080"] == Lines.SEVERAL


def test_names_that_carry_their_pipeline_tell_it_and_opportunities_tell_the_rest():
    lines = lines_of(MARKED, states(["Discovery (Sales)", "Proposal"], ["Discovery (Partner)", "Approved"]))
    assert lines.stages == {
        "Sales": ("Discovery (Sales)", "Proposal"),
        "Partner": ("Discovery (Partner)", "Approved"),
    }


def test_a_stage_of_which_it_cannot_be_told_is_said():
    lines = lines_of(MARKED, states(["Discovery (Sales)", "Proposal"], ["Discovery (Partner)", "Proposal"]))
    assert lines.stages == {"Sales": ("Discovery (Sales)", "Proposal"), "Partner": ("Discovery (Partner)", "Approved")}
    assert lines.note == (
        "Which pipeline Proposal and Approved belongs to cannot be told from the opportunities that stood there: taken "
        "with the stage before. Name it in company.yml as Stage (Pipeline)."
    )


def test_a_bracket_is_no_pipeline_by_itself():
    company = company_with("Discovery", "Proposal (draft)", "Proposal (sent)", WON, LOST)
    path = ["Discovery", "Proposal (draft)", "Proposal (sent)"]
    assert list(lines_of(company_with("Discovery", "Proposal (draft)", WON, LOST), states(path[:2])).stages) == [""]
    assert len(lines_of(company, states(*[path] * 30)).stages) == 1, "who went through both is in neither alone"


def test_pipelines_of_company_yml_that_cannot_be_told_are_said():
    company = company_with("Discovery", "Proposal", WON, LOST, exports={"pipelines": ["Sales", "Partner"]})
    assert lines_of(company, states(["Discovery", "Proposal"])).note == (
        "company.yml keeps 2 pipelines; which stages are whose cannot be told from names or opportunities: read as one."
    )


def test_the_second_pipeline_skips_nothing_of_the_first():
    deals = {f"s{n:02d}": SALES for n in range(25)} | {f"p{n:02d}": PARTNER for n in range(25)}
    deals["x"] = [("2026-04-03", "Proposal"), ("2026-04-13", "Registered"), ("2026-04-20", "Won")]
    found = told(moved(deals, APART))[1]
    assert not found.passages["is_skipped"].any()
    shares = found.converted[found.converted["horizon_days"].eq(30)].set_index("step")
    assert shares["n"].to_dict() == {"Discovery": 25, "Proposal": 25, "Registered": 25, "Approved": 25}
    assert shares["share"].to_dict() == {"Discovery": 1, "Proposal": 1, "Registered": 1, "Approved": 0}
    assert found.passages.drop_duplicates("step").set_index("step")["place"].to_dict() == {
        "Registered": 2, "Approved": 3, "Discovery": 0, "Proposal": 1}  # fmt: skip
    assert found.stages["pipeline"].tolist() == ["from Discovery"] * 2 + ["from Registered"] * 2
    assert found.flow["n_back"].sum() == 0
    assert found.left_out["reason"].tolist() == [
        "stood in stages of several pipelines",
        "came into all their stages on the first day of history or before",
    ]
    assert "x" in set(found.win_passages["subject_id"]), "it is won all the same"


def test_one_pipeline_has_no_name():
    found = told(moved({"a": [("2026-04-01", "Lead"), ("2026-04-09", "Proposal")], "b": [("2026-04-01", "Discovery")]}))
    assert found[1].stages["pipeline"].isna().all()
    assert found[1].passages["is_skipped"].tolist() == [False, True, False, True, False]
