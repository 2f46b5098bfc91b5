"""Configuration of the site: `sphinx-build -W -b html docs docs/_build` builds it offline.

The API reference, the pages of results and the page of the command line are written from the
package and from `benchmarks/results/` when the site is built, so that none of them goes stale.
"""

import inspect
import os
import sys
from pathlib import Path

# One thread per process, and help texts of one width.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["COLUMNS"] = "96"
sys.path.insert(0, str(Path(__file__).parent))

import pages

import skgenomics

project = "skgenomics"
author = "The authors of skgenomics"
project_copyright = author
version = release = skgenomics.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "matplotlib.sphinxext.plot_directive",
    "sphinx_gallery.gen_gallery",
]
# The scripts of the gallery become pages of their own.
exclude_patterns = ["_build", "gallery"]
templates_path = ["_templates"]
# As in the docstrings of scikit-learn, text between single backticks is code.
default_role = "literal"
# Every cross-reference must resolve.
nitpicky = True

autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "alphabetical"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
numpydoc_attributes_as_param_list = True
myst_heading_anchors = 3

plot_formats = [("png", 100)]
plot_html_show_formats = False
plot_html_show_source_link = False
plot_include_source = True
plot_rcparams = {"figure.constrained_layout.use": True}
plot_apply_rcparams = True

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_signature": False,
}

# Files of results begin their sections at the third level.
suppress_warnings = ["config.cache", "myst.header"]

html_theme = "pydata_sphinx_theme"
html_title = "skgenomics"
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "navbar_end": ["theme-switcher"],
}


def write_pages(app):
    """Write the generated pages."""
    pages.write_reference(Path(app.srcdir) / "reference")
    pages.write_results(Path(app.srcdir) / "results")
    pages.write_commands(Path(app.srcdir) / "reference")


def resolve_public_name(app, env, node, contnode):
    """Resolve a reference by the public name, whatever module it is looked up in."""
    if node.get("refdomain") != "py":
        return None
    full = pages.find_public(node["reftarget"])
    if full is None:
        # Names of private classes, of torch, skorch and scikit-learn are code, not links.
        return contnode if pages.is_elsewhere(node["reftarget"]) else None
    domain = env.get_domain("py")
    return domain.resolve_xref(
        env, node["refdoc"], app.builder, node["reftype"], full, node, contnode
    )


def make_roles_text(app, what, name, obj, options, lines):
    """Replace roles of inherited docstrings, which refer to the site of scikit-learn, by text."""
    function = getattr(obj, "fget", None) or obj
    module = getattr(inspect.unwrap(function), "__module__", None)
    if not str(module).startswith("skgenomics"):
        lines[:] = [pages.strip_roles(line) for line in lines]


def setup(app):
    """Write the generated pages and connect the functions above."""
    # Here and not in an event: Sphinx looks for sources before it emits the first one.
    write_pages(app)
    app.connect("missing-reference", resolve_public_name)
    # Before numpydoc, which has priority 500.
    app.connect("autodoc-process-docstring", make_roles_text, priority=400)
