"""The vocabulary of the field: words that CONTRIBUTING.md replaces grow no more."""

import re
from pathlib import Path

import pytest

import skgenomics

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path(skgenomics.__file__).parent
# The most uses of each word that are allowed; lower a number when there are fewer.
WORDS = {
    r"letters?": 900,
    r"(?<!in )(?<!takes )(?<!take )places?": 700,
    r"chances?": 200,
    r"strangers?|strange": 90,
    r"anew": 40,
    r"kin": 6,
    r"by heart": 3,
    r"besides": 6,
    r"so many": 50,
    r"as many of each|of like size": 8,
    r"goes on": 12,
    r"what else": 6,
    r"can not": 9,
    r"the other strand": 50,
    r"is no (?:integer|text|file|string|folder|number)": 20,
}


def read_all():
    files = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.pyi"), ROOT / "README.md"]
    files.append(ROOT / "CHANGELOG.md")
    return "\n".join(path.read_text() for path in sorted(files))


@pytest.mark.parametrize(("word", "most"), WORDS.items())
def test_words_grow_no_more(word, most):
    found = re.findall(rf"(?<![\w-])(?:{word})(?![\w-])", read_all().replace("\n", " "), re.I)
    assert len(found) <= most
