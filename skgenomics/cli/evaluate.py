"""Compare models on labeled sequences by cross-validation or a given split."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from typing import Any

from skgenomics.cli import _data as inputs
from skgenomics.cli import _models as registry
from skgenomics.cli import _resampling as resampling
from skgenomics.cli._splitting import Fold, choose_folds

_GROUPINGS = ("chromosome", "homology")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    inputs.add_arguments(parser)
    registry.add_arguments(parser, several=True)
    parser.add_argument(
        "--cv",
        type=_read_cv,
        metavar="K",
        help="number of folds, or 'homology' or 'chromosome' for 5 folds grouped so. By default "
        "the column 'split' or 'fold' is used if there is one, and 5 folds are made otherwise",
    )
    parser.add_argument(
        "--group-by",
        choices=_GROUPINGS,
        help="make folds that have no chromosomes, or no similar sequences, in common",
    )
    resampling.add_arguments(parser)
    parser.add_argument(
        "--group-column",
        help="column of groups that stay together in the folds, 5 unless --cv tells",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="JSON file for all results")
    parser.add_argument("--n-jobs", type=int, default=1, help="processes; default: %(default)s")
    parser.add_argument("-v", "--verbose", action="store_true", help="report each fold on stderr")


def run(args: argparse.Namespace) -> None:
    """Evaluate, print a table, and write the results."""
    from skgenomics.cli import _reports as reports

    reports.check_output(args.output, args.data, args.genome, args.labels, suffixes=[".json"])
    data = inputs.load(args)
    if args.group_column is not None:
        data.groups = inputs.read_groups(args.data, data, args.group_column)
    names = list(dict.fromkeys(args.model or registry.DEFAULT))
    models = registry.make_models(names, data.task, args.alphabet, args.seed, args.set)
    if args.checkpoint is not None:
        registry.set_checkpoint(models, args.checkpoint)
    models = resampling.resample(models, args.resample, data.task, args.alphabet, args.seed)
    n_folds, group_by = _read_folds(args)
    split, folds = choose_folds(data, n_folds, args.seed, group_by, args.alphabet)
    print(f"{args.data}: {len(data.X)} sequences, {describe_labels(data)}\n{split}\n")
    inputs.set_length(models.values(), data.X)
    models = registry.tune_thresholds(models, args.thresholds, data.task, args.seed)
    results = evaluate(
        models,
        data,
        folds,
        n_jobs=args.n_jobs,
        verbose=args.verbose,
        progress=sys.stderr.isatty(),
    )
    _print(results, data.task)
    if args.output:
        reports.write_json(args.output, _content(args, data, split, results))


def _read_cv(text: str) -> int | str:
    if text in _GROUPINGS:
        return text
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(
            f"must be a number of folds >= 2, 'homology' or 'chromosome', not {text!r}"
        )
    return int(text)


def _read_folds(args: argparse.Namespace) -> tuple[int | None, str | None]:
    """Read the number of folds and their grouping; None where the data decide."""
    if isinstance(args.cv, str):
        if args.group_by not in (None, args.cv):
            raise ValueError(f"--cv {args.cv} and --group-by {args.group_by} contradict each other")
        return None, args.cv
    n_folds = 5 if args.cv is None and args.group_column is not None else args.cv
    return n_folds, args.group_by


def evaluate(
    models: dict, data, folds, *, n_jobs: int = 1, verbose: bool = False, progress: bool = False
) -> list[dict]:
    """Score each model: settings, one entry per fold, mean and standard deviation.

    With `progress` the networks report each epoch on standard error, in one process.
    """
    from joblib import Parallel, delayed

    from skgenomics.cli._reports import summarize

    tasks = [(name, i) for name in models for i in range(len(folds))]
    parallel = Parallel(n_jobs=n_jobs, return_as="generator")
    by_epoch = progress and n_jobs == 1
    outcomes = parallel(
        delayed(_fit_and_score)(models[name], data, folds[i], by_epoch) for name, i in tasks
    )
    per_model: dict[str, list[dict]] = {name: [] for name in models}
    for (name, i), outcome in zip(tasks, outcomes, strict=True):
        per_model[name].append({"fold": i, **outcome})
        if verbose or progress:
            print(f"{name}, fold {i}: {outcome['seconds']:.1f} s", file=sys.stderr, flush=True)
    results = []
    for name, entries in per_model.items():
        mean, sd = summarize([{**e["scores"], "seconds": e["seconds"]} for e in entries])
        settings = registry.describe(models[name])
        result: dict[str, Any] = {
            "model": name,
            "settings": settings,
            "folds": entries,
            "mean": mean,
            "sd": sd,
        }
        if "targets" in entries[0]:
            result["targets"] = {}
            for target in entries[0]["targets"]:
                # A fold may have no label of a task.
                apart = [entry["targets"][target] for entry in entries]
                mean, sd = summarize([part for part in apart if part] or [{}])
                result["targets"][target] = {"mean": mean, "sd": sd}
        results.append(result)
    return results


def _fit_and_score(model, data, fold: Fold, progress: bool = False) -> dict:
    from sklearn.base import clone

    from skgenomics.cli._metrics import score_model

    start = time.perf_counter()
    train, test, dev = fold
    model = fit(clone(model), data.X, data.y, train, dev, progress=progress)
    scores, apart = score_model(model, data.X[test], data.y[test], data.task)
    seconds = time.perf_counter() - start
    outcome = {"n_train": len(train), "n_test": len(test), "scores": scores, "seconds": seconds}
    if apart:
        outcome["targets"] = dict(zip(data.target_names, apart, strict=True))
    return outcome


def fit(model, X, y, train, dev, *, progress: bool):
    """Fit a model to the training samples.

    Parameters
    ----------
    model : estimator or Pipeline
        Model; one without early stopping is fitted to the dev samples too.
    X, y : ndarray of shape (n_samples, ...)
        All sequences and labels.
    train : ndarray of int
        Samples to fit.
    dev : ndarray of int or None
        Samples to stop early on.
    progress : bool
        If True, a network of this package reports each epoch on stderr.

    Returns
    -------
    estimator or Pipeline
        The fitted model.
    """
    import numpy as np
    from sklearn.pipeline import Pipeline

    fit_params = {}
    if dev is not None and takes_validation_data(model):
        # Networks read text as well as the codes or channels that an encoder makes of it.
        prefix = f"{model.steps[-1][0]}__" if isinstance(model, Pipeline) else ""
        fit_params[f"{prefix}validation_data"] = X[dev], y[dev]
    elif dev is not None:
        train = np.sort(np.concatenate([train, dev]))
    estimator = _last_step(model)
    if not progress or not _is_network(estimator) or not hasattr(estimator, "verbose"):
        return model.fit(X[train], y[train], **fit_params)
    verbose = estimator.verbose
    estimator.set_params(verbose=1)
    with contextlib.redirect_stdout(sys.stderr):
        model.fit(X[train], y[train], **fit_params)
    estimator.set_params(verbose=verbose)
    return model


def takes_validation_data(model) -> bool:
    """Tell whether a model stops early on validation data."""
    from sklearn.utils.validation import has_fit_parameter

    return has_fit_parameter(_last_step(model), "validation_data")


def _last_step(model):
    steps = getattr(model, "steps", None)
    return steps[-1][1] if steps else model


def _is_network(estimator) -> bool:
    return type(estimator).__module__.startswith("skgenomics.estimators.")


def describe_labels(data) -> str:
    """Describe the labels in words."""
    import numpy as np

    names = ", ".join(data.target_names[:5]) + (", ..." if len(data.target_names) > 5 else "")
    if data.task == "multilabel":
        return f"{data.y.shape[1]} tasks ({names}), {np.isnan(data.y).mean():.0%} labels missing"
    if data.task == "regression":
        return f"real values ({names})"
    classes, counts = np.unique(data.y, return_counts=True)
    words = (
        f"{str(label)[:20]}: {count}" for label, count in zip(classes[:8], counts, strict=False)
    )
    more = ", ..." if len(classes) > 8 else ""
    positive = f"; positive: {classes[1]}" if len(classes) == 2 else ""
    return f"{len(classes)} classes ({', '.join(words)}{more}){positive}"


def _print(results: list[dict], task: str) -> None:
    from skgenomics.cli._metrics import METRICS
    from skgenomics.cli._reports import print_table, title

    header = ["model", *map(title, METRICS[task]), "seconds"]
    rows = []
    for result in results:
        total = sum(fold["seconds"] for fold in result["folds"])
        rows.append([result["model"], *_cells(result, task), f"{total:.1f}"])
        # Tasks by name, below the means over all of them.
        for target, scores in result.get("targets", {}).items():
            rows.append([f"  {target}", *_cells(scores, task), ""])
    print_table(header, rows)


def _cells(scores: dict, task: str) -> list[str]:
    """Write the means and deviations of all metrics of a task."""
    from skgenomics.cli._metrics import METRICS
    from skgenomics.cli._reports import with_spread

    mean, sd = scores["mean"], scores["sd"]
    nan = float("nan")
    cells = [with_spread(mean.get(name, nan), sd.get(name, nan)) for name in METRICS[task]]
    if task != "regression":
        cells[METRICS[task].index("prevalence")] = f"{mean.get('prevalence', nan):.3f}"
    return cells


def _content(args: argparse.Namespace, data, split: str, results: list[dict]) -> dict:
    from skgenomics.cli._reports import versions

    options = {k: v for k, v in vars(args).items() if k not in {"run", "command", "traceback"}}
    return {
        "data": {
            "path": args.data,
            "n_samples": len(data.X),
            "targets": data.target_names,
            "labels": describe_labels(data),
        },
        "task": data.task,
        "split": split,
        "options": options,
        "versions": versions(),
        "results": results,
    }
