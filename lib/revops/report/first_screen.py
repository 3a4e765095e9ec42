"""The first screen: the sentence, three numbers, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from revops import wording
from revops.actions import Action, Headline
from revops.actions.words import FUNCTIONS, STATUS, worth_in_words
from revops.book import AsOf
from revops.params import ReportSettings
from revops.periods import Period
from revops.report.blocks import BLOCK, Block, css
from revops.report.names import Names
from revops.report.tables import heading, table_html, text

__all__ = ["FirstScreen"]

_BY_MONEY = "Ranked by money"


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
        called = self.headline.called or STATUS[self.headline.status]
        pill = f'<span class="pill {self.headline.status}">{text(called)}</span>'
        return f'<div class="eyebrow"><strong>{text(title)}</strong>{spans}{pill}</div>'

    def _actions(self) -> str:
        if not self.actions:
            return "<h2>Nothing to act on this week by the rules of this report</h2>"
        shown = pd.DataFrame(
            {
                "Action": [action.text for action in self.actions],
                "Owner": [FUNCTIONS[action.owner] for action in self.actions],
                "Money": [worth_in_words(action, self.view.company.currency) for action in self.actions],
                "By": [action.by for action in self.actions],
            }
        )
        caption = "Ranked by money: what acting adds, or what is at stake: what such records have brought by themselves"
        if any(action.worth_is == "corrected" for action in self.actions):
            caption = (
                "Ranked by money: by how much a forecast is put right, neither gained nor at stake; it does not add up"
            )
        caption = self.headline.ranked or caption
        if caption.startswith(_BY_MONEY) and not any(action.worth is not None for action in self.actions):
            caption = "Ranked by the money in the records; the owner is the function that acts"
        table = table_html(caption, shown, (None, None, None, "date"), self.view.company.currency, rows="action")
        rules = "".join(f"<li>{text(action.text)}. {text(action.because)}</li>" for action in self.actions)
        why = f"<details><summary>The rule behind each, and what would change it</summary><ul>{rules}</ul></details>"
        return f"<h2>What to do this week</h2>\n{table}\n{why}"
