"""The executed notebook as the one self-contained HTML file that leadership opens.

nbconvert renders the notebook's text; the page around it is a template of our own, escaped throughout. (nbconvert's
HTMLExporter loads scripts from elsewhere, escapes nothing by itself and rewrites every inline drawing.)
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from revops.delivery.template import fill, made_line
from revops.errors import RunError

__all__ = ["render_page"]

ANSWER_MIME = "application/vnd.revops.answer+json"
FIGURE = "revops.figure"
_EMBEDDED_STYLE = re.compile(r"<style data-revops[^>]*>.*?</style>", re.DOTALL)
_PARAGRAPH = re.compile(r"<p>((?:(?!</?p>).)*)</p>", re.DOTALL)
_SHOWN = ("text/html", "image/svg+xml", "image/png")


@dataclass(frozen=True)
class _Part:
    """A piece of the page: what is shown, and the code of the step that made it."""

    shown: str
    code: str = ""
    is_answer: bool = False


def render_page(notebook: NotebookNode, answer: Mapping[str, Any], seconds: float) -> str:
    """Return the page of an executed notebook: the question, the Answer, then the rest in the notebook's order.

    Printed text, plain-text results and warnings are not shown; they stay in the executed notebook.

    Raises
        RunError: the page would not have exactly one first-level heading, which is the Answer's sentence.
    """
    question, parts = _parts(notebook)
    parts.sort(key=lambda part: not part.is_answer)
    headings = sum(len(re.findall(r"<h1[\s>]", part.shown)) for part in parts)
    if headings != 1:
        raise RunError(
            f"{answer['report']}: the page must have one first-level heading, the Answer's sentence; found {headings}. "
            "Show the Answer with report.Answer, and begin other headings with ##."
        )
    return fill("report.html.j2", title=_title(answer), question=question, parts=parts, made=made_line(seconds))


def _title(answer: Mapping[str, Any]) -> str:
    """Return the page's title: the report, whom it is about, and when."""
    name = str(answer["report"]).replace("_", " ").capitalize()
    about = [str(value) for value in answer["slice"].values()]
    return ", ".join([name, *about, str(answer["company"]), str(answer["period"])])


def _parts(notebook: NotebookNode) -> tuple[str, list[_Part]]:
    """Return what the title cell asks and adds, and the parts of the page in the notebook's order.

    Code that shows nothing by itself joins the code of the next step that does.
    """
    question, parts, code, text = "", [], [], _Text()
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            asked, shown = text.question, MarkdownWithMath(renderer=text).render(cell.source)
            lead = None if asked else _PARAGRAPH.fullmatch(shown.strip())
            if lead and text.question:
                text.question += f" {lead[1]}"
                continue
            parts.append(_Part(f'<div class="prose">\n{shown}</div>'))
        elif cell.cell_type == "code" and cell.source.strip():
            code.append(cell.source)
            step = _step(cell)
            if step.shown:
                parts.append(replace(step, code="\n\n".join(code)))
                code = []
    question = text.question
    if code:
        parts.append(_Part("", "\n\n".join(code)))
    return question, parts


def _step(cell: NotebookNode) -> _Part:
    """Return what one code cell shows; figures that it shows together stand side by side."""
    figures = sum(FIGURE in output.get("metadata", {}) for output in cell.outputs)
    shown = [_output(output) for output in cell.outputs if "data" in output]
    body = "\n".join(piece for piece in shown if piece)
    if figures > 1:
        body = f'<div class="figures">\n{body}\n</div>'
    return _Part(body, is_answer=any(ANSWER_MIME in output.get("data", {}) for output in cell.outputs))


def _output(output: NotebookNode) -> str:
    """Return the richest form of one output that a page can show, without the styles it brings for JupyterLab."""
    kind = next((kind for kind in _SHOWN if kind in output.data), None)
    if kind == "image/png":
        words = output.metadata.get("image/png", {}).get("alt", "")
        return f'<img alt="{html.escape(words)}" src="data:image/png;base64,{output.data[kind].strip()}">'
    return _EMBEDDED_STYLE.sub("", output.data[kind]).strip() if kind else ""


class _Text(IPythonRenderer):  # type: ignore[misc]
    """Markdown to HTML for a page whose only h1 is the Answer's sentence: no ids, no skipped level, scoped headers."""

    def __init__(self) -> None:
        super().__init__(escape=False, allow_harmful_protocols=False, exclude_anchor_links=True)
        self.question = ""
        self._level = 1

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        """Take the first # heading as the page's question; let no other be above h2 or skip a level."""
        if level == 1 and not self.question:
            self.question = text
            return ""
        self._level = min(max(level, 2), self._level + 1)
        return f"<h{self._level}>{text}</h{self._level}>\n"

    def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
        """Return one cell of a table, a header scoped to its column."""
        return f'<th scope="col">{text}</th>\n' if head else f"<td>{text}</td>\n"
