"""Embeddings behave as a transformer of scikit-learn, and survive being saved."""

import pickle
import shutil

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import estimator_checks_generator

from skgenomics import OneHotEncoder, OrdinalEncoder, load, save
from skgenomics.pretrained import PretrainedEmbedder
from skgenomics.pretrained._loading import RemoteCode
from skgenomics.testing import make_checkpoint

REMOTE_CODE = f"{RemoteCode.__module__}.RemoteCode"


@pytest.fixture(scope="module")
def one_layer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one_layer")
    make_checkpoint(folder, hidden_size=8, n_layers=1)
    return folder


@pytest.fixture
def copy(checkpoints, tmp_path):
    return shutil.copytree(checkpoints["k-mers"], tmp_path / "copy")


def test_scikit_learn(one_layer):
    n_checks = 0
    for estimator, check in estimator_checks_generator(PretrainedEmbedder(one_layer)):
        check(estimator)
        n_checks += 1
    assert n_checks >= 46


def test_order_and_batches_do_not_matter(checkpoints, sequences):
    embedder = PretrainedEmbedder(checkpoints["bpe"]).fit(sequences)
    vectors = embedder.transform(sequences)
    order = np.random.default_rng(0).permutation(len(sequences))
    assert_allclose(embedder.transform([sequences[i] for i in order]), vectors[order], atol=1e-5)
    for batch_size in (1, 7, 1000):
        embedder.set_params(batch_size=batch_size)
        assert_allclose(embedder.transform(sequences), vectors, atol=1e-5)


def test_forms_agree(checkpoints, sequences):
    """Padding of codes and channels is removed; U equals T, and lower case upper case."""
    embedder = PretrainedEmbedder(checkpoints["bpe"]).fit(sequences)
    vectors = embedder.transform(sequences)
    codes = OrdinalEncoder().fit_transform(sequences)
    channels = OneHotEncoder().fit_transform(sequences)
    for form in (
        codes,
        channels,
        channels.reshape(len(codes), -1, 4),
        np.array(sequences, dtype=object),
        pd.Series(sequences, index=np.arange(len(sequences))[::-1] * 3),
        pd.DataFrame({"sequence": sequences}),
        [text.lower() for text in sequences],
        [text.replace("T", "U") for text in sequences],
    ):
        embedder.fit(form)
        assert_array_equal(embedder.transform(form), vectors)


def test_ambiguous_symbols_are_n(checkpoints):
    embedder = PretrainedEmbedder(checkpoints["bases"]).fit(["ACGT"])
    assert_array_equal(embedder.transform(["ACRT"]), embedder.transform(["ACNT"]))
    assert not np.allclose(embedder.transform(["ACNT"]), embedder.transform(["ACT"]))
    only_unknown = np.full((1, 5), 4, dtype=np.uint8)
    assert_array_equal(embedder.transform(only_unknown), embedder.transform(["N"]))


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ([], ValueError, r"0 sample\(s\)"),
        (["ACGT", "AC-T"], ValueError, "sequence 1 has '-' at position 2"),
        (["ACGT", None], TypeError, "sequence 1 is None"),
        (["ACGT", "ACGU"], ValueError, "mixes RNA and DNA"),
        ("ACGT", ValueError, "put it in a list"),
    ],
)
def test_bad_sequences(checkpoints, X, error, message):
    embedder = PretrainedEmbedder(checkpoints["bases"])
    with pytest.raises(error, match=message):
        embedder.fit(X)
    with pytest.raises(error, match=message):
        embedder.fit(["ACGT"]).transform(X)


@pytest.mark.parametrize(
    "setting",
    [
        {"pooling": "median"},
        {"overflow": "crop"},
        {"layer": "last"},
        {"batch_size": 0},
        {"max_tokens": 0},
        {"trust_remote_code": "yes"},
        {"save_base": None},
        {"device": "abacus"},
        {"alphabet": ""},
    ],
)
def test_bad_settings(checkpoints, setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        PretrainedEmbedder(checkpoints["bases"], **setting).fit(["ACGT"])


def test_not_fitted(checkpoints):
    with pytest.raises(NotFittedError):
        PretrainedEmbedder(checkpoints["bases"]).transform(["ACGT"])


@pytest.mark.parametrize("kind", ["bases", "bpe", "overlapping k-mers", "k-mers", "custom"])
def test_saved_without_the_checkpoint(checkpoints, tmp_path, sequences, kind):
    """Nothing but the file is needed, even if settings have changed since fit."""
    folder = shutil.copytree(checkpoints[kind], tmp_path / "copy")
    trusted = kind == "custom"
    embedder = PretrainedEmbedder(folder, layer=1, pooling="max", trust_remote_code=trusted)
    expected = embedder.fit_transform(sequences)
    shutil.rmtree(folder)
    embedder.set_params(pooling="mean", layer=0)
    save(embedder, tmp_path / "model.skops")
    again = load(tmp_path / "model.skops", trusted=REMOTE_CODE if trusted else ())
    for other in (again, pickle.loads(pickle.dumps(embedder))):
        assert_array_equal(other.transform(sequences), expected)
        assert other.get_feature_names_out().tolist() == [f"dimension{i}" for i in range(8)]


def test_saved_code_needs_trust(checkpoints, tmp_path):
    embedder = PretrainedEmbedder(checkpoints["custom"], trust_remote_code=True).fit(["ACGT"])
    save(embedder, tmp_path / "model.skops")
    with pytest.raises(ValueError, match=f"refers to {REMOTE_CODE}; if you know and trust them"):
        load(tmp_path / "model.skops")


def test_saved_with_a_reference_only(copy, tmp_path, sequences):
    embedder = PretrainedEmbedder(copy, save_base=False)
    expected = embedder.fit_transform(sequences)
    pickled = pickle.dumps(embedder)
    assert len(pickled) < len(pickle.dumps(embedder.set_params(save_base=True))) / 3
    assert_array_equal(pickle.loads(pickled).transform(sequences), expected)
    assert_array_equal(
        pickle.loads(pickle.dumps(pickle.loads(pickled))).transform(sequences), expected
    )
    make_checkpoint(copy, tokens="k-mers", hidden_size=8, random_state=1)
    with pytest.raises(ValueError, match="is not the one that the model was fitted with"):
        pickle.loads(pickled)
    shutil.rmtree(copy)
    with pytest.raises(ValueError, match="there is no folder"):
        pickle.loads(pickled)


def test_pickles_hold_no_sequences_and_no_modules(checkpoints):
    text = "ACGTTGCAAGTCCGATTACAGGATC"
    pickled = pickle.dumps(PretrainedEmbedder(checkpoints["bases"]).fit([text]))
    assert text.encode() not in pickled
    assert b"torch." not in pickled
    assert b"transformers." not in pickled
    unfitted = PretrainedEmbedder(checkpoints["bases"])
    assert pickle.loads(pickle.dumps(unfitted)).get_params()["pooling"] == "mean"


def test_the_model_stays_as_it_is(checkpoints, sequences):
    embedder = PretrainedEmbedder(checkpoints["bases"]).fit(sequences)
    before = {k: v.clone() for k, v in embedder.network_.state_dict().items()}
    embedder.transform(sequences)
    assert all((before[k] == v).all() for k, v in embedder.network_.state_dict().items())
    assert not any(weight.requires_grad for weight in embedder.network_.parameters())


def test_in_a_search(checkpoints, sequences):
    y = np.array([text.count("A") / len(text) for text in sequences]) > 0.25
    pipeline = make_pipeline(PretrainedEmbedder(checkpoints["bases"]), LogisticRegression(C=100))
    grid = {"pretrainedembedder__pooling": ["mean", "max"], "pretrainedembedder__layer": [0, -1]}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(sequences, y)
    assert search.best_score_ > 0.7
    assert clone(search.best_estimator_).fit(sequences, y).score(sequences, y) > 0.7


def test_frames_as_output(checkpoints):
    embedder = PretrainedEmbedder(checkpoints["bases"]).set_output(transform="pandas")
    frame = embedder.fit_transform(["ACGT", "GG"])
    assert frame.columns.tolist() == [f"dimension{i}" for i in range(8)]
    assert (frame.dtypes == np.float32).all()
