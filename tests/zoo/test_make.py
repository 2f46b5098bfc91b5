"""Names, overrides and widths."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from skgenomics import CNNRNNClassifier, KmerTokenizer, zoo
from skgenomics.motifs import Motif
from skgenomics.zoo import _entries
from skgenomics.zoo._scaling import scale_widths

NAMES = [entry.name for entry in _entries().values()]


@pytest.mark.parametrize("name", ["DanQ", "danq", "DANQ"])
def test_names_in_upper_and_lower_case(name):
    assert str(zoo.make(name).get_params()) == str(zoo.make("DanQ").get_params())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("DanK", "no published network 'DanK' in the zoo; did you mean 'DanQ'"),
        ("splice-ai-80", "did you mean 'SpliceAI-80'"),
        ("quite another", "see list_models"),
        ("", "see list_models"),
        (7, "no published network 7"),
    ],
)
def test_unknown_names(name, message):
    with pytest.raises(ValueError, match=message):
        zoo.make(name)


@pytest.mark.parametrize(
    ("name", "setting", "message"),
    [
        ("DanQ", "max_itr", r"DanQ \(CNNRNNClassifier\) has no 'max_itr'; did you mean 'max_iter'"),
        ("DNABERT-3", "max_itr", "did you mean 'max_iter'"),
        ("DNABERT-3", "kmertokenizer__kk", "did you mean 'kmertokenizer__k'"),
        ("DNABERT-3", "transformerclassifier__d_modl", "did you mean 'd_model'"),
        ("DanQ", "kmertokenizer__k", "DanQ .* has no 'kmertokenizer__k'"),
        ("DanQ", "xyzzy", r"has no 'xyzzy'$"),
    ],
)
def test_unknown_settings(name, setting, message):
    with pytest.raises(ValueError, match=message):
        zoo.make(name, **{setting: 3})


@pytest.mark.parametrize("name", NAMES)
def test_a_clone_has_the_same_settings(name):
    """And scikit-learn's clone finds that no constructor changes what it is given."""
    model = zoo.make(name, random_state=3)
    assert str(clone(model).get_params()) == str(model.get_params())
    assert not hasattr(model, "net_")


def test_overrides_are_settings_of_the_estimator():
    model = zoo.make("DanQ", max_iter=5, n_filters=64)
    assert isinstance(model, CNNRNNClassifier)
    assert (model.max_iter, model.n_filters, model.hidden_size) == (5, 64, 320)


def test_overrides_in_a_pipeline():
    model = zoo.make("DNABERT-3", max_iter=5, kmertokenizer__length=100)
    assert isinstance(model, Pipeline)
    assert isinstance(model[0], KmerTokenizer)
    assert (model[0].k, model[0].length, model[1].max_iter) == (3, 100, 5)
    same = zoo.make("DNABERT-3", transformerclassifier__max_iter=5, kmertokenizer__length=100)
    assert str(same.get_params()) == str(model.get_params())


def test_another_optimizer_comes_without_the_settings_of_the_published_one():
    published = zoo.make("Basset")
    assert published.optimizer_params == {"momentum": 0.98, "alpha": 0.98}
    assert zoo.make("Basset", optimizer="adam").optimizer_params is None
    own = {"momentum": 0.5}
    assert zoo.make("Basset", optimizer="sgd", optimizer_params=own).optimizer_params == own


def test_settings_of_the_network_are_added_to_the_published_ones():
    published = zoo.make("SPEID").network_params
    model = zoo.make("SPEID", network_params={"first_length": 100})
    assert model.network_params == published | {"first_length": 100}
    narrow = zoo.make("SPEID", width=0.1, network_params={"n_filters": 64})
    assert (narrow.network_params["n_filters"], narrow.network_params["hidden_units"]) == (64, 80)


def test_another_network_comes_without_the_settings_of_the_published_one():
    assert zoo.make("BPNet", network="cnn").network_params is None


def test_changing_one_model_leaves_the_zoo_alone():
    zoo.make("SPEID").network_params["n_filters"] = 1
    zoo.make("Basset").optimizer_params["momentum"] = 0.0
    assert zoo.make("SPEID").network_params["n_filters"] == 200
    assert zoo.make("Basset").optimizer_params["momentum"] == 0.98


def test_danq_starts_from_motifs():
    probabilities = np.array([[0.7, 0.1, 0.1, 0.1]] * 30)
    model = zoo.make(
        "DanQ-JASPAR", width=0.01, max_iter=1, motifs=[Motif("A", probabilities)],
        network_params={"freeze_motifs": True}, early_stopping=False, random_state=0,
    )  # fmt: skip
    X = ["".join(row) for row in np.random.default_rng(0).choice(list("ACGT"), (10, 60))]
    model.fit(X, np.arange(10) % 2)
    first = model.network_.trunk.convolutions.blocks[0].unit.conv.weight[0, :, 0]
    expected = (probabilities - 0.25).T
    np.testing.assert_allclose(first.detach().numpy(), expected, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_a_smaller_width_has_fewer_weights(name):
    counts = [n_parameters(zoo.build_network(name, width=width)) for width in (0.02, 0.6)]
    assert counts[0] < counts[1] < _entries()[name.lower()].parameters


def n_parameters(network):
    return sum(p.numel() for p in network.parameters())


def test_widths_are_even_and_sensible():
    settings = {
        "n_filters": (320, 480, 10),
        "hidden_units": 925,
        "kernel_size": 26,
        "d_model": 768,
        "n_heads": 12,
        "d_feedforward": None,
        "network_params": {"stem_filters": 64, "d_model": 100, "n_heads": 4},
    }
    assert scale_widths(settings, 0.1) == {
        "n_filters": (32, 48, 4),
        "hidden_units": 92,
        "kernel_size": 26,
        "d_model": 72,
        "n_heads": 12,
        "d_feedforward": None,
        "network_params": {"stem_filters": 6, "d_model": 8, "n_heads": 4},
    }
    assert scale_widths(settings, 1) == settings
    assert scale_widths(settings, 2)["hidden_units"] == 1850


@pytest.mark.parametrize("width", [0, -0.5, float("inf"), float("nan"), True, "half", None])
def test_wrong_widths(width):
    with pytest.raises(ValueError, match="width must be a number above 0"):
        zoo.make("DanQ", width=width)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_added_to_what_was_published(name):
    model = zoo.make(name)
    estimator = model[-1] if isinstance(model, Pipeline) else model
    assert estimator.augmentation is None
    equivariant = ["tied"] if name.startswith("Caduceus-PS") else []
    assert estimator.reverse_complement in (None, "augment", "average", *equivariant)
    for setting in ("linear_path", "kmer_path", "residual"):
        assert not getattr(estimator, setting, False)


def test_importing_the_package_loads_no_zoo():
    code = "import sys, skgenomics; assert not any('zoo' in name for name in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
