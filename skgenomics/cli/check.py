"""Look for leakage between training and test samples, and for confounders of the label.

It reports duplicates and contradicting labels; test samples that occur in training, exactly, as
their reverse complement, nearly, or as overlapping intervals; and how well length, composition and
the other columns alone predict the label.
"""

from __future__ import annotations

import argparse

from skgenomics._utils.validation import check_real
from skgenomics.cli import _data as inputs
from skgenomics.cli._splitting import Folds, choose_folds

# Text and integers with more values than this share of the samples are names, not confounders.
_MAX_DISTINCT = 0.1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    inputs.add_arguments(parser)
    parser.add_argument(
        "--similarity",
        type=float,
        default=0.9,
        help="identity from which sequences are near duplicates; default: %(default)s",
    )
    parser.add_argument("--alphabet", default="ACGT", help="dna, rna, protein or the symbols")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("-o", "--output", metavar="FILE", help="JSON file for the results")


def run(args: argparse.Namespace) -> None:
    """Print the reports, and write them."""
    from skgenomics.cli import _reports as reports

    reports.check_output(args.output, args.data, args.genome, args.labels, suffixes=[".json"])
    check_real("--similarity", args.similarity, 0, 1)
    data = inputs.load(args)
    words, folds = choose_folds(data, None, args.seed)
    print(f"{args.data}: {len(data.X)} sequences\n")
    duplicates = _find_duplicates(data, args)
    clusters = _count_clusters(data, args)
    leaks = _find_leaks(data, args, words, folds)
    confounders = _find_confounders(data, args)
    if args.output:
        content = {
            "data": args.data,
            "n_samples": len(data.X),
            "duplicates": duplicates,
            "clusters": clusters,
            "leakage": leaks,
            "confounders": confounders.to_dict("records"),
            "versions": reports.versions(),
        }
        reports.write_json(args.output, content)


def _find_duplicates(data, args: argparse.Namespace) -> dict:
    from skgenomics.model_selection import find_duplicates

    found = find_duplicates(data.X, data.y, alphabet=args.alphabet)
    counts = {
        "rows": len(found),
        "sequences": int(found["first"].nunique()),
        "other_strand": int((found["strand"] == "-").sum()),
        "contradicting": int(found["conflict"].sum()),
    }
    print("Duplicates")
    print(f"  {counts['rows']} rows hold {counts['sequences']} sequences that occur repeatedly")
    print(f"  {counts['other_strand']} of these rows are the reverse complement of the first")
    print(f"  {counts['contradicting']} of these rows have labels that contradict each other\n")
    return counts


def _count_clusters(data, args: argparse.Namespace) -> dict:
    import numpy as np

    from skgenomics.model_selection import homology_clusters

    labels = homology_clusters(data.X, similarity=args.similarity, alphabet=args.alphabet)
    sizes = np.bincount(labels)
    counts = {"clusters": len(sizes), "largest": int(sizes.max())}
    print(f"Similar sequences (identity of {args.similarity:g} or more)")
    print(f"  {counts['clusters']} clusters, the largest of {counts['largest']} sequences")
    if len(sizes) < len(data.X):
        print("  `skgenomics evaluate --group-by homology` keeps them together")
    print()
    return counts


def _find_leaks(data, args: argparse.Namespace, words: str, folds: Folds) -> list[dict]:
    """Find leakage across the split of the data, or across the folds of `evaluate`."""
    import numpy as np

    from skgenomics.model_selection import find_leakage

    reports: list[dict] = []
    print(f"Leakage ({words})")
    for fold in folds:
        # Parameters are chosen on dev rows too.
        seen = fold.train if fold.dev is None else np.concatenate([fold.train, fold.dev])
        report = find_leakage(
            _sequences_and_intervals(data, seen),
            _sequences_and_intervals(data, fold.test),
            similarity=args.similarity,
            alphabet=args.alphabet,
        )
        name = "test rows" if len(folds) == 1 else f"fold {len(reports)}"
        reports.append({"part": name, "n_test": report.n_test, **report.counts})
        print("  " + str(report).replace("\n", "\n  "))
    print()
    return reports


def _sequences_and_intervals(data, rows):
    """Combine sequences with their intervals, where these are known."""
    import pandas as pd

    frame = pd.DataFrame({"sequence": data.X[rows]})
    columns = ["chrom", "start", "end"]
    if data.frame is not None and set(columns) <= set(data.frame.columns):
        frame[columns] = data.frame[columns].iloc[rows].to_numpy(object)
    return frame


def _find_confounders(data, args: argparse.Namespace):
    from skgenomics.cli._reports import print_table
    from skgenomics.model_selection import confounder_report

    sources, left_out = _sources(data, args)
    report = confounder_report(
        data.X,
        data.y,
        columns=sources,
        alphabet=args.alphabet,
        random_state=args.seed,
    )
    print("What predicts the label by itself")
    header = [name for name in ("source", "target", "metric", "score", "verdict") if name in report]
    rows = [
        [f"{value:.3f}" if name == "score" else str(value) for name, value in row.items()]
        for row in report[header].to_dict("records")
    ]
    print_table(header, rows)
    if left_out:
        print(f"Not looked at: {', '.join(left_out)}")
    return report


def _sources(data, args: argparse.Namespace) -> tuple:
    """Find columns that may be confounders: neither sequences, labels nor names.

    Also returns the other columns, with the reasons why they are left out.
    """
    if data.frame is None:
        return None, []
    used = {args.sequence_column, "split", "fold", "start", "end", *data.target_names}
    columns = data.frame.drop(columns=used & set(data.frame.columns))
    reasons = {name: _why_not(column) for name, column in columns.items()}
    kept = [name for name, reason in reasons.items() if reason is None]
    left_out = [f"{name} ({reason})" for name, reason in reasons.items() if reason is not None]
    return columns[kept] if kept else None, left_out


def _why_not(column) -> str | None:
    """Give the reason why a column is not a confounder; None if it may be one."""
    n_values = column.nunique()
    if column.isna().any():
        return "values are missing"
    if n_values == 1:
        return "one value only"
    if column.dtype.kind != "f" and n_values > max(2, _MAX_DISTINCT * len(column)):
        return "too many values"
    return None
