"""Every form and container of X comes back as it was, with the originals first and unchanged."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.utils import get_tags

from skgenomics import OneHotEncoder, OrdinalEncoder
from skgenomics.sampling import (
    GenerativeOverSampler,
    HomologyUnderSampler,
    MutationOverSampler,
    ReverseComplementOverSampler,
    SequenceSMOTE,
)
from skgenomics.sequences import encode

TEXTS = ["ACGTTGCAAC", "CCGCATTAGA", "GATTACAGGA", "TTTACGTCCA", "GGCATCATTC", "GGCATGATTC"]
UNEQUAL = ["ACGTTGCAAC", "CCGCATT", "GATTACAGGAAT", "TTTACGTC", "GGCATCAT", "GGCATGATTCA"]
Y = np.array(["bound", "bound", "bound", "bound", "free", "free"])


def generate(n, label, random_state):
    return ["".join(random_state.choice(list("ACGT"), size=10)) for _ in range(n)]


OVER = [
    ReverseComplementOverSampler(random_state=0),
    MutationOverSampler(rate=0.3, shift=2, recombination=0.5, random_state=0),
    SequenceSMOTE(k_neighbors=1, k=2, n_crossovers=2, random_state=0),
]
SAMPLERS = [
    *OVER,
    GenerativeOverSampler(generate, random_state=0),
    HomologyUnderSampler(random_state=0),
]
CONTAINERS = {
    "list": list,
    "list of bytes": lambda X: [x.encode() for x in X],
    "tuple": tuple,
    "column of lists": lambda X: [[x] for x in X],
    "object": lambda X: np.array(X, dtype=object),
    "object of bytes": lambda X: np.array([x.encode() for x in X], dtype=object),
    "object column": lambda X: np.array(X, dtype=object)[:, None],
    "fixed width": np.array,
    "bytes": lambda X: np.array(X, dtype=bytes),
    "StringDType": lambda X: np.array(X, dtype=np.dtypes.StringDType()),
    "Series": lambda X: pd.Series(X, index=list("zyxwvu"), name="sequence", dtype=object),
    "string Series": lambda X: pd.Series(X, dtype="string", name="sequence"),
    "frame": lambda X: pd.DataFrame({"sequence": X}, index=[5, 3, 3, 1, 0, 9]),
}


def texts_of(X):
    rows = np.asarray(X, dtype=object).ravel().tolist()
    return [row.decode() if isinstance(row, bytes) else str(row) for row in rows]


@pytest.mark.parametrize("make", CONTAINERS.values(), ids=CONTAINERS.keys())
@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda x: type(x).__name__)
def test_containers_of_text(sampler, make):
    X = make(UNEQUAL)
    resampled, y = clone(sampler).fit_resample(X, Y)
    expected, _ = clone(sampler).fit_resample(UNEQUAL, Y)
    assert type(resampled) is type(X)
    assert texts_of(resampled) == expected
    assert texts_of(X) == UNEQUAL
    assert len(y) == len(expected)
    if hasattr(X, "iloc"):
        assert_array_equal(resampled.index, np.arange(len(expected)))
        assert getattr(resampled, "name", None) == getattr(X, "name", None)
        assert list(getattr(resampled, "columns", [])) == list(getattr(X, "columns", []))
        assert_array_equal(np.ravel(resampled.dtypes), np.ravel(X.dtypes))
    elif isinstance(X, np.ndarray):
        assert resampled.dtype.kind == X.dtype.kind
        assert resampled.shape[1:] == X.shape[1:]


@pytest.mark.parametrize("sampler", OVER, ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("texts", [TEXTS, UNEQUAL], ids=["equal", "unequal"])
def test_forms_give_the_same_new_sequences(sampler, texts):
    expected, _ = clone(sampler).fit_resample(texts, Y)
    length = max(map(len, texts))
    expected = encode(expected, length=length)
    codes = OrdinalEncoder().fit_transform(texts)
    assert_array_equal(clone(sampler).fit_resample(codes, Y)[0], expected)
    channels = OneHotEncoder().fit_transform(texts)
    one_hot = OneHotEncoder().fit_transform(expected)
    for dtype in (np.float32, np.float64, np.int64, bool):
        result, _ = clone(sampler).fit_resample(channels.astype(dtype), Y)
        assert result.dtype == dtype
        assert_array_equal(result, one_hot.astype(dtype))
    last = channels.reshape(len(texts), length, 4)
    result, _ = clone(sampler).fit_resample(last, Y)
    assert_array_equal(result, one_hot.reshape(-1, length, 4))
    result, _ = clone(sampler).fit_resample(last.transpose(0, 2, 1), Y)
    assert_array_equal(result, one_hot.reshape(-1, length, 4).transpose(0, 2, 1))


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda x: type(x).__name__)
def test_originals_come_first_untouched_and_the_same_seed_gives_the_same(sampler):
    texts = ["acgtTGCaRC", "CCGCAttNNN", "gattacagga", "TTTACGTCCA", "GGCATCATTC", "ggcatgattc"]
    resampled, y = clone(sampler).fit_resample(texts, Y)
    again, _ = clone(sampler).fit_resample(texts, Y)
    assert resampled == again
    assert sorted(np.unique(y, return_counts=True)[1])[0] == len(resampled) / 2
    if isinstance(sampler, HomologyUnderSampler):
        fitted = clone(sampler)
        fitted.fit_resample(texts, Y)
        assert resampled == [texts[i] for i in fitted.sample_indices_]
        assert_array_equal(y, Y[fitted.sample_indices_])
    else:
        assert resampled[:6] == texts
        assert_array_equal(y[:6], Y)
        assert (y[6:] == "free").all()


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda x: type(x).__name__)
def test_only_the_given_random_state_is_used(sampler):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    own = clone(sampler).set_params(random_state=np.random.RandomState(0))
    first, _ = own.fit_resample(TEXTS, Y)
    assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    assert first == clone(sampler).set_params(random_state=0).fit_resample(TEXTS, Y)[0]


@pytest.mark.parametrize("sampler", OVER, ids=lambda x: type(x).__name__)
def test_rna_gives_rna(sampler):
    texts = [text.replace("T", "U") for text in TEXTS]
    texts[4] = "GGCACCACCC"  # no U of its own
    expected, _ = clone(sampler).fit_resample([text.replace("U", "T") for text in texts], Y)
    result, _ = clone(sampler).fit_resample(texts, Y)
    assert result == [text.replace("T", "U") for text in expected]
    assert any("U" in text for text in result[6:])


@pytest.mark.parametrize(
    "sampler",
    [
        ReverseComplementOverSampler(random_state=0),
        SequenceSMOTE(k=2, n_crossovers=3, random_state=0),
        MutationOverSampler(rate=1.0, alphabet="AC", random_state=0),  # leaves no choice
    ],
    ids=lambda x: type(x).__name__,
)
def test_blocks_only_divide_the_work(sampler, monkeypatch):
    rng = np.random.default_rng(0)
    symbols = list("AC" if sampler.alphabet == "AC" else "ACGT")
    texts = ["".join(rng.choice(symbols, rng.integers(5, 12))) for _ in range(40)]
    y = [0] * 30 + [1] * 10
    whole, _ = clone(sampler).fit_resample(texts, y)
    monkeypatch.setattr("skgenomics.sampling._rows._POSITIONS_PER_BLOCK", 36)
    assert clone(sampler).fit_resample(texts, y)[0] == whole


def test_categories_become_objects():
    X = pd.Series(TEXTS, dtype="category")
    result, _ = MutationOverSampler(rate=1.0, random_state=0).fit_resample(X, Y)
    assert result.dtype == object
    assert not result.isna().any()
    frame, _ = MutationOverSampler(rate=1.0, random_state=0).fit_resample(X.to_frame("s"), Y)
    assert frame["s"].tolist() == result.tolist()


def test_fixed_width_text_grows_with_generated_sequences():
    def longer(n, label, random_state):
        return ["ACGTACGTACGTACGT"] * n

    result, _ = GenerativeOverSampler(longer).fit_resample(np.array(TEXTS), Y)
    assert result[-1] == "ACGTACGTACGTACGT"


def test_frames_of_codes_and_of_mixed_numbers():
    codes = pd.DataFrame(encode(TEXTS), columns=list("abcdefghij"))
    result, _ = MutationOverSampler(random_state=0).fit_resample(codes, Y)
    assert (result.dtypes == np.uint8).all()
    assert list(result.columns) == list(codes.columns)
    mixed = pd.DataFrame(OneHotEncoder().fit_transform(TEXTS))
    mixed = mixed.astype({0: np.float64, 1: np.int64, 2: bool})
    result, _ = MutationOverSampler(random_state=0).fit_resample(mixed, pd.Series(Y, name="label"))
    assert list(result.dtypes) == list(mixed.dtypes)


def test_labels_keep_their_type_and_the_index_of_a_series_is_reset():
    y = pd.Series(Y, index=list("abcdef"), name="label", dtype="category")
    X = pd.Series(TEXTS, index=list("abcdef"))
    X_new, y_new = ReverseComplementOverSampler(random_state=0).fit_resample(X, y)
    assert y_new.dtype == y.dtype
    assert y_new.name == "label"
    assert_array_equal(X_new.index, y_new.index)


def test_table_with_columns_that_are_no_position():
    X = np.random.default_rng(0).normal(size=(30, 10))
    y = [0] * 20 + [1] * 10
    result, _ = MutationOverSampler(rate=1.0, random_state=0).fit_resample(X, y)
    parents = MutationOverSampler(rate=1.0, random_state=0)
    parents.fit_resample(X, y)
    originals = X[parents.sample_indices_]
    assert_array_equal(result[:, 8:], originals[:, 8:])
    new, old = (a[30:, :8].reshape(-1, 2, 4) for a in (result, originals))
    assert_array_equal(np.sort(new, axis=2), np.sort(old, axis=2))
    assert ((new != old).sum(axis=2) == 2).all()


def test_strategy_of_many_classes():
    y = ["a", "a", "a", "b", "b", "c"]
    sampler = MutationOverSampler(sampling_strategy={"b": 4, "c": 3}, random_state=0)
    X, labels = sampler.fit_resample(TEXTS, y)
    assert sorted(labels) == ["a"] * 3 + ["b"] * 4 + ["c"] * 3
    assert len(X) == 10


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda x: type(x).__name__)
@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ([], ValueError, "0 sample"),
        (["ACGT", "AC!T", "A", "C"], ValueError, "sequence 1 has '!' at position 2"),
        (["ACGT", None, "A", "C"], TypeError, "sequence 1 is None"),
        (["ACGT", "ACGU", "A", "C"], ValueError, "mixes RNA and DNA"),
        (["ACGT", "ACGT"], ValueError, "inconsistent numbers of samples"),
        ("ACGT", ValueError, "one string"),
        (np.full((4, 4), 7, dtype=np.uint8), ValueError, "has the code 7"),
        (np.full((4, 4), np.nan), ValueError, "NaN"),
        (np.ones((4, 3, 3)), ValueError, "neither its second nor its third axis"),
    ],
)
def test_bad_input(sampler, X, error, message):
    with pytest.raises(error, match=message):
        clone(sampler).fit_resample(X, [0, 0, 0, 1])


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_tags_tell_what_x_may_be(sampler):
    tags = get_tags(sampler).input_tags
    assert tags.three_d_array
    assert not tags.sparse
