"""Convolutional networks as estimators."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import log

from skgenomics.estimators.classification import DeepClassifier
from skgenomics.estimators.documentation import documented
from skgenomics.estimators.regression import DeepRegressor
from skgenomics.estimators.settings import check_choice
from skgenomics.networks import CNN

# 6-mers of nucleic acids, 2-mers of proteins.
_MOST_KMERS = 4096


@dataclass(kw_only=True, eq=False, repr=False)
class CNNSettings:
    """Hyper-parameters of :class:`~skgenomics.networks.CNN`."""

    n_filters: int | tuple[int, ...] = (128, 64, 64)
    kernel_size: int | tuple[int, ...] = (9, 5, 3)
    dilation: int | tuple[int, ...] = 1
    padding: str | int | tuple = "same"
    pool_size: int | str | tuple[int | str, ...] = ("auto", 2, 1)
    pool: str = "max"
    ceil_mode: bool = True
    pool_first: bool = True
    residual: bool = True
    dropout: float | tuple[float, ...] = 0.1
    normalization: str | None = "batch"
    activation: str = "relu"
    head_pool: str | int | tuple = ("max", "mean", "flatten")
    flat_channels: int | None = 16
    hidden_units: int | tuple[int, ...] = 64
    hidden_dropout: float | tuple[float, ...] = 0.5
    hidden_normalization: str | None = None
    linear_path: bool | str = "auto"
    kmer_path: int | str = "auto"

    def _network(self):
        return CNN

    def _network_params(self):
        check_choice("linear_path", self.linear_path, (True, False, "auto"))
        names = {field.name for field in fields(CNNSettings)}
        settings = {name: getattr(self, name) for name in names}
        if self.linear_path == "auto":
            # Where strands are alike, no letter at a fixed place can tell anything by itself.
            settings["linear_path"] = self.strands_ is None
        if self.kmer_path == "auto":
            settings["kmer_path"] = self._longest_kmers() if self.has_letters_ else 0
        return settings

    def _longest_kmers(self) -> int:
        if self.n_channels_ == 1:
            return 0
        return min(int(log(_MOST_KMERS, self.n_channels_) + 1e-9), self.length_)


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class CNNClassifier(CNNSettings, DeepClassifier):
    """Convolutional network that classifies sequences.

    The defaults serve signals that sit at a fixed position, such as core promoters and splice
    sites, as well as motifs that sit anywhere, such as the sites of transcription factors.
    Published networks are other settings: DeepBind is
    ``CNNClassifier(n_filters=16, kernel_size=24, padding=23, pool_size=1, head_pool="max", ...)``.

    Parameters
    ----------
    {cnn}
    {classifier}
    {input}
    {training}

    Attributes
    ----------
    {fitted classifier}
    {fitted}

    See Also
    --------
    CNNRegressor : The same network for real targets.
    SequenceClassifier : A network of your own.

    Notes
    -----
    {cnn notes}

    References
    ----------
    .. [1] Zhou et al., Towards a better understanding of reverse-complement equivariance for deep
       learning models in genomics, MLCB 2021.
    .. [2] Alipanahi et al., Predicting the sequence specificities of DNA- and RNA-binding proteins
       by deep learning, Nature Biotechnology 33, 2015.

    Examples
    --------
    >>> from skgenomics import CNNClassifier
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = ["TATA", "TATA", "none", "none"] * 8
    >>> classifier = CNNClassifier(max_iter=10, random_state=0).fit(X, y)
    >>> classifier.predict(["CCGTATAAAGGA"])
    array(['TATA'], dtype='<U4')
    """


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class CNNRegressor(CNNSettings, DeepRegressor):
    """Convolutional network that predicts real numbers from sequences.

    Parameters
    ----------
    {cnn}
    {regressor}
    {input}
    {training}

    Attributes
    ----------
    {fitted regressor}
    {fitted}

    See Also
    --------
    CNNClassifier : The same network for labels.
    SequenceRegressor : A network of your own.

    Notes
    -----
    {cnn notes}

    References
    ----------
    .. [1] Zhou et al., Towards a better understanding of reverse-complement equivariance for deep
       learning models in genomics, MLCB 2021.
    .. [2] de Almeida et al., DeepSTARR predicts enhancer activity from DNA sequence and enables
       the de novo design of synthetic enhancers, Nature Genetics 54, 2022.

    Examples
    --------
    >>> from skgenomics import CNNRegressor
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = [2.0, 1.8, 0.1, 0.0] * 8
    >>> regressor = CNNRegressor(max_iter=10, random_state=0).fit(X, y)
    >>> regressor.predict(X).shape
    (32,)
    """
