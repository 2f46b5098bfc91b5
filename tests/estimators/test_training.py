"""The training skeleton: failed fits, interrupts, callbacks, errors of a module, and divergence."""

import pickle

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.utils.validation import check_is_fitted
from skorch.callbacks import Callback
from torch import nn

from skgenomics import (
    Autoencoder,
    CNNClassifier,
    CNNRegressor,
    MaskedLanguageModel,
    MLPClassifier,
    MultiTaskEstimator,
    MultiViewClassifier,
    ProfileRegressor,
    SequenceClassifier,
    SequenceLabeler,
)
from skgenomics.testing import make_text
from skgenomics.training import Augmentation, ClassBalancing, FocalLoss, Regularization, Transfer

SMALL = {"n_filters": 8, "kernel_size": 5, "pool_size": 1, "hidden_units": (), "random_state": 0}
X = make_text(40, 20)
Y = np.arange(40) % 2
COUNTS = np.array([x.count("A") for x in X]).astype(float)


class Linear(nn.Module):
    def __init__(self, n_channels, length, n_outputs, width=3):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(n_channels * length, width), nn.Linear(width, n_outputs)
        )

    def forward(self, x):
        return self.layers(x)


class Late(Callback):
    """Fails at the end of the second epoch."""

    def on_epoch_end(self, net, **kwargs):
        if len(net.history) == 2:
            raise RuntimeError("failed late")


def snapshot(estimator):
    state = {k: v for k, v in vars(estimator).items() if k.endswith("_") and k != "net_"}
    return pickle.dumps(state), estimator.net_.weights()


BROKEN = [
    ({"optimizer": "bogus"}, ValueError),
    ({"optimizer_params": {"bogus": 1}}, ValueError),
    ({"loss": "bogus"}, ValueError),
    ({"pretrained": "absent.skops"}, (OSError, ValueError)),
    ({"schedule": "bogus"}, ValueError),
    ({"callbacks": [Late()]}, RuntimeError),
]


@pytest.mark.parametrize("warm_start", [False, True])
@pytest.mark.parametrize(("settings", "error"), BROKEN)
def test_a_failed_refit_leaves_the_model_as_it_was(settings, error, warm_start):
    model = CNNClassifier(**SMALL, max_iter=2).fit(X, Y)
    expected, before = model.predict_proba(X), snapshot(model)
    model.set_params(**settings, max_iter=3, warm_start=warm_start)
    if warm_start and "pretrained" in settings:
        pytest.skip("a warm start reads no pretrained model")
    y = Y if warm_start else np.array(["cat", "dog"])[Y]
    with pytest.raises(error):
        model.fit(X, y)
    after = snapshot(model)
    assert after[0] == before[0]
    for name, weight in before[1].items():
        assert_array_equal(after[1][name], weight)
    assert_array_equal(model.predict_proba(X), expected)
    assert_array_equal(model.classes_, [0, 1])


@pytest.mark.parametrize(("settings", "error"), BROKEN)
def test_a_failed_first_fit_leaves_the_estimator_unfitted(settings, error):
    model = CNNClassifier(**SMALL, max_iter=3).set_params(**settings)
    with pytest.raises(error):
        model.fit(X, Y)
    assert not [name for name in vars(model) if name.endswith("_")]
    with pytest.raises(NotFittedError):
        check_is_fitted(model)


@pytest.mark.parametrize(
    ("estimator", "y"),
    [
        (SequenceLabeler(network="cnn"), ["".join("N" if c == "A" else "D" for c in x) for x in X]),
        (ProfileRegressor(network="cnn"), np.ones((40, 20))),
        (MultiTaskEstimator(), np.c_[Y, COUNTS]),
        (MaskedLanguageModel(), None),
        (MultiViewClassifier(views=[("dna", None, CNNClassifier(**SMALL), [0])]), Y),
        (Autoencoder(n_components=2), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_estimator_is_fitted_after_a_failed_fit(estimator, y):
    data = np.array(X)[:, np.newaxis] if isinstance(estimator, MultiViewClassifier) else X
    data = np.random.default_rng(0).random((40, 6)) if isinstance(estimator, Autoencoder) else data
    estimator.set_params(optimizer_params={"bogus": 1}, max_iter=1)
    with pytest.raises(ValueError, match="optimizer_params has 'bogus', which AdamW does not"):
        estimator.fit(data, y)
    with pytest.raises(NotFittedError):
        check_is_fitted(estimator)


def test_a_failed_partial_fit_takes_back_its_step():
    model = CNNClassifier(**SMALL).partial_fit(X, Y)
    twin = CNNClassifier(**SMALL).partial_fit(X, Y)

    class AfterTheStep(Callback):
        def on_epoch_end(self, net, **kwargs):
            raise RuntimeError("failed")

    model.set_params(callbacks=[AfterTheStep()])
    with pytest.raises(RuntimeError, match="failed"):
        model.partial_fit(X, Y)
    assert model.n_iter_ == 1
    assert_array_equal(model.predict_proba(X), twin.predict_proba(X))
    # The state of the optimizer is taken back too.
    model.set_params(callbacks=None).partial_fit(X, Y)
    assert_array_equal(model.predict_proba(X), twin.partial_fit(X, Y).predict_proba(X))


def test_an_interrupt_in_a_callback_is_not_early_stopping():
    class Interrupt(Callback):
        def on_epoch_end(self, net, **kwargs):
            raise KeyboardInterrupt

    for early_stopping in (False, True):
        model = CNNClassifier(**SMALL, callbacks=[Interrupt()], early_stopping=early_stopping)
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, Y)
        with pytest.raises(NotFittedError):
            check_is_fitted(model)


class Counter(Callback):
    def __init__(self):
        self.n_epochs = 0

    def __deepcopy__(self, memo):
        raise TypeError("holds a file that cannot be copied")

    def on_epoch_end(self, net, **kwargs):
        self.n_epochs += 1


def test_callbacks_are_used_as_given():
    counter = Counter()
    model = CNNClassifier(**SMALL, max_iter=2, callbacks=[("epochs", counter)])
    clone(model).fit(X, Y)
    assert counter.n_epochs == 2
    assert_array_equal(model.fit(X, Y).loss_curve_, clone(model).fit(X, Y).loss_curve_)
    assert counter.n_epochs == 6


def test_each_fit_gets_a_callback_of_its_own_from_a_class_or_factory():
    made = []

    def make():
        made.append(Counter())
        return made[-1]

    model = CNNClassifier(**SMALL, max_iter=2, callbacks=[make, Counter])
    model.fit(X, Y).fit(X, Y)
    assert [counter.n_epochs for counter in made] == [2, 2]


def test_errors_of_a_module_keep_their_type_and_name_its_input():
    class Wrong(Linear):
        def __init__(self, **kwargs):
            super().__init__(**kwargs | {"n_channels": 3, "length": 7, "n_outputs": 1})

    with pytest.raises(RuntimeError, match="mat1 and mat2") as raised:
        SequenceClassifier(Wrong, max_iter=1).fit(X, Y)
    assert any("was given a tensor of shape" in note for note in raised.value.__notes__)
    assert any("4, 20), (batch, n_channels, length)" in note for note in raised.value.__notes__)

    class Misspelled(Linear):
        def forward(self, x):
            return self.layers(x, bias=None)

    with pytest.raises(TypeError, match="unexpected keyword argument 'bias'"):
        SequenceClassifier(Misspelled, max_iter=1).fit(X, Y)


def test_what_a_network_or_an_optimizer_does_not_accept_is_named():
    model = SequenceClassifier(Linear, network_params={"depth": 3})
    with pytest.raises(ValueError, match="network_params has 'depth', which Linear does not"):
        model.fit(X, Y)
    with pytest.raises(ValueError, match="optimizer_params has 'beta', which AdamW does not"):
        CNNClassifier(**SMALL, optimizer_params={"beta": 1}).fit(X, Y)


def test_a_diverged_model_does_not_predict():
    wide = np.full((40, 8), 1e30, dtype=np.float32)
    model = CNNRegressor(**SMALL, learning_rate=1e10, max_grad_norm=None, max_iter=5)
    with pytest.warns(ConvergenceWarning, match="training diverged"):
        model.fit(wide, np.arange(40.0))
    fitted = CNNClassifier(**SMALL, max_iter=1).fit(X, Y)
    with torch.no_grad():
        next(fitted.network_.parameters()).view(-1)[0] = np.nan
    for method in (fitted.predict, fitted.predict_proba, fitted.decision_function):
        with pytest.raises(ValueError, match="parameters that are not finite"):
            method(X)


def test_a_large_mean_does_not_round_the_targets():
    settings = SMALL | {"max_iter": 60, "learning_rate": 0.02, "head_pool": "mean"}
    settings |= {"hidden_dropout": 0.0, "dropout": 0.0, "augmentation": None}
    y = 1e8 + COUNTS
    predicted = CNNRegressor(**settings).fit(X, y).predict(X)
    assert predicted.dtype == np.float64
    assert r2_score(y, predicted) > 0.9
    plain = CNNRegressor(**settings).fit(X, COUNTS).predict(X)
    assert_allclose(predicted - 1e8, plain, atol=1e-4)
    kinds = {0: "regression", 1: "regression"}
    tasks = MultiTaskEstimator(network_params={"n_filters": 8}, tasks=kinds, max_iter=2)
    assert len(np.unique(tasks.fit(X, np.c_[y, -y]).predict(X)[:, 0])) > 10
    profile = ProfileRegressor(network="cnn", loss="mse", max_iter=1)
    assert profile.fit(X, np.tile(y[:, None], (1, 20))).predict(X).dtype == np.float64


def test_log_probabilities_are_logarithms_of_the_probabilities():
    for y in (Y, np.arange(40) % 3, np.c_[Y, 1 - Y]):
        model = CNNClassifier(**SMALL, max_iter=2).fit(X, y)
        assert_array_equal(model.predict_log_proba(X), np.log(model.predict_proba(X)))


def test_missing_targets_take_no_part_in_a_regression():
    """Two thirds of the values of a target are missing; trained as 0, they would pull it down."""
    sequences = np.array(["ACACACACACACACAC", "GTGTGTGTGTGTGTGT"])[np.arange(60) % 2]
    y = np.column_stack([np.arange(60) % 2, np.full(60, 10.0) + np.arange(60) % 2])
    y[np.arange(60) % 3 > 0, 1] = np.nan
    settings = SMALL | {"max_iter": 40, "reverse_complement": None, "hidden_dropout": 0.0}
    model = CNNRegressor(**settings).fit(sequences, y)
    assert model.y_mean_[1] == pytest.approx(10.5)
    assert model.predict(sequences[:2])[:, 1] == pytest.approx([10, 11], abs=0.25)
    tasks = MultiTaskEstimator(
        network_params={"n_filters": 8, "hidden_dropout": 0.0},
        max_iter=40, reverse_complement=None, random_state=0,
    ).fit(sequences, y)  # fmt: skip
    assert tasks.predict(sequences[:2])[:, 1] == pytest.approx([10, 11], abs=0.3)


def test_groups_of_hyperparameters_are_searched_and_cloned():
    model = CNNClassifier(**SMALL, max_iter=1)
    model.set_params(
        augmentation__shift=3, loss="focal", loss__gamma=1.0, regularization__l2=0.1,
        balancing__refit_head=1, transfer__layer_decay=0.5,
    )  # fmt: skip
    assert (model.augmentation.shift, model.augmentation.mutation_rate) == (3, "auto")
    assert isinstance(model.loss, FocalLoss)
    params = model.get_params()
    assert params["augmentation__shift"] == 3
    assert params["regularization__l2"] == 0.1
    twin = clone(model)
    assert twin.augmentation is not model.augmentation
    assert twin.get_params()["balancing__refit_head"] == 1
    assert CNNClassifier().augmentation == "auto"
    search = GridSearchCV(
        CNNClassifier(**SMALL, max_iter=1), {"augmentation__shift": [0, 2]}, cv=2
    ).fit(X, Y)
    assert search.best_estimator_.augmentation.shift in (0, 2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"augmentation": 3}, "augmentation must be None or a Augmentation"),
        ({"augmentation": Augmentation(shift=-1)}, "shift must be an integer >= 0"),
        ({"augmentation": Augmentation(masking_rate=2)}, "masking_rate must be a number in"),
        ({"balancing": "balanced"}, "balancing must be None or a ClassBalancing"),
        ({"balancing": ClassBalancing(refit_head=-1)}, "refit_head must be an integer"),
        ({"regularization": Regularization(l1=-1)}, "l1 must be a number in"),
        ({"transfer": Transfer(unfreeze_every=0)}, "unfreeze_every must be an integer"),
        ({"loss": FocalLoss(gamma=-1)}, "gamma must be a number in"),
    ],
)
def test_wrong_groups_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        CNNClassifier(**SMALL, **settings).fit(X, Y)


def test_parameters_of_a_network_are_searched_singly():
    model = SequenceClassifier(Linear, max_iter=1, random_state=0)
    search = GridSearchCV(model, {"network__width": [2, 5]}, cv=2, error_score="raise").fit(X, Y)
    width = search.best_params_["network__width"]
    assert search.best_estimator_.network_.layers[1].out_features == width
    model.set_params(network__width=4)
    assert model.network_params == {"width": 4}
    assert model.get_params()["network__width"] == 4
    assert clone(model).fit(X, Y).network_.layers[1].out_features == 4
    labeler = SequenceLabeler(network_params={"n_filters": 4}).set_params(network__kernel_size=5)
    assert labeler.network_params == {"n_filters": 4, "kernel_size": 5}
    assert MLPClassifier().set_params(hidden_units=8).hidden_units == 8
