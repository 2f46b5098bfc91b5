"""Losses of regressors against scipy, and the estimators that are trained by them."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats
from scipy.special import expit, logit
from sklearn.base import clone
from sklearn.metrics import mean_pinball_loss

from skgenomics import (
    CNNRegressor,
    ConformalRegressor,
    DeepEnsembleRegressor,
    MLPRegressor,
    MultiTaskEstimator,
    MultiViewRegressor,
    SequenceRegressor,
    load,
    save,
)
from skgenomics._outputs import describe_outputs
from skgenomics.inspection import attribute, mutagenesis
from skgenomics.networks import CNN
from skgenomics.testing import make_text
from skgenomics.training import CosineMSELoss, GaussianLoss, QuantileLoss
from skgenomics.training.losses import REGRESSION_LOSSES, CosineMSE, choose_loss
from skgenomics.uncertainty import mc_dropout

RNG = np.random.default_rng(0)
X = np.array(make_text(40, 16))
COUNTS = RNG.negative_binomial(2, 0.2, (40, 2)).astype(float)
FRACTIONS = RNG.uniform(size=(40, 2))
VALUES = RNG.normal(3, 2, (40, 2))
TINY = {"n_filters": 4, "kernel_size": 3, "random_state": 0, "max_iter": 2}
SMALL = {
    "n_channels": 1,
    "hidden_units": 16,
    "hidden_dropout": 0.0,
    "learning_rate": 0.02,
    "batch_size": 20,
    "max_iter": 20,
    "random_state": 0,
}
TARGETS = {
    "quantile": VALUES,
    "gaussian": VALUES,
    "cosine_mse": FRACTIONS,
    "negative_binomial": COUNTS,
    "binary_cross_entropy": FRACTIONS,
}


def loss_of(name, scores, y, **settings):
    loss = choose_loss(name, REGRESSION_LOSSES)
    return loss(torch.tensor(scores), torch.tensor(y), **settings).numpy()


def test_negative_binomial_is_that_of_scipy():
    log_mean, log_dispersion = RNG.normal(1, 1, (40, 2)), RNG.normal(0, 1.5, (40, 2))
    found = loss_of("negative_binomial", np.hstack([log_mean, log_dispersion]), COUNTS)
    size = np.exp(-log_dispersion)
    expected = -stats.nbinom.logpmf(COUNTS, size, size / (size + np.exp(log_mean)))
    assert np.allclose(found, expected, rtol=1e-6)


def test_negative_binomial_has_units_and_is_finite():
    scores = np.array([[10.0, 0.0, 30.0, -30.0]], dtype=np.float32)
    y = np.array([[1e6, 60]], dtype=np.float32)
    found = loss_of("negative_binomial", scores, y, log_unit=torch.tensor([4.0, 4.0]))
    assert np.isfinite(found).all()
    # Without dispersion it is the Poisson distribution.
    assert found[0, 1] == pytest.approx(-stats.poisson.logpmf(60, np.exp(4.0)), rel=0.01)


def test_gaussian_is_that_of_scipy():
    mean, log_variance = RNG.normal(0, 1, (40, 2)), RNG.normal(0, 1, (40, 2))
    found = loss_of("gaussian", np.hstack([mean, log_variance]), VALUES)
    expected = -stats.norm.logpdf(VALUES, mean, np.exp(log_variance / 2)) - np.log(2 * np.pi) / 2
    assert np.allclose(found, expected)
    weighted = loss_of(GaussianLoss(beta=0.5), np.hstack([mean, log_variance]), VALUES)
    assert np.allclose(weighted, expected * np.exp(log_variance / 2))


def test_pinball_is_that_of_scikit_learn():
    quantiles = (0.5, 0.1, 0.9)
    scores = RNG.normal(3, 2, (40, 6))
    loss = QuantileLoss((0.1, 0.5, 0.9))
    found = loss_of(loss, scores, VALUES).mean(axis=0)
    for target in range(2):
        expected = [
            mean_pinball_loss(VALUES[:, target], scores[:, 2 * i + target], alpha=quantile)
            for i, quantile in enumerate(quantiles)
        ]
        assert found[target] == pytest.approx(np.mean(expected))


def test_cosine_mse_skips_missing_targets():
    scores, y = torch.tensor([[1.0, 2.0, 5.0]]), torch.tensor([[2.0, 1.0, 0.0]])
    weight = torch.tensor([[1.5, 1.5, 0.0]])
    cosine = 4 / 5
    expected = 1.5 * 2 * (1 + 3 * (1 - cosine)) / 3
    assert CosineMSE(3.0)(scores, y, weight).item() == pytest.approx(expected)


@pytest.mark.parametrize("loss", TARGETS)
@pytest.mark.parametrize("single", [True, False])
def test_predictions_are_in_the_units_of_y(loss, single):
    """The median of random noise is near that of y, whatever its unit."""
    if loss == "cosine_mse" and single:
        pytest.skip("needs several targets")
    y = TARGETS[loss][:, 0] if single else TARGETS[loss]
    model = CNNRegressor(**TINY | {"max_iter": 10}, loss=loss).fit(X, y)
    assert model.predict(X).shape == y.shape
    assert np.abs(np.median(model.predict(X) - y)) < y.std()
    if loss == "binary_cross_entropy":
        assert ((model.predict(X) > 0) & (model.predict(X) < 1)).all()
    scaled = 1.0 if loss == "binary_cross_entropy" else 100.0
    if loss != "negative_binomial":
        again = clone(model).fit(X, y * scaled)
        assert np.allclose(again.predict(X), model.predict(X) * scaled, rtol=0.02, atol=0.02)


@pytest.mark.parametrize("loss", TARGETS)
def test_missing_targets_and_weights(loss):
    """Samples of weight zero and missing targets take no part, whatever their values are."""
    y = TARGETS[loss].copy()
    y[::3, 1] = np.nan
    weight = np.r_[np.zeros(4), np.ones(36)]
    settings = TINY | {"augmentation": None, "reverse_complement": None}
    model = CNNRegressor(**settings, loss=loss).fit(X, y, sample_weight=weight)
    assert np.isfinite(model.loss_curve_).all()
    assert np.isfinite(model.score(X, y, sample_weight=weight))
    expected = CNNRegressor(**settings, loss=loss).fit(X[4:], y[4:])
    assert np.array_equal(model.predict(X), expected.predict(X))


def test_gaussian_learns_which_samples_are_noisy():
    noisy = np.arange(200) % 2
    table = np.column_stack([noisy, RNG.normal(size=200)]).astype(float)
    y = 10 + table[:, 1] + np.where(noisy, 5.0, 0.1) * RNG.normal(size=200)
    model = MLPRegressor(loss="gaussian", **SMALL | {"max_iter": 30}).fit(table, y)
    mean, std = model.predict(table, return_std=True)
    assert mean.shape == std.shape == (200,)
    assert np.median(std[noisy == 1]) == pytest.approx(5, rel=0.4)
    assert np.median(std[noisy == 0]) < 1.5
    # Intervals whose width is the standard deviation.
    conformal = ConformalRegressor(clone(model), width="std", random_state=0).fit(table, y)
    low, high = conformal.predict_interval(table, 0.8).T
    width = high - low
    assert np.median(width[noisy == 1]) > 3 * np.median(width[noisy == 0])


def test_negative_binomial_learns_the_dispersion():
    table = np.ones((300, 2))
    y = RNG.negative_binomial(2, 0.1, 300)
    model = MLPRegressor(loss="negative_binomial", **SMALL).fit(table, y)
    mean, std = model.predict(table[:1], return_std=True)
    assert mean[0] == pytest.approx(y.mean(), rel=0.15)
    assert std[0] == pytest.approx(y.std(), rel=0.25)


def test_quantiles_cover_their_share():
    table = RNG.normal(size=(300, 2))
    y = table[:, 0] + RNG.normal(size=300)
    loss = QuantileLoss((0.1, 0.5, 0.9))
    model = MLPRegressor(loss=loss, **SMALL).fit(table, y)
    quantiles = model.predict_quantiles(table)
    assert quantiles.shape == (300, 3)
    assert (np.diff(quantiles, axis=1) >= 0).all()
    below = (y[:, np.newaxis] < quantiles).mean(axis=0)
    assert np.allclose(below, [0.1, 0.5, 0.9], atol=0.08)
    both = CNNRegressor(**TINY, loss=loss).fit(X, VALUES)
    assert both.predict_quantiles(X).shape == (40, 2, 3)
    assert not hasattr(CNNRegressor(), "predict_quantiles")


@pytest.mark.parametrize("loss", [*TARGETS, QuantileLoss((0.2, 0.9))])
@pytest.mark.filterwarnings("ignore")
def test_composition(loss, tmp_path):
    """What explains, saves or wraps a regressor looks at the first score of a target."""
    y = pd.DataFrame(TARGETS[getattr(loss, "_name", loss)], columns=["K562", "HepG2"])
    model = CNNRegressor(**TINY, loss=loss, dropout=0.2).fit(X, y)
    outputs = describe_outputs(model)
    assert outputs.names == ("K562", "HepG2")
    reduction = outputs.select("HepG2")
    raw = model._predict_scores(X).astype(float)
    assert np.allclose(reduction.predict(raw), model.predict(X)[:, 1], rtol=1e-5)
    found = attribute(model, X[:2], target="HepG2", method="integrated_gradients")
    assert np.isfinite(np.asarray(found)).all()
    effects = mutagenesis(model, X[:1], target="HepG2")
    changed = ("A" if X[0][5] != "A" else "C").join([X[0][:5], X[0][6:]])
    score = {"log": np.log, "logit": logit}.get(model.link_, lambda values: values)
    before, after = (score(model.predict([x])[0, 1]) for x in (X[0], changed))
    assert effects[0, 5, "ACGT".index(changed[5])] == pytest.approx(after - before, abs=1e-4)
    assert mc_dropout(model, X[:3], n_samples=2, random_state=0).shape == (2, 3, 2)
    save(model, tmp_path / "model.skops")
    assert np.array_equal(load(tmp_path / "model.skops").predict(X), model.predict(X))
    ensemble = DeepEnsembleRegressor(clone(model), n_estimators=2).fit(X, y.to_numpy())
    assert ensemble.predict(X).shape == (40, 2)
    tuned = CNNRegressor(pretrained=model, loss="mse", max_iter=1).fit(X, y)
    assert not any(name.startswith("output") for name in tuned.transferred_) or (
        model.family_ == "point" and model.link_ == "identity"
    )


def test_views_and_own_modules():
    views = [("dna", None, CNNRegressor(**TINY), "sequence")]
    frame = pd.DataFrame({"sequence": X})
    model = MultiViewRegressor(views=views, loss="gaussian", max_iter=1).fit(frame, VALUES)
    assert model.predict(frame, return_std=True)[1].shape == (40, 2)
    own = SequenceRegressor(network=CNN, network_params={"n_filters": 4}, loss="gaussian")
    assert own.set_params(max_iter=1).fit(X, VALUES).predict(X, return_std=True)[1].min() > 0


def test_parameters_of_losses_are_searched():
    model = CNNRegressor(loss="quantile").set_params(loss__quantiles=(0.3, 0.7))
    assert model.loss.quantiles == (0.3, 0.7)


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        ("negative_binomial", -COUNTS, "is for counts"),
        ("binary_cross_entropy", 100 * FRACTIONS, "between 0 and 1, such as PSI"),
        ("cosine_mse", FRACTIONS[:, 0], "y has one target"),
        (QuantileLoss((0.9, 0.1)), VALUES, "ascending"),
        (QuantileLoss(1.5), VALUES, "quantiles"),
        (CosineMSELoss(-1), FRACTIONS, "cosine_weight"),
        ("rank", VALUES, "loss must be one of"),
    ],
)
def test_invalid(loss, y, message):
    with pytest.raises(ValueError, match=message):
        CNNRegressor(**TINY, loss=loss).fit(X, y)


def test_changed_losses_and_missing_spreads():
    model = CNNRegressor(**TINY).fit(X, VALUES)
    with pytest.raises(ValueError, match="return_std=True needs"):
        model.predict(X, return_std=True)
    with pytest.raises(ValueError, match="warm_start=False"):
        model.set_params(loss="gaussian", warm_start=True).fit(X, VALUES)
    y = pd.DataFrame({"a": VALUES[:, 0], "b": VALUES[:, 1]})
    multi = MultiTaskEstimator(losses={"a": "quantile"}, max_iter=1).fit(X, y)
    assert np.isfinite(multi.loss_curve_).all()
    with pytest.raises(ValueError, match="several quantiles"):
        multi.set_params(losses={"a": QuantileLoss((0.1, 0.9))}).fit(X, y)
    with pytest.raises(ValueError, match="loss must be one of"):
        multi.set_params(losses={"a": "gaussian"}).fit(X, y)


def test_fractions_are_soft_labels():
    """The loss is least where the prediction is the fraction."""
    scores = np.array([[-1.0], [0.3], [2.0]])
    y = expit(scores)
    at = [loss_of("binary_cross_entropy", scores + shift, y) for shift in (-0.1, 0, 0.1)]
    assert (at[1] < at[0]).all()
    assert (at[1] < at[2]).all()
