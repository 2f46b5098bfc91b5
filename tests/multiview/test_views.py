"""Columns of views, rows that miss them, and encoders."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_selector
from sklearn.linear_model import Ridge
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skgenomics import CNNClassifier, MLPClassifier
from skgenomics.multiview._views import (
    as_table,
    check_views,
    encode,
    find_columns,
    fit_encoders,
    missing_rows,
    naming,
    put_rows,
    select,
    take_rows,
)

FRAME = pd.DataFrame({"seq": ["AC", "GT"], "x": [1.0, 2.0], "y": [3.0, 4.0]}, index=[7, 7])


@pytest.mark.parametrize(
    ("key", "columns"),
    [
        ("seq", "seq"),
        (["y", "x"], ["y", "x"]),
        (slice("x", "y"), ["x", "y"]),
        (slice(None), ["seq", "x", "y"]),
        (1, "x"),
        ([-1, 0], ["y", "seq"]),
        ([False, True, True], ["x", "y"]),
        (make_column_selector(dtype_include=float), ["x", "y"]),
        (lambda X: list(X.columns[1:]), ["x", "y"]),
    ],
)
def test_columns_of_a_frame_by_all_ways(key, columns):
    assert find_columns(FRAME, key, "v") == columns


@pytest.mark.parametrize(
    ("key", "columns"),
    [(1, 1), ([0, 2], [0, 2]), (slice(1, None), [1, 2]), (slice(None), [0, 1, 2]), ([-1], [2])],
)
def test_columns_of_an_array_by_index(key, columns):
    assert find_columns(np.zeros((2, 3)), key, "v") == columns


@pytest.mark.parametrize(
    ("X", "key", "message"),
    [
        (FRAME, ["x", "z"], "view 'v': X has no column 'z', only 'seq', 'x', 'y'"),
        (FRAME, "z", "view 'v': X has no column 'z'"),
        (np.zeros((2, 3)), ["x"], r"view 'v': X is an array, but needs the columns \['x'\]"),
        (np.zeros((2, 3)), [5], "view 'v': all features must be in"),
        (FRAME, [], "view 'v' has no columns"),
        (FRAME, make_column_selector(pattern="^cpg_"), "view 'v' has no columns"),
    ],
)
def test_absent_columns_are_named(X, key, message):
    with pytest.raises(ValueError, match=message):
        find_columns(X, key, "v")


def test_columns_are_found_again_in_any_order_and_in_arrays():
    turned = FRAME[["y", "x", "seq"]].assign(more=0)
    names_in = list(FRAME.columns)
    assert select(turned, ["x", "y"], "v", names_in).columns.tolist() == ["x", "y"]
    array = FRAME.to_numpy()
    assert select(array, ["y", "x"], "v", names_in).tolist() == [[3.0, 1.0], [4.0, 2.0]]
    assert select(array, "seq", "v", names_in).tolist() == ["AC", "GT"]
    with pytest.raises(ValueError, match="view 'v': X has no column 'x'"):
        select(FRAME[["seq", "y"]], ["x", "y"], "v", names_in)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (pd.Series(["A", None, "", np.nan, "C"]), [0, 1, 1, 1, 0]),
        (pd.Series(["A", pd.NA, ""], dtype="string"), [0, 1, 1]),
        (pd.DataFrame({"a": [1, np.nan, np.nan], "b": [np.nan, np.nan, 2]}), [0, 1, 0]),
        (pd.DataFrame({"a": pd.array([1, None], dtype="Int64"), "b": ["", None]}), [0, 1]),
        (np.array([[1, 2], [3, 4]], dtype=np.uint8), [0, 0]),
        (np.array(["", "A"]), [1, 0]),
        (np.array([[np.nan], [np.inf]]), [1, 0]),
        (np.array([True, False]), [0, 0]),
    ],
)
def test_a_view_is_missing_where_all_of_it_is(data, expected):
    assert missing_rows(data).tolist() == [bool(e) for e in expected]


def test_rows_there_and_back():
    present = np.array([True, False, True])
    taken = take_rows(pd.DataFrame({"a": [1, 2, 3]}, index=[5, 5, 5]), present)
    assert taken["a"].tolist() == [1, 3]
    back = put_rows(np.array([[1, 2], [3, 4]], dtype=np.uint8), present)
    assert back.tolist() == [[1, 2], [0, 0], [3, 4]]
    assert back.dtype == np.uint8
    all_there = np.ones(2, dtype=bool)
    data = np.ones((2, 1))
    assert take_rows(data, all_there) is data
    assert put_rows(data, all_there) is data


def test_lists_of_mixed_rows_keep_their_types():
    X = as_table([["ACGT", 1.5], ["GGCA", 2.5]])
    assert X[1].dtype == float
    assert as_table([[1, 2], [3, 4]]).dtype.kind == "i"


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (FRAME[:0], r"0 sample\(s\)"),
        (np.zeros((0, 3)), r"0 sample\(s\)"),
        (["ACGT", "GGGA"], "Expected 2D array"),
        (np.zeros(3), "Expected 2D array"),
        (FRAME.set_axis(["seq", "x", "x"], axis=1), "X has 2 columns 'x'; rename all but one"),
    ],
)
def test_input_that_is_not_a_table(X, message):
    with pytest.raises(ValueError, match=message):
        as_table(X)


def test_encoders_are_fitted_one_after_the_other_and_left_alone():
    scaler = StandardScaler()
    data = np.arange(6.0).reshape(3, 2)
    network = CNNClassifier()
    fitted, result = fit_encoders([None, scaler, "passthrough"], data, None, network)
    assert len(fitted) == 1
    assert not hasattr(scaler, "mean_")
    np.testing.assert_allclose(encode(fitted, data, network), result)


@pytest.mark.parametrize(("network", "is_dense"), [(MLPClassifier(), True), (Ridge(), False)])
def test_sparse_codes_become_dense_for_networks_alone(network, is_dense):
    cells = np.array([["a"], ["b"], ["a"]], dtype=object)
    fitted, result = fit_encoders([OneHotEncoder()], cells, None, network)
    again = encode(fitted, cells, network)
    assert isinstance(result, np.ndarray) == isinstance(again, np.ndarray) == is_dense
    assert np.asarray(result if is_dense else result.toarray()).tolist() == [[1, 0], [0, 1], [1, 0]]


def test_errors_name_the_view():
    with pytest.raises(TypeError, match="view 'dna': sequence 3 is None"), naming("dna"):
        raise TypeError("sequence 3 is None")
    # The class itself may want other arguments.
    with pytest.raises(ValueError, match="view 'dna': 'utf-8' codec"), naming("dna"):
        b"\xff".decode()


@pytest.mark.parametrize(
    ("views", "message"),
    [
        ([], "views must be a list of tuples"),
        (None, "views must be a list of tuples"),
        ([("dna", None, "sequence")], r"a view must be a tuple \(name, encoder"),
        ([(1, None, CNNClassifier(), "sequence")], "a view must be a tuple"),
        ([("dna", CNNClassifier(), CNNClassifier(), "s")], "view 'dna' .* not a transformer"),
        ([("dna", None, None, "s")], "view 'dna' has the network None, which is not an estimator"),
        ([("dna", None, CNNClassifier, "s")], "view 'dna' .* not an estimator"),
    ],
)
def test_malformed_views(views, message):
    with pytest.raises(ValueError, match=message):
        check_views(views)
