"""Published networks of several views."""

import numpy as np
import pandas as pd
import pytest
import torch

from skgenomics import zoo
from skgenomics.zoo._multiview import ENTRIES

# As logged by the authors; of FactorNet by its table of layers.
PUBLISHED = {
    "DeepCpG": 5_509_381,
    # Two branches, hidden layer, score.
    "FactorNet": 3_360 + 864 + 2 * (1_056 + 16_640) + 128 * (9_600 + 8 + 1) + 129,
}


def n_parameters(module):
    return sum(w.numel() for w in module.parameters())


def on_paper(name):
    with torch.device("meta"):
        return zoo.build_network(name)


def test_every_entry_is_here():
    assert {entry.name for entry in ENTRIES} == set(PUBLISHED)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_weights_are_those_published(entry):
    network = on_paper(entry.name)
    differences = {
        "second biases of the recurrent net": sum(
            w.numel() for name, w in network.named_parameters() if "bias_hh" in name
        ),
        "features of missing views": n_parameters(network.fusion),
    }
    assert differences == entry.differences
    assert n_parameters(network) - sum(differences.values()) == PUBLISHED[entry.name]
    assert entry.n_parameters == PUBLISHED[entry.name]
    assert n_parameters(network) == zoo.list_models().set_index("name").parameters[entry.name]


def test_deepcpg_is_its_two_modules_and_the_layers_on_top():
    """Modules without heads, two layers of 512, heads of five cells."""
    network = on_paper("DeepCpG")
    dna, cpg = map(n_parameters, network.branches)
    assert dna == 4_102_789 - 5 * 129
    assert cpg == 816_389 - 5 * 513 + 2 * 3 * 256
    assert n_parameters(network.hidden) == 328_192 + 262_656
    assert n_parameters(network.output) == 5 * 513


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("DeepCpG", [(2, 4, 1001), (2, 100, 18)]),
        ("FactorNet", [(2, 4, 1000), (2, 1, 1000), (2, 1, 8)]),
    ],
)
def test_narrow_network_scores_samples_of_published_size(name, shapes):
    network = zoo.build_network(name, width=0.05).eval()
    views = [torch.rand(shape) for shape in shapes]
    present = torch.ones(2, len(views), dtype=torch.bool)
    present[1, 0] = False
    with torch.no_grad():
        scores = network(views, present)
    assert scores.shape == (2, 5 if name == "DeepCpG" else 1)
    assert torch.isfinite(scores).all()


def test_deepcpg_trains_on_cells_with_missing_labels():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.random((24, 6 * 100)), columns=[f"cpg_{i}" for i in range(600)])
    X.insert(0, "sequence", ["".join(row) for row in rng.choice(list("ACGT"), (24, 61))])
    X.loc[:3, X.columns[1:]] = np.nan
    y = (rng.random((24, 5)) < 0.5).astype(float)
    y[rng.random((24, 5)) < 0.3] = np.nan
    model = zoo.make("deepcpg", width=0.05, max_iter=2, random_state=0)
    model.set_params(dna__network__max_iter=1, cpg__network__max_iter=1).fit(X, y)
    assert model.predict_proba(X).shape == (24, 5)
    assert model.widths_ == [6, 24]
    assert model.n_iter_ == 2


def test_factornet_trains_on_sequence_signal_and_cell_type():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.random((24, 68)))
    X.columns = [f"dnase_{i}" for i in range(60)] + [f"meta_{i}" for i in range(8)]
    X["sequence"] = ["".join(row) for row in rng.choice(list("ACGT"), (24, 60))]
    model = zoo.make("FactorNet", width=0.2, max_iter=1, random_state=0).fit(X, np.arange(24) % 2)
    assert model.predict_proba(X).shape == (24, 2)
    assert model.estimators_["dna"].strands_ == "average"
    # Numbers of a cell type go into the layers on top as they are.
    assert model.network_.branches[2].n_features == 8


def test_overrides_and_columns():
    model = zoo.make(
        "DeepCpG", fusion="joint", cpg__columns=["a"], dna__network__regularization__l2=0.5
    )
    assert (model.fusion, model.views[1][3], model.views[0][2].regularization.l2) == (
        "joint",
        ["a"],
        0.5,
    )
    assert zoo.make("DeepCpG").fusion == "concat"
    assert zoo.make("DeepCpG").views[0][2].regularization.l2 == 1e-4
    with pytest.raises(
        ValueError, match=r"DeepCpG .* has no 'dna__network__n_filter'; did you mean"
    ):
        zoo.make("DeepCpG", dna__network__n_filter=3)


def test_columns_that_a_frame_has_not():
    with pytest.raises(ValueError, match="view 'cpg' has no columns"):
        zoo.make("DeepCpG").fit(pd.DataFrame({"sequence": ["ACGT"] * 4}), [0, 1, 0, 1])
