"""Starting from trained weights, and keeping some of them as they are."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from skgenomics import (
    CNNClassifier,
    CNNRegressor,
    CNNRNNClassifier,
    ConditionalClassifier,
    KmerTokenizer,
    MaskedLanguageModel,
    MLPClassifier,
    OneHotEncoder,
    ProfileRegressor,
    ResNetClassifier,
    SequenceClassifier,
    SequenceLabeler,
    TransformerClassifier,
    TransformerRegressor,
    load,
    save,
)
from skgenomics.datasets import make_motif_classification
from skgenomics.estimators._transfer import find_source
from skgenomics.training import ClassBalancing, Regularization, Transfer
from skgenomics.training._freezing import find_modules, parameter_groups, trunk_layers

SMALL = {"n_filters": (8, 8), "kernel_size": (7, 3), "hidden_units": 8, "kmer_path": 0}
QUICK = {"max_iter": 2, "batch_size": 32, "random_state": 0, "reverse_complement": None}


@pytest.fixture(scope="module")
def data():
    simulated = make_motif_classification(n_samples=120, length=40, random_state=0)
    return simulated.X.tolist(), simulated.y


@pytest.fixture(scope="module")
def source(data):
    return CNNClassifier(**SMALL, **QUICK).fit(*data)


def trunk_state(estimator):
    """Copies of weights and buffers of the trunk."""
    state = estimator.network_.trunk.state_dict()
    return {name: tensor.clone() for name, tensor in state.items()}


def same(states):
    first, second = states
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


def test_settings_and_weights_are_taken_over(data, source):
    X, y = data
    target = CNNClassifier(pretrained=source, **QUICK | {"learning_rate": 1e-12}).fit(X, y)
    assert target.network_settings_["n_filters"] == (8, 8)
    weights = dict(target.network_.trunk.named_parameters())
    for name, weight in source.network_.trunk.named_parameters():
        torch.testing.assert_close(weights[name], weight, rtol=0, atol=1e-6)
    assert {f"trunk.{name}" for name in trunk_state(source)} <= set(target.transferred_)
    # Of the hidden layers of another size no weight may come along, biases included.
    assert not any(name.startswith("output.") for name in target.transferred_)


@pytest.mark.parametrize("freeze", ["trunk", ["trunk.*"], "all but head"])
def test_frozen_weights_and_buffers_stay_bitwise(data, source, freeze):
    target = CNNClassifier(pretrained=source, freeze=freeze, **SMALL, **QUICK).fit(*data)
    assert same([trunk_state(source), trunk_state(target)])
    assert not torch.equal(target.network_.output.weight, source.network_.output.weight)
    hidden = [e.network_.hidden.state_dict().values() for e in (source, target)]
    is_same = all(torch.equal(a, b) for a, b in zip(*hidden, strict=True))
    assert is_same == (freeze == "all but head")
    # Nothing stays frozen in the fitted estimator, or nobody could train or explain it.
    assert all(weight.requires_grad for weight in target.network_.parameters())
    assert not target.net_.frozen


def test_limits_of_norms_leave_frozen_layers_alone(data, source):
    settings = SMALL | QUICK | {"regularization": Regularization(max_norm=0.01)}
    target = CNNClassifier(pretrained=source, freeze="trunk", **settings).fit(*data)
    assert same([trunk_state(source), trunk_state(target)])
    assert target.network_.output.weight.norm(dim=1).max() <= 0.0101


def test_a_second_stage_keeps_what_is_frozen(data, source):
    settings = SMALL | QUICK | {"freeze": "all but head", "balancing": ClassBalancing(refit_head=1)}
    target = CNNClassifier(pretrained=source, **settings).fit(*data)
    assert same([trunk_state(source), trunk_state(target)])
    assert same([e.network_.hidden.state_dict() for e in (source, target)])


def test_layers_without_trained_weights_are_not_frozen(data, source):
    other = SMALL | QUICK | {"hidden_units": 5}
    target = CNNClassifier(pretrained=source, freeze="all but head", **other)
    with pytest.raises(ValueError, match=r"would keep hidden.* random.*such as 'trunk'"):
        target.fit(*data)


def test_embeddings_of_other_categories_are_reinitialized(data):
    X, y = data
    cells = np.resize(["a", "b"], len(y))
    frame = pd.DataFrame({"sequence": X, "cell": cells})
    first = ConditionalClassifier(max_iter=1, random_state=0).fit(frame, y)
    again = ConditionalClassifier(max_iter=1, random_state=0, pretrained=first)
    assert any(n.startswith("embeddings") for n in clone(again).fit(frame, y).transferred_)
    frame["cell"] = np.where(cells == "a", "c", "d")
    assert not any(n.startswith("embeddings") for n in again.fit(frame, y).transferred_)


def test_one_frozen_layer_of_several(data, source):
    target = CNNClassifier(pretrained=source, freeze=["trunk.blocks.0.*"], **SMALL, **QUICK).fit(
        *data
    )
    before, after = trunk_state(source), trunk_state(target)
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert all(name.startswith("blocks.1.") for name in changed)


def test_a_single_frozen_weight(data, source):
    name = next(n for n, _ in source.network_.named_parameters() if n.endswith("conv.weight"))
    target = CNNClassifier(pretrained=source, freeze=[name], **SMALL, **QUICK).fit(*data)
    before, after = (dict(e.network_.named_parameters()) for e in (source, target))
    bias = name.replace("weight", "bias")
    assert torch.equal(before[name], after[name])
    assert not torch.equal(before[bias], after[bias])


def test_gradual_unfreezing_frees_the_top_first(data, source):
    n_layers = len(trunk_layers(source.network_))
    settings = (
        SMALL
        | QUICK
        | {"freeze": "trunk", "transfer": Transfer(unfreeze_every=1), "max_iter": n_layers}
    )
    partly = CNNClassifier(pretrained=source, **settings).fit(*data)
    before, after = trunk_state(source), trunk_state(partly)
    changed = {name.split(".")[1] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"1"}
    fully = clone(partly).set_params(max_iter=n_layers + 1).fit(*data)
    after = trunk_state(fully)
    changed = {name.split(".")[1] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"0", "1"}


def test_rates_fall_from_layer_to_layer(source):
    network = source.network_
    groups = parameter_groups(network, 0.01, 0.5)
    assert [group["lr"] for group in groups] == [0.01, 0.005, 0.0025]
    assert sum(len(group["params"]) for group in groups) == len(list(network.parameters()))
    top = {id(w) for w in groups[1]["params"]}
    assert top == {id(w) for w in network.trunk.blocks[1].parameters()}


@pytest.mark.parametrize("schedule", [None, "onecycle", "cosine", "linear"])
def test_layer_decay_moves_lower_layers_less(data, source, schedule):
    settings = SMALL | QUICK | {"schedule": schedule, "weight_decay": 0.0}
    moves = {}
    for decay in (1.0, 1e-6):
        target = CNNClassifier(
            pretrained=source, transfer=Transfer(layer_decay=decay), **settings
        ).fit(*data)
        distance = target.network_.trunk.blocks[0].unit.conv.weight
        moves[decay] = (distance - source.network_.trunk.blocks[0].unit.conv.weight).abs().max()
    assert moves[1e-6] < 1e-6 < 1e-3 < moves[1.0]


def test_other_labels_get_a_new_head(data, source):
    X, y = data
    three = np.resize(["a", "b", "c"], len(y))
    target = CNNClassifier(pretrained=source, **SMALL, **QUICK).fit(X, three)
    assert not any(name.startswith("output.") for name in target.transferred_)
    assert any(name.startswith("hidden.") for name in target.transferred_)
    assert target.predict_proba(X).shape == (len(X), 3)
    regressor = CNNRegressor(pretrained=source, **SMALL, **QUICK).fit(X, np.arange(len(y)))
    assert not any(name.startswith("output.") for name in regressor.transferred_)


def test_new_head_where_the_old_one_would_fit(data, source):
    kept = CNNClassifier(pretrained=source, **SMALL, **QUICK).fit(*data)
    new = CNNClassifier(pretrained=source, transfer=Transfer(new_head=True), **SMALL, **QUICK).fit(
        *data
    )
    assert "output.weight" in kept.transferred_
    assert "output.weight" not in new.transferred_


def test_clones_keep_what_is_pretrained(data, source):
    X, y = data
    target = CNNClassifier(pretrained=source, freeze="trunk", **QUICK)
    assert clone(target).pretrained is source
    assert clone(target).get_params(deep=False) == target.get_params(deep=False)
    scores = cross_val_score(target, X, y, cv=2)
    assert scores.shape == (2,)


def test_clones_keep_requests_and_output():
    with config_context(enable_metadata_routing=True):
        estimator = CNNClassifier().set_fit_request(groups=True)
        assert clone(estimator).get_metadata_routing().fit.requests["groups"] is True


def test_seeds_of_a_bag_do_not_reach_what_is_pretrained(data, source):
    X = np.array(data[0], dtype=object).reshape(-1, 1)
    bag = BaggingClassifier(CNNClassifier(pretrained=source, **QUICK), n_estimators=1)
    bag.fit(X, data[1])
    assert source.random_state == 0
    assert not any("__" in name for name in CNNClassifier(pretrained=source).get_params())


def test_search_over_what_is_pretrained(data, source):
    X, y = data
    grid = {"pretrained": [None, FrozenEstimator(source)]}
    search = GridSearchCV(CNNClassifier(**SMALL, **QUICK), grid, cv=2).fit(X, y)
    assert len(search.cv_results_["params"]) == 2
    with pytest.raises(ValueError, match=r"not fitted.*FrozenEstimator"):
        CNNClassifier(pretrained=CNNClassifier(), **QUICK).fit(X, y)


def test_from_a_file_a_pipeline_and_a_search(data, source, tmp_path):
    X, y = data
    save(source, tmp_path / "source.skops")
    pipeline = make_pipeline(OneHotEncoder(), clone(source)).fit(X, y)
    search = GridSearchCV(clone(source), {"max_iter": [1]}, cv=2).fit(X, y)
    assert find_source(pipeline) is pipeline[-1]
    assert find_source(search) is search.best_estimator_
    assert find_source(FrozenEstimator(pipeline)) is pipeline[-1]
    from_file = CNNClassifier(pretrained=tmp_path / "source.skops", **QUICK).fit(X, y)
    from_object = CNNClassifier(pretrained=source, **QUICK).fit(X, y)
    assert np.array_equal(from_file.predict_proba(X), from_object.predict_proba(X))


def test_pickle_after_transfer(data, source):
    X, y = data
    target = CNNClassifier(pretrained=source, freeze="trunk", **QUICK).fit(X, y)
    loaded = pickle.loads(pickle.dumps(target))
    assert np.array_equal(loaded.predict_proba(X), target.predict_proba(X))


def test_other_length_keeps_the_pooling(data, source):
    X, y = data
    longer = [x + x for x in X]
    big = CNNClassifier(**SMALL, pool_size="auto", **QUICK).fit([x * 8 for x in X], y)
    window = big.network_.trunk.blocks[0].unit.pool.window
    assert window > 1
    target = CNNClassifier(pretrained=big, **QUICK).fit(longer, y)
    assert target.network_.trunk.blocks[0].unit.pool.window == window


@pytest.mark.parametrize(
    ("cls", "settings"),
    [
        (CNNRNNClassifier, {"n_filters": 8, "hidden_size": 4}),
        (ResNetClassifier, {"n_filters": 8, "stem_filters": 8, "dilation": (1, 2)}),
        (TransformerClassifier, {"stem_filters": 8, "d_model": 8, "n_layers": 1, "n_heads": 2}),
    ],
)
def test_every_family_transfers(data, cls, settings):
    X, y = data
    first = cls(**settings, **QUICK).fit(X, y)
    second = cls(pretrained=first, freeze="trunk", **QUICK).fit([x[:30] for x in X], y)
    assert same([trunk_state(first), trunk_state(second)])


def test_from_labels_of_positions_to_labels_of_sequences(data):
    X, y = data
    sites = ["".join("S" if symbol == "G" else "N" for symbol in x) for x in X]
    labeler = SequenceLabeler(
        network="cnn", network_params={"n_filters": (8, 8)}, max_iter=1, random_state=0
    ).fit(X, sites)
    target = CNNClassifier(pretrained=labeler, freeze="trunk", **QUICK).fit(X, y)
    assert same([trunk_state(labeler), trunk_state(target)])
    back = SequenceLabeler(network="cnn", pretrained=target, freeze="trunk", max_iter=1)
    assert same([trunk_state(back.fit(X, sites)), trunk_state(target)])


def test_a_network_of_ones_own(data):
    class Own(torch.nn.Module):
        def __init__(self, n_channels, length, n_outputs):
            super().__init__()
            self.trunk = torch.nn.Conv1d(n_channels, 4, 5)
            self.output = torch.nn.Linear(4, n_outputs)

        def forward(self, x):
            return self.output(self.trunk(x).relu().amax(dim=2))

    X, y = data
    first = SequenceClassifier(network=Own, **QUICK).fit(X, y)
    second = SequenceClassifier(network=Own, pretrained=first, freeze="trunk", **QUICK).fit(X, y)
    assert same([trunk_state(first), trunk_state(second)])


def test_partial_fit_and_warm_start_keep_frozen_layers(data, source):
    X, y = data
    target = CNNClassifier(pretrained=source, freeze="trunk", **QUICK)
    for _ in range(2):
        target.partial_fit(X, y)
    assert same([trunk_state(source), trunk_state(target)])
    target.set_params(warm_start=True).fit(X, y)
    assert same([trunk_state(source), trunk_state(target)])


def test_the_source_is_left_alone(data, source):
    X, y = data
    before = source.predict_proba(X)
    CNNClassifier(pretrained=source, **QUICK).fit(X, y)
    assert np.array_equal(source.predict_proba(X), before)


def test_few_labels_gain_from_a_related_task():
    simulated = make_motif_classification(n_samples=1200, length=60, random_state=0)
    X, y = simulated.X, simulated.y
    settings = {"random_state": 0, "kmer_path": 0, "linear_path": False}
    full = CNNClassifier(n_filters=(16, 16), max_iter=20, **settings).fit(X[:1000], y[:1000])
    few = slice(1000, 1030)
    scratch = CNNClassifier(n_filters=(16, 16), max_iter=10, **settings).fit(X[few], y[few])
    moved = CNNClassifier(
        pretrained=full, transfer=Transfer(new_head=True), freeze="trunk", max_iter=10, **settings
    ).fit(X[few], y[few])
    test = slice(1030, 1200)
    gain = moved.score(X[test], y[test]) - scratch.score(X[test], y[test])
    assert gain > 0.1


def test_tokens_need_the_same_vocabulary(data):
    X, y = data
    tokens = KmerTokenizer(k=3).fit_transform(X)
    settings = {"d_model": 8, "n_layers": 1, "n_heads": 2} | QUICK
    first = TransformerClassifier(vocabulary_size=int(tokens.max()) + 1, **settings).fit(tokens, y)
    with pytest.raises(ValueError, match="vocabulary_size=100, but `pretrained` was built with"):
        TransformerClassifier(vocabulary_size=100, pretrained=first, **settings).fit(tokens, y)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda s: ResNetClassifier(pretrained=s), "has a CNNTrunk, but ResNetClassifier has a"),
        (lambda s: CNNClassifier(pretrained=s, n_filters=(8, 9)), r"n_filters=\(8, 9\), but"),
        (
            lambda s: CNNClassifier(pretrained=s, reverse_complement="tied"),
            r"weight trunk\.\S+ has",
        ),
        (lambda s: CNNClassifier(pretrained=s, alphabet="TGCA"), "same symbols in the same order"),
        (lambda s: CNNClassifier(pretrained=s, alphabet="ACGTZ"), "5 channels at a position"),
        (lambda s: CNNClassifier(pretrained=s, freeze="body"), "freeze must be None, 'trunk'"),
        (lambda s: CNNClassifier(pretrained=s, freeze=["stem.*"]), "matches no parameter"),
        (lambda s: CNNClassifier(pretrained=s, freeze=["*"], **SMALL), "leaves no weight to train"),
        (lambda s: CNNClassifier(freeze="trunk"), "would keep random weights"),
        (
            lambda s: CNNClassifier(pretrained=s, transfer=Transfer(unfreeze_every=1)),
            "but freeze=None",
        ),
        (lambda s: CNNClassifier(pretrained=s, transfer=Transfer(layer_decay=2)), "layer_decay"),
        (lambda s: CNNClassifier(pretrained=3), "must be a fitted estimator of skgenomics"),
        (lambda s: MLPClassifier(pretrained=s), "both need the same architecture"),
    ],
)
def test_what_cannot_be_says_so(data, source, make, message):
    estimator = make(source).set_params(max_iter=1)
    with pytest.raises(ValueError, match=message):
        estimator.fit(*data)


def test_dropout_is_free(data, source):
    target = CNNClassifier(pretrained=source, dropout=0.5, **QUICK).fit(*data)
    assert target.network_.trunk.blocks[0].dropout.p == 0.5


def test_a_file_that_is_not_there(data):
    with pytest.raises(FileNotFoundError):
        CNNClassifier(pretrained="nowhere.skops").fit(*data)


def test_frozen_weights_named_all_at_once(source):
    modules = find_modules(source.network_, "all but head")
    held = {id(w) for module in modules for w in module.parameters()}
    names = {n for n, w in source.network_.named_parameters() if id(w) not in held}
    assert all(n.split(".")[0] in ("output", "linear_path", "kmer_path") for n in names)


def taken_over(target, *parts):
    """Names of weights that were taken over of some parts of the network."""
    return {name for name in target.transferred_ if name.partition(".")[0] in parts}


def test_linear_models_beside_the_network_belong_to_the_labels(data):
    X, y = data
    settings = SMALL | QUICK | {"linear_path": True, "kmer_path": 2}
    source = CNNClassifier(**settings).fit(X, y)
    parts = "output", "linear_path", "kmer_path"
    kept = CNNClassifier(pretrained=source, **settings).fit(X, y)
    assert {name.partition(".")[0] for name in taken_over(kept, *parts)} == set(parts)
    other = CNNClassifier(pretrained=source, **settings).fit(X, np.where(y == y[0], "a", "b"))
    new = CNNClassifier(pretrained=source, transfer=Transfer(new_head=True), **settings).fit(X, y)
    assert not taken_over(other, *parts) | taken_over(new, *parts)


def test_heads_of_another_kind_are_reinitialized(data):
    X, _ = data
    three, tasks = np.arange(len(X)) % 3, np.eye(3, dtype=int)[np.arange(len(X)) % 3]
    classes = CNNClassifier(**SMALL, **QUICK).fit(X, three)
    multilabel = CNNClassifier(pretrained=classes, **SMALL, **QUICK).fit(X, tasks)
    assert np.array_equal(classes.classes_, multilabel.classes_)
    assert not taken_over(multilabel, "output")
    counts = CNNRegressor(loss="poisson", **SMALL, **QUICK).fit(X, three)
    numbers = CNNRegressor(pretrained=counts, **SMALL, **QUICK).fit(X, three)
    assert not taken_over(numbers, "output")
    again = CNNRegressor(loss="poisson", pretrained=counts, **SMALL, **QUICK).fit(X, three)
    assert taken_over(again, "output")


def test_symbols_are_no_targets(data):
    X, _ = data
    settings = {"d_model": 8, "n_heads": 2, "n_layers": 1, "stem_filters": ()}
    lm = MaskedLanguageModel(network_params=settings, max_iter=1).fit(X)
    target = TransformerRegressor(pretrained=lm, hidden_units=(), head_pool=("mean",), max_iter=1)
    target.fit(X, np.random.default_rng(0).normal(size=(len(X), 4)))
    # The weights of a layer for four targets would fit.
    assert target.network_.output.weight.shape == lm.network_.output.weight.shape
    assert not taken_over(target, "output")
    assert taken_over(target, "trunk")


def test_which_label_follows_which_belongs_to_the_labels(data):
    X, _ = data
    settings = {"network": "cnn", "network_params": {"n_filters": 4}, "max_iter": 1, "crf": True}
    rows = [x.replace("A", "C").replace("T", "G") for x in X]
    source = SequenceLabeler(**settings).fit(X, rows)
    same_labels = SequenceLabeler(pretrained=source, **settings).fit(X, rows)
    other = SequenceLabeler(pretrained=source, **settings).fit(
        X, [row.replace("C", "E").replace("G", "F") for row in rows]
    )
    assert taken_over(same_labels, "crf")
    assert not taken_over(other, "output", "crf")


def test_profiles_have_a_head_too(data):
    X, _ = data
    y = np.random.default_rng(0).poisson(3, (len(X), 40))
    settings = {"network": "cnn", "network_params": {"n_filters": 4}, "max_iter": 1}
    source = ProfileRegressor(**settings, loss="multinomial").fit(X, y)
    target = ProfileRegressor(
        **settings, loss="multinomial", pretrained=source, freeze="all but head", random_state=0
    ).fit(X, y)
    before, after = (dict(e.network_.named_parameters()) for e in (source, target))
    changed = {n.partition(".")[0] for n in before if not torch.equal(before[n], after[n])}
    assert changed == {"profile", "count"}
    new = clone(target).set_params(transfer=Transfer(new_head=True)).fit(X, y)
    assert not taken_over(new, "profile", "count")


@pytest.mark.parametrize("freeze", [["trunk.*"], ("trunk.blocks.*",)])
def test_gradual_unfreezing_of_patterns_goes_layer_by_layer(data, source, freeze):
    settings = (
        SMALL | QUICK | {"freeze": freeze, "transfer": Transfer(unfreeze_every=1), "max_iter": 2}
    )
    target = CNNClassifier(pretrained=source, **settings).fit(*data)
    before, after = trunk_state(source), trunk_state(target)
    changed = {name.split(".")[1] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"1"}


@pytest.mark.parametrize("freeze", [3, True, [], ["trunk.*", 3]])
def test_freeze_of_another_kind(data, source, freeze):
    with pytest.raises(ValueError, match="freeze must be None, 'trunk', 'all but head' or a list"):
        CNNClassifier(pretrained=source, freeze=freeze, **QUICK).fit(*data)


def test_a_trunk_without_weights_cannot_be_frozen(data):
    source = MLPClassifier(hidden_units=4, **QUICK).fit(*data)
    with pytest.raises(ValueError, match="has no parameters; use freeze='all but head'"):
        MLPClassifier(pretrained=source, freeze="trunk", **QUICK).fit(*data)


def test_a_class_is_not_a_fitted_model(data):
    with pytest.raises(ValueError, match="must be a fitted estimator of skgenomics"):
        CNNClassifier(pretrained=CNNClassifier, **QUICK).fit(*data)


def test_what_was_transferred_is_forgotten(data, source):
    target = CNNClassifier(pretrained=source, **QUICK).fit(*data)
    assert not hasattr(target.set_params(pretrained=None).fit(*data), "transferred_")


def test_a_path_is_saved_as_text(data, source, tmp_path):
    X, y = data
    save(source, tmp_path / "source.skops")
    target = CNNClassifier(pretrained=tmp_path / "source.skops", **QUICK).fit(X, y)
    save(target, tmp_path / "target.skops")
    loaded = load(tmp_path / "target.skops")
    assert loaded.pretrained == str(tmp_path / "source.skops")
    assert np.array_equal(loaded.predict_proba(X), target.predict_proba(X))


def test_text_frames_work_too(data, source):
    X, y = data
    frame = pd.DataFrame({"sequence": X})
    target = CNNClassifier(pretrained=source, **QUICK).fit(frame, y)
    assert target.predict(frame).shape == (len(y),)
