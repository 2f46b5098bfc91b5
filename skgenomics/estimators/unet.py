"""U-Nets as estimators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from skgenomics.estimators._base import SequenceEstimator
from skgenomics.estimators._classifier import ClassifierTargets
from skgenomics.estimators._docstrings import documented
from skgenomics.estimators._heads import NetworkSettings
from skgenomics.estimators._regressor import RegressorTargets
from skgenomics.networks.unet import UNet


@dataclass(kw_only=True, eq=False, repr=False)
class UNetSettings(NetworkSettings):
    """Hyperparameters of :class:`~skgenomics.networks.UNet`."""

    _network_class = UNet
    _rare: ClassVar[dict[str, Any]] = {
        "pool": "max",
        "upsample": "linear",
        "activation": "relu",
        "flat_channels": 16,
    }

    n_filters: int | tuple[int, ...] = (48, 64, 96)
    kernel_size: int | tuple[int, ...] = 7
    dilation: int | tuple[int, ...] = 1
    dropout: float = 0.1
    normalization: str | None = "batch"
    head_pool: str | int | tuple = "auto"


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class UNetClassifier(UNetSettings, ClassifierTargets, SequenceEstimator):
    """U-Net that classifies sequences.

    Two convolutions at each of several resolutions, which are halved on the way down and doubled on
    the way up, where the feature map of the same resolution is added [1]_. With searched kernels it
    is a strong baseline of models that were pretrained on genomes [2]_.

    Parameters
    ----------
    {unet}
    {head unet}
    {classifier}
    {input}
    {training}

    Attributes
    ----------
    {fitted classifier}
    {receptive field}
    {fitted}

    See Also
    --------
    UNetRegressor : The same network for real targets.
    SequenceLabeler : Labels of positions, with ``network="unet"``.

    References
    ----------
    .. [1] Ronneberger, Fischer and Brox, U-Net: convolutional networks for biomedical image
       segmentation, MICCAI 2015.
    .. [2] Xu et al., Specialized foundation models struggle to beat supervised baselines, ICLR
       2025.

    Examples
    --------
    >>> from skgenomics import UNetClassifier
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = ["TATA", "TATA", "none", "none"] * 8
    >>> classifier = UNetClassifier(n_filters=(16, 32), max_iter=10, random_state=0).fit(X, y)
    >>> classifier.predict(["CCGTATAAAGGA"])
    array(['TATA'], dtype='<U4')
    """


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class UNetRegressor(UNetSettings, RegressorTargets, SequenceEstimator):
    """U-Net that predicts real numbers from sequences.

    Parameters
    ----------
    {unet}
    {head unet}
    {regressor}
    {input}
    {training}

    Attributes
    ----------
    {fitted regressor}
    {receptive field}
    {fitted}

    See Also
    --------
    UNetClassifier : The same network for labels.

    Examples
    --------
    >>> from skgenomics import UNetRegressor
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = [2.0, 1.8, 0.1, 0.0] * 8
    >>> UNetRegressor(n_filters=(8, 16), max_iter=5).fit(X, y).predict(X).shape
    (32,)
    """
