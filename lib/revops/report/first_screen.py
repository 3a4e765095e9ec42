"""The first screen: the sentence, three numbers, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from revops import wording
from revops.actions import Action, Headline
from revops.book import AsOf
from revops.params import ReportSettings
from revops.periods import Period
from revops.report.blocks import BLOCK, Block, css
from revops.report.names import Names
from revops.report.tables import heading, table_html, text

__all__ = ["FirstScreen"]

STATUS = {"on_track": "On track", "watch": "Watch", "act": "Act", "not_enough_data": "Not judged yet"}
OUTCOME = {"pipeline_coverage": {"on_track": "Quota made", "act": "Quota missed"}}
"""What a report calls a status once the quarter is over."""
RANKED = {
    "attribution_comparison": "Ranked by money: what the wrong decision would cost by the models, at the middle one of "
    "them (least and most of any); then what is to be mended in the records",
    "cac_payback": "Ranked by money: cost beyond what the target allows, or what is lost on customers who leave before "
    "they have repaid theirs; then by the money in the records",
    "stage_benchmarking": "What surely got worse or comes too late first; then by money: what less moved on in the last "
    "weeks than before, or the money in the records",
}
"""How a report's actions are ranked, where it is not as usual."""
_BY_MONEY = "Ranked by money"
FUNCTIONS = {"marketing_ops": "Marketing ops", "sales_ops": "Sales ops", "cs_ops": "CS ops", "revops": "RevOps"}


@dataclass(frozen=True)
class FirstScreen(Block):
    """The answer: sentence, three numbers, what to do."""

    headline: Headline
    actions: Sequence[Action]
    view: AsOf
    period: Period
    settings: ReportSettings

    def to_html(self) -> str:
        """Return the first screen, with the style sheet for notebooks in front."""
        numbers = "".join(
            f'<div class="kpi{" bad" if n.is_bad else ""}"><b>{text(n.figure)}</b><span>{text(n.text)}</span></div>'
            for n in self.headline.numbers
        )
        return (
            f'<style data-revops="">{css()}</style>\n<div class="{BLOCK} answer">\n{self._eyebrow()}\n'
            f"<h1>{text(self.headline.sentence)}</h1>\n"
            f'<p class="sub">{text(self.headline.below)}</p>\n<div class="kpis">{numbers}</div>\n'
            f"{self._actions()}\n</div>"
        )

    def _eyebrow(self) -> str:
        title = heading(self.settings.stem)
        parts = [self.view.company.company, self.period.name, f"as of {wording.long_day(self.view.day)}"]
        names, chosen = Names.of(self.view, self.settings), self.settings.knobs.slice
        parts += [f"{by}: {names.owner(group) if by == 'owner' else group}" for by, group in chosen.items()]
        spans = "".join(f"<span>{text(part)}</span>" for part in parts)
        names = STATUS | (OUTCOME.get(self.settings.stem, {}) if self.view.day > self.period.end else {})
        pill = f'<span class="pill {self.headline.status}">{names[self.headline.status]}</span>'
        return f'<div class="eyebrow"><strong>{text(title)}</strong>{spans}{pill}</div>'

    def _actions(self) -> str:
        if not self.actions:
            return "<h2>Nothing to act on this week by the rules of this report</h2>"
        shown = pd.DataFrame(
            {
                "Action": [action.text for action in self.actions],
                "Owner": [FUNCTIONS[action.owner] for action in self.actions],
                "Money": [self._worth(action) for action in self.actions],
                "By": [action.by for action in self.actions],
            }
        )
        caption = "Ranked by money: what acting adds, or what is at stake: what such records have brought by themselves"
        if any(action.worth_is == "corrected" for action in self.actions):
            caption = (
                "Ranked by money: by how much a forecast is put right, neither gained nor at stake; it does not add up"
            )
        caption = RANKED.get(self.settings.stem, caption)
        if caption.startswith(_BY_MONEY) and not any(action.worth is not None for action in self.actions):
            caption = "Ranked by the money in the records; the owner is the function that acts"
        table = table_html(caption, shown, (None, None, None, "date"), self.view.company.currency)
        rules = "".join(f"<li>{text(action.text)}. {text(action.because)}</li>" for action in self.actions)
        why = f"<details><summary>The rule behind each, and what would change it</summary><ul>{rules}</ul></details>"
        return f"<h2>What to do this week</h2>\n{table}\n{why}"

    def _worth(self, action: Action) -> str:
        """Return the money that hangs on an action, with its range; else the money in the records."""
        currency = self.view.company.currency
        if action.worth is None:
            return f"{wording.money(action.amount, currency)} in the records" if action.amount else "–"
        worth = wording.money(action.worth, currency)
        if action.worth_low is None:
            is_correction = action.worth_is == "corrected"
            return (
                f"corrects the forecast by {worth}"
                if is_correction
                else f"{worth} at stake on average, most likely nothing"
            )
        ends = wording.between(action.worth_low, action.worth_high, lambda amount: wording.money(amount, currency))
        before, after = {"added": ("adds ", ""), "corrected": ("corrects the forecast by ", "")}.get(
            action.worth_is, ("", " at stake")
        )
        return f"{before}{worth}{after} ({ends})"
