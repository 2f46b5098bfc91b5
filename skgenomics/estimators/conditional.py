"""Classifier of sequences under conditions, such as a factor and a cell line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from skgenomics._utils.input_validation import has_padding, read_sequences
from skgenomics._utils.validation import check_choice, check_integer
from skgenomics.estimators._base import SequenceEstimator
from skgenomics.estimators._classifier import ClassifierTargets
from skgenomics.estimators._docstrings import documented
from skgenomics.estimators._named_network import NamedNetwork
from skgenomics.estimators.custom import SequenceClassifier
from skgenomics.networks.conditional import ConditionalNetwork, FixedConditions
from skgenomics.sequences import is_text


def read_categories(name, column: pd.Series) -> np.ndarray:
    """Read the categories of a condition, sample by sample.

    Raises
    ------
    ValueError
        If one is missing, or they are not all strings or all numbers.
    """
    missing = (column.isna() | column.isin([np.inf, -np.inf])).to_numpy()
    if missing.any():
        raise ValueError(
            f"Input X contains NaN or infinity: condition {name!r} is missing in row "
            f"{missing.argmax()}; drop the row, or give it a category such as 'unknown'"
        )
    values = column.tolist()
    categories = np.array(values)
    n_strings = sum(isinstance(value, str) for value in values)
    if categories.ndim != 1 or categories.dtype.kind not in "biufU" or 0 < n_strings < len(values):
        raise ValueError(
            f"condition {name!r} holds {values[0]!r} and the like, but categories are all strings "
            "or all numbers"
        )
    return categories


def encode_categories(
    name, column: pd.Series, categories: np.ndarray, handle_unknown: str = "error"
) -> np.ndarray:
    """Encode categories as indices of the known ones.

    One that is not known is an error that names it, or -1 with ``handle_unknown="average"``.
    """
    values = read_categories(name, column)
    codes = pd.Index(categories).get_indexer(pd.Index(values))
    unknown = codes < 0
    if handle_unknown == "error" and unknown.any():
        known = ", ".join(map(repr, categories[:12].tolist()))
        raise ValueError(
            f"condition {name!r} has {values[unknown][:1].tolist()[0]!r} in row "
            f"{unknown.argmax()}, which fit has not seen; it knows {known}"
            + (", ..." if len(categories) > 12 else "")
        )
    return codes


# What only the classifier with conditions has.
_NOT_SHARED = {"net_", "categories_", "sequences_", "n_features_in_", "feature_names_in_"}


class _Sequences(BaseEstimator):
    """Attributes that are learned from the columns of the sequence."""


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class ConditionalClassifier(NamedNetwork, ClassifierTargets, SequenceEstimator):
    """Network that classifies sequences under conditions, in combinations never seen too.

    A row is a sequence with the conditions that it is seen under, such as a transcription factor
    and a cell line. One network learns all of them: each category of a condition has a vector, and
    these vectors gate the features of the sequence [1]_: they say how much each one counts.
    So it predicts for combinations that no
    experiment was made of, as long as each of their categories occurs in some other one.

    Parameters
    ----------
    sequence_column : str, int or None, default="sequence"
        Column of X that holds the sequence; None for all columns that hold no condition, which are
        codes or channels then.
    condition_columns : sequence of str or int, default=None
        Columns of X that hold conditions, each with the name of a category; None for all but that
        of the sequence. Columns of arrays have numbers.
    handle_unknown : {"error", "average"}, default="error"
        What becomes of a category that the first fit has not seen, in `predict` and in later calls
        of `partial_fit`: an error, or the mean of the vectors of all that it has seen.
    embedding_size : int, default=16
        Size of the vector of a category.
    network : str, default="cnn"
        Architecture: "cnn", "resnet", "unet", "rnn", "cnnrnn", "transformer", "longconv" or
        "convtransformer".
    network_params : dict, default=None
        Hyperparameters of the network that replace the defaults of :class:`CNNClassifier` etc.
        By default it has no `linear_path` and no `kmer_path`, which would see no conditions.
    {classifier}
    {input}
    {training}

    Attributes
    ----------
    categories_ : dict
        Categories of each condition, by the name or the number of its column.
    sequences_ : object
        What was learned from the columns of the sequence: their number and names.
    {fitted classifier}
    {receptive field}
    {fitted}

    See Also
    --------
    MultiTaskEstimator : A head for each task, for tasks that all occur in training.

    References
    ----------
    .. [1] Qin and Feng, Imputation for transcription factor binding predictions based on deep
       learning, PLoS Computational Biology 13, 2017.

    Examples
    --------
    >>> import pandas as pd
    >>> from skgenomics import ConditionalClassifier
    >>> X = pd.DataFrame({
    ...     "sequence": ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8,
    ...     "factor": ["TBP", "CTCF"] * 16,
    ...     "cell": ["K562"] * 16 + ["HepG2"] * 16,
    ... })
    >>> y = [1, 0, 0, 0] * 8
    >>> classifier = ConditionalClassifier(max_iter=2, random_state=0).fit(X, y)
    >>> classifier.categories_["factor"].tolist()
    ['CTCF', 'TBP']
    >>> classifier.predict(X[:3]).shape
    (3,)
    """

    sequence_column: str | int | None = "sequence"
    condition_columns: Sequence[str | int] | None = None
    handle_unknown: str = "error"
    embedding_size: int = 16

    _networks: ClassVar[tuple[str, ...]] = tuple(n for n in NamedNetwork._networks if n != "mlp")
    _other_defaults: ClassVar[dict[str, Any]] = {"linear_path": False, "kmer_path": 0}

    @property
    def _has_extra_inputs(self) -> bool:
        return True

    def given(self, conditions: Mapping[str | int, Any]) -> SequenceClassifier:
        """Return the classifier of sequences under fixed conditions.

        It takes sequences alone, and so all that explains or uses such classifiers takes it:
        attributions, mutagenesis, variant effects.

        Parameters
        ----------
        conditions : dict
            A category of each condition, by the name of its column.

        Returns
        -------
        SequenceClassifier
            A fitted one, with the same weights.

        Raises
        ------
        ValueError
            If a condition is missing, there is no such condition, or no such category.
        """
        check_is_fitted(self)
        if conditions.keys() != self.categories_.keys():
            raise ValueError(
                f"conditions must name a category of each of {list(self.categories_)}, got "
                f"{list(conditions)}"
            )
        codes = [
            encode_categories(name, pd.Series([conditions[name]]), known, self.handle_unknown)
            for name, known in self.categories_.items()
        ]
        settings = {"conditions": np.concatenate(codes).tolist()}
        own = {"network", "network_params"}
        shared = [name for name in SequenceClassifier._get_param_names() if name not in own]
        fixed = SequenceClassifier(
            network=FixedConditions,
            network_params=self._fixed_params() | settings,
            **{name: getattr(self, name) for name in shared},
        )
        learned = {k: v for k, v in vars(self).items() if k.endswith("_") and k not in _NOT_SHARED}
        learned |= vars(self.sequences_)
        learned["network_settings_"] = self.network_settings_ | settings
        # Restored from its parameters, learned attributes and weights, as a pickle is.
        fixed.__setstate__(vars(fixed) | learned | {"weights_": self.net_.weights()})
        return fixed

    def _reinitialized_parts(self, source) -> set[str]:
        # Vectors of other categories mean nothing here, even if there are as many.
        ours, theirs = (
            [(name, list(known)) for name, known in e.items()]
            for e in (self.categories_, getattr(source, "categories_", {}))
        )
        return super()._reinitialized_parts(source) | ({"embeddings"} if ours != theirs else set())

    def _fixed_params(self) -> dict[str, Any]:
        sizes = ("n_channels", "length", "n_outputs")
        return {k: v for k, v in self.network_settings_.items() if k not in sizes}

    def _check_settings(self) -> None:
        super()._check_settings()
        check_integer("embedding_size", self.embedding_size, 1)
        check_choice("handle_unknown", self.handle_unknown, ("error", "average"))
        if self.sequence_column is None and self.condition_columns is None:
            raise ValueError(
                "sequence_column and condition_columns are both None; name at least one of them"
            )
        if isinstance(self.condition_columns, str):
            raise ValueError(
                "condition_columns must be a list of columns, got the string "
                f"{self.condition_columns!r}: write [{self.condition_columns!r}]"
            )

    def _read(self, X, *, reset: bool, allow_ragged: bool = False) -> np.ndarray:
        # Never ragged: conditions are stored by row beside padded codes.
        table = self._read_table(X, reset=reset)
        conditions = self._conditions(table)
        if reset:
            self.sequences_ = _Sequences()
            self.categories_ = {
                name: np.unique(read_categories(name, table[name])) for name in conditions
            }
        if self.sequence_column is None:
            sequences = table.drop(columns=conditions)
            sequences = sequences if isinstance(X, pd.DataFrame) else sequences.to_numpy()
        else:
            sequences = table[self.sequence_column]
        data = read_sequences(
            self.sequences_,
            sequences,
            alphabet=self.alphabet,
            n_channels=self.n_channels,
            reset=reset,
            **self._length_options(reset),
        )
        if reset:
            for name in ("input_form_", "n_channels_", "length_"):
                setattr(self, name, getattr(self.sequences_, name))
            self.has_padding_ = has_padding(data, self.n_channels_)
        return data

    def _read_extra_inputs(self, X) -> dict[str, np.ndarray]:
        table = self._read_table(X, reset=False)
        codes = [
            encode_categories(name, table[name], categories, self.handle_unknown)
            for name, categories in self.categories_.items()
        ]
        return {"conditions": np.column_stack(codes)}

    def _read_table(self, X, *, reset: bool) -> pd.DataFrame:
        """Convert X to a frame; columns of arrays are named by their indices."""
        if is_text(X) and np.ndim(X) == 1:
            raise ValueError(
                "X holds sequences alone, but their conditions are needed too: pass a DataFrame "
                "with a column for each. Reshape your data"
            )
        if not isinstance(X, pd.DataFrame):
            return pd.DataFrame(
                validate_data(self, X, reset=reset, dtype=None, ensure_all_finite=False)
            )
        if X.columns.has_duplicates:
            name = X.columns[X.columns.duplicated()][0]
            raise ValueError(f"X has several columns {name!r}; give each a name of its own")
        validate_data(self, X, reset=reset, skip_check_array=True)
        return X

    def _conditions(self, table: pd.DataFrame) -> list:
        """Names of the columns that hold conditions."""
        names = table.columns.tolist()
        wanted = self.condition_columns
        if wanted is None:
            wanted = [name for name in names if name != self.sequence_column]
        own = [] if self.sequence_column is None else [self.sequence_column]
        for name in (*own, *wanted):
            if name not in names:
                raise ValueError(f"X has no column {name!r}; it has {names[:12]}")
        if not len(wanted) or len(names) == len(wanted):
            raise ValueError(
                f"X has {len(names)} feature(s), {names[:12]}, of which {list(wanted)} hold "
                "conditions, but it needs columns of a sequence and of conditions"
            )
        if set(own) & set(wanted):
            raise ValueError(f"{own[0]!r} is both the sequence_column and in condition_columns")
        return list(wanted)

    def _build_network(self, **settings) -> ConditionalNetwork:
        return ConditionalNetwork(**settings)

    def _network_params(self) -> dict[str, Any]:
        return super()._network_params() | {
            "network": self.network,
            "n_categories": [len(categories) for categories in self.categories_.values()],
            "condition_size": self.embedding_size,
        }
