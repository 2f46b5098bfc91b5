"""Long series of runs that continue where they were interrupted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd
from data import DATA
from joblib import Parallel, delayed


def complete(
    log: Path, columns: tuple[str, ...], tasks: Iterable[tuple], run: Callable, n_jobs: int
) -> pd.DataFrame:
    """Run the tasks that are missing in a log, and return all of its results.

    Parameters
    ----------
    log : Path
        File with one JSON result per line.
    columns : tuple of str
        Entries of a result that identify its task.
    tasks : iterable of tuple
        Values of these entries.
    run : callable
        Function of a task's values that returns a result as a dict.
    n_jobs : int
        Number of processes.

    Returns
    -------
    DataFrame
        One row for each result.
    """
    if not DATA.exists():
        raise SystemExit(f"the data sets are not at {DATA}; set SKGENOMICS_DATA to their folder")
    results = [json.loads(line) for line in log.open()] if log.exists() else []
    known = {tuple(result[column] for column in columns) for result in results}
    runs = Parallel(n_jobs=n_jobs, return_as="generator_unordered")(
        delayed(run)(*task) for task in tasks if task not in known
    )
    for result in runs:
        print(json.dumps(result), flush=True)
        with log.open("a") as file:
            file.write(json.dumps(result) + "\n")
        results.append(result)
    return pd.DataFrame(results)
