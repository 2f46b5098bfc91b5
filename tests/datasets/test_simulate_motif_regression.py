"""Effects of planted motifs add up to y, and instances are where the Bunch says."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skgenomics.datasets import make_motif_regression
from skgenomics.sequences import encode, reverse_complement

MOTIFS = ["GATAAGC", "CACGT"]


def texts_of(data, widths):
    """Each instance as its motif has it, of the forward strand."""
    for row in data.instances.itertuples():
        text = data.X[row.row][row.position :][: widths[row.motif]]
        yield reverse_complement([text])[0] if row.strand == "-" else text


def test_instances_are_where_the_bunch_says_and_add_up():
    data = make_motif_regression(
        400, 60, motifs=MOTIFS, effects=[3, -0.5], noise=0, conservation=1, max_instances=3,
        random_state=0,
    )  # fmt: skip
    expected = [MOTIFS[i] for i in data.instances["motif"]]
    assert list(texts_of(data, [7, 5])) == expected
    y = np.zeros(400)
    np.add.at(y, data.instances["row"], data.instances["effect"])
    assert_allclose(data.y, y)
    assert set(np.unique(data.instances["effect"])) == {3, -0.5}
    counts = data.instances.groupby(["row", "motif"]).size()
    assert counts.max() == 3
    assert set(data.instances["strand"]) == {"+", "-"}


def test_instances_never_overlap_even_if_they_fill_the_sequence():
    data = make_motif_regression(
        300, 24, motifs=MOTIFS, conservation=1, max_instances=2, random_state=0
    )
    ends = data.instances["position"] + np.array([7, 5])[data.instances["motif"]]
    assert ends.max() <= 24
    for _, rows in data.instances.assign(end=ends).groupby("row"):
        rows = rows.sort_values("position")
        assert (rows["position"].to_numpy()[1:] >= rows["end"].to_numpy()[:-1]).all()


def test_positions_and_numbers_are_uniform():
    data = make_motif_regression(
        6000, 30, motifs=["GATAAGC"], max_instances=1, both_strands=False, random_state=0
    )
    # 24 starts; three standard errors of a count.
    counts = np.bincount(data.instances["position"], minlength=24)
    expected = len(data.instances) / 24
    assert abs(counts - expected).max() < 3.5 * np.sqrt(expected)
    assert len(data.instances) == pytest.approx(3000, abs=120)


def test_noise_background_and_default_effects():
    data = make_motif_regression(3000, 40, noise=0.7, gc_content=0.2, random_state=0)
    assert data.effects.tolist() == [1, -1]
    truth = np.zeros(3000)
    np.add.at(truth, data.instances["row"], data.instances["effect"])
    assert (data.y - truth).std() == pytest.approx(0.7, abs=0.03)
    none = make_motif_regression(500, 100, motifs=[], gc_content=0.2, random_state=0)
    assert np.isin(encode(none.X), [1, 2]).mean() == pytest.approx(0.2, abs=0.01)
    assert not len(none.instances)


def test_the_same_seed_gives_the_same_data():
    one, same, other = (make_motif_regression(50, random_state=seed) for seed in (3, 3, 4))
    for name in ("X", "y", "instances"):
        assert_array_equal(one[name], same[name])
    assert (one.X != other.X).any()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_samples": 0}, "n_samples must be an integer"),
        ({"length": 20}, "up to 2 instances of 2 motifs take 34 positions, more than the 20"),
        ({"effects": [1]}, "effects must be 2 finite numbers"),
        ({"effects": [1, np.nan]}, "effects must be 2 finite numbers"),
        ({"noise": -1}, "noise must be a number in"),
        ({"max_instances": 0}, "max_instances must be an integer"),
        ({"motifs": "GATA"}, "sequence of motifs"),
    ],
)
def test_wrong_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        make_motif_regression(**settings)
