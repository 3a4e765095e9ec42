"""A review of six reports and the run's folder behind it, by hand, for tests of the mail."""

import datetime as dt
import json
import struct
import zlib
from dataclasses import replace

from revops.delivery.mail.settings import MailSettings
from revops.delivery.review.gathered import title_of
from revops.delivery.review.shape import Change, Export, Followed, History, Line, Missing, Review, Said, Step, Task

DATE = dt.datetime(2026, 6, 9, 6, 30, tzinfo=dt.UTC)
RUN = "2026-06-09-1"
TITLES = {
    "attribution_comparison": "Attribution comparison",
    "cac_payback": "CAC payback",
    "forecast_accuracy": "Forecast accuracy",
    "pipeline_coverage": "Pipeline coverage",
    "revenue_answer": "Revenue answer",
    "stage_benchmarking": "Stage benchmarking",
}
SENTENCES = {
    "attribution_comparison": "Paid search earns its $390K under 3 of 7 models.",
    "cac_payback": "A new customer repays its cost in 21 months (18 to 24), if it stays.",
    "forecast_accuracy": "The call of week 6 was 18% too high on average.",
    "pipeline_coverage": "The quarter lands near $1.0M of the $1.2M quota.",
    "revenue_answer": "One revenue answer: $439K booked and $212K committed.",
    "stage_benchmarking": "Evaluation takes 31 days; the best quarter of companies take 22.",
}
SETTINGS = MailSettings.model_validate(
    {
        "from": "RevOps Workbooks <revops@example.com>",
        "reply_to": "answers@example.com",
        "allowed_domains": ["example.com"],
        "lists": [
            {"name": "leadership", "audience": "executive", "to": ["cro@example.com", "cfo@example.com"]},
            {"name": "marketing-ops", "audience": "marketing_ops", "to": ["mops@example.com"],
             "attach": ["attribution_comparison", "stage_benchmarking"]},
        ],
        "maintainers": ["data@example.com"],
    }
)  # fmt: skip
LEADERSHIP, MARKETING = SETTINGS.lists


def line(report, **changes):
    title = title_of(report, changes.get("slice", {}))
    made = Line(report, title, {}, "made", False, "2026-06-09", "FY27-Q2", "watch", SENTENCES[report],
                f"{report}.html", None, None, None)  # fmt: skip
    return replace(made, **changes)


def failed(report, *, stands=None, reason="code cell 4 raised KeyError: 'amount'", slice=None):
    """Return the line of a report that failed; stands: the day of the older one that is shown, None for none; slice:
    the part of the company it was on."""
    changes = {"outcome": "failed", "reason": reason, "advice": "Send this page to whoever maintains it.",
               "evidence": f"{report}.failed.html", "is_old": stands is not None, "as_of": stands,
               "slice": slice or {}}  # fmt: skip
    return line(report, **changes) if stands else line(report, status=None, sentence=None, page=None, **changes)


def task(number, **changes):
    made = Task(f"key{number}", "pipeline_coverage", {}, "overdue", f"Re-date or close {10 + number} overdue deals",
                "sales_ops", f"${number}00K at stake (${number}0K to ${number}50K)", "2026-06-12",
                "They count nowhere.", f"pipeline_coverage.html#action-{number}", 1e5 * number, 1e5 * number,
                1e4 * number, 1.5e5 * number, "at_stake", ("0065g01",), "2026-06-09", 1, "new")  # fmt: skip
    return replace(made, **changes)


def review(**changes):
    lines = [line(report) for report in TITLES]
    lines[3] = line("pipeline_coverage", status="act", pictures=("pipeline_coverage/landing.png",
                                                                 "pipeline_coverage/coverage.png"))  # fmt: skip
    lines[0] = line("attribution_comparison", pictures=("attribution_comparison/models.png",))
    made = Review(
        company="Halyard Robotics", currency="USD", run=RUN, as_of="2026-06-09", period="FY27-Q2", status="act",
        sentence="One chance in ten of making quota.", failed_first="",
        numbers=(Said("10%", "chance of quota", "pipeline_coverage", "attainment_probability", True),
                 Said("$1.0M", "where it lands ($0.9M to $1.1M in 8 of 10 outcomes) against a quota of $1.2M",
                      "pipeline_coverage", "landing_amount"),
                 Said("$651K", "booked and committed by the definition of sales", "revenue_answer", "answer_amount")),
        lines=tuple(lines),
        tasks=(task(1), task(2, state="grown", since="2026-05-26", n_reviews=3, owner="marketing_ops"),
               task(3, state="still_open", since="2026-06-02", n_reviews=2)),
        more_tasks=4,
        followed=(Followed("k1", "Call 3 stalled deals", "sales_ops", "2026-05-19", 3, "gone", "All 3 moved on.", None),
                  Followed("k2", "Name owners of 4 accounts", "revops", "2026-06-02", 2, "still_open", "", None)),
        before="2026-06-02",
        changes=(Change("status", "pipeline_coverage", None, "Pipeline coverage", "Watch", "Act", None, False, None),
                 Change("estimate", "cac_payback", "payback_months", "Payback", "25 months", "21 months", 0.004, True,
                        None)),
        no_change="No other change beyond noise in 58 numbers compared.",
        bridge=(Step("Marketing: touched deals", 300_000.0, 400_000.25, 700_000.25, 41, True, None),
                Step("Deals no campaign touched", 139_229.0, -188_000.25, -48_771.25, 9, False, "x.csv"),
                Step("Sales: all bookings and commit", 439_229.0, 212_000.0, 651_229.0, 50, True, None)),
        missing=(Missing("cac_payback", "Net revenue retention", "subscriptions of two years"),),
        exports=(Export("opportunities", "deals.csv", 2981, "2026-06-09", 0, "fresh", "", ("pipeline_coverage",)),
                 Export("spend", "google_ads.csv", 410, "2026-05-17", 23, "old", "older than 7 days", ("cac_payback",)),
                 Export("tools", "tools.csv", 12, None, None, "undated", "", ("stage_benchmarking",))),
        history=(History("2026-06-02-1", "2026-06-02", "Even chances.", "../2026-06-02-1/index.html"),),
        conflicts=(), content="3f2a9c" * 10 + "abcd",
    )  # fmt: skip
    return replace(made, **changes)


def png(width=4, height=2, grey=200):
    """Return a small picture of one grey."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = (b"\0" + bytes([grey]) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def page(title, links=()):
    shown = "".join(f'<p><a class="x" href="{link}">to {link}</a></p>' for link in links)
    return f'<!DOCTYPE html>\n<html lang="en"><body><main>\n<h1>{title}</h1>{shown}</main></body></html>\n'


def write_run(folder, told):
    """Write to `folder` the files of a run that a review tells of: pages, answers, pictures, manifest, evidence."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for each in told.lines:
        place = folder.joinpath(*(f"{by}={group}" for by, group in each.slice.items()))
        place.mkdir(parents=True, exist_ok=True)
        if each.page:
            (place / f"{each.report}.html").write_text(page(each.title, ["index.html", "#top", f"{each.report}.json"]))
        if each.evidence:
            (folder / each.evidence).write_text(
                f"<html><body><main><h1>Not made</h1><pre><code>amount = row[&#39;x&#39;]</code></pre>"
                f"<h2>What it said</h2><pre><code>Traceback of {each.report}\nKeyError: &lt;amount&gt;</code></pre>"
                "</main></body></html>"
            )
        figures = []
        for number, picture in enumerate(each.pictures):
            (folder / picture).parent.mkdir(exist_ok=True)
            (folder / picture).write_bytes(png(grey=100 + number))
            name = picture.split("/")[1].removesuffix(".png")
            figures.append({"name": name, "title": f"Five of fifty outcomes of {name} reach quota",
                            "alt": f"Five of fifty outcomes of {name} reach quota. "
                                   f"Fifty outcomes of {name} from $0.8M to $1.3M; 5 reach $1.2M",
                            "caption": "Each dot is one of 50 outcomes.", "table": name})  # fmt: skip
        (place / f"{each.report}.json").write_text(json.dumps({"figures": figures}))
        origin = {"run": "2026-06-02-1", "as_of": each.as_of} if each.is_old else None
        entries.append({"report": each.report, "slice": each.slice, "outcome": each.outcome, "carried_from": origin,
                        "files": [each.page, f"{each.report}.json"] if each.page else []})  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps({"run": told.run, "reports": entries}))
    links = ["pipeline_coverage.html#action-1", "executive.html", "pipeline_coverage/records.csv",
             "region=AMER/pipeline_coverage.html", "../2026-06-02-1/index.html"]  # fmt: skip
    (folder / "index.html").write_text(page("Review", links))
    (folder / "run.log").write_text("pipeline_coverage ended after 3.1 s\n")
    return folder
