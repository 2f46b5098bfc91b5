"""Pages of the site that are made from the package and from the files of results."""

import contextlib
import inspect
import io
import pydoc
import re
import types
from functools import cache
from pathlib import Path

import skgenomics

ROOT = Path(__file__).resolve().parents[1]
# What users need first comes first; the order of the others is alphabetical.
FIRST = ("estimators", "encoding", "model_selection", "sampling", "negatives", "genome")
LIBRARIES = {
    *("functools", "imblearn", "joblib", "numpy", "pandas", "scipy", "sklearn", "skorch", "torch"),
}
RESULTS = ROOT / "benchmarks" / "results"


def list_names(module):
    """Return the public names of a module: `__all__`, or what it defines itself."""
    names = getattr(module, "__all__", None)
    if names is None:
        names = [
            name
            for name, value in vars(module).items()
            if name[0] != "_"
            and (inspect.isclass(value) or inspect.isfunction(value))
            and value.__module__ == module.__name__
        ]
    return sorted(name for name in names if name != "__version__")


def list_modules():
    """Return the public modules of the package, those that users need first in front."""
    modules = {
        name: value
        for name in list_names(skgenomics)
        if isinstance(value := getattr(skgenomics, name), types.ModuleType)
    }
    modules.pop("cli")
    order = [*FIRST, *sorted(set(modules) - set(FIRST))]
    return {name: modules[name] for name in order}


@cache
def list_public():
    """Return the name under which each public object is documented, the shortest it has.

    Returns
    -------
    dict of str to str
        Every dotted public name, to the name of its page.
    """
    pages, known = {}, {}
    for module in (skgenomics, *list_modules().values()):
        for name in list_names(module):
            value = getattr(module, name)
            if isinstance(value, types.ModuleType):
                continue
            full = f"{module.__name__}.{name}"
            pages[full] = known.setdefault(id(value), full)
    return pages


@cache
def _pages_by_name():
    found = {}
    for full in list_public().values():
        found.setdefault(full.rpartition(".")[2], set()).add(full)
    return found


def find_public(target):
    """Return the name of the page of a public object, or of its method, or None."""
    owner, _, last = target.rpartition(".")
    if target.partition(".")[0] in LIBRARIES:
        return None
    if target in list_public():
        return list_public()[target]
    by_name = _pages_by_name()
    if len(by_name.get(last, ())) == 1:
        return next(iter(by_name[last]))
    for full in by_name.get(owner.rpartition(".")[2], ()):
        parent, _, name = full.rpartition(".")
        module = skgenomics if parent == "skgenomics" else list_modules()[parent.split(".")[1]]
        if hasattr(getattr(module, name), last):
            return f"{full}.{last}"
    return None


def is_elsewhere(target):
    """Tell whether a name belongs to another library or to a private module of this one."""
    first = target.partition(".")[0]
    if first in LIBRARIES:
        return True
    # A private class, such as the trunk of a network, which `autodoc` mentions.
    return first == "skgenomics" and pydoc.locate(target) is not None


def strip_roles(line):
    """Replace roles such as ``:term:`X <y>``` by their text."""
    line = re.sub(r":(?:\w+:)*\w+:`~?([^`<]*?)\s*(?:<[^`>]*>)?`(?!`)", r"`\1`", line)
    return line.replace("<sphx_glr", "<").replace(":ref:", "")


def heading(text, mark="="):
    """Return a title of reStructuredText."""
    return f"{text}\n{mark * len(text)}\n"


def write(path, text):
    """Write a page, unless it has this text already: Sphinx reads changed pages only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def write_reference(folder):
    """Write one page per public module, with a table of its public names."""
    modules = list_modules()
    tables = {
        module.__name__: [list_public()[f"{module.__name__}.{name}"] for name in list_names(module)]
        for module in modules.values()
    }
    rest = set(list_public().values()).difference(*tables.values())
    entries = [("package", "skgenomics", "Names of the top level alone.")]
    write(
        folder / "package.rst",
        heading("skgenomics") + "\n" + make_table(sorted(rest)),
    )
    for short, module in modules.items():
        text = inspect.getdoc(module) or ""
        # Full names in the table are relative to no module.
        parts = [heading(module.__name__), f".. py:module:: {module.__name__}", "", text, ""]
        parts += [".. py:currentmodule:: None", "", make_table(tables[module.__name__])]
        write(folder / f"{short}.rst", "\n".join(parts))
        entries.append((short, module.__name__, text.splitlines()[0]))
    entries.append(("commands", "skgenomics COMMAND", "The command line."))
    lines = [
        heading("API reference"),
        "Every public name has a page, inherited methods included. Names that are at the top",
        "level too, such as ``skgenomics.CNNClassifier``, are documented under that name.",
        "",
        ".. list-table::",
        "   :widths: 25 75",
        "",
    ]
    for short, title, summary in entries:
        lines += [f"   * - :doc:`{title} <{short}>`", f"     - {summary}"]
    lines += ["", ".. toctree::", "   :hidden:", ""]
    lines += [f"   {short}" for short, _, _ in entries]
    write(folder / "index.rst", "\n".join(lines) + "\n")


def make_table(names):
    """Return the table of public names, each of which gets a page."""
    lines = [".. autosummary::", "   :toctree: generated", "", *(f"   {name}" for name in names)]
    return "\n".join(lines) + "\n"


def write_commands(folder):
    """Write the help of every command."""
    from skgenomics.cli import _COMMANDS, main

    parts = [heading("Command line")]
    for module in _COMMANDS:
        name = module.__name__.rpartition(".")[2]
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            main([name, "--help"])
        parts += [heading(f"skgenomics {name}", "-"), ".. code-block:: text", ""]
        parts += [f"   {line}".rstrip() for line in printed.getvalue().splitlines()]
        parts.append("")
    write(folder / "commands.rst", "\n".join(parts))


def write_results(folder):
    """Copy the tables of `benchmarks/results/`, and list them."""
    entries = []
    for source in sorted(RESULTS.glob("*.md")):
        text = source.read_text()
        if not text.startswith("# "):
            text = f"# {source.stem.capitalize()}\n\n{text}"
        write(folder / source.name, text)
        title = text.splitlines()[0].removeprefix("# ")
        entries.append((source.stem, title))
    for picture in RESULTS.glob("*.png"):
        target = folder / picture.name
        if not target.exists() or target.read_bytes() != picture.read_bytes():
            target.write_bytes(picture.read_bytes())
    lines = [
        heading("Benchmarks"),
        "Each page is the file that its script in ``benchmarks/`` has written to",
        "``benchmarks/results/``, unchanged. :doc:`composition` is a test as well: it lists which",
        "kind of model works in which verb, and why the other cells refuse.",
        "",
        ".. toctree::",
        "   :maxdepth: 1",
        "",
    ]
    lines += [f"   {stem}" for stem, _ in entries]
    write(folder / "index.rst", "\n".join(lines) + "\n")
