"""A chart as inline SVG: text stays text, colours follow the page, ids cannot collide, same input gives same bytes.

For mail, which shows no SVG, the same chart as PNG.
"""

import html
import io
import re
from itertools import groupby
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from PIL import Image

from revops.charts import style
from revops.charts.style import Chart

__all__ = ["FIGURE_KEY", "png", "svg"]

FIGURE_KEY = "revops.figure"

_FONT = re.compile(r"font: ([^;\"]*?)(\d+(?:\.\d+)?)px [^;\"]*", re.IGNORECASE)
_FAMILY = re.compile(r"font-family: [^;\"]*;? ?")
_SIZE = "font-size: 11px"
"""Of nearly all text, so that the element says it once."""
_UNTURNED = re.compile(r' transform="rotate\(-?0(?:\.0*)? [^)]*\)"')
_NUMBER = re.compile(r"\d+\.\d+")
_SVG = "http://www.w3.org/2000/svg"
_REFERENCE = re.compile(r'(?:url\(|href=")#([^)"]+)')
_TEXT = re.compile(r"-text_\d+$")
_FEWEST = 3
_DPI, _PICTURE_COLOURS = 200, 32
"""Of a picture in mail: 944 px wide, and all the colours of its lines and their soft edges."""
_DRAWN = re.compile(r'(?: d| x| y| width| height| transform| points)="[^"]*"')


def svg(chart: Chart) -> str:
    """Return the chart as one <svg> element for use inside HTML, named for screen readers by its alt text."""
    text = _drawn(chart.axes.figure)
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"<style.*?</style>\s*|<!--.*?-->\s*|<defs>\s*</defs>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'\b(id=")|(url\(#)|(xlink:href="#)', lambda found: f"{found[0]}{chart.name}-", text)
    text = text.replace("xlink:href", "href").replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    text = _FAMILY.sub("", _FONT.sub(r"font: \1\2px inherit", text))
    text = _UNTURNED.sub("", text).replace(f"{_SIZE}; ", "")
    text = _DRAWN.sub(lambda found: _NUMBER.sub(_short, found[0]), text)
    for colour, variable in style.COLOURS.items():
        text = text.replace(colour, f"var({variable}, {colour})")
    return _light(re.sub(r'<svg [^>]*?viewBox="([^"]*)"[^>]*>', _root(chart), text, count=1))


def _drawn(figure: Figure) -> str:
    """Return what savefig writes, which draws everything twice: once for the layout alone."""
    buffer, canvas, layout = io.StringIO(), FigureCanvasSVG(figure), figure.get_layout_engine()
    with style.report():
        layout.execute(figure)
        figure.set_layout_engine("none")
        canvas.print_svg(buffer, metadata={"Date": None, "Creator": None})
    figure.set_layout_engine(layout)
    return buffer.getvalue()


def png(chart: Chart) -> bytes:
    """Return the chart as a picture for mail: on white, in few colours so that it is small, in matplotlib's own font so
    that another machine draws the same."""
    drawn, small = io.BytesIO(), io.BytesIO()
    with style.report(), mpl.rc_context({"font.sans-serif": ["DejaVu Sans"]}):
        chart.axes.figure.savefig(drawn, format="png", dpi=_DPI, facecolor="white")
    picture = Image.open(drawn).convert("RGB").quantize(_PICTURE_COLOURS)
    picture.save(small, "PNG", optimize=True)
    return small.getvalue()


def _short(number: re.Match[str]) -> str:
    """Return a length of the drawing to a tenth of a pixel."""
    return f"{float(number[0]):.1f}".removesuffix(".0")


def _root(chart: Chart) -> str:
    label = html.escape(chart.alt, quote=True).replace("\\", "\\\\")
    return rf'<svg xmlns="http://www.w3.org/2000/svg" viewBox="\1" role="img" font-size="11px" aria-label="{label}">'


def _light(text: str) -> str:
    """Return the same drawing without what nobody sees: ids that nothing refers to, groups that say nothing, areas
    that are not drawn, blanks between elements. A text and the box drawn behind it stay a group, `boxed`; texts in a
    row that look alike say so once."""
    ElementTree.register_namespace("", _SVG)
    root, wanted = ElementTree.fromstring(text), set(_REFERENCE.findall(text))
    for element in root.iter():
        if (id := element.attrib.pop("id", "")) in wanted:
            element.set("id", id)
        if _TEXT.search(id) and element.find(f".//{{{_SVG}}}path") is not None:
            element.set("class", "boxed")
        if "d" in element.attrib:
            element.set("d", " ".join(element.get("d", "").split()))
        if not (element.text or "").strip():
            element.text = None
        element.tail = None
    _unwrap(root)
    for element in [root, *root.iter(f"{{{_SVG}}}g")]:
        _together(element)
    return ElementTree.tostring(root, encoding="unicode")


def _unwrap(element: ElementTree.Element) -> None:
    """Put what bare groups below an element hold in their place; leave out what is empty."""
    found: list[ElementTree.Element] = []
    for child in list(element):
        _unwrap(child)
        tag = child.tag.removeprefix(f"{{{_SVG}}}")
        if tag == "g" and not child.attrib:
            found += list(child)
        elif not (tag in ("g", "defs") and not len(child)) and child.get("style") != "fill: none":
            found.append(child)
    element[:] = found


def _together(element: ElementTree.Element) -> None:
    """Put texts that follow each other in one style into a group that has it, where there are several."""
    runs = [list(run) for _, run in groupby(list(element), key=_look)]
    alike = [_look(run[0]) is not None and len(run) >= _FEWEST for run in runs]
    element[:] = [
        child for run, is_one in zip(runs, alike, strict=True) for child in ([_group(run)] if is_one else run)
    ]


def _look(element: ElementTree.Element) -> str | None:
    """Return the style of a text; None for what is drawn."""
    return element.get("style") if element.tag == f"{{{_SVG}}}text" else None


def _group(texts: list[ElementTree.Element]) -> ElementTree.Element:
    group = ElementTree.Element(f"{{{_SVG}}}g", {"style": texts[0].get("style", "")})
    for text in texts:
        del text.attrib["style"]
    group[:] = texts
    return group
