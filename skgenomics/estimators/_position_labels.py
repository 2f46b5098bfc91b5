"""Labels of positions as targets: reading and encoding them."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np

from skgenomics._utils.input_validation import is_codes
from skgenomics._utils.position_labels import NO_LABEL, UNKNOWN_LABEL, read_labels
from skgenomics._utils.sequence_profiles import profile_lengths
from skgenomics.estimators._targets import average_one, weigh_classes
from skgenomics.sequences import as_strings, is_text, unpadded_lengths
from skgenomics.training.losses import PADDING, UNKNOWN


class LabelTargets:
    """Labels of positions, as strings or rows of codes."""

    if TYPE_CHECKING:
        # Those of the estimator that it is mixed into.
        crop: int
        crf: bool
        unknown_label: str | int | None
        class_weight: str | dict | None
        length_: int
        n_channels_: int
        alphabet: str

    def _learn_form(self, y) -> None:
        if y is None:
            return
        self.label_form_ = "text" if is_text(y) else "codes"
        kind = str if self.label_form_ == "text" else Integral
        if not isinstance(self._unknown, kind) or (kind is str and len(self._unknown) != 1):
            raise ValueError(
                "unknown_label must be a single character for strings of labels, or an integer for "
                f"codes, got {self.unknown_label!r}"
            )

    def _read_y(self, y) -> np.ndarray:
        return read_labels(y, self.label_form_, self._unknown)

    @property
    def _unknown(self) -> str | int:
        if self.unknown_label is not None:
            return self.unknown_label
        return "?" if self.label_form_ == "text" else -1

    def _match_targets(self, X, y: np.ndarray) -> np.ndarray:
        n_real = self._count_labels(X, self.crop)
        if self.label_form_ == "text":
            n_expected = n_real
        else:
            width = self.length_ if is_text(X) else self._widest(X)
            widest = max(n_real.max(), width - 2 * self.crop)
            n_expected = np.full(len(y), widest)
            is_padding = np.arange(y.shape[1]) >= n_real[:, np.newaxis]
            y = np.where(is_padding & (y != NO_LABEL), UNKNOWN_LABEL, y)
        n_labels = (y != NO_LABEL).sum(axis=1)
        wrong = n_labels != n_expected
        if wrong.any():
            i = int(wrong.argmax())
            where = f" but the {self.crop} at each end" if self.crop else ""
            raise ValueError(
                f"sequence {i} has {n_labels[i]} labels, but {n_expected[i]} are needed: one for "
                f"each position{where}"
            )
        return y

    def _widest(self, X) -> int:
        """Count the positions of a sequence in codes or channels, padding included."""
        lengths = profile_lengths(X, self.n_channels_)
        if lengths is not None:
            return max(int(lengths.max()), self.length_)
        shape = np.asarray(X).shape
        if len(shape) == 3:
            width = shape[1] if shape[2] == self.n_channels_ else shape[2]
        else:
            width = shape[1] if is_codes(X) else -(-shape[1] // self.n_channels_)
        return width

    def _count_labels(self, X, crop: int) -> np.ndarray:
        """Count the labels that each sequence needs, padding aside."""
        if is_text(X):
            lengths = np.array([len(text) for text in as_strings(X)])
        elif is_codes(X):
            lengths = unpadded_lengths(np.asarray(X), self.alphabet)
        elif (found := profile_lengths(X, self.n_channels_)) is not None:
            lengths = found
        else:
            lengths = np.full(len(np.asarray(X)), self._widest(X))
        n_labels = lengths - 2 * crop
        if n_labels.min() < 1:
            raise ValueError(
                f"sequence {n_labels.argmin()} is too short for crop={crop} at each end"
            )
        return n_labels

    def _learn_targets(self, y, weight, classes) -> None:
        labels = np.unique(y)
        labels = labels[(labels != NO_LABEL) & (labels != UNKNOWN_LABEL)]
        if classes is not None:
            labels = self._read_classes(classes)
        if not len(labels):
            raise ValueError("every label in y is unknown")
        if len(labels) < 2:
            raise ValueError(
                f"{type(self).__name__} needs at least two classes, but y has only one class: "
                f"{self._show(labels).tolist()}"
            )
        self.classes_ = self._show(labels)
        self.n_outputs_ = len(labels)
        self.transitions_ = self._count_pairs(y, weight) if self.crf else None

    def _read_classes(self, classes) -> np.ndarray:
        """Labels that are announced, as numbers."""
        is_text = self.label_form_ == "text"
        for label in classes:
            is_symbol = isinstance(label, str) and len(label) == 1
            if label == self._unknown or is_symbol != is_text:
                raise ValueError(
                    f"classes has {label!r}, which is not a label of y, or is the unknown one"
                )
        return np.unique([ord(label) for label in classes] if is_text else classes)

    def _count_pairs(self, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Compute the log-odds of one label following another, against independence."""
        codes = self._encode(y)
        here, there = codes[:, :-1], codes[:, 1:]
        known = (here >= 0) & (there >= 0)
        weights = np.broadcast_to(weight[:, np.newaxis], known.shape)[known]
        counts = np.full((self.n_outputs_, self.n_outputs_), 0.5)
        np.add.at(counts, (here[known], there[known]), weights)
        expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
        return np.log(counts / expected)

    def _show(self, labels: np.ndarray) -> np.ndarray:
        """Labels as the user wrote them."""
        return np.array(list(map(chr, labels))) if self.label_form_ == "text" else labels

    def _encode_targets(self, y, weight) -> tuple[np.ndarray, np.ndarray]:
        width = max(self.length_ - 2 * self.crop, y.shape[1])
        codes = np.full((len(y), width), PADDING, dtype=np.int16)
        codes[:, : y.shape[1]] = self._encode(y)
        known = codes >= 0
        weights = np.zeros(codes.shape)
        rows = np.broadcast_to(weight[:, np.newaxis], codes.shape)[known]
        weights[known] = weigh_classes(self.class_weight, codes[known], self.classes_, rows)
        return codes, average_one(weights)

    def _encode(self, y: np.ndarray) -> np.ndarray:
        """Encode labels as class indices; negative where a label is unknown or absent."""
        raw = self.classes_
        if self.label_form_ == "text":
            raw = np.array([ord(label) for label in raw])
        codes = np.searchsorted(raw, y).clip(max=len(raw) - 1).astype(np.int16)
        is_known = (y != NO_LABEL) & (y != UNKNOWN_LABEL)
        is_unknown = is_known & (raw[codes] != y)
        if is_unknown.any():
            i, position = np.argwhere(is_unknown)[0]
            label = self._show(y[i, position : position + 1]).tolist()[0]
            raise ValueError(
                f"sequence {i} has the label {label!r} at "
                f"position {position}, which is none of the classes {self.classes_.tolist()}"
            )
        codes[~is_known] = UNKNOWN
        codes[y == NO_LABEL] = PADDING
        return codes
