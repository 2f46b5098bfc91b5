"""Every kind of fitted model in every verb: each cell works, or refuses and says why.

`ROWS` are the kinds of models, `VERBS` what users do with a fitted model, `REFUSALS` the cells that
cannot work, each with the message that says so. `benchmarks/composition.py` writes the table.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from functools import cache, partial
from io import StringIO
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    TunedThresholdClassifierCV,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from skorch.callbacks import Callback
from torch import nn

import skgenomics
from skgenomics import (
    CausalLanguageModel,
    ChaosGameEncoder,
    CNNClassifier,
    CNNRegressor,
    CompositionEncoder,
    ConditionalClassifier,
    ConformalRegressor,
    DeepEnsembleClassifier,
    DeepEnsembleRegressor,
    DomainAdversarialClassifier,
    DomainAdversarialRegressor,
    FixedLength,
    KmerCounter,
    KmerTokenizer,
    MaskedLanguageModel,
    MLPClassifier,
    MultiTaskEstimator,
    MultiViewClassifier,
    MultiViewRegressor,
    OneHotEncoder,
    OrdinalEncoder,
    PairLabeler,
    PairRegressor,
    PretrainedClassifier,
    PretrainedEmbedder,
    PretrainedLanguageModel,
    ProfileRegressor,
    SequenceClassifier,
    SequenceLabeler,
    SequenceRegressor,
    SequenceVAE,
    load,
    save,
    zoo,
)
from skgenomics.cli import main
from skgenomics.genome import score_variants
from skgenomics.inspection import (
    AttributionDisplay,
    MutagenesisDisplay,
    attribute,
    design,
    explain_report,
    marginalize,
    mutagenesis,
)
from skgenomics.metrics import bootstrap_interval
from skgenomics.networks import FeatureSelectionMLP, ImageCNN
from skgenomics.testing import make_checkpoint, make_text
from skgenomics.training import (
    Augmentation,
    Checkpoint,
    ClassBalancing,
    Regularization,
    Transfer,
)
from skgenomics.uncertainty import mc_dropout

N, LENGTH = 32, 40
X = make_text(N, LENGTH)
GC = np.array([(x.count("G") + x.count("C")) / LENGTH for x in X])
BINARY = (np.array([x[15:25].count("G") for x in X]) > 2).astype(int)
CLASSES = np.array(["low", "mid", "high"])[np.digitize(GC, np.quantile(GC, [0.33, 0.66]))]
TASKS = pd.DataFrame(
    {"K562": BINARY, "HepG2": 1 - BINARY, "GM12878": np.arange(N) % 2}, dtype=float
)
TASKS.iloc[::5, 1] = np.nan
VALUES = pd.DataFrame({"developmental": GC, "housekeeping": 1 - GC**2})
SITES = ["".join("D" if x[i : i + 2] == "GT" else "N" for i in range(LENGTH)) for x in X]
COVERAGE = np.random.default_rng(0).poisson(3, (N, LENGTH, 2)).astype(float)
CONTACTS = np.array([[[int({a, b} == {"A", "T"}) for a in x] for b in x] for x in X])
FRAME = pd.DataFrame({"sequence": X, "distance": np.linspace(0, 1, N)})
IMAGES = np.random.default_rng(0).integers(255, size=(N, 6, 8, 3)).astype(np.uint8)
CELLS = pd.DataFrame({"sequence": X, "cell": np.resize(["a", "b"], N)})
QUICK = {"max_iter": 1, "random_state": 0}
TINY = {
    "MLP": {"hidden_units": (8,)},
    "CNN": {"n_filters": (8, 8), "kernel_size": 5, "pool_size": 1},
    "ResNet": {"n_filters": 8, "stem_filters": 8, "stem_kernel_size": 5, "dilation": 1},
    "UNet": {"n_filters": (8, 8), "kernel_size": 5},
    "RNN": {"embedding_size": 8, "hidden_size": 8},
    "CNNRNN": {"n_filters": 8, "kernel_size": 5, "pool_size": 1, "hidden_size": 8},
    "Transformer": {"stem_filters": 8, "d_model": 8, "n_layers": 1, "n_heads": 2},
    "LongConv": {"d_model": 8, "n_layers": 1, "filter_units": 8},
    "ConvTransformer": {"d_model": 16, "n_layers": 1, "n_heads": 2, "n_downsamplings": 1},
}
CNN = TINY["CNN"] | QUICK
# Hyperparameters that name the folder of a checkpoint.
OWNER = re.compile(r"(^|__)checkpoint$")


class Own(nn.Module):
    """A module of a method developer: it knows nothing of the package."""

    def __init__(self, n_channels, length, n_outputs, width=4):
        super().__init__()
        self.convolution = nn.Conv1d(n_channels, width, 5, padding=2)
        self.output = nn.Linear(width, n_outputs)

    def forward(self, x):
        return self.output(self.convolution(x).relu().amax(dim=2))


class Joint(Own):
    """A module that reads a number beside the sequence."""

    def __init__(self, n_channels, length, n_outputs, width=4):
        super().__init__(n_channels, length, n_outputs, width)
        self.weight = nn.Linear(1, n_outputs)

    def forward(self, x, distance):
        return super().forward(x) + self.weight(distance[:, None])


@cache
def checkpoint() -> str:
    """Return the folder of a tiny pretrained language model with random parameters."""
    folder = mkdtemp()
    make_checkpoint(folder)
    return folder


@dataclass(frozen=True)
class Row:
    """A kind of model with the data that it is fitted on."""

    make: Callable[[], Any]
    X: Any = field(default_factory=lambda: X)
    y: Any = field(default_factory=lambda: BINARY)
    fit_params: dict[str, Any] = field(default_factory=dict)
    target: Any = None


def _network(name: str, kind: str, **settings) -> Any:
    return getattr(skgenomics, name + kind)(**TINY[name] | QUICK | settings)


ROWS: dict[str, Row] = {
    **{f"{name}Classifier": Row(lambda name=name: _network(name, "Classifier")) for name in TINY},
    **{
        f"{name}Regressor": Row(lambda name=name: _network(name, "Regressor"), y=GC)
        for name in TINY
    },
    "multi-class": Row(lambda: CNNClassifier(**CNN), y=CLASSES, target="high"),
    "multi-label": Row(lambda: CNNClassifier(**CNN), y=TASKS, target="HepG2"),
    "multi-target": Row(lambda: CNNRegressor(**CNN), y=VALUES, target="housekeeping"),
    "labeler": Row(lambda: SequenceLabeler(network="cnn", **QUICK), y=SITES, target="D"),
    "labeler with a CRF": Row(
        lambda: SequenceLabeler(network="cnn", crf=True, **QUICK), y=SITES, target="D"
    ),
    "profile": Row(lambda: ProfileRegressor(network="cnn", **QUICK), y=COVERAGE[:, :, 0]),
    "profile of tracks": Row(
        lambda: ProfileRegressor(network="cnn", **QUICK), y=COVERAGE, target=1
    ),
    "pairs": Row(
        lambda: PairLabeler(network="cnn", pair_filters=4, pair_dilation=1, **QUICK),
        y=CONTACTS,
        target=(3, 30),
    ),
    "pairs, regression": Row(
        lambda: PairRegressor(network="cnn", pair_filters=4, pair_dilation=1, **QUICK), y=CONTACTS
    ),
    "multi-task": Row(
        lambda: MultiTaskEstimator(network="cnn", **QUICK),
        y=pd.DataFrame({"bound": BINARY, "cell": CLASSES, "level": GC}),
        target="bound",
    ),
    "conditional": Row(lambda: ConditionalClassifier(**QUICK), X=CELLS),
    "adversarial": Row(
        lambda: DomainAdversarialClassifier(**QUICK), fit_params={"domains": np.arange(N) % 3}
    ),
    "adversarial, regression": Row(
        lambda: DomainAdversarialRegressor(**QUICK),
        y=GC,
        fit_params={"confounders": np.c_[GC**2, np.arange(N)]},
    ),
    "multi-view": Row(
        lambda: MultiViewClassifier(
            views=[
                ("dna", None, CNNClassifier(**CNN), "sequence"),
                ("position", None, MLPClassifier(hidden_units=4), ["distance"]),
            ],
            **QUICK,
        ),
        X=FRAME,
    ),
    "multi-view regressor": Row(
        lambda: MultiViewRegressor(views=[("dna", None, CNNRegressor(**CNN), "sequence")], **QUICK),
        X=FRAME,
        y=GC,
    ),
    "published": Row(lambda: zoo.make("DeepBind", **QUICK)),
    "published, splicing": Row(
        lambda: zoo.make("SpliceAI-80", width=0.125, crop=0, **QUICK), y=SITES, target="D"
    ),
    "published, profile": Row(lambda: zoo.make("BPNet", width=0.125, **QUICK), y=COVERAGE[:, :, 0]),
    "published, coverage": Row(
        lambda: zoo.make(
            "Basenji-small", width=0.25, bin_size=8, network__stem_pool_size=(2, 2, 2), **QUICK
        ),
        y=COVERAGE[:, ::8],
    ),
    "transfer": Row(
        lambda: CNNClassifier(
            pretrained=fitted("multi-class"),
            freeze="trunk",
            transfer=Transfer(unfreeze_every=1),
            **QUICK,
        )
    ),
    "own module by position": Row(lambda: SequenceClassifier(Own, **QUICK)),
    "own module": Row(lambda: SequenceClassifier(network=Own, **QUICK)),
    "own module, several inputs": Row(lambda: SequenceClassifier(Joint, **QUICK), X=FRAME),
    "own module, regression": Row(lambda: SequenceRegressor(network=Own, **QUICK), y=GC),
    "feature selection": Row(lambda: SequenceClassifier(FeatureSelectionMLP, **QUICK)),
    "images": Row(lambda: SequenceClassifier(ImageCNN, n_channels=3, **QUICK), X=IMAGES),
    "imported module": Row(
        lambda: SequenceClassifier.from_module(
            Own(4, LENGTH, 1), classes=[0, 1], length=LENGTH, **QUICK
        )
    ),
    "ensemble": Row(lambda: DeepEnsembleClassifier(CNNClassifier(**CNN), n_estimators=2)),
    "ensemble, regression": Row(
        lambda: DeepEnsembleRegressor(CNNRegressor(**CNN), n_estimators=2), y=GC
    ),
    "conformal": Row(lambda: ConformalRegressor(CNNRegressor(**CNN), random_state=0), y=GC),
    "behind OneHotEncoder": Row(lambda: make_pipeline(OneHotEncoder(), CNNClassifier(**CNN))),
    "behind OrdinalEncoder": Row(lambda: make_pipeline(OrdinalEncoder(), CNNClassifier(**CNN))),
    "behind FixedLength": Row(lambda: make_pipeline(FixedLength(LENGTH), CNNClassifier(**CNN))),
    "behind KmerCounter": Row(
        lambda: make_pipeline(KmerCounter(k=2), _network("MLP", "Classifier"))
    ),
    "behind CompositionEncoder": Row(
        lambda: make_pipeline(CompositionEncoder(), _network("MLP", "Classifier"))
    ),
    "behind ChaosGameEncoder": Row(
        lambda: make_pipeline(ChaosGameEncoder(), _network("MLP", "Classifier"))
    ),
    "behind KmerTokenizer": Row(
        lambda: make_pipeline(KmerTokenizer(k=3), _network("RNN", "Classifier"))
    ),
    "parameters of training": Row(
        lambda: CNNClassifier(
            **CNN,
            augmentation=Augmentation(shift=2),
            balancing=ClassBalancing(balanced_batches=True),
            regularization=Regularization(),
        )
    ),
    "masked language model": Row(
        lambda: MaskedLanguageModel(
            network="cnn", network_params={"n_filters": (8, 8), "kernel_size": 3}, **QUICK
        ),
        y=None,
    ),
    "causal language model": Row(
        lambda: CausalLanguageModel(
            network="rnn",
            network_params={"embedding_size": 4, "hidden_size": 8, "n_layers": 1},
            **QUICK,
        ),
        y=None,
    ),
    "sequence VAE": Row(lambda: SequenceVAE(**QUICK), y=None),
    "pretrained language model": Row(lambda: PretrainedLanguageModel(checkpoint()), y=None),
    "pretrained classifier": Row(lambda: PretrainedClassifier(checkpoint(), **QUICK)),
    "behind PretrainedEmbedder": Row(
        lambda: make_pipeline(PretrainedEmbedder(checkpoint()), _network("MLP", "Classifier"))
    ),
    "k-mers": Row(lambda: make_pipeline(KmerCounter(k=2), LogisticRegression())),
    "k-mers, regression": Row(lambda: make_pipeline(KmerCounter(k=2), Ridge()), y=GC),
    "search": Row(
        lambda: GridSearchCV(CNNClassifier(**CNN), {"learning_rate": [1e-3, 1e-2]}, cv=2)
    ),
    "calibrated": Row(lambda: CalibratedClassifierCV(CNNClassifier(**CNN), cv=2)),
    "tuned threshold": Row(lambda: TunedThresholdClassifierCV(CNNClassifier(**CNN), cv=2)),
    "voting": Row(
        lambda: VotingClassifier(
            [("a", CNNClassifier(**CNN)), ("b", CNNClassifier(**CNN))], voting="soft"
        )
    ),
}


# Names that the command line knows models by, other than those of the families of networks.
COMMANDS = {
    "multi-class": "cnn",
    "multi-label": "cnn",
    "multi-target": "cnn",
    "published": "DeepBind",
    "k-mers": "kmer-logreg",
    "k-mers, regression": "kmer-logreg",
}


@cache
def fitted(name: str) -> Any:
    """Fit a row once for all of its cells."""
    row = ROWS[name]
    return row.make().fit(row.X, row.y, **row.fit_params)


def take(data: Any, n: int) -> Any:
    """First samples of text, an array or a frame."""
    if data is None:
        return None
    return data.iloc[:n] if hasattr(data, "iloc") else data[:n]


def same(a: Any, b: Any) -> bool:
    """Compare predictions of any form for bitwise equality."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, pd.DataFrame):
        return a.equals(b)
    return np.array_equal(np.asarray(a), np.asarray(b))


def sample_of(row: Row) -> Any:
    """First sequence of a row; a sample with its other columns if there are any."""
    return take(row.X, 1) if isinstance(row.X, pd.DataFrame | np.ndarray) else row.X[0]


def sequences_of(row: Row) -> list[str]:
    """Text of the sequences of a row, whatever stands beside them in a frame; any for images."""
    if isinstance(row.X, np.ndarray):
        return X
    return list(row.X["sequence"]) if isinstance(row.X, pd.DataFrame) else list(row.X)


def outputs_of(model: Any, X: Any) -> Any:
    """Compute what a model says of samples: predictions, or scores if it has no labels."""
    if hasattr(model, "predict"):
        return model.predict(X)
    return model.score_samples(X) if hasattr(model, "score_samples") else model.transform(X)


def scoring_of(name: str, model: Any) -> Any:
    """Choose the score that suits labels with gaps, and predictions with intervals."""
    if name == "multi-label":
        return skgenomics.metrics.get_scorer("masked_roc_auc")
    return "r2" if hasattr(model, "predict_interval") else None


def verb_clone(name: str, folder) -> None:
    model = ROWS[name].make()
    copy = clone(model)
    assert copy is not model
    assert repr(copy) == repr(model)


def verb_pickle(name: str, folder) -> None:
    row, model = ROWS[name], fitted(name)
    copy = pickle.loads(pickle.dumps(model))
    assert same(outputs_of(copy, row.X), outputs_of(model, row.X))


def own_classes(name: str) -> list[str]:
    """Names of the classes of the user's own that a saved model is made of."""
    if "own module" not in name and name != "imported module":
        return []
    return [f"{Own.__module__}.{(Joint if 'inputs' in name else Own).__name__}"]


def verb_save(name: str, folder) -> None:
    row, model = ROWS[name], fitted(name)
    save(model, folder / "model.skops")
    copy = load(folder / "model.skops", trusted=own_classes(name))
    assert same(outputs_of(copy, row.X), outputs_of(model, row.X))


def verb_cross_validate(name: str, folder) -> None:
    row = ROWS[name]
    cv = KFold(2, shuffle=True, random_state=0)
    model = row.make()
    scores = cross_validate(
        model,
        row.X,
        row.y,
        cv=cv,
        scoring=scoring_of(name, model),
        params=row.fit_params,
        error_score="raise",
    )
    assert np.isfinite(scores["test_score"]).all()


def verb_groups(name: str, folder) -> None:
    """Groups of samples, such as chromosomes, stay together."""
    row = ROWS[name]
    model, groups = row.make(), np.arange(N) // 4
    cv = [*GroupKFold(2).split(row.X, groups=groups)]
    scores = cross_validate(
        model,
        row.X,
        row.y,
        cv=cv,
        scoring=scoring_of(name, model),
        params=row.fit_params,
        error_score="raise",
    )
    assert np.isfinite(scores["test_score"]).all()


def verb_search(name: str, folder) -> None:
    """A search over one parameter, whatever step or inner model holds it."""
    row = ROWS[name]
    model = row.make()
    parameter = next(
        key
        for last in ("learning_rate", "C", "alpha", "batch_size")
        for key in model.get_params()
        if key.split("__")[-1] == last
    )
    values = [8, 16] if parameter == "batch_size" else [1e-3, 1e-2]
    search = GridSearchCV(
        model,
        {parameter: values},
        cv=KFold(2, shuffle=True, random_state=0),
        scoring=scoring_of(name, model),
        error_score="raise",
    )
    search.fit(row.X, row.y, **row.fit_params)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_params_[parameter] in values


class NoBatch(Callback):
    """Callback that refuses to train."""

    def on_batch_begin(self, net, training=False, **kwargs):
        raise AssertionError("a finished training is repeated")


def verb_checkpoint(name: str, folder) -> None:
    """A second fit takes all networks from the checkpoints of the first one."""
    row = ROWS[name]
    unfitted = row.make()

    def fit(**settings):
        model = clone(unfitted)
        own = [key.removesuffix("checkpoint") for key in model.get_params() if OWNER.search(key)]
        values = {prefix + key: value for prefix in own for key, value in settings.items()}
        seeds = [key for key in model.get_params() if key.split("__")[-1] == "random_state"]
        model.set_params(**values or settings, **dict.fromkeys(seeds, 0))
        return model.fit(row.X, row.y, **row.fit_params)

    checkpoint = Checkpoint(folder, every=1, per_fit=True)
    first = fit(checkpoint=checkpoint)
    files = [*folder.rglob("*")]
    assert any(path.name == "training.pt" for path in files)
    again = fit(checkpoint=checkpoint, callbacks=[NoBatch()])
    assert [*folder.rglob("*")] == files
    assert same(outputs_of(again, row.X), outputs_of(first, row.X))


def with_text(data: Any, sequences: list[str]) -> Any:
    """Other sequences, beside the same other columns if there are any."""
    return data.assign(sequence=sequences) if isinstance(data, pd.DataFrame) else sequences


def verb_unequal_lengths(name: str, folder) -> None:
    """Sequences of unequal length, and then one that is longer than any of them."""
    row = ROWS[name]
    lengths = [LENGTH - i % 3 for i in range(N)]
    y = row.y
    if isinstance(y, list):
        y = [labels[:n] for labels, n in zip(y, lengths, strict=True)]
    elif isinstance(y, np.ndarray) and y.ndim > 1:
        square = y.shape[1:3] == (LENGTH, LENGTH)
        y = [v[:n, :n] if square else v[:n] for v, n in zip(y, lengths, strict=True)]
    sequences = [x[:n] for x, n in zip(sequences_of(row), lengths, strict=True)]
    model = row.make().fit(with_text(row.X, sequences), y, **row.fit_params)
    longer = with_text(take(row.X, 2), [x + x[:9] for x in X[:2]])
    assert len(outputs_of(model, longer)) > 0


def verb_alphabet(name: str, folder) -> None:
    """Proteins, as every estimator and encoder reads them with alphabet="protein"."""
    row = ROWS[name]
    model = row.make()
    proteins = [x.translate(str.maketrans("ACGT", "KMLV")) for x in sequences_of(row)]
    keys = [key for key in model.get_params() if key.split("__")[-1] == "alphabet"]
    model.set_params(**dict.fromkeys(keys, "protein"))
    data = with_text(row.X, proteins)
    model.fit(data, row.y, **row.fit_params)
    assert len(outputs_of(model, take(data, 2))) > 0


def verb_sample_weight(name: str, folder) -> None:
    """A weight of zero leaves a sample out, whatever its label is."""
    row = ROWS[name]
    weight = np.ones(N)
    model = row.make().fit(row.X, row.y, sample_weight=weight, **row.fit_params)
    outputs_of(model, take(row.X, 2))


def verb_attribute(method: str) -> Callable[[str, Any], None]:
    def verb(name: str, folder) -> None:
        row, model = ROWS[name], fitted(name)
        X = take(row.X, 2)
        found = attribute(model, X, method=method, target=row.target, random_state=0)
        assert found.shape == (2, LENGTH, 4)
        assert np.isfinite(np.asarray(found)).all()

    return verb


def verb_mutagenesis(name: str, folder) -> None:
    """Effects are differences of the same score of whole sequences."""
    row, model = ROWS[name], fitted(name)
    effects = mutagenesis(model, take(row.X, 1), target=row.target)
    assert effects.shape == (1, LENGTH, 4)
    sequence = sequences_of(row)[0]
    base = "ACGT".index(sequence[20])
    assert effects[0, 20, base] == pytest.approx(0, abs=1e-6)


def verb_design(name: str, folder) -> None:
    row, model = ROWS[name], fitted(name)
    found = design(model, sample_of(row), n_edits=1, target=row.target)
    assert len(found.sequence) == LENGTH


def verb_marginalize(name: str, folder) -> None:
    row, model = ROWS[name], fitted(name)
    found = marginalize(model, ["GGGG"], take(row.X, 3), target=row.target)
    assert np.isfinite(found.effects).all()


def verb_score_variants(name: str, folder) -> None:
    """Of a frame only the sequence differs between the alleles; other columns are kept."""
    row, model = ROWS[name], fitted(name)
    genome = folder / "genome.fa"
    genome.write_text(">chr1\n" + "".join(X) + "\n")
    variants = pd.DataFrame(
        {"chrom": ["chr1"], "pos": [101], "ref": ["".join(X)[100]], "alt": ["TT"]}
    )
    if isinstance(row.X, pd.DataFrame):
        variants = variants.join(take(row.X, 1).drop(columns="sequence"))
    table = score_variants(model, variants, genome, window=LENGTH)
    assert table.filter(regex="delta|log2|DS_").notna().all(axis=None)


FIGURE = "<svg><metadata></metadata></svg>"


@contextmanager
def quick_report():
    """Leave out half of the time of a report: the drawing, and most resamples of an interval."""
    savefig = "matplotlib.figure.Figure.savefig"
    interval = "skgenomics.inspection.report._performance.bootstrap_interval"
    with (
        mock.patch(savefig, lambda _, file, **__: file.write(FIGURE)),
        mock.patch(interval, partial(bootstrap_interval, n_resamples=20)),
    ):
        yield


def verb_report(name: str, folder) -> None:
    row, model = ROWS[name], fitted(name)
    X, y = take(row.X, 12), take(row.y, 12)
    with quick_report():
        page = explain_report(model, X, y, target=row.target, n_examples=1)
    assert "<html" in page


def verb_attribution_display(name: str, folder) -> None:
    row, model = ROWS[name], fitted(name)
    AttributionDisplay.from_estimator(model, sample_of(row), target=row.target)


def verb_mutagenesis_display(name: str, folder) -> None:
    row, model = ROWS[name], fitted(name)
    MutagenesisDisplay.from_estimator(model, sample_of(row), target=row.target)


def verb_mc_dropout(name: str, folder) -> None:
    row, model = ROWS[name], fitted(name)
    mc_dropout(model, take(row.X, 2), n_samples=2, random_state=0)


def verb_ensemble(name: str, folder) -> None:
    row = ROWS[name]
    model = row.make()
    is_value = is_regressor(model) or isinstance(model, ProfileRegressor | PairRegressor)
    ensemble = (DeepEnsembleRegressor if is_value else DeepEnsembleClassifier)(
        model, n_estimators=2
    )
    ensemble.fit(row.X, row.y, **row.fit_params)
    assert np.isfinite(ensemble.score(row.X, row.y))
    assert len(ensemble.predict(take(row.X, 2))) == 2


def verb_pretrained(name: str, folder) -> None:
    """The network of a row is where another estimator of its kind starts."""
    row, model = ROWS[name], fitted(name)
    row.make().set_params(pretrained=model).fit(row.X, row.y, **row.fit_params)


def verb_embed(name: str, folder) -> None:
    """Activations below the output layer, one row for each sample."""
    row, model = ROWS[name], fitted(name)
    found = skgenomics.embed(model, row.X)
    assert found.shape[0] == N
    assert np.isfinite(found).all()


def write_nothing(program, path, **settings) -> None:
    Path(path).touch()


def verb_export(name: str, folder) -> None:
    """The exported program predicts what the model does."""
    row, model = ROWS[name], fitted(name)
    length = LENGTH
    if "CRF" in name:
        # The graph of a chain has operations for each position.
        length = 8
        row = replace(row, X=[x[:8] for x in X], y=[labels[:8] for labels in SITES])
        model = row.make().fit(row.X, row.y)
    with mock.patch("torch.export.save", side_effect=write_nothing) as save:
        skgenomics.export(model, folder / "model.pt2")
    # What a file keeps is a test of its own, in tests/test_deployment.py.
    program = save.call_args.args[0].module()
    x = OneHotEncoder().fit_transform(sequences_of(row)).reshape(N, length, 4).transpose(0, 2, 1)
    if name == "images":
        x = row.X.transpose(0, 3, 1, 2).astype(np.float32)
    inputs = [x.copy()]
    if name == "multi-view":
        inputs.append(row.X[["distance"]].to_numpy(np.float32))
    if name.startswith("multi-view"):
        inputs.append(np.ones((N, len(inputs)), dtype=bool))
    if name == "conditional":
        inputs.append(row.X[["cell"]].eq("b").to_numpy(np.int64))
    found = [part.numpy() for part in program(*map(torch.from_numpy, inputs))]
    has_proba = hasattr(model, "predict_proba")
    expected = model.predict_proba(row.X) if has_proba else outputs_of(model, row.X)
    if name == "multi-task":
        proba = model.predict_proba(row.X)
        expected = [proba["bound"], proba["cell"], model.predict(row.X)["level"].to_numpy()]
    expected = expected if isinstance(expected, list) else [expected]
    for part, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(part.reshape(other.shape), other, atol=1e-6, rtol=1e-6)


def verb_target_names(name: str, folder) -> None:
    """Names of the columns of y are kept."""
    row = ROWS[name]
    model = fitted(name)
    names = model.tasks_ if name == "multi-task" else model.target_names_
    assert list(names) == list(row.y.columns)


def verb_missing_labels(name: str, folder) -> None:
    """A label of one task, position or pair is missing; of one class per sequence it may not be."""
    row = ROWS[name]
    y = row.y
    if isinstance(y, list):
        y = ["?" + y[0][1:], *y[1:]]
    elif y is not None:
        y = y.copy() if hasattr(y, "iloc") or y.dtype.kind in "UO" else y.astype(float)
        if hasattr(y, "iloc"):
            y.iloc[0, 0] = np.nan
        else:
            y = y.astype(object) if y.dtype.kind == "U" else y
            y[(0,) * y.ndim] = np.nan
    model = row.make().fit(row.X, y, **row.fit_params)
    assert len(outputs_of(model, take(row.X, 2))) == 2


def write_table(row: Row, folder) -> list[str]:
    """Write a table of a row for the command line; return it with the names of its targets."""
    frame = row.X if isinstance(row.X, pd.DataFrame) else pd.DataFrame({"sequence": X})
    labels = pd.DataFrame(index=frame.index)
    if isinstance(row.y, pd.DataFrame):
        labels = row.y
    elif isinstance(row.y, list) or (row.y is not None and row.y.ndim == 1):
        labels = pd.DataFrame({"label": row.y})
    path = str(folder / "data.csv")
    frame.join(labels).to_csv(path, index=False)
    return [path, *(["--target", ",".join(labels)] if len(labels.columns) else [])]


def write_model(name: str, folder) -> list[str]:
    """Save a fitted model for the command line; return it with the options that trust it."""
    path = str(folder / "model.skops")
    save(fitted(name), path)
    return [path, *(f"--trust={cls}" for cls in own_classes(name))]


def run_command(*argv: str) -> None:
    """Run a command; raise what it says if it refuses."""
    with redirect_stderr(StringIO()) as err, redirect_stdout(StringIO()):
        code = main(list(argv))
    if code:
        raise ValueError(err.getvalue())


def verb_command_train(name: str, folder) -> None:
    """The command trains models that it knows by name, on columns of the table as targets."""
    row = ROWS[name]
    family = re.fullmatch("(.*)(Classifier|Regressor)", name)
    tiny = TINY[family[1]] if family else CNN if name.startswith("multi-") else QUICK
    model = family[1].lower() if family else COMMANDS.get(name, name)
    settings = {key: value for key, value in (tiny | QUICK).items() if key != "random_state"}
    given = [f"--set={key}={value}" for key, value in settings.items() if model != "kmer-logreg"]
    path = str(folder / "model.skops")
    run_command("train", *write_table(row, folder), "--model", model, *given, "-o", path)
    assert len(outputs_of(load(path), take(row.X, 2))) == 2


def verb_command_predict(name: str, folder) -> None:
    row, out = ROWS[name], str(folder / "predicted.csv")
    model, *trusted = write_model(name, folder)
    run_command("predict", model, write_table(row, folder)[0], *trusted, "-o", out)
    assert len(pd.read_csv(out)) >= N


def verb_command_explain(name: str, folder) -> None:
    row, out = ROWS[name], folder / "report.html"
    model, *trusted = write_model(name, folder)
    wanted = [] if row.target is None else ["--class", str(row.target).strip("()")]
    with quick_report():
        run_command("explain", model, *write_table(row, folder), *trusted, *wanted, "-o", str(out))
    assert "<html" in out.read_text()


def verb_command_variants(name: str, folder) -> None:
    """The command writes the table of `score_variants`."""
    row = ROWS[name]
    model, *given = write_model(name, folder)
    genome, variants, out = folder / "genome.fa", folder / "variants.vcf", folder / "scores.tsv"
    genome.write_text(">chr1\n" + "".join(X) + "\n")
    header = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    variants.write_text(header + f"chr1\t101\t.\t{''.join(X)[100]}\tTT\t.\t.\t.\n")
    if isinstance(row.X, pd.DataFrame):
        others = row.X.drop(columns="sequence").iloc[0]
        given += [f"--condition={column}={value}" for column, value in others.items()]
    more = ["--window", str(LENGTH), *given, "-o", str(out)]
    run_command("variants", model, str(variants), str(genome), *more)
    table = pd.read_csv(out, sep="\t")
    assert table.filter(regex="delta|log2|DS_").notna().all(axis=None)


VERBS: dict[str, Callable[[str, Any], None]] = {
    "clone": verb_clone,
    "pickle": verb_pickle,
    "save and load": verb_save,
    "cross_validate": verb_cross_validate,
    "groups": verb_groups,
    "search": verb_search,
    "checkpoint": verb_checkpoint,
    "unequal lengths": verb_unequal_lengths,
    "another alphabet": verb_alphabet,
    "sample_weight": verb_sample_weight,
    **{
        f"attribute: {method}": verb_attribute(method)
        for method in ("integrated_gradients", "deeplift", "occlusion")
    },
    "mutagenesis": verb_mutagenesis,
    "design": verb_design,
    "marginalize": verb_marginalize,
    "score_variants": verb_score_variants,
    "explain_report": verb_report,
    "AttributionDisplay": verb_attribution_display,
    "MutagenesisDisplay": verb_mutagenesis_display,
    "mc_dropout": verb_mc_dropout,
    "deep ensemble": verb_ensemble,
    "pretrained=": verb_pretrained,
    "embed": verb_embed,
    "export": verb_export,
    "missing labels": verb_missing_labels,
    "command train": verb_command_train,
    "command predict": verb_command_predict,
    "command explain": verb_command_explain,
    "command variants": verb_command_variants,
}

# Cells that cannot work, by the patterns of row and verb, with a part of the message that says why.
WRAPPERS = "ensemble.*|calibrated|voting"
PIPELINES = "k-mers.*|behind .*"
GRADIENTS = "attribute: (integrated_gradients|deeplift)|AttributionDisplay"
PER_POSITION = "labeler.*|profile.*|published, .*"
UNLABELED = ".* language model|sequence VAE"
PRETRAINED = "pretrained .*|behind PretrainedEmbedder"
FEATURES = "behind (KmerCounter|CompositionEncoder|ChaosGameEncoder|KmerTokenizer|Pretrained.*)"
SEVERAL = "labeler.*|profile.*|pairs.*|published, .*|multi-(label|target|task)"
MODULES = "own module.*|imported module|feature selection"
FOREIGN = "search|calibrated|tuned threshold|voting"
REFUSALS: list[tuple[str, str, str]] = [
    ("(CNN)?RNN(Classifier|Regressor)", "attribute: deeplift", "no rule for"),
    ("k-mers.*|pretrained language model", "checkpoint", "Invalid parameter 'checkpoint'"),
    ("k-mers.*", GRADIENTS, "is not a deep estimator"),
    ("pretrained classifier", "attribute: deeplift", "no rule for the tokens"),
    (UNLABELED, GRADIENTS, "predicts no target.*use `mutagenesis`"),
    (FEATURES, GRADIENTS, "features that do not belong to single positions; use `mutagenesis`"),
    (UNLABELED, "deep ensemble", "must be a classifier"),
    (".* language model", "sample_weight", "unexpected keyword argument 'sample_weight'"),
    ("k-mers.*", "mc_dropout|embed", "holds no network"),
    ("images", "unequal lengths|another alphabet", "n_channels=3 is for numeric channels"),
    ("images", "attribute: .*|.*Display|mutagenesis|marginalize", "reads images"),
    ("images", "design", "start must be one sequence"),
    ("images", "score_variants|command (predict|explain|variants)", "was fitted on images"),
    (UNLABELED, "mc_dropout", "predicts no target"),
    (f"{MODULES}|(?!.*coverage)({PER_POSITION})", "mc_dropout", "was trained without dropout"),
    # Weights for each position, or a module or an encoder that reads one length alone.
    ("MLP.*", "unequal lengths", "has weights for each position .* fit CNNClassifier or another"),
    (MODULES, "unequal lengths", r"does not say that it reads other lengths.*FixedLength\(40\)"),
    ("behind KmerTokenizer", "unequal lengths", "set `length` to at least 49"),
    (
        "behind (OneHot|Ordinal)Encoder|sequence VAE",
        "unequal lengths",
        r"crop X, or fit again.*FixedLength\(40\)",
    ),
    ("published, profile", "unequal lengths", "loss='multinomial' needs them all"),
    (
        "published, coverage",
        "unequal lengths",
        "a multiple of the 8 positions of a bin.*FixedLength",
    ),
    ("imported module|transfer", "another alphabet", "4 channels|trained on 4"),
    (PRETRAINED, "another alphabet", "choose a checkpoint of this alphabet"),
    (
        "published|published, (profile|coverage)",
        "another alphabet",
        "sequences of a nucleic alphabet",
    ),
    (
        "behind (Composition|ChaosGame)Encoder",
        "another alphabet",
        "needs an alphabet of four bases",
    ),
    # A sequence without its only label teaches nothing.
    (f"(?!{SEVERAL}|{UNLABELED}).*", "missing labels", "Input y contains NaN"),
    # scikit-learn's own rules: parameters of a step, metadata that is routed, names of parameters.
    (PIPELINES, "sample_weight", "does not accept the sample_weight parameter"),
    ("tuned threshold", "sample_weight", "only supported if enable_metadata_routing=True"),
    (
        f"{PIPELINES}|{WRAPPERS}|search|tuned threshold|conformal|multi-view.*|sequence VAE"
        "|pretrained .*",
        "pretrained=",
        "Invalid parameter 'pretrained'",
    ),
    (
        "k-mers.*|behind (FixedLength|Kmer.*|CompositionEncoder|ChaosGameEncoder|Pretrained.*)",
        "export",
        "computes what no graph of a network can hold",
    ),
    (
        "calibrated|.*language model|sequence VAE|pretrained classifier",
        "export",
        "is not a deep estimator of sequences with one network",
    ),
    ("own module, several inputs", "export", "export `estimator.network_` by torch.export"),
    # Classes of other packages are loaded if the user names them.
    (FOREIGN, "save and load", "pass trusted="),
    (FOREIGN, "command (predict|explain|variants)", "pass --trust sklearn"),
    ("pairs.*", "command predict", "which no row of a table holds; predict in Python"),
    # The command line trains models by name, on labels that columns of a table can hold.
    (
        "(?!.*(Classifier|Regressor)|multi-(class|label|target|task)|published.*|k-mers.*"
        f"|{SEVERAL}|{UNLABELED}).*|pretrained classifier",
        "command train",
        "there is no model",
    ),
    ("labeler.*|published, splicing", "command train", "labels in 32 samples are not classes"),
    ("profile.*|published, (profile|coverage)|pairs.*", "command train", "has no column 'label'"),
    (UNLABELED, "command train", "has no column 'label'"),
    ("multi-task", "command train", "several targets must be numbers"),
]


def find_message(cells: list[tuple[str, str, str]], row: str, verb: str) -> str | None:
    """Find the message of a cell among some patterns; None if no pattern fits."""
    for rows, verbs, message in cells:
        if re.fullmatch(rows, row) and re.fullmatch(verbs, verb):
            return message
    return None


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("row", ROWS)
@pytest.mark.filterwarnings("ignore")
def test_cell(row, verb, tmp_path):
    message = find_message(REFUSALS, row, verb)
    if message is None:
        VERBS[verb](row, tmp_path)
        return
    with pytest.raises((ValueError, TypeError, AttributeError, RuntimeError), match=message):
        VERBS[verb](row, tmp_path)


def test_names_of_targets_survive():
    for name, row in ROWS.items():
        if isinstance(row.y, pd.DataFrame):
            verb_target_names(name, None)


def test_every_exception_is_of_some_cell():
    cells = [(row, verb) for row in ROWS for verb in VERBS]
    for rows, verbs, _ in REFUSALS:
        assert any(re.fullmatch(rows, r) and re.fullmatch(verbs, v) for r, v in cells)
