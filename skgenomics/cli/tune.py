"""Search the hyperparameters of a network within a time, and save the best model."""

from __future__ import annotations

import argparse
import re
import sys
import time

import numpy as np

from skgenomics.cli import _data as inputs
from skgenomics.cli import _models as registry
from skgenomics.cli._splitting import Fold, choose_folds, split_rows

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
# Score by which candidates are compared.
_SCORES = {"classification": "auroc", "multilabel": "auroc", "regression": "spearman"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    inputs.add_arguments(parser)
    registry.add_arguments(parser, several=False)
    parser.add_argument(
        "--budget",
        type=_read_seconds,
        default=_read_seconds("30m"),
        metavar="TIME",
        help="time after which no candidate begins, such as 90s, 30m or 2h; default: 30m",
    )
    parser.add_argument("--n-candidates", type=int, metavar="N", help="maximum number of them")
    parser.add_argument("--cv", type=int, default=3, metavar="K", help="folds; default: 3")
    parser.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="file for the model, *.skops"
    )
    parser.add_argument("--results", metavar="FILE", help="JSON file for all candidates")


def run(args: argparse.Namespace) -> None:
    """Search, print a line for each candidate, and save the best model; test rows stay unseen."""
    from sklearn.base import clone
    from sklearn.model_selection import ParameterSampler

    from skgenomics.cli._reports import check_output, write_json
    from skgenomics.cli.evaluate import describe_labels, evaluate, fit
    from skgenomics.model_selection import search_space
    from skgenomics.persistence import save

    check_output(args.output, args.data, args.genome, args.labels, suffixes=[".skops"])
    check_output(args.results, args.data, args.genome, args.labels, suffixes=[".json"])
    start = time.perf_counter()
    data = inputs.load(args)
    dev = None
    if data.split is not None:
        train, test, dev = split_rows(data.split)
        print(f"{len(test)} test rows of the column split are left out")
        rows = train if dev is None else np.concatenate([train, dev])
        _take(data, rows)
    models = registry.make_models([args.model], data.task, args.alphabet, args.seed, args.set)
    inputs.set_length(models.values(), data.X)
    if args.checkpoint is not None:
        registry.set_checkpoint(models, args.checkpoint)
    ((name, model),) = models.items()
    chosen = {setting.partition("=")[0].rpartition(":")[2] for setting in args.set}
    space = {k: v for k, v in search_space(name).items() if k not in chosen}
    if dev is None:
        split, folds = choose_folds(data, args.cv, args.seed, None, args.alphabet)
    else:
        split = "candidates are scored on the dev rows of the column split"
        folds = [Fold(*np.split(np.arange(len(data.X)), [len(train)]))]
    print(f"{args.data}: {len(data.X)} sequences, {describe_labels(data)}\n{split}")
    score = _SCORES[data.task]
    tried: list[dict] = []
    best: tuple[float, int, dict] = (-np.inf, 0, {})
    for number, settings in enumerate(_candidates(space, args.seed, ParameterSampler)):
        is_over = time.perf_counter() - start > args.budget or number == args.n_candidates
        # Candidate 0 has the defaults, so that the best one never ends below them.
        if number and is_over:
            break
        candidate = clone(model).set_params(**settings)
        (result,) = evaluate({name: candidate}, data, folds, progress=False)
        tried.append({"settings": _plain(settings), "folds": result["folds"], **result["mean"]})
        print(
            f"{number:4d}  {score} {result['mean'][score]:.4f}  {_describe(settings)}", flush=True
        )
        if result["mean"][score] > best[0]:
            best = (result["mean"][score], number, settings)
    model = clone(model).set_params(**best[2])
    # Thresholds change neither the ranks nor the candidate that is best by them.
    (model,) = registry.tune_thresholds(
        {name: model}, args.thresholds, data.task, args.seed
    ).values()
    fit(model, data.X, data.y, np.arange(len(data.X)), None, progress=sys.stderr.isatty())
    if args.checkpoint is not None:
        registry.set_checkpoint({name: model}, None)
    model.target_names_ = list(map(str, data.target_names))
    save(model, args.output)
    if args.results:
        write_json(args.results, {"score": score, "best": best[1], "candidates": tried})
    seconds = time.perf_counter() - start
    print(
        f"candidate {best[1]} of {len(tried)} is best, {score} {best[0]:.4f} (defaults: "
        f"{tried[0][score]:.4f}); fitted to all {len(data.X)} sequences after {seconds:.1f} s and "
        f"saved to {args.output}"
    )


def _take(data, rows: np.ndarray) -> None:
    """Keep some samples of a Bunch."""
    for name in ("X", "y", "groups"):
        if data[name] is not None:
            data[name] = data[name][rows]


def _candidates(space: dict, seed: int, sampler):
    """Yield the defaults, and then settings drawn from the space without an end."""
    yield {}
    while True:
        yield from sampler(space, 1, random_state=seed)
        seed += 1


def _read_seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"must be a time such as 90s, 30m or 2h, not {text!r}")
    return float(match[1]) * _SECONDS[match[2]]


def _plain(settings: dict) -> dict:
    return {name: v.item() if isinstance(v, np.generic) else v for name, v in settings.items()}


def _describe(settings: dict) -> str:
    """Write settings in one line."""
    if not settings:
        return "defaults"
    parts = (
        f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in sorted(_plain(settings).items())
    )
    return " ".join(parts)
