"""Parts of a self-contained HTML page: text, tables and inline drawings."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd

_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1f2328; background: #fff; margin: 0 auto;
  max-width: 60rem; padding: 1rem; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0.5rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2rem 0 0.5rem; border-bottom: 1px solid #d0d7de; }
h3 { font-size: 1rem; margin: 1.2rem 0 0.3rem; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; list-style: none; padding: 0; }
nav a { display: inline-block; padding: 0.2rem 0; color: #0550ae; }
figure { margin: 0.5rem 0; }
figure svg { display: block; max-width: 100%; height: auto; }
figcaption, .note { color: #57606a; font-size: 0.9rem; }
.row { display: flex; flex-wrap: wrap; gap: 0 1.5rem; }
.row figure { max-width: 100%; }
.warn { border-left: 4px solid #bf8700; background: #fff8c5; padding: 0.4rem 0.8rem; }
.scroll { overflow-x: auto; }
.wide svg { width: 100%; min-width: 46rem; max-width: none; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 0.5rem 0; }
th, td { padding: 0.25rem 0.7rem; text-align: left; border-bottom: 1px solid #d8dee4;
  vertical-align: middle; }
tbody th { font-weight: normal; }
td.number, th.number { text-align: right; }
td.number { white-space: nowrap; }
td.long { overflow-wrap: anywhere; min-width: 10rem; }
td svg { display: block; height: 4.5rem; width: auto; }
summary { cursor: pointer; padding: 0.4rem 0; }
@media (max-width: 40rem) { th, td { padding: 0.25rem 0.45rem; } }
"""


class Drawing(str):
    """A figure as SVG that is inserted into a page unescaped."""


def draw(figure, name: str) -> Drawing:
    """Turn a figure of matplotlib into a drawing for a page, and close it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    name : str
        Name of the figure, which no other one of the page has: what it refers to within itself is
        named after it.
    """
    import matplotlib.pyplot as plt

    file = io.StringIO()
    with plt.rc_context({"svg.hashsalt": name, "svg.fonttype": "path"}):
        figure.savefig(file, format="svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
    text = file.getvalue()
    text = text[text.index("<svg") :]
    # Identifiers are unique within a figure only.
    for mark in ('id="', 'href="#', "url(#"):
        text = text.replace(mark, f"{mark}{name}-")
    start, end = text.index("<metadata>"), text.index("</metadata>") + len("</metadata>")
    return Drawing(text[:start] + text[end:])


def page(title: str, sections: Sequence[tuple[str, str]]) -> str:
    """Make a page of sections, with links to them on top."""
    names = [f"part-{i}" for i in range(len(sections))]
    links = "\n".join(
        f'<li><a href="#{name}">{escape(heading)}</a></li>'
        for name, (heading, _) in zip(names, sections, strict=True)
    )
    parts = "\n".join(
        f'<section id="{name}">\n<h2>{escape(heading)}</h2>\n{body}\n</section>'
        for name, (heading, body) in zip(names, sections, strict=True)
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>{_STYLE}</style>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
<nav><ul>
{links}
</ul></nav>
</header>
<main>
{parts}
</main>
</body>
</html>
"""


def paragraph(text: str, kind: str | None = None) -> str:
    """Make a paragraph; `kind` is "note" for small print, "warn" for warnings."""
    return f"<p>{escape(text)}</p>" if kind is None else f'<p class="{kind}">{escape(text)}</p>'


def heading(text: str) -> str:
    """Make a heading within a section."""
    return f"<h3>{escape(text)}</h3>"


def bullets(lines: Sequence[str]) -> str:
    """Make a list of lines of text."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if lines else ""


def details(summary: str, body: str) -> str:
    """Make a part that is shown when its heading is clicked."""
    return f"<details><summary>{escape(summary)}</summary>\n{body}\n</details>"


def figure(drawing: Drawing, caption: str, *, wide: bool = False) -> str:
    """Make a figure of a drawing and its caption.

    A `wide` one keeps its size, so that its text stays legible, and scrolls on small screens.
    """
    kind = ' class="scroll wide"' if wide else ""
    return (
        f'<figure><div role="img" aria-label="{escape(caption)}"{kind}>{drawing}</div>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def row(figures: Sequence[str]) -> str:
    """Put figures side by side as far as the screen is wide enough."""
    return f'<div class="row">{"".join(figures)}</div>'


def pairs(values: Mapping[str, object]) -> str:
    """Make a table of names and values."""
    rows = "\n".join(
        f'<tr><th scope="row">{escape(str(name))}</th><td class="long">{_show(value)}</td></tr>'
        for name, value in values.items()
    )
    return f'<div class="scroll"><table><tbody>\n{rows}\n</tbody></table></div>'


def table(frame: pd.DataFrame) -> str:
    """Make a table without the index; cells may hold drawings, and numbers are rounded."""
    if not len(frame):
        return paragraph("None.", "note")
    is_number = [pd.api.types.is_numeric_dtype(dtype) for dtype in frame.dtypes]
    names = "".join(
        _cell("th", str(name), number)
        for name, number in zip(frame.columns, is_number, strict=True)
    )
    rows = "\n".join(
        "<tr>"
        + "".join(_cell("td", value, n) for value, n in zip(row, is_number, strict=True))
        + "</tr>"
        for row in frame.itertuples(index=False, name=None)
    )
    return (
        f'<div class="scroll"><table>\n<thead><tr>{names}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody></table></div>"
    )


def _cell(tag: str, value, is_number: bool) -> str:
    mark = ' class="number"' if is_number else ""
    return f"<{tag}{mark}>{_show(value)}</{tag}>"


def _show(value) -> str:
    if isinstance(value, Drawing):
        return value
    if isinstance(value, float):
        if pd.isna(value):
            return "-"
        return f"{value:.3g}" if 0 < abs(value) < 0.01 else f"{value:.3f}".rstrip("0").rstrip(".")
    return escape(str(value))
