"""What all deep estimators share: training, determinism, early stopping and pickling."""

import copy
import pickle
import warnings

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import Callback, EpochScoring

from skgenomics import (
    CNNClassifier,
    CNNRegressor,
    OneHotEncoder,
    ProfileRegressor,
    SequenceLabeler,
)
from skgenomics.testing import make_text
from skgenomics.training import Augmentation, ClassBalancing, Regularization
from skgenomics.training._optimization import _OPTIMIZERS
from skgenomics.training._validation_split import validation_rows

SMALL = {"n_filters": 8, "kernel_size": 5, "pool_size": 1, "hidden_units": (), "random_state": 0}
# Nothing random, so that weights can be compared with copies of rows.
EXACT = SMALL | {
    "dropout": 0.0,
    "hidden_dropout": 0.0,
    "augmentation": None,
    "normalization": None,
    "reverse_complement": None,
    "batch_size": 1000,
    "max_iter": 5,
}


@pytest.fixture
def data():
    X = make_text(60, 20)
    return X, np.array([x.count("A") > 5 for x in X]).astype(int)


def outputs(estimator, X):
    return estimator.predict_proba(X) if hasattr(estimator, "classes_") else estimator.predict(X)


@pytest.mark.parametrize("estimator", [CNNClassifier(**EXACT), CNNRegressor(**EXACT)])
def test_weight_zero_equals_removal_and_weight_two_a_copy(data, estimator):
    X, y = data
    weight = np.ones(len(y))
    weight[:10], weight[10:20] = 0, 2
    weighted = clone(estimator).fit(X, y, sample_weight=weight)
    copied = clone(estimator).fit(X[10:20] + X[10:], [*y[10:20], *y[10:]])
    assert_allclose(outputs(weighted, X), outputs(copied, X), atol=1e-4)


def test_sample_weight_errors(data):
    X, y = data
    for weight, message in (
        (np.ones(3), r"shape \(60,\)"),
        (np.zeros(60), "zero everywhere"),
        (-np.ones(60), r"sample_weight\[0\] is -1.0"),
        (np.full(60, np.nan), "NaN"),
    ):
        with pytest.raises(ValueError, match=message):
            CNNClassifier(**EXACT).fit(X, y, sample_weight=weight)


def test_early_stopping_restores_the_best_weights_as_a_copy(data):
    X, y = data
    seen = []

    class Recorder(Callback):
        def on_epoch_end(self, net, **kwargs):
            seen.append(copy.deepcopy(net.module_.state_dict()))

    recorder = Recorder()
    classifier = CNNClassifier(
        **SMALL, early_stopping=True, n_iter_no_change=3, max_iter=60, learning_rate=0.05, tol=0,
        callbacks=[recorder], batch_size=8,
    )  # fmt: skip
    classifier.fit(X, y)
    curve = classifier.validation_loss_curve_
    assert classifier.n_iter_ == len(curve) == len(seen) < 60
    best = int(np.argmin(curve))
    assert best == len(curve) - 1 - 3
    assert recorder is classifier.callbacks[0]
    for name, value in classifier.network_.state_dict().items():
        assert_array_equal(value, seen[best][name])
    assert any((seen[best][name] != seen[-1][name]).any() for name in seen[best])


def test_early_stopping_is_off_on_small_data_and_on_on_large():
    X = np.random.default_rng(0).integers(0, 4, (10_000, 4), dtype=np.uint8)
    y = X[:, 0] == 0
    for n, n_valid in ((100, 0), (10_000, 1)):
        fitted = CNNClassifier(**SMALL, max_iter=1, early_stopping="auto").fit(X[:n], y[:n])
        assert len(fitted.validation_loss_curve_) == n_valid


def test_partial_fit_counts_epochs_and_continues_training(data):
    X, y = data
    classifier = CNNClassifier(**SMALL)
    for _ in range(3):
        classifier.partial_fit(X, y, classes=[0, 1, 2])
    assert classifier.n_iter_ == len(classifier.loss_curve_) == 3
    assert_array_equal(classifier.classes_, [0, 1, 2])
    with pytest.raises(ValueError, match="label 3, which is none of the classes"):
        classifier.partial_fit(X, y + 3)
    with pytest.raises(ValueError, match="differ from those of the first call"):
        classifier.partial_fit(X, y, classes=[0, 1])


def test_partial_fit_after_fit_learns_at_the_full_rate(data):
    """The schedule of fit ends at a learning rate of almost zero."""
    X, y = data
    classifier = CNNClassifier(**SMALL, max_iter=2).fit(X, y)
    before = copy.deepcopy(classifier.network_.state_dict())
    classifier.partial_fit(X, y)
    rate = classifier.net_.optimizer_.param_groups[0]["lr"]
    assert rate == classifier.learning_rate
    moved = (classifier.network_.output.weight - before["output.weight"]).abs().max()
    assert moved > 1e-4


def test_warm_start_continues_from_the_weights(data):
    X, y = data
    warm = CNNClassifier(**EXACT, warm_start=True).fit(X, y)
    before = warm.loss_curve_[-1]
    warm.fit(X, y)
    assert warm.n_iter_ == 10
    assert warm.loss_curve_[5] < warm.loss_curve_[0]
    assert warm.loss_curve_[5] == pytest.approx(before, rel=0.1)


def test_fit_forgets_the_fit_before(data):
    X, y = data
    once = CNNClassifier(**SMALL, max_iter=3).fit(X, y)
    twice = CNNClassifier(**SMALL, max_iter=3).fit(X[:30], 1 - y[:30]).fit(X, y)
    assert_array_equal(once.predict_proba(X), twice.predict_proba(X))


def test_pickle_survives_other_parameters(data):
    """What the network was built with counts, not what the parameters say by now."""
    X, y = data
    classifier = CNNClassifier(**SMALL, max_iter=2).fit(X, y)
    expected = classifier.predict_proba(X)
    classifier.set_params(n_filters=32)
    assert_array_equal(pickle.loads(pickle.dumps(classifier)).predict_proba(X), expected)


def test_trained_on_a_missing_device_loads_on_the_cpu(data, monkeypatch):
    X, y = data
    classifier = CNNClassifier(**SMALL, max_iter=2).fit(X, y)
    expected = classifier.predict_proba(X)
    classifier.device = "cuda"
    pickled = pickle.dumps(classifier)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.warns(UserWarning, match="not available here; it uses the CPU"):
        loaded = pickle.loads(pickled)
    assert_array_equal(loaded.predict_proba(X), expected)
    with pytest.raises(ValueError, match="finds no CUDA device"):
        clone(classifier).fit(X, y)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": "adamx"}, "optimizer must be one of"),
        ({"loss": "mse"}, "loss must be one of"),
        ({"schedule": "sine"}, "schedule must be"),
        ({"reverse_complement": "both"}, "reverse_complement must be one of"),
        ({"device": "gpu"}, "device must be"),
        ({"max_iter": 0}, "max_iter must be an integer >= 1"),
        ({"batch_size": 0.5}, "batch_size must be an integer >= 1"),
        ({"learning_rate": 0}, "learning_rate must be a number in"),
        ({"augmentation": Augmentation(mutation_rate=2)}, "mutation_rate must be a number in"),
        ({"augmentation": Augmentation(masking_rate=2)}, "masking_rate must be a number in"),
        ({"validation_fraction": 1.0}, "validation_fraction must be a number in"),
        ({"max_grad_norm": 0}, "max_grad_norm must be a number in"),
        ({"regularization": Regularization(max_norm=0)}, "max_norm must be a number in"),
        ({"callbacks": 3}, "callbacks must be a list"),
        ({"early_stopping": "yes"}, "early_stopping must be one of"),
        ({"class_weight": "even"}, "class_weight must be"),
        ({"class_weight": {5: 2.0}}, "class_weight has the label 5"),
        ({"activation": "relux"}, "activation must be one of"),
        ({"normalization": "batchnorm"}, "normalization must be"),
        ({"head_pool": "maximum"}, "head_pool takes"),
        ({"n_filters": (8, 8, 8), "kernel_size": (3, 3)}, "kernel_size=.* has 2 values for 3"),
        ({"kernel_size": 21, "padding": "valid"}, "spans 21 positions has only 20"),
        ({"alphabet": "AA"}, "holds a symbol twice"),
    ],
)
def test_settings_are_checked_by_name(data, settings, message):
    X, y = data
    with pytest.raises(ValueError, match=message):
        CNNClassifier(**(SMALL | {"max_iter": 1} | settings)).fit(X, y)


def test_tags_tell_what_y_may_be():
    assert CNNClassifier().__sklearn_tags__().classifier_tags.multi_label
    assert CNNRegressor().__sklearn_tags__().target_tags.multi_output
    for estimator in (ProfileRegressor(), SequenceLabeler()):
        tags = estimator.__sklearn_tags__().target_tags
        assert (tags.multi_output, tags.single_output) == (True, False)


def test_signals_have_no_complement_and_are_not_masked():
    signals = np.random.default_rng(0).normal(size=(20, 12 * 4))
    model = CNNClassifier(
        **SMALL, n_channels=4, max_iter=1, augmentation=Augmentation(masking_rate=0.5)
    ).fit(signals, np.arange(20) % 2)
    assert model.complement_ is None
    assert model._make_augmenter().masking_rate == 0


@pytest.mark.parametrize(("strands", "rate"), [(None, 0.1), ("average", 0.03), ("augment", 0.03)])
def test_mutation_rate_depends_on_the_strands_that_are_read(data, strands, rate):
    model = CNNClassifier(**SMALL, max_iter=1, reverse_complement=strands).fit(*data)
    assert model._make_augmenter().mutation_rate == rate


def test_training_that_converges_does_not_warn(data):
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        CNNClassifier(**SMALL, max_iter=1).fit(*data)


def test_a_fitted_network_is_in_evaluation_mode(data):
    assert not CNNClassifier(**SMALL, max_iter=1).fit(*data).network_.training


@pytest.mark.parametrize("is_balanced", [True, False])
def test_the_validation_loss_is_balanced_as_the_batches_are(data, is_balanced):
    class Keep(Callback):
        def on_epoch_end(self, net, dataset_valid=None, **kwargs):
            self.valid = dataset_valid

    X, _ = data
    y, keep = (np.arange(60) % 4 == 0).astype(int), Keep()
    balancing = ClassBalancing(balanced_batches=is_balanced)
    CNNClassifier(
        **SMALL, max_iter=1, early_stopping=True, validation_fraction=0.4, balancing=balancing,
        callbacks=[keep],
    ).fit(X, y)  # fmt: skip
    labels, weight = keep.valid.y.ravel(), keep.valid.weight.ravel()
    totals = [weight[labels == label].sum() for label in (0, 1)]
    assert (totals[0] == pytest.approx(totals[1])) == is_balanced


def test_strand_options_need_nucleic_acids(data):
    with pytest.raises(ValueError, match="needs sequences of a nucleic"):
        CNNClassifier(**SMALL, alphabet="protein", reverse_complement="average").fit(*data)


def test_optimizer_by_name_class_and_settings(data):
    X, y = data
    for optimizer in ("SGD", torch.optim.SGD):
        fitted = CNNClassifier(
            **EXACT, optimizer=optimizer, optimizer_params={"momentum": 0.7}
        ).fit(X, y)
        assert isinstance(fitted.net_.optimizer_, torch.optim.SGD)
        assert fitted.net_.optimizer_.defaults["momentum"] == 0.7


def test_gradient_clipping_limits_the_first_step(data):
    X, y = data
    plain = {**EXACT, "optimizer": "sgd", "weight_decay": 0.0, "learning_rate": 1.0}
    initial = CNNClassifier(**plain | {"learning_rate": 1e-12}, schedule=None).partial_fit(X, y)
    clipped = CNNClassifier(**plain, schedule=None, max_grad_norm=1e-3).partial_fit(X, y)
    change = [
        a.detach() - b.detach()
        for a, b in zip(clipped.network_.parameters(), initial.network_.parameters(), strict=True)
    ]
    assert torch.stack([c.norm() for c in change]).norm() <= 1.001e-3


def test_grid_search_in_processes(data):
    """Workers find what one process finds, and no estimator sets the threads that joblib chose."""
    searches = [
        GridSearchCV(
            CNNClassifier(**SMALL, max_iter=1),
            {"kernel_size": [3, 5]},
            scoring={"accuracy": "accuracy", "threads": lambda *_: torch.get_num_threads()},
            refit=False,
            cv=2,
            n_jobs=n_jobs,
        ).fit(*data)
        for n_jobs in (1, 2)
    ]
    serial, parallel = (search.cv_results_ for search in searches)
    assert_array_equal(serial["mean_test_accuracy"], parallel["mean_test_accuracy"])
    assert_array_equal(parallel["mean_test_threads"], 1)


def test_long_rows_of_weight_zero_leave_no_trace(data):
    X, y = data
    weight = np.r_[np.ones(60), 0]
    with_row = CNNClassifier(**EXACT).fit([*X, "A" * 50], [*y, 1], sample_weight=weight)
    without = CNNClassifier(**EXACT).fit(X, y)
    assert with_row.length_ == 20
    assert_array_equal(with_row.predict_proba(X), without.predict_proba(X))


def test_groups_of_unequal_size_leave_enough_to_train_on():
    groups = np.repeat(np.arange(21), [900] + [5] * 20)
    for seed in range(8):
        for labels in (None, np.arange(1000) % 2):
            train, valid = validation_rows(1000, labels, groups, 0.1, seed)
            assert len(train) >= 900
            assert not set(groups[train]) & set(groups[valid])
    with pytest.raises(ValueError, match="leave every class to train on"):
        validation_rows(100, np.arange(100) % 2, np.arange(100) % 2, 0.1, 0)


def test_one_sample_cannot_be_split():
    with pytest.raises(ValueError, match=r"n_samples=1; pass early_stopping=False"):
        validation_rows(1, None, None, 0.1, 0)


def test_an_interrupt_by_the_user_goes_through(data):
    class Interrupt(Callback):
        def on_batch_begin(self, net, **kwargs):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        CNNClassifier(**SMALL, callbacks=[Interrupt()]).fit(*data)


def test_warm_start_takes_new_settings(data):
    classifier = CNNClassifier(**EXACT, warm_start=True).fit(*data)
    changes = {
        "learning_rate": 0.5,
        "weight_decay": 0.3,
        "augmentation": Augmentation(shift=3),
        "loss": "focal",
    }
    classifier.set_params(**changes, schedule=None).fit(*data)
    group = classifier.net_.optimizer_.param_groups[0]
    assert (group["lr"], group["weight_decay"]) == (0.5, 0.3)
    assert classifier.net_.augmentation.shift == 3
    assert classifier.net_.criterion_.loss.__name__ == "binary_focal"


def test_pickle_survives_any_other_parameter(data):
    X, y = data
    classifier = CNNClassifier(**SMALL, max_iter=2, reverse_complement="average").fit(X, y)
    expected = classifier.predict_proba(X)
    classifier.set_params(optimizer="none", loss="none", alphabet="protein", n_filters=3)
    again = pickle.loads(pickle.dumps(classifier)).set_params(alphabet="dna")
    assert_array_equal(again.predict_proba(X), expected)


def test_numpy_numbers_are_numbers(data):
    grid = {
        "kernel_size": np.arange(3, 6, 2),
        "max_iter": np.array([1]),
        "n_filters": [np.int64(4)],
    }
    search = GridSearchCV(CNNClassifier(**SMALL), grid, cv=2, error_score="raise")
    assert search.fit(*data).best_params_["max_iter"] == 1
    CNNClassifier(**SMALL | {"n_filters": np.array([4, 4])}, batch_size=np.int64(8)).fit(*data)


@pytest.mark.parametrize("optimizer", sorted(_OPTIMIZERS))
def test_every_optimizer_on_offer_trains(data, optimizer):
    CNNClassifier(**SMALL, max_iter=1, optimizer=optimizer).fit(*data)


def test_scoring_callbacks_of_skorch(data):
    X, y = data
    for labels in (y, np.arange(60) % 3):
        scoring = EpochScoring("accuracy", name="acc", on_train=True, lower_is_better=False)
        valid = EpochScoring("accuracy", name="valid_acc", lower_is_better=False)
        classifier = CNNClassifier(
            **SMALL, max_iter=2, early_stopping=True, callbacks=[scoring, valid]
        ).fit(X, labels)
        for name in ("acc", "valid_acc"):
            assert all(0 <= value <= 1 for value in classifier.net_.history[:, name])


def test_verbose_prints_a_line_per_epoch(data, capsys):
    CNNClassifier(**SMALL, max_iter=3).fit(*data)
    assert capsys.readouterr().out == ""
    CNNClassifier(**SMALL, max_iter=3, verbose=1).fit(*data)
    assert "train_loss" in (printed := capsys.readouterr().out)
    assert len(printed.strip().splitlines()) == 5


def test_divergence_is_told(data):
    X = np.full((40, 8), 1e30, dtype=np.float32)
    with pytest.warns(ConvergenceWarning, match="training diverged: the loss is"):
        CNNRegressor(**EXACT | {"learning_rate": 1e10}, max_grad_norm=None).fit(X, np.arange(40.0))


def test_soft_sequences_and_their_codes_agree(data):
    X, y = data
    fitted = CNNClassifier(**SMALL, max_iter=2).fit(X, y)
    soft = OneHotEncoder().fit_transform(X)
    mixed = 0.5 * soft[:1] + 0.5 * soft[1:2]
    assert fitted.predict_proba(mixed).shape == (1, 2)
