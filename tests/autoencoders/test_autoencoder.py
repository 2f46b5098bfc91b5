"""Plain, stacked, sparse and tied auto-encoders, and what classifiers take over from them."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV

from skgenomics import MLPClassifier, MLPRegressor, OneHotEncoder, save
from skgenomics.autoencoders._reconstruction_losses import ReconstructionLoss, sparsity_divergence
from skgenomics.autoencoders.autoencoder import Autoencoder
from skgenomics.networks.autoencoders import DenseAutoencoder
from skgenomics.testing import make_text


@pytest.fixture(scope="module")
def factors():
    """Rows of 12 columns that three factors make, but for a little noise."""
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(300, 3))
    return (codes @ rng.normal(size=(3, 12)) + rng.normal(0, 0.1, (300, 12))).astype("float32")


def n_parameters(network):
    return sum(w.numel() for w in network.parameters())


def test_without_hidden_layers_it_reaches_principal_components(factors):
    X = factors - factors.mean(axis=0)
    pca = PCA(3).fit(X)
    best = ((X - pca.inverse_transform(pca.transform(X))) ** 2).mean()
    for tied in (True, False):
        model = Autoencoder(
            n_components=3, hidden_units=(), tied_weights=tied, learning_rate=0.03, max_iter=100,
            batch_size=50, weight_decay=0, random_state=0,
        ).fit(X)  # fmt: skip
        assert best <= -model.score(X) < 1.3 * best


def test_it_restores_a_nonlinear_manifold():
    """A circle needs one angle, but two principal components."""
    angle = np.random.default_rng(0).uniform(0, 2 * np.pi, 400)
    X = np.column_stack([np.cos(angle), np.sin(angle)]).astype("float32")
    model = Autoencoder(
        n_components=1, hidden_units=(32, 32), hidden_activation="tanh", learning_rate=0.02,
        max_iter=150, batch_size=50, random_state=0,
    ).fit(X)  # fmt: skip
    assert -model.score(X) < 0.05 < ((X - PCA(1).fit_transform(X)) ** 2).mean()


def test_scores_are_what_they_say(factors):
    model = Autoencoder(n_components=2, hidden_units=8, max_iter=5, random_state=0).fit(factors)
    restored = model.inverse_transform(model.transform(factors))
    errors = ((factors - restored) ** 2).mean(axis=1)
    assert_allclose(model.score_samples(factors), -errors, rtol=1e-4)
    assert model.score(factors) == pytest.approx(-errors.mean(), rel=1e-4)
    X = (factors > 0).astype("float32")
    model = Autoencoder(n_components=2, hidden_units=8, loss="bce", max_iter=5, random_state=0)
    model.fit(X)
    p = model.inverse_transform(model.transform(X))
    expected = np.log(np.where(X == 1, p, 1 - p)).mean(axis=1)
    assert_allclose(model.score_samples(X), expected, rtol=1e-3)


def test_tied_weights_are_transposed():
    """Two matrices instead of four, and biases of all layers."""
    tied = DenseAutoencoder(10, 3, hidden_units=(6,), hidden_activation="tanh", tied_weights=True)
    assert n_parameters(tied) == 10 * 6 + 6 * 3 + (6 + 3) + (6 + 10)
    free = DenseAutoencoder(10, 3, hidden_units=(6,), hidden_activation="tanh")
    assert n_parameters(free) == 2 * (10 * 6 + 6 * 3) + (6 + 3) + (6 + 10)
    x = torch.randn(4, 10)
    first, second = (layer.weight for layer in tied.encoder_layers())
    code = tied.encode(x)
    torch.testing.assert_close(tied.decode(code), torch.tanh(code @ second) @ first)


def test_adage_type_net_has_as_many_weights_as_published():
    assert n_parameters(DenseAutoencoder(5000, 100, latent_activation="sigmoid")) == 1_005_100


def test_the_code_is_a_hidden_layer_if_its_activation_is_theirs():
    alike = DenseAutoencoder(10, 3, hidden_units=(6,), latent_activation="relu")
    assert len(alike.hidden) == 7
    other = DenseAutoencoder(10, 3, hidden_units=(6,), latent_activation="sigmoid")
    assert len(other.hidden) == 4
    code = other.encode(torch.randn(50, 10))
    assert 0 < code.min() < code.max() < 1


def test_layers_are_trained_one_after_the_other(factors):
    settings = {"n_components": 3, "hidden_units": (16, 8), "hidden_activation": "tanh"}
    settings |= {"random_state": 0, "learning_rate": 0.01, "max_iter": 1}
    errors = [
        -Autoencoder(**settings, layerwise_iter=n_epochs).fit(factors).score(factors)
        for n_epochs in (0, 20)
    ]
    assert errors[1] < 0.5 * errors[0]


def test_weights_of_single_layers_are_taken_over(factors, monkeypatch):
    """Without any training as a whole, the layers are those of shallow auto-encoders."""
    monkeypatch.setattr(Autoencoder, "_train", _train_if_shallow := _only_shallow())
    for tied in (False, True):
        model = Autoencoder(
            n_components=3, hidden_units=(8,), hidden_normalization="batch", tied_weights=tied,
            layerwise_iter=30, learning_rate=0.02, random_state=0,
        ).fit(factors)  # fmt: skip
        first, second = _train_if_shallow.fitted[-2:]
        codes = first.transform(factors)
        assert_allclose(model.transform(factors), second.transform(codes), atol=1e-5)
        ours, theirs = model.network_.decoder, (second.network_.decoder, first.network_.decoder)
        for layer, (other,) in zip(ours, theirs, strict=True):
            assert_array_equal(layer.bias.detach(), other.bias.detach())
        assert -first.score(factors) < 0.5 * factors.var()


def _only_shallow():
    train = Autoencoder._train

    def train_if_shallow(self, *args):
        if self.network_settings_["hidden_units"] == ():
            train(self, *args)
            train_if_shallow.fitted.append(self)

    train_if_shallow.fitted = []
    return train_if_shallow


def test_sparsity_divergence_is_that_of_coins():
    share = torch.tensor([0.1, 0.4])
    coin = torch.distributions.Bernoulli
    expected = torch.distributions.kl_divergence(coin(torch.tensor(0.05)), coin(share)).sum()
    torch.testing.assert_close(sparsity_divergence(share, 0.05), expected)
    assert sparsity_divergence(torch.tensor([0.05]), 0.05) == 0
    assert torch.isfinite(sparsity_divergence(torch.tensor([0.0, 1.0]), 0.05))


def test_penalties_of_a_batch():
    code = torch.tensor([[0.2, -0.4], [0.6, 0.0]])
    weight = torch.tensor([0.5, 1.5])
    scores, x = torch.zeros(2, 3), torch.zeros(2, 3)
    loss = ReconstructionLoss(sparsity="l1", weight=2.0)
    assert loss((scores, code), x, None, weight).item() == pytest.approx(2 * (0.3 + 0.9) / 2)
    loss = ReconstructionLoss(sparsity="kl", weight=2.0, target=0.1)
    mean = torch.tensor([(0.1 + 0.9) / 2, 1e-9])
    expected = 2 * sparsity_divergence(mean, 0.1).item()
    assert loss((scores, code.abs() * torch.tensor([1.0, 0.0])), x, None, weight).item() == (
        pytest.approx(expected)
    )


@pytest.mark.parametrize(("sparsity", "activation"), [("kl", "sigmoid"), ("l1", "relu")])
def test_a_sparse_code_is_mostly_silent(factors, sparsity, activation):
    settings = {
        "n_components": 30, "hidden_units": (), "latent_activation": activation,
        "learning_rate": 0.02, "random_state": 0, "sparsity_weight": 0.3, "sparsity_target": 0.05,
    }  # fmt: skip
    plain = Autoencoder(**settings).fit(factors).transform(factors).mean()
    sparse = Autoencoder(**settings, sparsity=sparsity).fit(factors).transform(factors).mean()
    assert sparse < 0.1 < plain


class TestTransfer:
    """A perceptron starts from the layers of an auto-encoder."""

    STILL = {"n_channels": 1, "learning_rate": 1e-12, "weight_decay": 0, "max_iter": 1}

    @pytest.fixture
    def y(self, factors):
        return factors[:, 0] > 0

    def test_hidden_layers_are_taken_over(self, factors, y):
        source = Autoencoder(n_components=3, hidden_units=(16, 8, 4), max_iter=5).fit(factors)
        for cls, target in ((MLPClassifier, y), (MLPRegressor, factors[:, 0])):
            model = cls(pretrained=source, **self.STILL).fit(factors, target)
            assert model.network_settings_["hidden_units"] == (16, 8, 4)
            assert model.network_settings_["hidden_normalization"] is None
            ours, theirs = model.network_.state_dict(), source.network_.state_dict()
            hidden = [name for name in theirs if name.startswith("hidden.")]
            assert len(hidden) == 6
            assert sorted(hidden) == sorted(model.transferred_)
            for name in hidden:
                torch.testing.assert_close(ours[name], theirs[name], atol=1e-6, rtol=0)

    def test_layers_are_taken_over_by_a_network_of_sequences(self):
        X = make_text(20, 8)
        source = Autoencoder(n_components=2, hidden_units=4, max_iter=1)
        source.fit(OneHotEncoder().fit_transform(X))
        model = MLPClassifier(pretrained=source, max_iter=1).fit(X, np.arange(20) % 2)
        assert sorted(model.transferred_) == ["hidden.1.bias", "hidden.1.weight"]

    def test_the_code_is_taken_over_where_it_is_one_of_them(self, factors, y):
        for hidden, latent, units in [((16,), "relu", (16, 5)), ((), "sigmoid", (5,))]:
            source = Autoencoder(
                n_components=5, hidden_units=hidden, latent_activation=latent,
                hidden_normalization="batch", max_iter=5,
            ).fit(factors)  # fmt: skip
            model = MLPClassifier(n_channels=1, pretrained=source, freeze=["hidden.*"], max_iter=2)
            model.fit(factors, y)
            assert model.network_settings_["hidden_units"] == units
            assert model.network_settings_["hidden_activation"] == latent
            with torch.no_grad():
                ours = model.network_.hidden(torch.from_numpy(factors))
            assert_allclose(ours, source.transform(factors), atol=1e-5)

    def test_dropout_is_free_and_other_settings_are_not(self, factors, y):
        source = Autoencoder(n_components=3, hidden_units=16, max_iter=5).fit(factors)
        model = MLPClassifier(pretrained=source, hidden_dropout=0.2, **self.STILL)
        assert model.fit(factors, y).network_settings_["hidden_dropout"] == 0.2
        with pytest.raises(ValueError, match=r"hidden_units=8, but `pretrained` was built with"):
            MLPClassifier(pretrained=source, hidden_units=8, **self.STILL).fit(factors, y)
        with pytest.raises(ValueError, match=r"hidden\.1"):
            MLPClassifier(pretrained=source, freeze=["hidden.1."], **self.STILL).fit(factors, y)
        with pytest.raises(ValueError, match="no weight of `pretrained`"):
            MLPClassifier(pretrained=source, **self.STILL).fit(factors[:, :5], y)

    def test_hidden_layers_may_stay_as_they_are(self, factors, y, tmp_path):
        source = Autoencoder(n_components=3, hidden_units=16, max_iter=5).fit(factors)
        save(source, tmp_path / "source.skops")
        model = MLPClassifier(
            n_channels=1, pretrained=tmp_path / "source.skops", freeze=["hidden.*"], max_iter=5
        ).fit(factors, y)
        assert_array_equal(
            model.network_.hidden[1].weight.detach(), source.network_.hidden[1].weight.detach()
        )
        search = GridSearchCV(
            MLPClassifier(n_channels=1, max_iter=2),
            {"pretrained": [FrozenEstimator(source), None]},
            cv=2,
        ).fit(factors, y)
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()

    def test_it_helps_where_labels_are_few(self):
        """Classes lie along a factor of many columns, of which twelve rows say little."""
        rng = np.random.default_rng(0)
        factor = rng.normal(size=(1000, 4))
        X = factor @ rng.normal(size=(4, 200)) + rng.normal(0, 3, (1000, 200))
        X, y = (X / X.std(axis=0)).astype("float32"), factor[:, 0] > 0
        source = Autoencoder(n_components=4, hidden_units=(), latent_activation="tanh")
        source.set_params(random_state=0).fit(X)
        settings = {"n_channels": 1, "random_state": 0, "linear_path": False}
        gains = []
        for rows in np.arange(36).reshape(3, 12):
            models = (MLPClassifier(**settings, pretrained=p) for p in (source, None))
            ours, other = (m.fit(X[rows], y[rows]).score(X[36:], y[36:]) for m in models)
            gains.append(ours - other)
        assert np.mean(gains) > 0.04


def test_high_weight_features_are_the_tails(factors):
    model = Autoencoder(n_components=2, hidden_units=(), max_iter=5, random_state=0).fit(factors)
    weights = model.network_.encoder_layers()[0].weight.detach().numpy()
    table = model.high_weight_features(n_std=1)
    assert list(table) == ["node", "side", "feature", "weight"]
    for node, row in enumerate(weights):
        z = (row - row.mean()) / row.std()
        for side, is_far in (("positive", z > 1), ("negative", z < -1)):
            part = table[(table["node"] == f"autoencoder{node}") & (table["side"] == side)]
            expected = sorted(np.flatnonzero(is_far), key=lambda i: -abs(z[i]))
            assert part["feature"].tolist() == [f"x{i}" for i in expected]
            assert_allclose(part["weight"], row[expected])
    assert model.high_weight_features(n_std=50).empty


def test_bad_settings(factors):
    for settings, message in [
        ({"loss": "mae"}, "loss must be one of"),
        ({"loss": "bce"}, r"X\[0, \d+\] is -?[\d.]+, but loss='bce' needs values between 0 and 1"),
        ({"loss": "bce", "output_activation": "relu"}, "loss='bce' needs a sigmoid"),
        ({"sparsity": "kl"}, "set latent_activation='sigmoid'"),
        ({"sparsity": "l2"}, "sparsity must be one of"),
        ({"sparsity_target": 1.0}, "sparsity_target must be a number in"),
        ({"layerwise_iter": -1}, "layerwise_iter must be an integer >= 0"),
        ({"tied_weights": "no"}, "tied_weights must be one of"),
        ({"latent_activation": "step"}, "activation must be one of"),
        ({"hidden_dropout": (0.1, 0.1, 0.1)}, "hidden_dropout"),
    ]:
        with pytest.raises(ValueError, match=message):
            Autoencoder(**settings).fit(factors)
    with pytest.raises(ValueError, match=r"hidden_units=\(128,\) lie between"):
        Autoencoder(max_iter=1).fit(factors).high_weight_features()
