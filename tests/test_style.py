"""The vocabulary of the field: words that CONTRIBUTING.md replaces grow no more."""

import re
from pathlib import Path

import pytest

import skgenomics

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path(skgenomics.__file__).parent
# The most uses of each word that are allowed; lower a number when there are fewer.
WORDS = {
    r"letters?": 280,
    r"(?<!in )(?<!takes )(?<!take )places?": 218,
    r"chances?": 107,
    r"strangers?|strange": 32,
    r"anew": 9,
    r"kin": 2,
    r"by heart": 2,
    r"besides": 2,
    r"so many": 17,
    r"as many of each|of like size": 6,
    r"goes on": 2,
    r"what else": 3,
    r"can not": 2,
    r"the other strand": 21,
    r"is no (?:integer|text|file|string|folder|number)": 7,
}


def read_all():
    files = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.pyi"), ROOT / "README.md"]
    files.append(ROOT / "CHANGELOG.md")
    return "\n".join(path.read_text() for path in sorted(files))


@pytest.mark.parametrize(("word", "most"), WORDS.items())
def test_words_grow_no_more(word, most):
    found = re.findall(rf"(?<![\w-])(?:{word})(?![\w-])", read_all().replace("\n", " "), re.I)
    assert len(found) <= most
