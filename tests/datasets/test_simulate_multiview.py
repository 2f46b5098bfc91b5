"""Each view tells its own part of the positives, and no more."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from skgenomics.datasets import make_multiview
from skgenomics.sequences import reverse_complement


def test_parts_are_as_stated():
    data = make_multiview(
        1000, 40, shares=[0.5, 0.3, 0.2], positive=0.2, conservation=1, random_state=0
    )
    names, counts = np.unique(data.evidence, return_counts=True)
    assert dict(zip(names, counts.tolist(), strict=True)) == {
        "none": 800, "sequence": 100, "signal": 60, "numeric": 40,
    }  # fmt: skip
    assert_array_equal(data.y, data.evidence != "none")
    assert_array_equal(np.flatnonzero(data.evidence == "sequence"), data.instances["row"])
    for row in data.instances.itertuples():
        text = data.X["sequence"][row.row][row.position : row.position + 10]
        assert (reverse_complement([text])[0] if row.strand == "-" else text) == "GGGACTTTCC"
    assert list(data.X) == [name for names in data.views.values() for name in names]
    assert len(data.views["signal"]) == 20
    assert data.X.index.tolist() == list(range(1000))


@pytest.mark.parametrize(
    ("view", "shares", "expected"),
    [
        # A view that tells the share s of the positives gives at most (1 + s) / 2.
        ("numeric", (0.2, 0.2, 0.6), 0.8),
        ("signal", (0.2, 0.6, 0.2), 0.8),
        ("numeric", (0.5, 0.5, 0), 0.5),
    ],
)
def test_a_model_of_one_view_finds_its_share(view, shares, expected):
    data = make_multiview(4000, 30, shares=shares, effect=5, random_state=0)
    X = data.X[data.views[view]]
    model = LogisticRegression().fit(X[:3000], data.y[:3000])
    area = roc_auc_score(data.y[3000:], model.decision_function(X[3000:]))
    assert area == pytest.approx(expected, abs=0.04)


def test_only_informative_columns_differ():
    data = make_multiview(4000, 30, n_numeric=4, n_informative=1, random_state=0)
    X = data.X[data.views["numeric"]]
    told = data.evidence == "numeric"
    shifts = X[told].mean() - X[~told].mean()
    assert shifts.iloc[0] == pytest.approx(3, abs=0.15)
    assert abs(shifts.iloc[1:]).max() < 0.15


def test_the_same_seed_gives_the_same_data():
    one, same, other = (make_multiview(30, random_state=seed) for seed in (3, 3, 4))
    assert one.X.equals(same.X)
    assert not one.X.equals(other.X)


def test_all_or_no_positives():
    assert make_multiview(20, positive=0, random_state=0).y.sum() == 0
    assert make_multiview(20, positive=1, random_state=0).y.sum() == 20


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"shares": [0.5, 0.5]}, "shares must be 3 fractions that sum to 1 .one for each view"),
        ({"shares": [0.5, 0.5, 0.5]}, "shares must be 3 fractions"),
        ({"positive": 2}, "positive must be a number"),
        ({"n_informative": 9}, r"n_informative must be an integer in \[1, 5\]"),
        ({"length": 5}, "take 10 positions, more than the 5"),
    ],
)
def test_wrong_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        make_multiview(**settings)
