"""Predict labels of sequences with a saved model, batch by batch.

The output has a column "id" and one row per sequence. A classifier gives the column "prediction"
and one "probability_..." for each class, a multi-label classifier the probability of each task
in a column of its own, a regressor "prediction" or one column for each target.
"""

from __future__ import annotations

import argparse
import gzip
import sys
from contextlib import contextmanager
from pathlib import Path

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
        help="CSV file; default: stdout, or -",
    )


def run(args: argparse.Namespace) -> None:
    """Predict, holding one batch at a time."""
    from skgenomics.cli._reports import check_can_write

    check_can_write(args.output)
    model = load_model(args.model)
    batches = inputs.read_batches(args, _BATCH)
    tables = (_predict_or_name(model, ids, texts) for ids, texts in batches)
    # The file is opened once there is something to write: errors spare what was there before.
    first = next(tables, None)
    if first is None:
        raise ValueError(f"{args.data} has no sequences")
    with _open_output(args.output) as file:
        first.to_csv(file, index=False, float_format="%.6g", lineterminator="\n")
        for table in tables:
            table.to_csv(file, index=False, header=False, float_format="%.6g", lineterminator="\n")


def load_model(path: str):
    """Load an estimator that can predict; a ValueError if the file holds none."""
    from skgenomics.persistence import load

    try:
        model = load(path)
    except (ValueError, OSError):
        raise
    except Exception as error:
        # What a damaged file makes of the reader can be of any type.
        raise ValueError(f"{path} is damaged: {error}") from error
    if not hasattr(model, "predict"):
        raise ValueError(f"{path} holds {type(model).__name__}, which predicts nothing")
    return model


def predict_table(model, ids: list[str], texts: list[str]):
    """Predictions of a batch as a DataFrame."""
    import numpy as np
    import pandas as pd

    estimator = model[-1] if hasattr(model, "steps") else model
    if getattr(estimator, "multilabel_", False):
        chances = np.asarray(model.predict_proba(texts))
        return _with_ids(ids, pd.DataFrame(chances, columns=_names(model, chances.shape[1])))
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
def _open_output(path: str):
    if path == "-":
        yield sys.stdout
        return
    opener = gzip.open if path.endswith(".gz") else open
    try:
        with opener(path, "wt", encoding="utf-8", newline="") as file:
            yield file
    except BaseException:
        # Half a file might be taken for a whole one.
        if Path(path).is_file():
            Path(path).unlink()
        raise
