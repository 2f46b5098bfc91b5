"""Long series of runs that go on where they were interrupted."""

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
    """Run the tasks that a log does not hold yet, and return all that it then holds.

    Parameters
    ----------
    log : Path
        File with one result per line, in JSON.
    columns : tuple of str
        Entries of a result that make up its task.
    tasks : iterable of tuple
        Values of these columns.
    run : callable
        Takes a task's values, gives a result as a dict.
    n_jobs : int
        Processes.
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
