"""Comparison of float results that holds on every processor.

Kernels for other instruction sets add in another order, so float32 results differ in the last
digits, and the more so the more layers they went through. Bitwise equality (`assert_array_equal`)
holds only for the same code path in the same process: a saved and loaded model, a refit with the
same seed, one batch against itself.
"""

import numpy as np
import torch


def as_array(values):
    return values.detach().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)


def assert_close(actual, expected, depth=4, dtype=None):
    """Compare results of a computation that is `depth` layers (or reductions) deep.

    The relative tolerance is 32 units of the coarser dtype's precision for each layer, and the
    absolute tolerance the same share of the largest expected value, since sums that cancel keep
    the error of their terms: for float32 and the default depth 1.5e-5. Give the `dtype` of the
    computation where the results are stored in a wider one, as in tables and scores.
    """
    actual, expected = as_array(actual), as_array(expected)
    dtypes = [x.dtype for x in (actual, expected) if x.dtype.kind == "f"]
    dtypes = dtypes if dtype is None else [np.dtype(dtype)]
    precision = max((np.finfo(dtype).eps for dtype in dtypes), default=np.finfo(float).eps)
    tolerance = 32 * depth * float(precision)
    finite = np.abs(expected[np.isfinite(expected)]) if expected.size else expected
    scale = max(float(finite.max()), 1e-30) if finite.size else 1.0
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance * scale)
