"""Other columns that an estimator reads beside the sequence around a variant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from skgenomics._utils.pipelines import input_columns, number_combinations, split_steps
from skgenomics.alphabets import Alphabet
from skgenomics.sequences import decode


@dataclass(frozen=True)
class OtherColumns:
    """Values of the other columns of an estimator, for each variant.

    Parameters
    ----------
    table : DataFrame of shape (n_variants, n_columns)
        The values.
    sequence_column : str
        Column of the sequences.
    names : list of str
        All columns in the order in which the estimator reads them.
    """

    table: pd.DataFrame
    sequence_column: str
    names: list[str]

    def take(self, rows: np.ndarray) -> OtherColumns:
        """Select the values of some variants; a single row is that of all variants."""
        index = np.zeros(len(rows), dtype=int) if len(self.table) == 1 else rows
        table = self.table.iloc[index].reset_index(drop=True)
        return OtherColumns(table, self.sequence_column, self.names)

    def repeat(self, n: int) -> OtherColumns:
        """Repeat all values, as for both alleles or both strands."""
        table = pd.concat([self.table] * n, ignore_index=True)
        return OtherColumns(table, self.sequence_column, self.names)

    def keys(self) -> np.ndarray:
        """Return the number of each combination of values, of shape (n_variants,)."""
        return number_combinations(self.table)

    def frame(self, codes: np.ndarray, alphabet: Alphabet) -> pd.DataFrame:
        """Return samples as the estimator reads them."""
        frame = self.table.assign(**{self.sequence_column: decode(codes, alphabet)})
        return frame[self.names]


def find_other_columns(
    estimator,
    variants: pd.DataFrame | None,
    conditions: Mapping[str, Any] | None,
    sequence_column: str | None,
) -> OtherColumns | None:
    """Find the values of the columns that an estimator reads beside the sequence.

    Parameters
    ----------
    estimator : object
        A fitted estimator.
    variants : DataFrame or None
        Frame of the variants, which may hold some of these columns.
    conditions : dict or None
        Values that hold for all variants, by column.
    sequence_column : str or None
        Column of the sequence; by default the one that has no values.

    Returns
    -------
    OtherColumns or None
        None for an estimator of sequences alone.

    Raises
    ------
    ValueError
        If the estimator reads no such column, or columns have no values.
    """
    names, given = input_columns(estimator), dict(conditions or {})
    if names is None:
        if sequence_column is not None or given:
            raise ValueError(
                f"{type(estimator).__name__} reads sequences alone, no columns of a frame: leave "
                "sequence_column and conditions out"
            )
        return None
    unknown = [name for name in given if name not in names]
    if unknown:
        raise ValueError(
            f"conditions has {unknown[0]!r}, but {type(estimator).__name__} reads the columns "
            f"{names}"
        )
    if sequence_column is None:
        sequence_column = getattr(split_steps(estimator)[1], "sequence_column", None)
    known = [name for name in names if name in given or _has(variants, name)]
    missing = [name for name in names if name not in known]
    if sequence_column is None and len(missing) == 1:
        sequence_column = missing[0]
    if sequence_column is not None and sequence_column not in names:
        raise ValueError(
            f"sequence_column={sequence_column!r}, but {type(estimator).__name__} reads the "
            f"columns {names}"
        )
    missing = [name for name in missing if name != sequence_column]
    if missing or sequence_column is None:
        raise ValueError(
            f"{type(estimator).__name__} reads the columns {names}: name that of the sequence as "
            f"sequence_column, and give the others, {missing}, as columns of `variants` or in "
            "`conditions`"
        )
    others = [name for name in known if name != sequence_column]
    own = [name for name in others if name not in given]
    if own:
        assert variants is not None
        table = variants[own].reset_index(drop=True)
        table = table.assign(**{name: given[name] for name in others if name in given})
    else:
        table = pd.DataFrame({name: [given[name]] for name in others}, index=[0])
    return OtherColumns(table[others], sequence_column, names)


def _has(variants: pd.DataFrame | None, name: str) -> bool:
    return variants is not None and name in variants.columns
