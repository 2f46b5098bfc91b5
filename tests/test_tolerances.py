"""The comparison itself: it must tell rounding from another result."""

import numpy as np
import pytest
import torch
from tolerances import assert_close


def test_rounding_of_float32_is_accepted():
    x = np.random.default_rng(0).normal(size=(50, 1000)).astype(np.float32)
    assert_close(x.sum(axis=1), x[:, ::-1].cumsum(axis=1)[:, -1])
    assert_close(torch.ones(3), np.ones(3))


@pytest.mark.parametrize("change", [1e-4, -1e-4])
def test_another_result_is_not(change):
    with pytest.raises(AssertionError):
        assert_close(np.float32([1 + change, 2]), np.float32([1, 2]))
    with pytest.raises(AssertionError):
        assert_close(np.array([1 + change * 1e-6]), np.ones(1))
    with pytest.raises(AssertionError):
        assert_close(np.array([0.0, np.nan]), np.zeros(2))
