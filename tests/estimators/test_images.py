"""Images of four axes, such as read pileups: training, cross-validation and files."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import GridSearchCV, cross_val_score

from skgenomics import (
    CNNClassifier,
    DeepEnsembleClassifier,
    SequenceClassifier,
    SequenceRegressor,
    export,
    load,
    save,
)
from skgenomics.inspection import attribute, mutagenesis
from skgenomics.networks import ImageCNN
from skgenomics.testing import make_text
from skgenomics.training import Augmentation

N_READS, WIDTH, CENTER = 12, 15, 7
GENOTYPES = np.array(["hom-ref", "het", "hom-alt"])


def make_pileups(n, seed):
    """Pileups of bases, qualities and differences from the reference, as bytes.

    Reads differ from the reference in the middle by the genotype, and at another position by that
    of a second variant, which is not asked for.
    """
    rng = np.random.default_rng(seed)
    genotypes = rng.integers(3, size=n)
    differs = rng.random((n, N_READS, WIDTH)) < 0.02
    others = rng.choice(np.delete(np.arange(WIDTH), CENTER), n)
    differs[:, :, CENTER] |= rng.random((n, N_READS)) < genotypes[:, None] / 2
    shares = rng.integers(3, size=n)[:, None] / 2
    differs[np.arange(n), :, others] |= rng.random((n, N_READS)) < shares
    bases = rng.integers(4, size=(n, 1, WIDTH)) * np.ones((1, N_READS, 1), dtype=int)
    bases = (bases + differs * rng.integers(1, 4, differs.shape)) % 4
    quality = rng.integers(100, 255, differs.shape)
    X = np.stack([60 * bases + 40, quality, 50 + 200 * differs], axis=3).astype(np.uint8)
    return X, GENOTYPES[genotypes]


@pytest.fixture(scope="module")
def pileups():
    return make_pileups(600, 0)


def make(**settings):
    defaults = {"network_params": {"n_filters": (16, 16), "pool_size": 1}, "n_channels": 3}
    defaults |= {"max_iter": 15, "learning_rate": 0.01, "batch_size": 64, "random_state": 0}
    return SequenceClassifier(ImageCNN, **defaults | settings)


@pytest.fixture(scope="module")
def caller(pileups):
    return make().fit(*pileups)


def test_genotypes_are_called(caller):
    X, y = make_pileups(300, 1)
    assert caller.score(X, y) > 0.9
    assert caller.predict_proba(X).shape == (300, 3)
    assert caller.image_size_ == (N_READS, WIDTH)
    assert caller.n_features_in_ == N_READS * WIDTH * 3


def test_order_of_axes_and_type_make_no_difference(caller):
    X, _ = make_pileups(20, 1)
    expected = caller.decision_function(X)
    assert_array_equal(caller.decision_function(X.transpose(0, 3, 1, 2)), expected)
    assert_array_equal(caller.decision_function(X.astype(np.float32)), expected)
    assert_array_equal(caller.decision_function(X.astype(np.int64)), expected)
    with torch.no_grad():
        own = caller.network_(torch.tensor(X.transpose(0, 3, 1, 2), dtype=torch.float32))
    assert_allclose(own, expected, atol=1e-5)


def test_cross_validation_and_search(pileups):
    X, y = pileups[0][:120], pileups[1][:120]
    quick = make(max_iter=1)
    assert np.isfinite(cross_val_score(quick, X, y, cv=2, error_score="raise")).all()
    search = GridSearchCV(quick, {"network__head_pool": ["mean", "flatten"]}, cv=2)
    assert search.fit(X, y).predict(X[:3]).shape == (3,)
    ensemble = DeepEnsembleClassifier(quick, n_estimators=2).fit(X, y)
    assert ensemble.predict_proba(X[:3]).shape == (3, 3)


def test_memory_mapped_images_and_real_targets(pileups, tmp_path):
    X, _ = pileups
    np.save(tmp_path / "pileups.npy", X)
    images = np.load(tmp_path / "pileups.npy", mmap_mode="r")
    share = (X[:, :, CENTER, 2] > 100).mean(axis=1)
    settings = {"n_channels": 3, "network_params": {"n_filters": 8}, "max_iter": 2}
    models = [
        SequenceRegressor(ImageCNN, random_state=0, **settings).fit(data, share)
        for data in (images, X)
    ]
    assert_array_equal(*(model.predict(X[:9]) for model in models))


def test_files_and_graphs(caller, pileups, tmp_path):
    X = pileups[0][:7]
    save(caller, tmp_path / "model.skops")
    assert_array_equal(load(tmp_path / "model.skops").predict(X), caller.predict(X))
    export(caller, tmp_path / "model.pt2")
    program = torch.export.load(tmp_path / "model.pt2").module()
    images = torch.tensor(X.transpose(0, 3, 1, 2), dtype=torch.float32)
    found = program(images)
    found = found[0] if isinstance(found, tuple) else found
    assert_allclose(found.numpy(), caller.predict_proba(X), atol=1e-5)


def test_images_at_once_do_not_matter(caller, pileups):
    X = pileups[0][:30]
    one_by_one = np.concatenate([caller.decision_function(x[None]) for x in X])
    assert_allclose(caller.decision_function(X), one_by_one, atol=1e-4)


@pytest.mark.parametrize("head_pool", ["mean", "columns", "flatten"])
def test_sizes_of_the_network(head_pool):
    network = ImageCNN(5, 2, (7, 11), n_filters=(4, 6), head_pool=head_pool).eval()
    x = torch.randn(3, 5, 7, 11)
    assert network(x).shape == (3, 2)
    n_positions = {"mean": 1, "columns": 2, "flatten": 2}[head_pool]
    assert network.output.in_features == 6 * n_positions
    shuffled = network(x[:, :, torch.randperm(7)])
    assert torch.isfinite(shuffled).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: X[..., 0], "fitted on images: X must have four axes"),
        (lambda X: X[:, :5], r"X has images of 5 x 15 positions, but .* fitted on 12 x 15"),
        (lambda X: X[..., :2], r"neither its second nor its last axis .* 3 channels"),
        (lambda X: np.where(np.arange(len(X))[:, None, None, None] == 4, np.nan, X), "image 4 hol"),
        (lambda X: X[:0], "holds no images"),
        (lambda X: X.astype(str), "images must hold numbers"),
    ],
)
def test_images_that_are_refused(caller, pileups, change, message):
    with pytest.raises(ValueError, match=message):
        caller.predict(change(pileups[0][:6]))


def test_settings_that_are_refused(caller, pileups):
    X, y = pileups
    with pytest.raises(ValueError, match="four axes, as images have: set n_channels"):
        make(n_channels=None).fit(X, y)
    with pytest.raises(ValueError, match="shift=2 moves sequences, but X holds images"):
        make(augmentation=Augmentation(shift=2)).fit(X, y)
    with pytest.raises(ValueError, match="needs sequences of a nucleic alphabet"):
        make(reverse_complement="average").fit(X, y)
    with pytest.raises(ValueError, match="dim"):
        CNNClassifier(n_channels=3).fit(X, y)
    with pytest.raises(ValueError, match="kernel_size must be an odd number"):
        make(network_params={"kernel_size": 4}).fit(X, y)
    with pytest.raises(ValueError, match="fitted on images"):
        caller.predict(make_text(3, 15))
    with pytest.raises(ValueError, match="reads images"):
        attribute(caller, X[:2])
    with pytest.raises(ValueError, match="reads images"):
        mutagenesis(caller, X[:2])
    fitted_on_text = SequenceClassifier(max_iter=1).fit(make_text(8, 12), np.arange(8) % 2)
    with pytest.raises(ValueError, match="set n_channels"):
        fitted_on_text.predict(X)
