"""Models by name, and their settings."""

from __future__ import annotations

import argparse
import ast
import json
from collections.abc import Callable
from difflib import get_close_matches
from functools import partial

from skgenomics.sequences import get_alphabet


def make_network(family: str, task: str, alphabet: str, seed: int):
    """Make a network of this package with its default hyperparameters."""
    from skgenomics import estimators

    kind = "Regressor" if task == "regression" else "Classifier"
    return getattr(estimators, family + kind)(alphabet=alphabet, random_state=seed)


def make_published(name: str, task: str, seed: int):
    """Make a network of the zoo; None if there is none of that name."""
    from sklearn.base import is_regressor

    from skgenomics import zoo
    from skgenomics.multiview import MultiViewClassifier

    if name.lower() not in zoo.list_models()["name"].str.lower().tolist():
        return None
    model = zoo.make(name, random_state=seed)
    if isinstance(model, MultiViewClassifier):
        raise ValueError(
            f"the published network {name} reads several columns of a frame; fit it in Python, as "
            f"skgenomics.zoo.make({name!r})"
        )
    if is_regressor(model) != (task == "regression"):
        raise ValueError(f"the published network {name} is not for {task}; choose another one")
    return model


def make_kmer_linear(task: str, alphabet: str, seed: int):
    """Make the baseline: logistic or ridge regression on counts of k-mers."""
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline

    from skgenomics.encoding import KmerCounter
    from skgenomics.estimators.per_task import PerTask

    k = (1, 6) if get_alphabet(alphabet).is_nucleic else (1, 2)
    linear = Ridge(alpha=100) if task == "regression" else LogisticRegression(max_iter=1000)
    if task != "classification":
        linear = PerTask(linear)
    return make_pipeline(KmerCounter(k=k, alphabet=alphabet, weighting="sqrt"), linear)


_FAMILIES = (
    "CNN", "ResNet", "UNet", "CNNRNN", "RNN", "Transformer", "ConvTransformer", "LongConv", "MLP",
)  # fmt: skip
# Functions of task, alphabet and seed that return an unfitted estimator of text.
BASELINE = "kmer-logreg"
MODELS: dict[str, Callable] = {
    BASELINE: make_kmer_linear,
    **{family.lower(): partial(make_network, family) for family in _FAMILIES},
}
DEFAULT = ("cnn", BASELINE)


def add_arguments(parser: argparse.ArgumentParser, *, several: bool) -> None:
    """Add the arguments that choose models and their settings."""
    names = ", ".join(MODELS)
    parser.add_argument(
        "--model",
        action="append" if several else "store",
        required=not several,
        metavar="NAME",
        help=f"one of {names} (ridge regression for real targets), or a published network by its "
        "name in skgenomics.zoo"
        + (f", and again for others to compare; by default {' and '.join(DEFAULT)}" * several),
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the networks that have it, such as max_iter=5; or of one model, such as "
        f"cnn:n_filters=32. The baseline {BASELINE} only takes those addressed to it",
    )
    parser.add_argument(
        "--checkpoint",
        metavar="FOLDER",
        help="folder to which the state of each training is written; the same command, given "
        "again after it was killed, continues from there",
    )
    parser.add_argument("--alphabet", default="ACGT", help="dna, rna, protein or the symbols")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument(
        "--thresholds",
        choices=("f1", "mcc", "fdr"),
        help="tune the decision threshold of two classes, or of each label, by 5-fold "
        "cross-validation within the training rows: for F1, for the Matthews correlation, or for a "
        "false discovery rate of 5 %%; a model is then fitted six times",
    )


def make_models(names: list[str], task: str, alphabet: str, seed: int, settings: list[str]) -> dict:
    """Make unfitted estimators by name, in any case, with the settings of the user.

    Raises
    ------
    ValueError
        If there is no such model or none of them has such a setting.
    """
    models = {}
    for name in map(canonical_name, names):
        if name in MODELS:
            models[name] = MODELS[name](task, alphabet, seed)
        else:
            models[name] = make_published(name, task, seed)
        if models[name] is None:
            raise ValueError(
                f"there is no model {name!r}, only those of skgenomics.zoo and "
                f"{_choices(name, MODELS)}"
            )
    for setting in settings:
        _apply(models, setting)
    return models


def tune_thresholds(models: dict, objective: str | None, task: str, seed: int) -> dict:
    """Wrap models that tune their decision thresholds; without an objective, return them as is.

    Raises
    ------
    ValueError
        If the task has no thresholds.
    """
    if objective is None:
        return models
    if task == "regression":
        raise ValueError("--thresholds is for two classes or several labels, not for real values")
    from skgenomics.model_selection import LabelThresholdsClassifierCV

    return {
        name: LabelThresholdsClassifierCV(model, objective=objective, random_state=seed)
        for name, model in models.items()
    }


def set_checkpoint(models: dict, folder: str | None) -> None:
    """Let the networks among models write checkpoints, each training in a folder of its own.

    None for a folder ends that.

    Raises
    ------
    ValueError
        If none of them is a network.
    """
    from skgenomics.training import Checkpoint

    found = [(one, full) for one in models.values() if (full := _full_name(one, "checkpoint"))]
    if not found:
        raise ValueError(f"--checkpoint is for networks, and {', '.join(models)} is none")
    for one, full in found:
        kept = None if folder is None else Checkpoint(folder, per_fit=True)
        one.set_params(**{full: kept})


def canonical_name(name: str) -> str:
    """Give the name of a model of this package in lower case; others are kept."""
    return name.lower() if name.lower() in MODELS else name


def _apply(models: dict, setting: str) -> None:
    name, equals, value = setting.partition("=")
    model, colon, name = name.rpartition(":")
    model = canonical_name(model)
    if not equals or not name:
        raise ValueError(f"--set takes NAME=VALUE, got {setting!r}")
    if colon and model not in models:
        raise ValueError(f"--set {setting}: {model!r} is none of the models {', '.join(models)}")
    # A smaller `max_iter` of all models would cripple the baseline that they are compared to.
    chosen = {x: y for x, y in models.items() if (x == model if colon else x != BASELINE)}
    found = [(one, full) for one in chosen.values() if (full := _full_name(one, name))]
    if not found:
        known = {short for one in chosen.values() for short in _short_names(one)}
        hint = ""
        if not colon and BASELINE in models and _full_name(models[BASELINE], name):
            hint = f"; for the baseline, write --set {BASELINE}:{setting}"
        raise ValueError(
            f"no setting {name!r} in {', '.join(chosen) or 'any network'}"
            + (f": {_choices(name, known)}" if known else "")
            + hint
        )
    for one, full in found:
        one.set_params(**{full: _parse(value)})


def _full_name(model, name: str) -> str | None:
    """Find the parameter of that name: "C" is "logisticregression__C" in a pipeline."""
    parameters = model.get_params()
    if name in parameters:
        return name
    matches = [full for full in parameters if full.endswith(f"__{name}")]
    return matches[0] if len(matches) == 1 else None


def _short_names(model) -> set[str]:
    return {full.rpartition("__")[2] for full in model.get_params()}


def _choices(name: str, known) -> str:
    nearest = get_close_matches(name, known, n=1, cutoff=0.5)
    return ", ".join(sorted(known)) + (f"; did you mean {nearest[0]!r}?" if nearest else "")


def _parse(text: str):
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def describe(model) -> dict:
    """Convert the settings of a model to plain values."""
    parameters = model.get_params()
    is_nested = {full.partition("__")[0] for full in parameters if "__" in full} | {"steps"}
    return {name: _plain(parameters[name]) for name in sorted(parameters) if name not in is_nested}


def _plain(value):
    try:
        return json.loads(json.dumps(value))
    except TypeError:
        return repr(value)
