"""The bound of the likelihood, its parts, and what the code finds."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from sklearn.linear_model import LinearRegression
from skorch.callbacks import Callback

from skgenomics import MLPClassifier
from skgenomics.autoencoders._reconstruction_losses import BoundLoss
from skgenomics.autoencoders.variational import VariationalAutoencoder
from skgenomics.datasets import make_expression
from skgenomics.networks._likelihoods import LIKELIHOODS
from skgenomics.networks.variational import VariationalNetwork, gaussian_kl


def n_parameters(network):
    return sum(w.numel() for w in network.parameters() if w.requires_grad)


@pytest.mark.parametrize(
    ("hidden_units", "n_trainable", "n_kept"),
    [((), 1_505_600, 400), ((100,), 1_036_000, 600), ((300,), 3_096_800, 1_000)],
)
def test_tybalt_has_as_many_weights_as_published(hidden_units, n_trainable, n_kept):
    network = VariationalNetwork(
        5000, 100, likelihood="bernoulli", hidden_units=hidden_units,
        hidden_normalization="batch", latent_normalization="batch", latent_activation="relu",
    )  # fmt: skip
    assert n_parameters(network) == n_trainable
    running = [b for name, b in network.named_buffers() if name.endswith(("_mean", "_var"))]
    assert sum(b.numel() for b in running) == n_kept


def test_settings_of_tybalt_train():
    X = np.random.default_rng(0).random((120, 40)).astype("float32")
    tybalt = VariationalAutoencoder(
        n_components=10, hidden_units=(), latent_normalization="batch", latent_activation="relu",
        likelihood="bernoulli", kl_warmup=1, optimizer="adam", learning_rate=5e-4, weight_decay=0,
        schedule=None, max_grad_norm=None, batch_size=50, max_iter=5, random_state=0,
    ).fit(X)  # fmt: skip
    codes = tybalt.transform(X)
    assert codes.min() == 0
    assert codes.max() > 0


class TestLinearGaussian:
    """A linear decoder of orthogonal columns, whose exact posterior has independent coordinates."""

    @pytest.fixture
    def toy(self):
        rng = np.random.default_rng(0)
        center, scale = rng.normal(size=5), rng.uniform(0.5, 2, 5)
        variance = rng.uniform(0.5, 1.5, 5)
        X = rng.normal(size=(40, 5)) * scale + center
        model = VariationalAutoencoder(n_components=2, hidden_units=(), max_iter=1, random_state=0)
        model.fit(X)
        network = model.network_
        units = network.likelihood.scale.numpy()
        noise = variance * units**2
        # Columns that are orthogonal where each is divided by its noise.
        basis = np.linalg.qr(rng.normal(size=(5, 2)))[0] * [2.0, 0.7]
        loadings = np.sqrt(noise)[:, None] * basis
        precision = 1 + (basis**2).sum(axis=0)
        encoder = (loadings / noise[:, None] / precision).T * units
        with torch.no_grad():
            network.decoder[1].weight.copy_(torch.from_numpy(loadings / units[:, None]))
            network.decoder[1].bias.zero_()
            network.likelihood.log_variance.set(np.log(variance))
            network.mean[0].weight.copy_(torch.from_numpy(encoder))
            network.mean[0].bias.zero_()
            network.log_variance[0].weight.zero_()
            network.log_variance[0].bias.copy_(torch.from_numpy(-np.log(precision)))
        truth = stats.multivariate_normal(
            network.likelihood.center.numpy(), loadings @ loadings.T + np.diag(noise)
        )
        return model, X, truth.logpdf(X)

    @pytest.mark.parametrize("importance_weighted", [False, True])
    def test_the_bound_is_the_likelihood(self, toy, importance_weighted):
        model, X, exact = toy
        for n_samples in (1, 8):
            bound = model.score_samples(
                X, n_samples=n_samples, importance_weighted=importance_weighted
            )
            assert_allclose(bound, exact, atol=1e-9)
        assert model.score(X) == pytest.approx(exact.mean())

    def test_another_posterior_costs_its_divergence(self, toy):
        model, X, exact = toy
        with torch.no_grad():
            model.network_.log_variance[0].bias.add_(np.log(2))
            model.network_.mean[0].bias.add_(0.3)
            variance = model.network_.log_variance[0].bias.exp().numpy()
        shift = 0.3 / np.sqrt(variance / 2)
        divergence = 0.5 * (shift**2 + 2 - 1 - np.log(2)).sum()
        bound = model.score_samples(X, n_samples=20_000)
        assert_allclose(bound, exact - divergence, atol=0.05)
        tighter = model.score_samples(X, n_samples=2_000, importance_weighted=True)
        assert_allclose(tighter, exact, atol=0.1)
        assert (tighter > bound).all()

    def test_the_loss_is_minus_the_bound(self, toy):
        model, X, exact = toy
        x = torch.from_numpy(np.repeat(X, 500, axis=0))
        with torch.no_grad():
            loss = BoundLoss()(model.network_(x), x, None, torch.ones(len(x)))
        assert loss.item() == pytest.approx(-exact.mean() / 5, abs=0.01)


def test_divergence_is_that_of_torch():
    mean, log_variance = torch.randn(6, 3), torch.randn(6, 3)
    normal = torch.distributions.Normal
    posterior = normal(mean, (log_variance / 2).exp())
    expected = torch.distributions.kl_divergence(posterior, normal(0.0, 1.0)).sum(dim=1)
    torch.testing.assert_close(gaussian_kl(mean, log_variance), expected)
    loss, weight = BoundLoss(beta=3.0), torch.tensor([1.0, 0, 0, 0, 0, 0])
    output = (torch.full((6,), -7.0), gaussian_kl(mean, log_variance))
    found = loss(output, torch.zeros(6, 4), None, weight).item()
    assert found == pytest.approx((7 + 3 * expected[0].item()) / 6 / 4, rel=1e-5)


class TestLikelihoods:
    scores = torch.randn(30, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def make(self, name, X):
        likelihood = LIKELIHOODS[name](4).double()
        likelihood.learn(X)
        return likelihood

    def test_gaussian(self):
        X = np.random.default_rng(0).normal(5, 3, size=(30, 4))
        likelihood = self.make("gaussian", X)
        likelihood.log_variance.set([0.3, -1.0, 0.0, 2.0])
        read = likelihood.read(torch.from_numpy(X)).numpy()
        assert_allclose(read.mean(axis=0), 0, atol=1e-12)
        assert_allclose(read.std(axis=0), 1)
        mean = likelihood.mean(self.scores).numpy()
        assert_allclose(mean, X.mean(axis=0) + X.std(axis=0) * self.scores.numpy())
        deviation = X.std(axis=0) * np.exp([0.15, -0.5, 0, 1])
        expected = stats.norm(mean, deviation).logpdf(X).sum(axis=1)
        found = likelihood.log_prob(torch.from_numpy(X), self.scores).detach()
        assert_allclose(found, expected)
        drawn = likelihood.sample(self.scores[:1].expand(20_000, -1)).detach().numpy()
        assert_allclose(drawn.mean(axis=0), mean[0], atol=4 * deviation.max() / 100)
        assert_allclose(drawn.std(axis=0), deviation, rtol=0.05)

    def test_bernoulli(self):
        X = (np.random.default_rng(0).random((30, 4)) < [0.1, 0.5, 0.9, 0.0]).astype(float)
        likelihood = self.make("bernoulli", X)
        start = likelihood.mean(torch.zeros(1, 4)).numpy()[0]
        assert_allclose(start, np.clip(X.mean(axis=0), 0.001, 0.999))
        share = likelihood.mean(self.scores).numpy()
        expected = stats.bernoulli(share).logpmf(X).sum(axis=1)
        assert_allclose(likelihood.log_prob(torch.from_numpy(X), self.scores), expected)
        drawn = likelihood.sample(self.scores[:1].expand(20_000, -1)).numpy()
        assert set(np.unique(drawn)) == {0, 1}
        assert_allclose(drawn.mean(axis=0), share[0], atol=0.015)

    def test_negative_binomial(self):
        rng = np.random.default_rng(0)
        X = rng.poisson([1.0, 10, 100, 3], size=(30, 4)).astype(float)
        likelihood = self.make("negative_binomial", X)
        likelihood.log_dispersion.set([0.0, 1.0, -1.0, 3.0])
        n = np.exp([0.0, 1, -1, 3])
        totals = X.sum(axis=1, keepdims=True)
        mean = likelihood.mean(self.scores).numpy() * totals / np.median(totals)
        assert_allclose(mean.sum(axis=1, keepdims=True), totals)
        expected = stats.nbinom(n, n / (n + mean)).logpmf(X).sum(axis=1)
        found = likelihood.log_prob(torch.from_numpy(X), self.scores).detach()
        assert_allclose(found, expected)
        logs = np.log1p(X * np.median(totals) / totals)
        read = (logs - logs.mean(axis=0)) / logs.std(axis=0).mean()
        assert_allclose(likelihood.read(torch.from_numpy(X)), read)
        start = likelihood.mean(torch.zeros(1, 4)).numpy()[0]
        assert_allclose(start, X.mean(axis=0), rtol=0.1)
        drawn = likelihood.sample(self.scores[:1].expand(20_000, -1)).numpy()
        assert (drawn == np.rint(drawn)).all()
        assert np.median(drawn.sum(axis=1)) == pytest.approx(np.median(totals), rel=0.5)

    def test_dispersions_start_from_moments(self):
        rng = np.random.default_rng(0)
        mean = np.full((5000, 4), 50.0)
        X = rng.poisson(rng.gamma([1, 5, 20, 1e9], mean / [1, 5, 20, 1e9])).astype(float)
        # Totals are those of a hundred more columns, so that shares do not disturb the moments.
        X = np.hstack([X, rng.poisson(50, (5000, 100))])
        likelihood = LIKELIHOODS["negative_binomial"](104)
        likelihood.learn(X)
        found = likelihood.log_dispersion().exp().detach()[:4]
        assert_allclose(found[:3], [1, 5, 20], rtol=0.25)
        assert found[3] == pytest.approx(100)

    def test_a_row_without_counts(self):
        X = np.array([[0.0, 0, 0, 0], [1, 2, 3, 4]])
        likelihood = self.make("negative_binomial", X)
        assert torch.isfinite(likelihood.read(torch.from_numpy(X))).all()
        found = likelihood.log_prob(torch.from_numpy(X), self.scores[:2])
        assert torch.isfinite(found).all()


class Watch(Callback):
    """Weight of the divergence in each epoch, of any net that it is copied to."""

    seen = []

    def on_epoch_begin(self, net, **kwargs):
        loss = net.criterion_.train()
        training = loss.divergence_weight
        Watch.seen.append((training, loss.eval().divergence_weight))


@pytest.mark.parametrize(
    ("kl_warmup", "expected"),
    [(0, [2, 2, 2, 2]), (1, [0, 2, 2, 2]), (4, [0, 0.5, 1.0, 1.5])],
)
def test_the_divergence_sets_in(kl_warmup, expected):
    """Tybalt's kappa is what the weight grows by in an epoch."""
    X = np.random.default_rng(0).normal(size=(20, 3))
    Watch.seen.clear()
    model = VariationalAutoencoder(
        beta=2.0, kl_warmup=kl_warmup, max_iter=4, callbacks=[("watch", Watch())]
    ).fit(X)
    assert [training for training, _ in Watch.seen] == expected
    assert {full for _, full in Watch.seen} == {2.0}
    Watch.seen.clear()
    model.partial_fit(X)
    assert Watch.seen == [(2.0, 2.0)]


def explained(codes, activities):
    """Share of the variance of activities that a linear model of the codes explains."""
    return LinearRegression().fit(codes, activities).score(codes, activities)


@pytest.fixture(scope="module")
def expression():
    return make_expression(
        400, 80, n_programs=3, program_size=20, n_nuisances=0, noise=0.5, random_state=0
    )


def test_the_code_finds_programs(expression):
    model = VariationalAutoencoder(n_components=3, hidden_units=32, random_state=0)
    codes = model.fit_transform(expression.X)
    assert explained(codes, expression.activities) > 0.85
    shuffled = expression.X.apply(np.random.default_rng(0).permutation)
    gap = model.score_samples(expression.X) - model.score_samples(shuffled)
    assert np.mean(gap > 0) > 0.97


def test_units_of_columns_do_not_matter(expression):
    X = expression.X.to_numpy()
    settings = {"n_components": 3, "hidden_units": 8, "max_iter": 5, "random_state": 0}
    factors = np.logspace(-2, 3, X.shape[1])
    model = VariationalAutoencoder(**settings).fit(X)
    other = VariationalAutoencoder(**settings).fit(X * factors + 7)
    assert_allclose(other.transform(X * factors + 7), model.transform(X), atol=1e-6)
    expected = model.score_samples(X) - np.log(factors).sum()
    assert_allclose(other.score_samples(X * factors + 7), expected, rtol=1e-6)


def test_a_larger_beta_uses_less_of_the_code(expression):
    settings = {"n_components": 10, "hidden_units": 32, "random_state": 0}
    n_used = []
    for beta in (1, 20):
        codes = VariationalAutoencoder(beta=beta, **settings).fit_transform(expression.X)
        n_used.append((codes.var(axis=0) > 0.1).sum())
    assert n_used[1] < n_used[0]


def test_samples_are_like_the_rows(expression):
    model = VariationalAutoencoder(n_components=3, hidden_units=32, random_state=0)
    X = expression.X.to_numpy()
    drawn = model.fit(X).sample(3000, random_state=0)
    assert drawn.dtype == X.dtype
    assert_allclose(drawn.mean(axis=0), X.mean(axis=0), atol=0.4)
    assert_allclose(drawn.std(axis=0), X.std(axis=0), rtol=0.35)
    ours, theirs = np.corrcoef(drawn.T), np.corrcoef(X.T)
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.9
    assert_array_equal(drawn[:5], model.sample(3000, random_state=0)[:5])
    assert abs(model.sample(5, random_state=1) - drawn[:5]).max() > 0.1


@pytest.fixture(scope="module")
def counts():
    return make_expression(
        400, 80, n_programs=3, program_size=20, n_nuisances=0, noise=0.1, counts=True,
        dispersion=20, random_state=0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def count_model(counts):
    return VariationalAutoencoder(
        n_components=3, hidden_units=32, likelihood="negative_binomial", random_state=0
    ).fit(counts.X)


def test_the_code_finds_programs_whatever_the_depth(counts, count_model):
    codes = count_model.transform(counts.X)
    assert explained(codes, counts.activities) > 0.85
    assert_allclose(count_model.transform(3 * counts.X), codes, atol=1e-5)


def test_rows_of_the_median_total_are_expected(counts, count_model):
    restored = count_model.inverse_transform(count_model.transform(counts.X))
    assert_allclose(restored.sum(axis=1), counts.X.sum(axis=1).median(), rtol=1e-4)


def test_it_beats_the_same_shares_for_all(counts, count_model):
    """A column's share alone is what the decoder gives without a code."""
    with torch.no_grad():
        x = torch.from_numpy(counts.X.to_numpy().astype("float32"))
        alone = count_model.network_.likelihood.log_prob(x, torch.zeros(80)).mean()
    assert count_model.score(counts.X) > alone + 20


def test_samples_are_counts_with_such_totals(counts, count_model):
    drawn = count_model.sample(2000, random_state=0)
    assert_array_equal(drawn, np.rint(drawn))
    ours, theirs = np.log(drawn.sum(axis=1)), np.log(counts.X.sum(axis=1))
    assert ours.mean() == pytest.approx(theirs.mean(), abs=0.1)
    assert ours.std() == pytest.approx(theirs.std(), rel=0.3)


def test_a_perceptron_takes_over_hidden_layers(expression):
    X = ((expression.X - expression.X.mean()) / expression.X.std()).to_numpy()
    model = VariationalAutoencoder(n_components=3, hidden_units=(16, 8), max_iter=2).fit(X)
    classifier = MLPClassifier(n_channels=1, pretrained=model, freeze=["hidden.*"], max_iter=2)
    classifier.fit(X, expression.y)
    for ours, theirs in zip(classifier.network_.hidden, model.network_.hidden, strict=True):
        for name, weight in ours.state_dict().items():
            assert_array_equal(weight, theirs.state_dict()[name])


def test_bad_input():
    X = np.random.default_rng(0).random((10, 3)) * 2 - 0.5
    constant = X.copy()
    constant[:, 1] = 4
    for settings, data, message in [
        ({"likelihood": "poisson"}, X, "likelihood must be one of"),
        (
            {"likelihood": "bernoulli"},
            X,
            r"X\[\d, \d\] is .*, but likelihood='bernoulli' needs val",
        ),
        ({"likelihood": "negative_binomial"}, X + 1, r"X\[0, 0\] is .* needs counts"),
        ({"likelihood": "negative_binomial"}, [[3, -1], [1, 1]], r"X\[0, 1\] is -1, but .* counts"),
        ({}, constant, "column 1 of X has the same value 4 in every row"),
        ({}, X[:1], "n_samples=1"),
        ({"beta": -1}, X, "beta must be a number"),
        ({"kl_warmup": 1.5}, X, "kl_warmup must be an integer"),
        ({"latent_activation": "step"}, X, "activation must be one of"),
    ]:
        with pytest.raises(ValueError, match=message):
            VariationalAutoencoder(**settings, max_iter=1).fit(data)
    counts = VariationalAutoencoder(likelihood="negative_binomial", max_iter=1).fit(
        [[1, 2], [3, 4]]
    )
    with pytest.raises(ValueError, match="needs counts"):
        counts.transform([[0.5, 1.0]])
    with pytest.raises(ValueError, match="n_samples must be an integer >= 1"):
        counts.sample(0)
    with pytest.raises(ValueError, match="n_samples must be an integer >= 1"):
        counts.score_samples([[1, 2]], n_samples=0)
