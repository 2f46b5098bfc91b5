"""Predict labels of sequences with a saved model, batch by batch.

The output has a column "id" and one row per sequence. A classifier gives the column "prediction"
and one "probability_..." for each class, a multi-label classifier the probability of each task
in a column of its own, and "predicted_..." if its thresholds are tuned, a regressor "prediction" or
one column for each target.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from skgenomics.cli import _data as inputs

_BATCH = 2048


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("model", help="file that `skgenomics train` or skgenomics.save wrote")
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
    model = load_model(args.model)
    batches = inputs.read_batches(args, _BATCH)
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


def load_model(path: str):
    """Load an estimator that can predict; raise a ValueError if the file holds none."""
    from skgenomics.persistence import load

    model = load(path)
    if not hasattr(model, "predict"):
        raise ValueError(f"{path} holds {type(model).__name__}, which cannot predict")
    return model


def predict_table(model, ids: list[str], texts: list[str]):
    """Predict a batch, and return a DataFrame."""
    import numpy as np
    import pandas as pd

    from skgenomics._utils.pipelines import split_steps

    if getattr(split_steps(model)[1], "multilabel_", False):
        proba = np.asarray(model.predict_proba(texts))
        names = _names(model, proba.shape[1])
        table = pd.DataFrame(proba, columns=names)
        if hasattr(model, "thresholds_"):
            table[[f"predicted_{name}" for name in names]] = (proba >= model.thresholds_) * 1
        return _with_ids(ids, table)
    values = np.asarray(model.predict(texts))
    if values.ndim == 2:
        return _with_ids(ids, pd.DataFrame(values, columns=_names(model, values.shape[1])))
    table = pd.DataFrame({"prediction": values})
    if hasattr(model, "predict_proba"):
        names = [f"probability_{label}" for label in model.classes_]
        table[names] = model.predict_proba(texts)
    return _with_ids(ids, table)


def _with_ids(ids: list[str], table):
    table.insert(0, "id", ids, allow_duplicates=True)
    return table


def _names(model, n: int) -> list[str]:
    names = getattr(model, "target_names_", [])
    return names if len(names) == n else [f"target_{i}" for i in range(n)]


def _predict_or_name(model, ids: list[str], texts: list[str]):
    try:
        return predict_table(model, ids, texts)
    except (ValueError, TypeError):
        # The error counts from the start of the batch; find out whose it is.
        for name, text in zip(ids, texts, strict=True):
            try:
                model.predict([text])
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
