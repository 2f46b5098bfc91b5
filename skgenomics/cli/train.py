"""Train a model on labeled sequences and save it."""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

from skgenomics.cli import _data as inputs
from skgenomics.cli import _models as registry
from skgenomics.cli._splitting import split_rows


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    inputs.add_arguments(parser)
    registry.add_arguments(parser, several=False)
    parser.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="file for the model, *.skops"
    )
    parser.add_argument(
        "--all-rows", action="store_true", help="train on the test rows of a column 'split' too"
    )


def run(args: argparse.Namespace) -> None:
    """Train and save a model; test rows of a split stay unseen."""
    from skgenomics.cli._reports import check_output
    from skgenomics.cli.evaluate import describe_labels, fit, takes_validation_data
    from skgenomics.persistence import save

    check_output(args.output, args.data, args.genome, args.labels, suffixes=[".skops"])
    data = inputs.load(args)
    models = registry.make_models([args.model], data.task, args.alphabet, args.seed, args.set)
    if args.checkpoint is not None:
        registry.set_checkpoint(models, args.checkpoint)
    inputs.set_length(models.values(), data.X)
    (model,) = registry.tune_thresholds(models, args.thresholds, data.task, args.seed).values()
    train, dev = np.arange(len(data.X)), None
    if data.split is not None:
        train, test, dev = split_rows(data.split)
        if args.all_rows:
            train = np.concatenate([train, test])
        else:
            print(f"{len(test)} test rows of the column split are left out (see --all-rows)")
        if dev is not None and takes_validation_data(model):
            print(f"{len(dev)} dev rows of the column split decide when training stops")
    start = time.perf_counter()
    fit(model, data.X, data.y, train, dev, progress=sys.stderr.isatty())
    if args.checkpoint is not None:
        # The saved model does not depend on the folder any more.
        registry.set_checkpoint({args.model: model}, None)
    # `predict` names its columns by it; an estimator only knows the number of its tasks.
    model.target_names_ = list(map(str, data.target_names))
    save(model, args.output)
    seconds = time.perf_counter() - start
    print(
        f"{args.model} trained on {len(train)} of {len(data.X)} sequences, "
        f"{describe_labels(data)}, in {seconds:.1f} s; saved to {args.output}"
    )
