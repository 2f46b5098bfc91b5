"""The vocabulary of the field: words that CONTRIBUTING.md replaces grow no more."""

import re
from pathlib import Path

import pytest

import skgenomics

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path(skgenomics.__file__).parent
# The most uses of each word that are allowed; lower a number when there are fewer. Those left are
# words of MEME's format, a journal, old names in CHANGELOG.md, and "there is no folder".
WORDS = {
    r"letters?": 7,
    r"places?": 0,
    r"chances?": 0,
    r"strangers?|strange": 0,
    r"anew": 0,
    r"kin": 0,
    r"by heart": 0,
    r"besides": 0,
    r"so many": 0,
    r"as many of each|of like size": 0,
    r"goes on": 0,
    r"what else": 0,
    r"can not": 0,
    r"the other strand": 1,
    r"is no (?:integer|text|file|string|folder|number)": 3,
}


def read_all():
    files = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.pyi"), ROOT / "README.md"]
    files += (ROOT / "docs" / "guide").glob("*.rst")
    files.append(ROOT / "CHANGELOG.md")
    return "\n".join(path.read_text() for path in sorted(files))


@pytest.mark.parametrize(("word", "most"), WORDS.items())
def test_words_grow_no_more(word, most):
    found = re.findall(rf"(?<![\w-])(?:{word})(?![\w-])", read_all().replace("\n", " "), re.I)
    assert len(found) <= most
