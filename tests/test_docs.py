"""The site: every public name has a page, and every name of the guide exists."""

import importlib
import importlib.util
import re
import types
from pathlib import Path

import pytest

import skgenomics

DOCS = Path(__file__).resolve().parents[1] / "docs"
GUIDE = sorted((DOCS / "guide").glob("*.rst"))


@pytest.fixture(scope="module")
def pages():
    spec = importlib.util.spec_from_file_location("pages", DOCS / "pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_public_name_has_a_page(pages, tmp_path):
    pages.write_reference(tmp_path)
    listed = set()
    for page in tmp_path.glob("*.rst"):
        listed |= set(re.findall(r"^   (skgenomics[\w.]+)$", page.read_text(), re.M))

    for name in skgenomics.__all__:
        value = getattr(skgenomics, name)
        if isinstance(value, types.ModuleType):
            public = getattr(value, "__all__", ())
            names = {pages.find_public(f"skgenomics.{name}.{own}") for own in public}
            assert names <= listed
        elif name != "__version__":
            assert f"skgenomics.{name}" in listed


def test_names_are_documented_once(pages):
    documented = list(pages.list_public().values())

    assert pages.find_public("skgenomics.estimators.CNNClassifier") == "skgenomics.CNNClassifier"
    assert pages.find_public("CNNClassifier.fit") == "skgenomics.CNNClassifier.fit"
    assert pages.find_public("NoSuchClassifier") is None
    assert pages.find_public("torch.export.load") is None
    assert "skgenomics.estimators.CNNClassifier" not in documented


def test_roles_of_inherited_docstrings_become_text(pages):
    line = "See :term:`Glossary <fit>` and :ref:`User Guide <metadata_routing>`, :class:`~a.B`."
    assert pages.strip_roles(line) == "See `Glossary` and `User Guide`, `a.B`."


def test_pages_of_results_are_the_files(pages, tmp_path):
    pages.write_results(tmp_path)
    for source in pages.RESULTS.glob("*.md"):
        assert (tmp_path / source.name).read_text().endswith(source.read_text())
        assert f"   {source.stem}\n" in (tmp_path / "index.rst").read_text()


def test_help_of_every_command_is_shown(pages, tmp_path):
    pages.write_commands(tmp_path)
    text = (tmp_path / "commands.rst").read_text()
    for command in ("check", "evaluate", "train", "predict", "explain", "variants", "export"):
        assert f"usage: skgenomics {command}" in text


@pytest.mark.parametrize("page", GUIDE, ids=lambda page: page.stem)
def test_pages_of_the_guide_have_a_picture_and_a_table(page):
    text = page.read_text()
    if page.stem == "index":
        assert set(re.findall(r"^   (\w+)$", text, re.M)) == {p.stem for p in GUIDE} - {"index"}
        return
    assert ".. list-table:: What shall I take?" in text
    assert text.count(".. plot::") == (page.stem != "coming_from")


@pytest.mark.parametrize("page", GUIDE, ids=lambda page: page.stem)
def test_names_of_the_guide_exist(page, pages):
    for role, target in re.findall(r":(\w+):`~?([\w./]+)`", page.read_text()):
        if role == "doc":
            stem = target.removeprefix("/results/")
            assert (pages.RESULTS / f"{stem}.md").exists()
        elif role == "mod":
            importlib.import_module(target)
        else:
            assert pages.find_public(target), target
