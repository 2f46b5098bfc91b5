"""Mixed precision and compilation: what is computed in which type, and what stays the same."""

import numpy as np
import pytest
import torch
from sklearn.base import clone
from test_composition import ROWS, TINY

import skgenomics
from skgenomics import CNNClassifier
from skgenomics.testing import make_text
from skgenomics.training import _precision

X = make_text(48, 24)
Y = np.array([text.count("G") > 5 for text in X]).astype(int)
SMALL = {"n_filters": 4, "kernel_size": 3, "hidden_units": 4, "max_iter": 2, "random_state": 0}
MODELS = [
    *(f"{name}Classifier" for name in TINY),
    *("labeler with a CRF", "profile", "pairs", "multi-task", "adversarial", "multi-view"),
    *("masked language model", "causal language model", "sequence VAE", "imported module"),
]


def parameters_of(model):
    return torch.cat([tensor.flatten() for tensor in model.network_.parameters()]).detach()


class Types:
    """Types of the outputs of convolutions and linear layers, in training and in prediction."""

    def __init__(self):
        self.found = {True: set(), False: set()}

    def __call__(self, module, inputs, output):
        if isinstance(module, torch.nn.Conv1d | torch.nn.Conv2d | torch.nn.Linear):
            self.found[torch.is_grad_enabled()].add(output.dtype)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_training_in_bfloat16(name):
    row = ROWS[name]
    model = row.make().set_params(device="cpu")
    whole = clone(model).fit(row.X, row.y, **row.fit_params)
    types = Types()
    handle = torch.nn.modules.module.register_module_forward_hook(types)
    mixed = clone(model).set_params(precision="bf16").fit(row.X, row.y, **row.fit_params)
    handle.remove()
    assert torch.bfloat16 in types.found[True]
    assert torch.bfloat16 not in types.found[False]
    ours, theirs = parameters_of(mixed), parameters_of(whole)
    assert ours.dtype == torch.float32
    assert not torch.equal(ours, theirs)
    # A step of the optimizer moves by the learning rate at most, whatever the precision.
    assert (ours - theirs).abs().mean() < 0.01
    # Dropout of another type draws other random numbers.
    assert np.isclose(mixed.loss_curve_, whole.loss_curve_, rtol=0.06, atol=0.02).all()


def test_half_precision_needs_a_gpu():
    with pytest.raises(ValueError, match="precision='fp16' needs a GPU"):
        CNNClassifier(precision="fp16", device="cpu").fit(X, Y)
    with pytest.raises(ValueError, match="precision must be one of"):
        CNNClassifier(precision="fp8").fit(X, Y)


def test_gradients_of_half_precision_are_scaled(monkeypatch):
    """Scaled gradients are clipped and applied as others are."""
    monkeypatch.setattr(CNNClassifier, "_check_settings", lambda self: None)
    settings = SMALL | {"optimizer": "sgd", "learning_rate": 0.1, "max_grad_norm": 0.01}
    start = parameters_of(CNNClassifier(**settings | {"learning_rate": 1e-12}).fit(X, Y))
    whole = parameters_of(CNNClassifier(**settings).fit(X, Y)) - start
    scalers = []
    step = torch.amp.GradScaler.step
    monkeypatch.setattr(
        torch.amp.GradScaler, "step", lambda self, o: scalers.append(self) or step(self, o)
    )
    half = parameters_of(CNNClassifier(**settings, precision="fp16").fit(X, Y)) - start
    assert len(scalers) == 6
    assert scalers[0].get_scale() > 1000
    assert torch.nn.functional.cosine_similarity(half, whole, dim=0) > 0.99
    assert float(half.norm()) == pytest.approx(float(whole.norm()), rel=0.05)


def test_compiled_training_is_the_same(monkeypatch):
    graphs = []

    def backend(graph, inputs):
        graphs.append(graph)
        return graph.forward

    monkeypatch.setattr(_precision, "_BACKEND", backend)
    torch._dynamo.reset()
    plain = CNNClassifier(**SMALL).fit(X, Y)
    compiled = CNNClassifier(**SMALL, compile=True).fit(X, Y)
    # The trivial function of the check, and the network.
    assert len(graphs) > 1
    assert torch.equal(parameters_of(compiled), parameters_of(plain))
    n_graphs = len(graphs)
    np.testing.assert_array_equal(compiled.predict_proba(X), plain.predict_proba(X))
    assert len(graphs) == n_graphs
    assert list(compiled.network_.state_dict()) == list(plain.network_.state_dict())


def test_without_a_compiler(monkeypatch):
    def backend(graph, inputs):
        raise RuntimeError("no working compiler")

    monkeypatch.setattr(_precision, "_BACKEND", backend)
    torch._dynamo.reset()
    with pytest.warns(UserWarning, match="compile=True has no effect, since torch cannot compile"):
        compiled = CNNClassifier(**SMALL, compile=True).fit(X, Y)
    assert torch.equal(parameters_of(compiled), parameters_of(CNNClassifier(**SMALL).fit(X, Y)))


def test_both_are_hyperparameters_of_all_families():
    for name in TINY:
        for kind in ("Classifier", "Regressor"):
            params = getattr(skgenomics, name + kind)().get_params(deep=False)
            assert {"precision", "compile", "checkpoint", "device"} <= params.keys()
            assert len(params) <= 50
