"""Rows that occur twice, on either strand, and labels that disagree."""

import numpy as np
import pandas as pd
import pytest

from skgenomics.model_selection import find_duplicates
from skgenomics.sequences import encode


def test_duplicates_and_conflicts():
    y = ["a", "b", "a", "c", "c", "b"]
    frame = find_duplicates(["AAAC", "CCCA", "GTTT", "GGGG", "cccc", "CCCA"], y)
    assert frame["row"].tolist() == [0, 2, 1, 5, 3, 4]
    assert frame["first"].tolist() == [0, 0, 1, 1, 3, 3]
    assert frame["strand"].tolist() == ["+", "-", "+", "+", "+", "-"]
    assert not frame["conflict"].any()
    frame = find_duplicates(["AAAC", "AAAC", "CCC"], [[1, np.nan], [1, 0], [0, 0]])
    assert not frame["conflict"].any()
    frame = find_duplicates(["AAAC", "AAAC", "CCC"], [[1, 1], [1, 0], [0, 0]])
    assert frame["conflict"].tolist() == [True, True]
    assert find_duplicates(["AAAC", "GTTT"], reverse_complement=False).empty


def test_codes_and_columns_agree_with_text():
    texts = ["AAAC", "CCCA", "GTTT", "AAAC"]
    expected = find_duplicates(texts)
    assert find_duplicates(encode(texts)).equals(expected)
    frame = pd.DataFrame({"gc": 0.5, "dna": texts}, index=list("dcba"))
    assert find_duplicates(frame, column="dna").equals(expected)


def test_errors():
    with pytest.raises(ValueError, match="none named 'sequence', only 'a', 'b'; set `column`"):
        find_duplicates(pd.DataFrame({"a": ["A"], "b": ["C"]}))
    with pytest.raises(ValueError, match="y has 1 labels, but X has 2 rows"):
        find_duplicates(["A", "C"], [1])
