"""What all auto-encoders of tables have in common."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks
from tolerances import assert_close

import skgenomics
from skgenomics.autoencoders.autoencoder import Autoencoder
from skgenomics.autoencoders.denoising import DenoisingAutoencoder
from skgenomics.autoencoders.ensemble import EnsembleAutoencoder
from skgenomics.autoencoders.semi_supervised import SemiSupervisedVAE
from skgenomics.autoencoders.variational import VariationalAutoencoder

QUICK = {"n_components": 2, "max_iter": 4, "learning_rate": 0.01}
THOROUGH = {"n_components": 2, "max_iter": 20, "learning_rate": 0.03, "batch_size": 64}
EXACT = Autoencoder(n_components=2, hidden_units=8, batch_size=1000, max_iter=40)
# Noise is drawn for each copy of a sample, so that a weight of 2 does not equal two copies.
NOISY = [
    (DenoisingAutoencoder(**QUICK, hidden_units=8, layerwise_iter=2), 53),
    (EnsembleAutoencoder(**QUICK, n_estimators=2), 53),
    (VariationalAutoencoder(**QUICK, hidden_units=8), 53),
    # Scikit-learn's checks use -1 as a label like any other.
    (SemiSupervisedVAE(**THOROUGH, hidden_units=8, unlabeled=None), 67),
]
ALL = [EXACT, *(estimator for estimator, _ in NOISY)]
NEEDS_NO_NOISE = "check_sample_weight_equivalence_on_dense_data"


def check_name(check):
    return getattr(check, "func", check).__name__


def noisy_checks(estimator):
    return [
        pair
        for pair in estimator_checks_generator(estimator)
        if check_name(pair[1]) != NEEDS_NO_NOISE
    ]


@parametrize_with_checks([EXACT])
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("estimator", "check"),
    [pair for estimator, _ in NOISY for pair in noisy_checks(estimator)],
    ids=lambda x: check_name(x) if callable(x) else type(x).__name__,
)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_with_noise(estimator, check):
    check(estimator)


def test_no_check_is_left_out():
    assert len(list(estimator_checks_generator(EXACT))) >= 54
    for estimator, n_checks in NOISY:
        assert len(noisy_checks(estimator)) >= n_checks


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(60, 2)) @ rng.normal(size=(2, 7)) + rng.normal(0, 0.3, (60, 7))
    names = [f"gene {i}" for i in range(7)]
    return pd.DataFrame(values, columns=names, index=np.arange(60) * 3 + 100)


def labels(n):
    return np.arange(n) % 2


def fit(estimator, X, **params):
    return clone(estimator).set_params(random_state=0, **params).fit(X, labels(len(X)))


@pytest.mark.parametrize("estimator", ALL)
def test_names_types_and_shapes(estimator, table):
    before = table.copy()
    model = fit(estimator, table)
    n_codes = 4 if isinstance(model, SemiSupervisedVAE) else 2
    prefix = type(model).__name__.lower()
    names = model.get_feature_names_out()
    assert_array_equal(names, [f"{prefix}{i}" for i in range(n_codes)])
    frame = clone(model).set_output(transform="pandas").fit(table, labels(60)).transform(table)
    assert list(frame) == list(names)
    assert_array_equal(frame.index, table.index)
    codes = model.transform(table)
    assert codes.dtype == np.float64
    assert codes.shape == (60, n_codes)
    restored = model.inverse_transform(codes)
    assert restored.dtype == np.float64
    assert restored.shape == table.shape
    assert fit(estimator, table.astype("float32")).transform(table).dtype == np.float32
    assert fit(estimator, (10 * table).astype(int)).transform(table).dtype == np.float32
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize("estimator", ALL)
def test_same_seed_same_result_in_any_form(estimator, table):
    model, again = fit(estimator, table), fit(estimator, table.to_numpy())
    codes = model.transform(table)
    assert_array_equal(codes, again.transform(table.to_numpy()))
    other = clone(model).set_params(random_state=1).fit(table, labels(60))
    assert abs(codes - other.transform(table)).max() > 1e-3
    assert_close(model.transform(table[:1]), codes[:1])
    assert_close(model.score_samples(table[3:5]), model.score_samples(table)[3:5], dtype=np.float32)


@pytest.mark.parametrize("estimator", ALL)
def test_pickles_and_files(estimator, table, tmp_path):
    model = fit(estimator, table)
    data = pickle.dumps(model)
    assert b"torch" not in data
    skgenomics.save(model, tmp_path / "model.skops")
    for twin in (pickle.loads(data), skgenomics.load(tmp_path / "model.skops")):
        assert_array_equal(twin.transform(table), model.transform(table))
        assert_array_equal(twin.score_samples(table), model.score_samples(table))
        twin.partial_fit(table, labels(60))
        assert twin.n_iter_ == model.n_iter_ + 1


def test_a_pickle_holds_no_rows(table):
    rows = np.tile(table.to_numpy(), (50, 1))
    small, large = (len(pickle.dumps(fit(EXACT, X, max_iter=1))) for X in (rows[:60], rows))
    assert abs(small - large) < 200


@pytest.mark.parametrize("estimator", ALL)
def test_partial_fit_learns(estimator, table):
    model = clone(estimator).set_params(random_state=0, learning_rate=0.003)
    for _ in range(15):
        model.partial_fit(table, labels(60))
    assert model.n_iter_ == len(model.loss_curve_) == 15
    assert model.loss_curve_[-1] < model.loss_curve_[0]


def test_warm_start_continues_training(table):
    model = clone(EXACT).set_params(warm_start=True, random_state=0).fit(table)
    first = model.score(table)
    assert model.fit(table).score(table) > first
    assert model.n_iter_ == 80


@pytest.mark.parametrize("estimator", ALL)
def test_early_stopping(estimator, table):
    rows = pd.concat([table] * 3, ignore_index=True)
    model = fit(estimator, rows, early_stopping=True, max_iter=300, n_iter_no_change=2)
    assert model.n_iter_ < 300


@pytest.mark.parametrize("estimator", ALL)
def test_groups_stay_together(estimator, table):
    model = clone(estimator).set_params(random_state=0, early_stopping=True, max_iter=1)
    with pytest.raises(ValueError, match="early stopping needs at least two groups"):
        model.fit(table, labels(60), groups=np.zeros(60))
    assert len(model.fit(table, labels(60), groups=np.arange(60) // 9).validation_loss_curve_) == 1
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(table, labels(60), groups=np.arange(59))


def test_what_fails_to_fit_is_not_fitted(table):
    model = VariationalAutoencoder(**QUICK)
    with pytest.raises(ValueError, match="no variance to learn"):
        model.fit(table.assign(constant=1.0))
    with pytest.raises(NotFittedError):
        model.transform(table)


def test_a_search_over_the_size_of_the_code(table):
    """Two factors made the columns; one unit is too few."""
    model = make_pipeline(StandardScaler(), clone(EXACT).set_params(random_state=0))
    search = GridSearchCV(model, {"autoencoder__n_components": [1, 2]}, cv=3).fit(table)
    assert search.best_params_ == {"autoencoder__n_components": 2}


def test_weights_of_rows_count():
    """Rows of the group that weighs more are restored better."""
    rng = np.random.default_rng(0)
    lines = rng.normal(size=(200, 1)) * np.where(np.arange(200) < 100, 1, 0)[:, None]
    X = np.hstack([lines, rng.normal(size=(200, 1)) * (np.arange(200) >= 100)[:, None]])
    weight = np.where(np.arange(200) < 100, 10.0, 0.1)
    model = Autoencoder(n_components=1, hidden_units=(), learning_rate=0.02, random_state=0)
    scores = model.fit(X, sample_weight=weight).score_samples(X)
    assert scores[:100].mean() > -0.05 > -0.3 > scores[100:].mean()
    assert model.score(X, sample_weight=weight) == pytest.approx(np.average(scores, weights=weight))


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("estimator", ALL)
def test_bad_input(estimator, table):
    y = labels(60)
    with pytest.raises(NotFittedError):
        clone(estimator).transform(table)
    with pytest.raises(ValueError, match="NaN"):
        fit(estimator, table.where(table < 1).to_numpy())
    with pytest.raises(ValueError, match="0 sample"):
        fit(estimator, table[:0])
    with pytest.raises(ValueError, match="could not convert string to float"):
        fit(estimator, np.array([["ACGT"], ["ACGA"]]))
    with pytest.raises(ValueError, match="n_components must be an integer >= 1, got 0"):
        clone(estimator).set_params(n_components=0).fit(table, y)
    with pytest.raises(ValueError, match="hidden"):
        clone(estimator).set_params(hidden_units=(8, 0)).fit(table, y)
    model = fit(estimator, table)
    with pytest.raises(ValueError, match="X has 9 columns, but the code of"):
        model.inverse_transform(np.zeros((2, 9)))
    with pytest.raises(ValueError, match="features"):
        model.transform(np.zeros((2, 9)))
    with pytest.raises(ValueError, match="feature names"):
        model.transform(table.rename(columns={"gene 0": "gene"}))
