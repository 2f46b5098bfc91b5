"""Profiles: bells around planted motifs, protected in the middle, counts as expected."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skgenomics.datasets import make_profiles
from skgenomics.sequences import reverse_complement

MOTIFS = ["GATAAGC", "CACGT"]


def test_rates_are_sums_of_bells():
    effects = np.array([[4, 0], [1, 2]])
    data = make_profiles(
        60, 80, motifs=MOTIFS, effects=effects, max_instances=2, conservation=1, background=0.3,
        spread=6, random_state=0,
    )  # fmt: skip
    expected = np.full((60, 80, 2), 0.3)
    for row in data.instances.itertuples():
        width = len(MOTIFS[row.motif])
        text = data.X[row.row][row.position : row.position + width]
        text = reverse_complement([text])[0] if row.strand == "-" else text
        assert text == MOTIFS[row.motif]
        for place in range(80):
            if not row.position <= place < row.position + width:
                away = place - (row.position + (width - 1) / 2)
                expected[row.row, place] += effects[row.motif] * np.exp(-(away**2) / 72)
    assert_allclose(data.rates, expected)
    assert data.y.shape == (60, 80, 2)


def test_counts_are_poisson_of_the_rates():
    data = make_profiles(2000, 60, random_state=0)
    z = (data.y - data.rates) / np.sqrt(data.rates)
    assert z.mean() == pytest.approx(0, abs=0.01)
    assert z.var() == pytest.approx(1, abs=0.02)
    assert data.y.dtype.kind == "i"
    assert (data.y >= 0).all()


def test_one_axis_of_effects_gives_one_track():
    data = make_profiles(10, 50, motifs=MOTIFS, effects=[3, 0], random_state=0)
    assert data.y.shape == data.rates.shape == (10, 50)
    empty = np.setdiff1d(np.arange(10), data.instances.query("motif == 0")["row"])
    assert len(empty)
    assert_allclose(data.rates[empty], 0.5)


def test_the_same_seed_gives_the_same_data():
    one, same, other = (make_profiles(20, random_state=seed) for seed in (3, 3, 4))
    assert_array_equal(one.y, same.y)
    assert (one.y != other.y).any()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"effects": [1, 2]}, r"effects must have shape \(1,\) or \(1, n_tracks\), got \(2,\)"),
        ({"effects": [-1]}, "at least 0"),
        ({"effects": 3}, r"got \(\)"),
        ({"spread": 0}, "spread must be a number"),
        ({"background": -1}, "background must be a number"),
        ({"length": 5}, "more than the 5 of a sequence"),
    ],
)
def test_wrong_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        make_profiles(**settings)
