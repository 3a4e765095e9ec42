"""A chart as inline SVG: text stays text, colours follow the page, ids cannot collide, same input gives same bytes."""

import html
import io
import re

from revops.charts import style
from revops.charts.style import Chart

__all__ = ["FIGURE_KEY", "svg"]

FIGURE_KEY = "revops.figure"

_FONT = re.compile(r"font: ([^;\"]*?)(\d+(?:\.\d+)?)px [^;\"]*", re.IGNORECASE)
_FAMILY = re.compile(r"font-family: [^;\"]*;? ?")
_NUMBER = re.compile(r"(\d+\.\d{2})\d+")
_DRAWN = re.compile(r'(?: d| x| y| width| height| transform| points)="[^"]*"')


def svg(chart: Chart) -> str:
    """Return the chart as one <svg> element for use inside HTML, named for screen readers by its alt text."""
    buffer = io.StringIO()
    with style.report():
        chart.axes.figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"<style.*?</style>\s*|<!--.*?-->\s*|<defs>\s*</defs>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'\b(id=")|(url\(#)|(xlink:href="#)', lambda found: f"{found[0]}{chart.name}-", text)
    text = text.replace("xlink:href", "href").replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    text = _FAMILY.sub("", _FONT.sub(r"font: \1\2px inherit", text))
    text = _DRAWN.sub(lambda found: _NUMBER.sub(r"\1", found[0]), text)
    for colour, variable in style.COLOURS.items():
        text = text.replace(colour, f"var({variable}, {colour})")
    text = re.sub(r'<svg [^>]*?viewBox="([^"]*)"[^>]*>', _root(chart), text, count=1)
    return text.strip()


def _root(chart: Chart) -> str:
    label = html.escape(chart.alt, quote=True).replace("\\", "\\\\")
    return rf'<svg xmlns="http://www.w3.org/2000/svg" viewBox="\1" role="img" aria-label="{label}">'
