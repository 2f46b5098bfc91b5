"""Write a report on a saved model: performance, important motifs, and leaks of its data.

The report is one HTML file. Of data with a column 'split', the test samples are reported on, and
leakage from the training samples is looked for.
"""

from __future__ import annotations

import argparse
import sys
import time

from skgenomics.cli import _data as inputs
from skgenomics.cli._splitting import split_rows
from skgenomics.cli.predict import add_model, load_model, read_columns


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_model(parser)
    inputs.add_arguments(parser)
    parser.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="file for the report, *.html"
    )
    parser.add_argument(
        "--class",
        dest="label",
        metavar="NAME",
        help="class, task or track to explain, by name; or a pair: task,class or track,bin. "
        "Default of several classes: the most frequent one",
    )
    parser.add_argument(
        "--motifs", metavar="FILE", help="MEME or JASPAR file to compare the motifs found with"
    )
    parser.add_argument(
        "--examples", type=int, default=3, help="sequences to show; default: %(default)s"
    )
    parser.add_argument("--title", help="title of the report; default: the names of both files")
    parser.add_argument("--alphabet", default="ACGT", help="dna, rna, protein or the symbols")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")


def run(args: argparse.Namespace) -> None:
    """Load, explain, and write."""
    from sklearn.utils import _safe_indexing

    from skgenomics.cli._reports import check_output
    from skgenomics.cli.variants import read_target
    from skgenomics.inspection import explain_report

    inputs_of_report = (args.model, args.data, args.genome, args.labels, args.motifs)
    check_output(args.output, *inputs_of_report, suffixes=[".html", ".htm"])
    model = load_model(args)
    data = inputs.load(args, labeled=has_labels(model))
    X, y, X_train, ids = data.X, data.y, None, read_ids(data)
    columns = read_columns(model)
    if columns is not None:
        X = inputs.read_model_columns(args, data.frame, columns)
    split = data.get("split")
    if split is not None:
        fold = split_rows(split)
        X, X_train = _safe_indexing(X, fold.test), _safe_indexing(X, fold.train)
        y = None if y is None else y[fold.test]
        ids = None if ids is None else ids[fold.test]
    elif y is not None:
        print(
            "warning: the data have no column 'split'; if the model was trained on these "
            "sequences, the performance in the report is that of training, not of new sequences",
            file=sys.stderr,
        )
    target = read_target(model, args.label)
    if target is None and y is not None and len(getattr(model, "classes_", ())) > 2:
        target = _most_frequent(model.classes_, y)
        print(f"explaining the class {target}; --class chooses another one")
    start = time.perf_counter()
    explain_report(
        model,
        X,
        y,
        X_train=X_train,
        target=target,
        ids=ids,
        database=args.motifs,
        n_examples=args.examples,
        title=args.title or f"{args.model} on {args.data}",
        path=args.output,
        random_state=args.seed,
    )
    seconds = time.perf_counter() - start
    print(f"{args.output}: report on {len(X)} sequences, made in {seconds:.1f} s")


def has_labels(model) -> bool:
    """Tell whether a table can hold the true values of what a model predicts.

    Labels and signals of positions, pairs, and several tasks of different kinds are no columns; a
    language model predicts no target.
    """
    from sklearn.base import is_classifier, is_regressor

    return is_classifier(model) or is_regressor(model)


def read_ids(data):
    """Give the identifiers of samples: those of FASTA, or the column "id" or "name"."""
    if data.get("ids") is not None:
        return data.ids
    columns = [] if data.frame is None else data.frame.columns
    name = next((name for name in ("id", "name") if name in columns), None)
    return None if name is None else data.frame[name].to_numpy(object)


def _most_frequent(classes, y):
    """Find the class with the most samples."""
    counts = [sum(str(label) == str(name) for label in y) for name in classes]
    return classes[max(range(len(classes)), key=counts.__getitem__)]
