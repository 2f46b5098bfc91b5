"""Warnings that point at the line of the user, however deep below it they arise."""

from __future__ import annotations

import inspect
import warnings

# scikit-learn wraps `transform` and calls it from `fit_transform` and pipelines.
_PACKAGES = ("skgenomics", "sklearn", "imblearn", "joblib")


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn about the line that called into this package or into scikit-learn."""
    frame, level = inspect.currentframe(), 1
    while frame.f_back is not None and _package(frame) in _PACKAGES:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _package(frame) -> str:
    return frame.f_globals.get("__name__", "").partition(".")[0]
