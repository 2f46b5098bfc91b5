"""Modules of a user's own that read further inputs beside the sequences."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.model_selection import cross_val_predict
from skorch.helper import SliceDict
from tolerances import assert_close
from torch import nn

from skgenomics import OneHotEncoder, SequenceClassifier, SequenceRegressor
from skgenomics.inspection import attribute, mutagenesis
from skgenomics.testing import make_text

N, LENGTH = 24, 30
X = make_text(N, LENGTH)
Y = np.array([x.count("G") > 7 for x in X]).astype(int)
DISTANCE = np.random.default_rng(0).random((N, 2))
FRAME = pd.DataFrame({"sequence": X, "distance": np.arange(N) / N, "cell": np.arange(N) % 3})
QUICK = {"max_iter": 1, "random_state": 0}


class Joint(nn.Module):
    def __init__(self, n_channels, length, n_outputs, n_numbers=1, n_cells=3):
        super().__init__()
        self.convolution = nn.Conv1d(n_channels, 4, 5)
        self.cells = nn.Embedding(n_cells, 2)
        self.output = nn.Linear(4 + n_numbers + 2, n_outputs)

    def forward(self, x, distance, cell=None):
        n = len(x)
        cell = torch.zeros(n, dtype=torch.int64) if cell is None else cell
        features = [self.convolution(x).amax(2), distance.reshape(n, -1), self.cells(cell)]
        return self.output(torch.cat(features, dim=1))


def test_inputs_reach_the_module():
    inputs = {"x": X, "distance": DISTANCE}
    model = SequenceClassifier(Joint, network_params={"n_numbers": 2}, **QUICK).fit(inputs, Y)
    assert model.input_names_ == ["x", "distance"]
    x = torch.from_numpy(OneHotEncoder().fit_transform(X).reshape(N, LENGTH, 4).copy())
    with torch.no_grad():
        scores = model.network_(x.transpose(1, 2), torch.from_numpy(DISTANCE).float())
    assert_close(model.decision_function(inputs), scores[:, 0].numpy(), depth=4)
    copy = pickle.loads(pickle.dumps(model))
    reordered = {"distance": DISTANCE, "x": np.array(X)}
    np.testing.assert_array_equal(copy.predict_proba(reordered), model.predict_proba(inputs))


def test_a_frame_is_the_same_as_a_dict():
    model = SequenceClassifier(Joint, **QUICK).fit(FRAME, Y)
    columns = {name: FRAME[name].to_numpy() for name in FRAME}
    same = SequenceClassifier(Joint, **QUICK).fit({**columns, "sequence": X}, Y)
    np.testing.assert_array_equal(model.predict_proba(FRAME), same.predict_proba(columns))
    moved = FRAME.assign(distance=FRAME["distance"] + 1)
    assert (model.predict_proba(moved) != model.predict_proba(FRAME)).any()


def test_cross_validation_splits_frames_and_slices():
    model = SequenceRegressor(Joint, network_params={"n_numbers": 2}, **QUICK)
    sliced = SliceDict(x=np.array(X), distance=DISTANCE)
    frame = pd.DataFrame({"x": X, "distance": list(DISTANCE)})
    expected = model.fit({"x": X[12:], "distance": DISTANCE[12:]}, Y[12:]).predict(
        {"x": X[:12], "distance": DISTANCE[:12]}
    )
    for given in (sliced, frame):
        found = cross_val_predict(model, given, Y.astype(float), cv=2)
        np.testing.assert_array_equal(found[:12], expected)


def test_samples_of_weight_zero_are_left_out():
    weight = np.arange(N) % 2
    model = SequenceClassifier(Joint, **QUICK).fit(FRAME, Y, sample_weight=weight)
    kept = SequenceClassifier(Joint, **QUICK).fit(FRAME[1::2], Y[1::2])
    np.testing.assert_array_equal(model.predict_proba(FRAME), kept.predict_proba(FRAME))


def test_explanations_keep_the_other_inputs():
    model = SequenceClassifier(Joint, **QUICK).fit(FRAME, Y)
    effects = mutagenesis(model, FRAME[:2])
    base = "ACGT".index(X[1][10])
    other = (base + 1) % 4
    changed = X[1][:10] + "ACGT"[other] + X[1][11:]
    pair = FRAME[1:2].assign(sequence=changed)
    expected = model.decision_function(pair) - model.decision_function(FRAME[1:2])
    assert effects[1, 10, other] == pytest.approx(expected[0], abs=1e-5)
    found = attribute(model, FRAME[:2], method="deeplift", baselines="zeros")
    zeros = ["N" * LENGTH] * 2
    expected = model.decision_function(FRAME[:2])
    expected = expected - model.decision_function(FRAME[:2].assign(sequence=zeros))
    assert_close(found.actual.sum(axis=1), expected, depth=16)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"x": X, "weight": DISTANCE}, r"input 'weight', but forward of Joint takes x, distance"),
        ({"x": X, "distance": ["a"] * N}, r"'distance' holds object values.*OrdinalEncoder"),
        ({"x": X, "distance": DISTANCE[:3]}, r"differ in their number of samples.*'distance': 3"),
        ({"x": X, "distance": DISTANCE * np.nan}, r"'distance' holds NaN or infinity"),
    ],
)
def test_wrong_inputs_are_named(inputs, message):
    with pytest.raises(ValueError, match=message):
        SequenceClassifier(Joint, network_params={"n_numbers": 2}, **QUICK).fit(inputs, Y)


def test_other_inputs_than_in_fit():
    model = SequenceClassifier(Joint, **QUICK).fit(FRAME, Y)
    with pytest.raises(ValueError, match=r"fitted on the inputs .*'cell'.*give X as in fit"):
        model.predict(X)
    alone = SequenceClassifier(**QUICK).fit(X, Y)
    with pytest.raises(ValueError, match="fitted on sequences alone, but X is the inputs"):
        alone.predict(FRAME)
