"""Predict labels of sequences with a saved model, batch by batch.

The output has a column "id" and one row per sequence. A classifier gives the column "prediction"
and one "probability_..." for each class, a multi-label classifier the probability of each task
in a column of its own, and "predicted_..." if its thresholds are tuned, a regressor "prediction" or
one column for each target, a labeler the labels of all positions as text, a profile model one
column for each track and bin, and a model without targets, such as a language model, "score".
Models of several columns read them from the table.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from skgenomics.cli import _data as inputs

_BATCH = 2048


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_model(parser)
    parser.add_argument(
        "data",
        help="CSV or TSV file with a header, or FASTA file; with --genome intervals; .gz as well",
    )
    inputs.add_genome(parser)
    inputs.add_sequence_column(parser)
    parser.add_argument(
        "--id-column", help="default: the column 'id' if there is one, or else the row number"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        default="-",
        help="CSV file, tab-separated if it ends in .tsv, .gz as well; default: stdout, or -",
    )


def run(args: argparse.Namespace) -> None:
    """Predict, holding one batch at a time."""
    from skgenomics.cli._reports import check_output

    check_output(
        *(args.output, args.model, args.data, args.genome), suffixes=[".csv", ".txt", ".tsv"]
    )
    model = load_model(args)
    batches = inputs.read_batches(args, _BATCH, read_columns(model))
    tables = (_predict_or_name(model, ids, texts) for ids, texts in batches)
    first = next(tables, None)
    if first is None:
        raise ValueError(f"{args.data} has no sequences")
    is_tsv = ".tsv" in Path(args.output).suffixes
    layout = {"sep": "\t" if is_tsv else ",", "index": False, "lineterminator": "\n"}
    with _open_output(args.output) as file:
        first.to_csv(file, float_format="%.6g", **layout)
        for table in tables:
            table.to_csv(file, header=False, float_format="%.6g", **layout)


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name a saved model."""
    parser.add_argument("model", help="file that `skgenomics train` or skgenomics.save wrote")
    parser.add_argument(
        "--trust",
        action="append",
        default=[],
        metavar="CLASS",
        help="class of another package that the model is made of, such as "
        "sklearn.model_selection._split.KFold; may be repeated",
    )


def load_model(args: argparse.Namespace):
    """Load the model that the arguments name; raise a ValueError if the file holds none."""
    from skgenomics.persistence import load

    try:
        model = load(args.model, trusted=args.trust)
    except ValueError as error:
        message, found, names = str(error).partition("pass trusted=")
        if not found:
            raise
        options = " ".join(f"--trust {name}" for name in ast.literal_eval(names))
        raise ValueError(f"{message}pass {options}") from None
    if not has_targets(model) and not hasattr(model, "score_samples"):
        raise ValueError(f"{args.model} holds {type(model).__name__}, which cannot predict")
    return model


def has_targets(model) -> bool:
    """Tell whether a model predicts a target, unlike language models."""
    return hasattr(model, "predict")


def read_columns(model) -> list[str] | None:
    """Return the names of the columns that a model reads; None if it reads sequences alone."""
    from skgenomics._utils.pipelines import input_columns

    return input_columns(model)


def predict_table(model, ids: list[str], X):
    """Predict a batch, and return a DataFrame."""
    import numpy as np
    import pandas as pd

    from skgenomics._utils.pipelines import split_steps

    if not has_targets(model):
        return _with_ids(ids, pd.DataFrame({"score": model.score_samples(X)}))
    if getattr(split_steps(model)[1], "multilabel_", False):
        tasks = np.asarray(model.predict_proba(X))
        names = _names(model, tasks.shape[1])
        table = pd.DataFrame(tasks, columns=names)
        if hasattr(model, "thresholds_"):
            table[[f"predicted_{name}" for name in names]] = (tasks >= model.thresholds_) * 1
        return _with_ids(ids, table)
    predicted = model.predict(X)
    if isinstance(predicted, pd.DataFrame):
        return _with_ids(ids, predicted.reset_index(drop=True))
    values = np.asarray(predicted)
    if values.ndim == 3 and values.shape[2] == len(getattr(model, "target_names_", [])):
        names = [f"{name}_{i}" for name in model.target_names_ for i in range(values.shape[1])]
        values = values.transpose(0, 2, 1).reshape(len(values), -1)
        return _with_ids(ids, pd.DataFrame(values, columns=names))
    if values.ndim > 2:
        raise ValueError(
            f"{type(model).__name__} predicts an array of shape {values.shape[1:]} for each "
            "sequence, which no row of a table holds; predict in Python, where "
            "skgenomics.load opens the file of the model"
        )
    if values.ndim == 2:
        return _with_ids(ids, pd.DataFrame(values, columns=_names(model, values.shape[1])))
    table = pd.DataFrame({"prediction": values})
    proba = model.predict_proba(X) if hasattr(model, "predict_proba") else None
    # Labels of positions are one text each; their probabilities are no columns.
    if proba is not None and np.ndim(proba) == 2:
        table[[f"probability_{label}" for label in model.classes_]] = proba
    return _with_ids(ids, table)


def _with_ids(ids: list[str], table):
    table.insert(0, "id", ids, allow_duplicates=True)
    return table


def _names(model, n: int) -> list[str]:
    names = getattr(model, "target_names_", [])
    return names if len(names) == n else [f"target_{i}" for i in range(n)]


def _predict_or_name(model, ids: list[str], X):
    try:
        return predict_table(model, ids, X)
    except (ValueError, TypeError):
        # The error counts from the start of the batch; find out whose it is.
        for i, name in enumerate(ids):
            try:
                predict_table(model, [name], X.iloc[[i]] if hasattr(X, "iloc") else [X[i]])
            except (ValueError, TypeError) as error:
                raise ValueError(
                    f"cannot predict the sequence with id {name!r}: {error}"
                ) from error
        raise


@contextmanager
def _open_output(path: str) -> Iterator[TextIO]:
    """Open the standard output, or a file that is replaced when all is written."""
    if path == "-":
        yield sys.stdout
        return
    from skgenomics.genome._textfiles import replace_text_file

    with replace_text_file(path) as file:
        yield file
