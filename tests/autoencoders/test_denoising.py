"""Damage while training, signatures of programs, and what many models agree on."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skgenomics.autoencoders.autoencoder import Autoencoder
from skgenomics.autoencoders.denoising import DenoisingAutoencoder
from skgenomics.autoencoders.ensemble import EnsembleAutoencoder
from skgenomics.datasets import make_expression
from skgenomics.networks.autoencoders import Corruption

N_GENES = 60
ADAGE = {
    "n_components": 50, "hidden_units": (), "tied_weights": True, "latent_activation": "sigmoid",
    "loss": "bce", "corruption": "masking", "corruption_rate": 0.1, "optimizer": "sgd",
    "learning_rate": 0.01 * N_GENES, "schedule": None, "weight_decay": 0, "max_grad_norm": None,
    "batch_size": 10, "early_stopping": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def programs():
    """Expression that three programs of 12 genes make."""
    return make_expression(
        300, N_GENES, n_programs=3, program_size=12, n_nuisances=0, noise=0.5, random_state=0
    )


def damage(kind, rate, x, low=None, high=None):
    noise = Corruption(x.shape[1], kind, rate)
    if low is not None:
        noise.learn(low, high)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return noise(x)


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_damage_is_what_it_says(rate):
    x = torch.rand(2000, 5) + 1
    low, high = np.full(5, -3, dtype="float32"), np.arange(5, dtype="float32") + 10
    masked = damage("masking", rate, x)
    assert (masked == 0).float().mean().item() == pytest.approx(rate, abs=0.02)
    assert torch.equal(masked[masked != 0], x[masked != 0])
    salted = damage("salt", rate, x, low, high)
    changed = salted != x
    assert changed.float().mean().item() == pytest.approx(rate, abs=0.02)
    is_low, is_high = salted == -3, salted == torch.from_numpy(high)
    assert torch.equal(changed, is_low | is_high)
    assert (is_low.sum() / changed.sum()).item() == pytest.approx(0.5, abs=0.05)
    assert (damage("gaussian", rate, x) - x).std().item() == pytest.approx(rate, rel=0.03)


@pytest.mark.parametrize("kind", Corruption.kinds)
def test_nothing_is_damaged_after_training(kind, programs):
    noise = Corruption(3, kind, 0.9).eval()
    x = torch.randn(4, 3)
    assert torch.equal(noise(x), x)
    model = DenoisingAutoencoder(n_components=2, corruption=kind, max_iter=2).fit(programs.X)
    assert_array_equal(model.transform(programs.X), model.transform(programs.X))


def test_salt_is_the_range_of_each_column(programs):
    model = DenoisingAutoencoder(n_components=2, corruption="salt", max_iter=1).fit(programs.X)
    noise, X = model.network_.noise, programs.X.to_numpy()
    assert_allclose(noise.low, X.min(axis=0))
    assert_allclose(noise.high, X.max(axis=0))


def test_without_damage_it_is_a_plain_one(programs):
    settings = {"n_components": 4, "hidden_units": 8, "max_iter": 5, "random_state": 0}
    # Batches of all rows do not depend on the order in which random numbers are drawn.
    settings["batch_size"] = len(programs.X)
    plain = Autoencoder(**settings).fit_transform(programs.X)
    for kind in ("masking", "gaussian"):
        model = DenoisingAutoencoder(**settings, corruption=kind, corruption_rate=0)
        assert_allclose(model.fit_transform(programs.X), plain, atol=1e-6)


def test_what_is_missing_is_restored():
    """A wide code lets a plain one copy what it reads, zeros included."""
    rng = np.random.default_rng(0)
    X = np.repeat(rng.normal(size=(400, 3)), 6, axis=1) + rng.normal(0, 0.3, (400, 18))
    X = StandardScaler().fit_transform(X).astype("float32")
    hidden = rng.random((400, 18)) < 0.2
    errors = []
    for model in (Autoencoder(), DenoisingAutoencoder(corruption_rate=0.2)):
        model.set_params(n_components=18, hidden_units=(), random_state=0, learning_rate=0.02)
        model.fit(X)
        restored = model.inverse_transform(model.transform(np.where(hidden, 0, X)))
        errors.append(((restored - X)[hidden] ** 2).mean())
    assert errors[1] < 0.5 * errors[0]


def test_nodes_of_adage_are_programs(programs):
    """Each planted program is told by the high-weight genes of some node, on one of both sides."""
    X = MinMaxScaler().fit_transform(programs.X).astype("float32")
    model = DenoisingAutoencoder(**ADAGE, max_iter=100, random_state=0).fit(X)
    table = model.high_weight_features(n_std=1.5)
    sides = [set(part["feature"]) for _, part in table.groupby(["node", "side"])]
    for program in programs.programs:
        for sign in (-1, 1):
            genes = {f"x{i}" for i in np.flatnonzero(program == sign)}
            assert max(len(genes & side) / len(genes | side) for side in sides) > 0.6


def test_high_weight_features_have_their_names(programs):
    model = DenoisingAutoencoder(n_components=2, hidden_units=(), max_iter=1).fit(programs.X)
    table = model.high_weight_features(n_std=0)
    assert set(table["feature"]) == set(programs.X)
    assert set(table["node"]) == {"denoisingautoencoder0", "denoisingautoencoder1"}
    assert len(table) == 2 * N_GENES


def test_bad_settings(programs):
    for settings, message in [
        ({"corruption": "pepper"}, "corruption must be one of"),
        ({"corruption_rate": 1.5}, r"corruption_rate must be a number in \[0, 1.0\]"),
        ({"corruption": "gaussian", "corruption_rate": -1}, "corruption_rate must be a number"),
    ]:
        with pytest.raises(ValueError, match=message):
            DenoisingAutoencoder(**settings).fit(programs.X)


class TestEnsemble:
    SETTINGS = {"n_components": 6, "learning_rate": 0.02, "random_state": 0}

    @pytest.fixture
    def X(self, programs):
        return StandardScaler().fit_transform(programs.X).astype("float32")

    def test_one_model_agrees_with_itself(self, X):
        ensemble = EnsembleAutoencoder(**self.SETTINGS, n_estimators=1, max_iter=5).fit(X)
        assert_array_equal(ensemble.n_models_, 1)
        assert_allclose(ensemble.agreement_, 1, rtol=1e-5)
        assert ensemble._member().get_params() == {
            name: value for name, value in ensemble.get_params().items()
            if name not in ("n_estimators", "n_jobs")
        }  # fmt: skip

    def test_members_share_the_rows_that_are_kept_aside(self, X, monkeypatch):
        seen = []
        for cls in (DenoisingAutoencoder, EnsembleAutoencoder):

            def watch(self, dataset, valid, one_epoch, train=cls._train):
                train(self, dataset, valid, one_epoch)
                seen.append((self, dataset, valid))

            monkeypatch.setattr(cls, "_train", watch)
        settings = self.SETTINGS | {"early_stopping": True, "max_iter": 6, "n_estimators": 3}
        ensemble = EnsembleAutoencoder(**settings).fit(X)
        *members, (_, dataset, valid) = seen
        assert len(members) == 3
        assert (len(dataset), len(valid)) == (270, 30)
        for _, theirs, kept in members:
            assert_array_equal(theirs.X, dataset.X)
            assert_array_equal(kept.X, valid.X)
        curves = [member.validation_loss_curve_ for member, _, _ in members]
        assert_allclose(ensemble.validation_loss_curve_, np.mean(curves, axis=0))

    def test_layers_are_trained_before_in_each_member_alone(self, monkeypatch):
        """There would be no node for some of those that an ensemble by itself agrees on."""
        fitted, fit = [], DenoisingAutoencoder.fit

        def watch(self, *args, **kwargs):
            fitted.append(type(self))
            return fit(self, *args, **kwargs)

        monkeypatch.setattr(DenoisingAutoencoder, "fit", watch)
        X = np.random.default_rng(0).normal(size=(40, 2))
        settings = self.SETTINGS | {"n_estimators": 3, "max_iter": 1, "layerwise_iter": 1}
        with pytest.warns(match="Number of distinct clusters"):
            EnsembleAutoencoder(**settings).fit(X)
        assert fitted == [EnsembleAutoencoder] + 3 * [DenoisingAutoencoder]

    def test_the_first_partial_fit_is_one_epoch_at_a_constant_rate(self, X):
        settings = self.SETTINGS | {
            "batch_size": len(X),
            "early_stopping": True,
            "optimizer": "sgd",
        }
        ensemble = EnsembleAutoencoder(**settings, n_estimators=1).partial_fit(X)
        assert (ensemble.n_iter_, ensemble.validation_loss_curve_) == (1, [])
        faster = EnsembleAutoencoder(**settings, n_estimators=1, schedule=None).partial_fit(X)
        assert_array_equal(faster.transform(X), ensemble.transform(X))

    def test_nodes_are_means_of_their_members(self, X, monkeypatch):
        seen = {}
        agree = EnsembleAutoencoder._agree

        def watch(self, members, seed):
            seen["members"] = members
            return agree(self, members, seed)

        monkeypatch.setattr(EnsembleAutoencoder, "_agree", watch)
        ensemble = EnsembleAutoencoder(**self.SETTINGS, n_estimators=4, max_iter=8).fit(X)
        layers = [m.network_.encoder_layers()[0] for m in seen["members"]]
        weights = np.concatenate([layer.weight.detach().numpy() for layer in layers])
        biases = np.concatenate([layer.bias.detach().numpy() for layer in layers])
        ours = ensemble.network_.encoder_layers()[0]
        nodes = ours.weight.detach().numpy()
        correlations = np.corrcoef(nodes, weights)[: len(nodes), len(nodes) :]
        nearest = correlations.argmax(axis=0)
        for node, row in enumerate(nodes):
            is_in = nearest == node
            assert_allclose(row, weights[is_in].mean(axis=0), atol=1e-5)
            assert ours.bias[node].item() == pytest.approx(biases[is_in].mean(), abs=1e-5)
            assert ensemble.n_models_[node] == len(set(np.flatnonzero(is_in) // 6))
            assert ensemble.agreement_[node] == pytest.approx(
                correlations[node, is_in].mean(), abs=1e-5
            )
        curves = [member.loss_curve_ for member in seen["members"]]
        assert_allclose(ensemble.loss_curve_, np.mean(curves, axis=0))

    def test_what_all_agree_on_are_the_programs(self, X, programs):
        ensemble = EnsembleAutoencoder(**self.SETTINGS, n_estimators=5, max_iter=30).fit(X)
        nodes = ensemble.network_.encoder_layers()[0].weight.detach().numpy()
        space = np.linalg.lstsq(nodes.T, programs.programs.T, rcond=None)[0].T @ nodes
        for program, found in zip(programs.programs, space, strict=True):
            assert np.corrcoef(program, found)[0, 1] > 0.9

    @pytest.mark.slow
    def test_it_is_the_same_in_parallel(self, X):
        one, two = (
            EnsembleAutoencoder(**self.SETTINGS, n_estimators=3, max_iter=2, n_jobs=n).fit(X)
            for n in (None, 2)
        )
        assert_array_equal(one.transform(X), two.transform(X))

    def test_fewer_different_nodes_than_asked_for(self):
        """Weights of two columns correlate by 1 or -1, so there are but two patterns."""
        X = np.random.default_rng(0).normal(size=(40, 2))
        with pytest.warns(match="Number of distinct clusters"):
            ensemble = EnsembleAutoencoder(**self.SETTINGS, n_estimators=3, max_iter=1).fit(X)
        assert ensemble.transform(X).shape == (40, 2)
        assert_array_equal(ensemble.n_models_, 3)

    def test_settings_that_have_no_mean(self, X):
        for settings in ({"hidden_units": 8}, {"tied_weights": False}):
            (name,) = settings
            with pytest.raises(ValueError, match=f"{name}=.*, but nodes are averaged"):
                EnsembleAutoencoder(**settings).fit(X)
