"""Reading of images: stacks of numbers with two axes of positions, such as read pileups."""

from __future__ import annotations

from typing import Any

import numpy as np

# Images that are searched for values that are not finite together.
_CHECKED_AT_ONCE = 256


def is_images(X: Any) -> bool:
    """Return True for an array of four axes."""
    return len(getattr(X, "shape", ())) == 4


def read_images(estimator: Any, X: Any, *, n_channels: int | None, reset: bool) -> np.ndarray:
    """Read X as images with channels first.

    Parameters
    ----------
    estimator : object
        Estimator that reads X. It receives ``n_features_in_``, ``input_form_``, ``length_``,
        ``image_size_`` and ``n_channels_`` if `reset`, and must have them otherwise.
    X : array of shape (n_samples, height, width, n_channels) or (n_samples, n_channels, height, \
width)
        Images. A memory-mapped array is not copied.
    n_channels : int
        Size of the axis of channels, the last one on a tie.
    reset : bool
        True while fitting.

    Returns
    -------
    ndarray of shape (n_samples, n_channels, height, width), uint8, float32 or float64

    Raises
    ------
    ValueError
        If X is empty, no axis has the size of the channels, the size of the images is not that of
        fit, or an image holds values that are not finite.
    """
    images = np.asarray(X)
    name = type(estimator).__name__
    if not images.size:
        raise ValueError(f"X has the shape {images.shape}: it holds no images")
    if n_channels is None:
        raise ValueError(
            f"X has the shape {images.shape}, four axes, as images have: set n_channels to the "
            "size of the axis of channels, the second or the last one"
        )
    if images.shape[3] == n_channels:
        images = images.transpose(0, 3, 1, 2)
    elif images.shape[1] != n_channels:
        raise ValueError(
            f"X has the shape {images.shape}, but neither its second nor its last axis has the "
            f"size of the {n_channels} channels; set n_channels"
        )
    if images.dtype.kind not in "biuf":
        raise ValueError(f"images must hold numbers, got the type {images.dtype}")
    if images.dtype not in (np.uint8, np.float32, np.float64):
        images = images.astype(np.float32)
    if images.dtype != np.uint8:
        for start in range(0, len(images), _CHECKED_AT_ONCE):
            is_finite = np.isfinite(images[start : start + _CHECKED_AT_ONCE]).all(axis=(1, 2, 3))
            if not is_finite.all():
                raise ValueError(
                    f"image {start + is_finite.argmin()} holds NaN or infinite values; replace them"
                )
    size = images.shape[2:]
    if reset:
        estimator.input_form_, estimator.n_channels_ = "images", int(n_channels)
        estimator.image_size_, estimator.length_ = size, size[1]
        estimator.n_features_in_ = int(np.prod(images.shape[1:]))
        estimator.__dict__.pop("feature_names_in_", None)
    elif estimator.input_form_ != "images":
        raise ValueError(f"X holds images, but {name} was fitted on {estimator.input_form_}")
    elif size != tuple(estimator.image_size_):
        raise ValueError(
            f"X has images of {size[0]} x {size[1]} positions, but {name} was fitted on "
            f"{estimator.image_size_[0]} x {estimator.image_size_[1]}"
        )
    return images
