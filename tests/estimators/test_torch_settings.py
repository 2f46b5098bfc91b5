"""Settings of torch that a caller may have on do not reach the networks."""

import contextlib

import pytest
import torch
from numpy.testing import assert_array_equal

from skgenomics import CNNClassifier

X, Y = ["ACGTACGTAA", "TTGCATGCAA"] * 8, [0, 1] * 8


@contextlib.contextmanager
def double_precision():
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


SETTINGS = {
    "inference mode": torch.inference_mode,
    "no gradients": torch.no_grad,
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "meta device": lambda: torch.device("meta"),
    "double precision": double_precision,
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_fit_and_predict_are_those_without_the_setting(setting):
    model = CNNClassifier(n_filters=4, kernel_size=3, max_iter=2, random_state=0)
    expected = model.fit(X, Y).predict_proba(X)
    with SETTINGS[setting]():
        model.fit(X, Y)
        inside = model.predict_proba(X)
    assert_array_equal(inside, expected)
    assert_array_equal(model.predict_proba(X), expected)
