"""The Markov models that the benchmark of language models compares with, against a loop."""

import numpy as np
import pytest

pytest.importorskip("markov", reason="it is part of the benchmarks")
from markov import Counts, MarkovModel

from skgenomics.sequences import reverse_complement


def slow_chance(rows, row, i, before, behind, strength, level):
    """Probability of a base that backs off to a context shorter by one base on each side."""
    if level < 0:
        return 0.25
    b, h = min(level, before), min(level, behind)
    if i < b or i + h >= len(row) or (np.delete(row[i - b : i + h + 1], b) > 3).any():
        return slow_chance(rows, row, i, before, behind, strength, level - 1)
    n = n_same = 0
    for other in rows:
        for j in range(b, len(other) - h):
            context = np.delete(other[j - b : j + h + 1], b)
            if other[j] < 4 and (context == np.delete(row[i - b : i + h + 1], b)).all():
                n += 1
                n_same += other[j] == row[i]
    shorter = slow_chance(rows, row, i, before, behind, strength, level - 1)
    return (n_same + strength * shorter) / (n + strength)


@pytest.mark.parametrize(("before", "behind"), [(0, 0), (2, 0), (2, 2), (1, 2)])
def test_probabilities_equal_a_loop(before, behind):
    codes = np.random.default_rng(0).integers(0, 5, (10, 12)).astype(np.uint8)
    train, test = codes[:8], codes[8:]
    rows = np.concatenate([train, reverse_complement(train)])
    settings = before, behind, 3.0
    expected = [
        np.log(slow_chance(rows, row, i, *settings, max(before, behind)))
        for row in test
        for i in range(12)
        if row[i] < 4
    ]
    found = MarkovModel(*settings).fit(Counts(train)).log_likelihoods(test)
    np.testing.assert_allclose(found, expected)
