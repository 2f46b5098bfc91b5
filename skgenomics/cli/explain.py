"""Write a report on a saved model: how good it is, what it looks at, and what its data hide.

One HTML file that needs nothing else. Of data with a column 'split' the test rows are reported
on, and leaks from the training rows are looked for.
"""

from __future__ import annotations

import argparse
import time

from skgenomics.cli import _data as inputs
from skgenomics.cli._folds import split_rows


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("model", help="file that `skgenomics train` or skgenomics.save wrote")
    inputs.add_arguments(parser)
    parser.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="file for the report, *.html"
    )
    parser.add_argument(
        "--class",
        "--target",
        dest="label",
        metavar="NAME",
        help="class, task or track to explain, by name; or a pair: task,class or track,bin",
    )
    parser.add_argument(
        "--motifs", metavar="FILE", help="MEME or JASPAR file to compare the motifs found with"
    )
    parser.add_argument(
        "--examples", type=int, default=3, help="sequences to show; default: %(default)s"
    )
    parser.add_argument("--title", help="title of the report; default: the names of both files")
    parser.add_argument("--alphabet", default="ACGT", help="dna, rna, protein or the letters")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")


def run(args: argparse.Namespace) -> None:
    """Load, explain, and write."""
    from skgenomics.cli._reports import check_can_write
    from skgenomics.cli.predict import load_model
    from skgenomics.cli.variants import read_target
    from skgenomics.inspection import explain_report

    check_can_write(args.output)
    model = load_model(args.model)
    data = inputs.load(args)
    X, y, X_train = data.X, data.y, None
    if data.split is not None:
        train, test = split_rows(data.split)
        X, y, X_train = X[test], y[test], X[train]
    start = time.perf_counter()
    explain_report(
        model,
        X,
        y,
        X_train=X_train,
        target=read_target(model, args.label),
        database=args.motifs,
        n_examples=args.examples,
        title=args.title or f"{args.model} on {args.data}",
        path=args.output,
        random_state=args.seed,
    )
    seconds = time.perf_counter() - start
    print(f"{args.output}: report on {len(X)} sequences, made in {seconds:.1f} s")
