"""Variational auto-encoders of sequences: the bound, planted pairs of positions, sampling."""

import pickle
from itertools import product

import numpy as np
import pytest
import torch
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import logsumexp

from skgenomics import CNNClassifier, OneHotEncoder, OrdinalEncoder, load, save
from skgenomics.autoencoders.sequence_vae import SequenceVAE
from skgenomics.sampling import GenerativeOverSampler

TINY = {"hidden_units": 8, "decoder_params": {"hidden_units": 8}, "random_state": 0}
# A family of 12 positions: in each pair the second base is nearly always the complement of the
# first one, which is any base; the other positions have base frequencies of their own.
PAIRS = ((0, 11), (1, 10), (2, 9))
LENGTH, FIDELITY = 12, 0.94
SHARES = np.random.default_rng(0).dirichlet(np.full(4, 0.5), LENGTH)


def draw_family(n, rng):
    codes = np.stack([rng.choice(4, n, p=p) for p in SHARES], axis=1).astype(np.uint8)
    for i, j in PAIRS:
        codes[:, i] = rng.integers(4, size=n)
        codes[:, j] = np.where(rng.random(n) < FIDELITY, 3 - codes[:, i], rng.integers(4, size=n))
    return codes


def true_log_likelihood(codes):
    alone = [i for i in range(LENGTH) if not any(i in pair for pair in PAIRS)]
    total = np.log(SHARES[alone, codes[:, alone]]).sum(axis=1)
    for i, j in PAIRS:
        fits = codes[:, j] == 3 - codes[:, i]
        total += np.log(np.where(fits, FIDELITY + (1 - FIDELITY) / 4, (1 - FIDELITY) / 4) / 4)
    return total


def substitute(codes, *substitutions):
    variant = codes.copy()
    for position, code in substitutions:
        variant[position] = code
    return variant


@pytest.fixture(scope="module")
def family():
    rng = np.random.default_rng(1)
    codes = draw_family(1500, rng)
    wild_type = draw_family(1, rng)[0]
    for i, j in PAIRS:
        wild_type[j] = 3 - wild_type[i]
    return codes, wild_type


@pytest.fixture(scope="module")
def model(family):
    return SequenceVAE(n_components=8, random_state=0).fit(family[0])


def test_a_compensating_mutation_is_better_than_a_single_one(family, model):
    wild_type = family[1]
    steps = [(i, j, (wild_type[i] + k) % 4) for i, j in PAIRS for k in (1, 2, 3)]
    single = np.array([substitute(wild_type, (i, a)) for i, _, a in steps])
    double = np.array([substitute(wild_type, (i, a), (j, 3 - a)) for i, j, a in steps])
    ours, others = (model.score_variants(wild_type[None], v) for v in (single, double))
    assert (ours < others).all()
    assert ours.mean() < -1.5
    assert abs(others.mean()) < 0.75


def test_bounds_follow_the_true_likelihood(family, model):
    """Better than position by position, which cannot see the pairs."""
    codes, wild_type = family
    rng = np.random.default_rng(2)
    variants = np.tile(wild_type, (300, 1))
    for variant in variants:
        positions = rng.choice(LENGTH, rng.integers(1, 4), replace=False)
        variant[positions] = (variant[positions] + rng.integers(1, 4, len(positions))) % 4
    truth = true_log_likelihood(variants) - true_log_likelihood(wild_type[None])
    shares = np.stack([np.bincount(column, minlength=4) for column in codes.T]) + 1.0
    alone = np.log(shares)[np.arange(LENGTH), variants].sum(axis=1)
    ours = model.score_variants(wild_type[None], variants)
    assert np.corrcoef(ours, truth)[0, 1] > 0.85
    assert np.corrcoef(alone, truth)[0, 1] < 0.6


def test_the_bound_is_below_the_entropy_and_the_weighted_one_nearer(model):
    fresh = draw_family(400, np.random.default_rng(3))
    bound = model.score(fresh)
    weighted = model.score_samples(fresh, importance_weighted=True).mean()
    truth = true_log_likelihood(fresh).mean()
    assert bound < weighted < truth
    assert truth - bound < 2


def test_samples_have_the_pairs(model):
    codes = model.sample(2000, random_state=0)
    assert codes.shape == (2000, LENGTH)
    for i, j in PAIRS:
        assert (codes[:, j] == 3 - codes[:, i]).mean() > 0.6
    shares = np.stack([np.bincount(column, minlength=4) for column in codes.T]) / len(codes)
    np.testing.assert_allclose(shares[3:9], SHARES[3:9], atol=0.1)


@pytest.fixture(scope="module")
def toy():
    """One latent dimension and all 64 sequences of 3 bp, over which sums are exact."""
    every = ["".join(symbols) for symbols in product("ACGT", repeat=3)]
    X = OneHotEncoder().fit_transform(["AAA", "ACA", "GCG", "TTA"] * 8).astype(np.float64)
    vae = SequenceVAE(**TINY, n_components=1, max_iter=15, learning_rate=0.02).fit(X)
    return vae, every


def quadrature(vae, X, mean, deviation, n=120):
    """Nodes, weights and log p(x | z) at them, for a Gaussian of each row."""
    nodes, weights = hermegauss(n)
    z = mean + deviation * nodes
    proba = vae._decode(z.reshape(-1, 1)).reshape(len(z), n, 3, 4)
    codes = OrdinalEncoder().fit_transform(X).astype(int)
    picked = np.take_along_axis(proba, codes[:, None, :, None], axis=3)[..., 0]
    return weights / weights.sum(), z, np.log(picked).sum(axis=2)


def moments(vae, X):
    channels = OneHotEncoder().fit_transform(X).reshape(-1, 3, 4).transpose(0, 2, 1)
    with torch.no_grad():
        mean, log_variance = vae.network_.encode(torch.from_numpy(channels).double())
    return mean.numpy(), np.exp(log_variance.numpy() / 2)


def test_the_bound_is_the_exact_one(toy):
    vae, every = toy
    mean, deviation = moments(vae, every)
    weights, _, logs = quadrature(vae, every, mean, deviation)
    divergence = (mean**2 + deviation**2 - 1 - 2 * np.log(deviation))[:, 0] / 2
    expected = logs @ weights - divergence
    np.testing.assert_allclose(vae.score_samples(every, n_samples=6_000), expected, atol=0.15)


def test_the_gap_of_the_bound_is_the_divergence_from_the_posterior(toy):
    vae, every = toy
    mean, deviation = moments(vae, every)
    weights, z, logs = quadrature(vae, every, mean, deviation)
    evidence = log_evidence(vae, every)
    log_posterior = logs - z**2 / 2 - np.log(2 * np.pi) / 2 - evidence[:, None]
    log_q = -(((z - mean) / deviation) ** 2) / 2 - np.log(deviation) - np.log(2 * np.pi) / 2
    gap = (log_q - log_posterior) @ weights
    assert (gap > 0).all()
    bound = vae.score_samples(every, n_samples=6_000)
    np.testing.assert_allclose(evidence - bound, gap, atol=0.15)


def log_evidence(vae, X):
    zeros = np.zeros((len(X), 1))
    weights, _, logs = quadrature(vae, X, zeros, zeros + 1)
    return logsumexp(logs, b=weights, axis=1)


def test_the_weighted_bound_nears_the_exact_likelihood(toy):
    vae, every = toy
    exact = log_evidence(vae, every)
    assert np.exp(exact).sum() == pytest.approx(1)
    weighted = vae.score_samples(every, n_samples=6_000, importance_weighted=True)
    np.testing.assert_allclose(weighted, exact, atol=0.1)


def test_beta_and_warm_up(toy):
    """The loss of the first epoch has no divergence in it, that of later ones the whole of it."""
    X = [*toy[1]] * 4
    settings = TINY | {"n_components": 2, "max_iter": 1, "batch_size": 1000}
    losses = {
        (beta, n): SequenceVAE(**settings, beta=beta, kl_warmup=n).fit(X).loss_curve_[0]
        for beta, n in ((0.0, 0), (1.0, 0), (3.0, 0), (3.0, 5))
    }
    divergence = losses[1.0, 0] - losses[0.0, 0]
    assert divergence > 0
    assert losses[3.0, 0] == pytest.approx(losses[0.0, 0] + 3 * divergence, abs=1e-5)
    assert losses[3.0, 5] == pytest.approx(losses[0.0, 0], abs=1e-6)


def test_a_great_beta_empties_the_latent_space(family):
    codes = family[0][:200]
    means = [
        SequenceVAE(**TINY, beta=beta, kl_warmup=0, max_iter=20, learning_rate=0.02)
        .fit(codes)
        .transform(codes)
        .std()
        for beta in (0.01, 20.0)
    ]
    assert means[1] < 0.1 < means[0]


def test_scores_do_not_depend_on_company(model, family):
    codes = family[0][:20]
    one_by_one = np.concatenate([model.score_samples(codes[[i]]) for i in range(20)])
    np.testing.assert_allclose(one_by_one, model.score_samples(codes), atol=1e-4)


def test_padding_and_unknown_symbols_have_no_likelihood(model):
    text = SequenceVAE(**TINY, max_iter=1).fit(["ACGTAC", "ACG"])
    np.testing.assert_array_equal(*(text.score_samples([x]) for x in ("ACG", "ACGNNN")))
    unknown = np.full((1, LENGTH), 4, dtype=np.uint8)
    divergence = -model.score_samples(unknown)
    assert divergence > 0


def test_same_seed_same_model_and_same_samples(family):
    first, second = (SequenceVAE(**TINY, max_iter=2).fit(family[0][:100]) for _ in range(2))
    np.testing.assert_array_equal(first.score_samples(family[0]), second.score_samples(family[0]))
    draws = [first.sample(5, random_state=s) for s in (0, 0, 1)]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])


def test_pickle_and_save(model, family, tmp_path):
    codes = family[0][:10]
    save(model, tmp_path / "vae.skops")
    for twin in (pickle.loads(pickle.dumps(model)), load(tmp_path / "vae.skops")):
        np.testing.assert_array_equal(twin.score_samples(codes), model.score_samples(codes))
        np.testing.assert_array_equal(twin.sample(3, 0), model.sample(3, 0))
    assert len(pickle.dumps(model)) < 400_000


def test_samples_are_of_the_form_of_fit():
    X = ["ACGT", "TTTT"] * 10
    text = SequenceVAE(**TINY, alphabet="rna", max_iter=1).fit(X).sample(3, random_state=0)
    assert all(len(x) == 4 and set(x) <= set("ACGU") for x in text)
    channels = SequenceVAE(**TINY, max_iter=1).fit(OneHotEncoder().fit_transform(X))
    drawn = channels.sample(3, random_state=0)
    assert drawn.shape == (3, 16)
    np.testing.assert_array_equal(drawn.reshape(3, 4, 4).sum(axis=2), 1)


def test_rare_classes_can_be_enlarged_by_it():
    X, y = ["AAAA", "AACA"] * 10 + ["GGGG"] * 4, [0] * 20 + [1] * 4
    vae = SequenceVAE(**TINY, learning_rate=0.05, kl_warmup=0)
    new_X, new_y = GenerativeOverSampler(vae, random_state=0).fit_resample(X, y)
    assert sum(label == 1 for label in new_y) == 20
    assert np.mean([x == "GGGG" for x in new_X[24:]]) > 0.8


def test_a_convolutional_classifier_starts_from_its_encoder():
    X = ["ACGTACGTAC", "TTGCATGCAA"] * 8
    vae = SequenceVAE(**TINY, encoder="cnn", max_iter=1).fit(X)
    classifier = CNNClassifier(pretrained=vae, freeze="trunk", max_iter=1).fit(X, [0, 1] * 8)
    weight = "blocks.0.unit.conv.weight"
    ours, theirs = (m.network_.trunk.state_dict()[weight] for m in (classifier, vae))
    assert torch.equal(ours, theirs)


def test_bad_settings_are_named(model):
    for settings, message in (
        ({"beta": -1}, "beta must be a number in"),
        ({"kl_warmup": 1.5}, "kl_warmup must be an integer"),
        ({"decoder_params": {"sparsity": 2}}, "sparsity must be None or a number in"),
        ({"decoder_params": {"sparsity": "0.1"}}, "sparsity must be None or a number in"),
    ):
        with pytest.raises(ValueError, match=message):
            SequenceVAE(**settings).fit(["ACGT"] * 4)
    with pytest.raises(ValueError, match="n_samples must be an integer >= 1"):
        model.score_samples(np.zeros((1, LENGTH), dtype=np.uint8), n_samples=0)
    with pytest.raises(ValueError, match="n_samples must be an integer >= 1"):
        model.sample(0)
