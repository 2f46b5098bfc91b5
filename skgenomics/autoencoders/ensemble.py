"""The nodes that many denoising auto-encoders agree on."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import torch
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.cluster import KMeans

from skgenomics._utils.validation import check_integer
from skgenomics.autoencoders.denoising import DenoisingAutoencoder
from skgenomics.estimators._docstrings import documented
from skgenomics.networks._layers import as_tuple
from skgenomics.training import SequenceDataset


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class EnsembleAutoencoder(DenoisingAutoencoder):
    """Denoising auto-encoder whose nodes are those that many of them agree on.

    Auto-encoders that differ by their random seed alone find other nodes each time. Here the
    nodes of all of them are put together and clustered by the correlation of their weights; each
    cluster becomes one node, with the mean of the weights and biases of its members. It is the
    ensemble of eADAGE [1]_, with k-means where that has k-medoids.

    Nodes read the columns themselves, so there are no hidden layers, and weights are tied.

    Parameters
    ----------
    n_estimators : int, default=100
        Number of auto-encoders.
    n_jobs : int or None, default=None
        How many are trained at the same time, by :mod:`joblib`.
    n_components : int, default=20
        Nodes of each of them, and of what they agree on; of the latter there are fewer if there
        are not as many different ones.
    hidden_units : (), default=()
        None are possible.
    hidden_activation, hidden_normalization, hidden_dropout
        Without hidden layers, `hidden_dropout` is a dropout of columns, and the others do nothing
        but that there must be no normalisation.
    latent_activation : str or None, default="sigmoid"
        Activation of the nodes.
    output_activation : str or None, default=None
        Activation of the reconstruction; for ``loss="bce"`` it is a sigmoid.
    tied_weights : True, default=True
        Has to be.
    corruption : {"masking", "gaussian", "salt"}, default="masking"
        Damage while training, as in :class:`DenoisingAutoencoder`.
    corruption_rate : float, default=0.1
        Share of the entries that are damaged, or the standard deviation of "gaussian".
    loss : {"mse", "bce"}, default="mse"
        What each of them minimises.
    sparsity : {None, "l1", "kl"}, default=None
        Penalty that keeps most nodes silent, as in :class:`Autoencoder`.
    sparsity_weight : float, default=0.1
        Factor of that penalty.
    sparsity_target : float, default=0.05
        Mean activation that "kl" aims at.
    layerwise_iter : int, default=0
        Epochs of training that come before; with a single layer they are but more of the same.
    {optimization}

    Attributes
    ----------
    n_models_ : ndarray of shape (n_components,), int
        How many of the auto-encoders have a node in each cluster.
    agreement_ : ndarray of shape (n_components,)
        Mean correlation of the weights of the members of each cluster with what became of them.
    {fitted net}
    network_settings_ : dict
        What the network was built with.
    dtype_ : {"float32", "float64"}
        Type of the weights and codes: float64 if X was so in fit, else float32.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of str
        Names of the columns, if X was a frame.

    See Also
    --------
    DenoisingAutoencoder : One of them, with the settings of ADAGE.

    Notes
    -----
    ``n_iter_``, ``loss_curve_`` and ``validation_loss_curve_`` are the means over the
    auto-encoders, all of which keep the same rows aside for early stopping. ``partial_fit`` and
    ``warm_start`` go on with the nodes that they agreed on. In eADAGE there are 100 models of 300
    nodes each, whose other settings are those of ADAGE.

    References
    ----------
    .. [1] Tan et al., Unsupervised extraction of stable expression signatures from public
       compendia with an ensemble of neural networks, Cell Systems 5, 2017.

    Examples
    --------
    >>> from skgenomics.datasets import make_expression
    >>> from skgenomics import EnsembleAutoencoder
    >>> data = make_expression(100, 60, n_programs=2, program_size=10, random_state=0)
    >>> X = (data.X - data.X.mean()) / data.X.std()
    >>> ensemble = EnsembleAutoencoder(
    ...     n_estimators=5, n_components=4, learning_rate=0.02, random_state=0
    ... ).fit(X)
    >>> ensemble.transform(X).shape
    (100, 4)
    >>> list(ensemble.high_weight_features(n_std=2))
    ['node', 'side', 'feature', 'weight']
    """

    n_estimators: int = 100
    n_jobs: int | None = None
    hidden_units: tuple = ()
    latent_activation: str | None = "sigmoid"
    tied_weights: bool = True

    def _check_settings(self) -> None:
        super()._check_settings()
        check_integer("n_estimators", self.n_estimators, 1)
        settings = vars(self) | {"hidden_units": as_tuple(self.hidden_units)}
        needs = {"hidden_units": (), "hidden_normalization": None, "tied_weights": True}
        for name, value in needs.items():
            if settings[name] != value:
                raise ValueError(
                    f"{name}={settings[name]!r}, but nodes are averaged by their weights, "
                    f"which needs {name}={value!r}"
                )

    def _start(self, dataset: SequenceDataset, seed: int) -> None:
        """Nothing: what comes before training does so for each of the auto-encoders."""

    def _train(self, dataset: SequenceDataset, valid: SequenceDataset | None, one_epoch: bool):
        if self.n_iter_:
            super()._train(dataset, valid, one_epoch)
            return
        seed = int(torch.randint(2**30, ()))
        members = Parallel(n_jobs=self.n_jobs)(
            delayed(_train_member)(self._member(), dataset, valid, seed + i, one_epoch)
            for i in range(self.n_estimators)
        )
        self.n_iter_ = round(np.mean([member.n_iter_ for member in members]))
        self.loss_curve_ = _mean_curve([member.loss_curve_ for member in members])
        self.validation_loss_curve_ = _mean_curve([m.validation_loss_curve_ for m in members])
        self._become(self._agree(members, seed))
        self._learn_rows(self.network_, dataset.X)

    def _member(self) -> DenoisingAutoencoder:
        """One of the auto-encoders, ready to be trained on the same rows."""
        names = [field.name for field in fields(DenoisingAutoencoder)]
        settings = {name: clone(getattr(self, name), safe=False) for name in names}
        member = DenoisingAutoencoder(**settings)
        member.dtype_, member.network_settings_ = self.dtype_, dict(self.network_settings_)
        member._forget_training()
        return member

    def _agree(self, members: list[DenoisingAutoencoder], seed: int) -> list[np.ndarray]:
        """Weights, biases and biases of the columns that all members together give."""
        layers = [(m.network_.encoder_layers()[0], m.network_.decoder[0]) for m in members]
        weights = np.concatenate([_as_array(encoder.weight) for encoder, _ in layers])
        biases = np.concatenate([_as_array(encoder.bias) for encoder, _ in layers])
        patterns = _standardize(weights)
        # Nodes that differ by an error of rounding are the same.
        kmeans = KMeans(self.n_components, n_init=1, random_state=seed)
        clusters = kmeans.fit_predict(patterns.round(6))
        places, clusters = np.unique(clusters, return_inverse=True)
        is_in = clusters == np.arange(len(places))[:, np.newaxis]
        shares = (is_in / is_in.sum(axis=1, keepdims=True)).astype(weights.dtype)
        nodes = shares @ weights
        self.n_models_ = is_in.reshape(len(places), len(members), -1).any(axis=2).sum(axis=1)
        self.agreement_ = shares @ (patterns * _standardize(nodes)[clusters]).sum(axis=1)
        columns = np.mean([_as_array(decoder.bias) for _, decoder in layers], axis=0)
        return [nodes, shares @ biases, columns]

    def _become(self, values: list[np.ndarray]) -> None:
        """Take over weights, biases and biases of the columns."""
        self.network_settings_["n_components"] = len(values[0])
        self.net_ = self._make_net(str(self.net_.device))
        encoder, decoder = self.network_.encoder_layers()[0], self.network_.decoder[0]
        with torch.no_grad():
            for ours, value in zip(
                (encoder.weight, encoder.bias, decoder.bias), values, strict=True
            ):
                ours.copy_(torch.from_numpy(value))


def _train_member(
    member: DenoisingAutoencoder,
    dataset: SequenceDataset,
    valid: SequenceDataset | None,
    seed: int,
    one_epoch: bool,
) -> DenoisingAutoencoder:
    member._train_net(dataset, valid, seed, anew=True, one_epoch=one_epoch)
    return member


def _mean_curve(curves: list[list[float]]) -> list[float]:
    """Mean of curves, over the epochs that all of them have."""
    length = min(map(len, curves))
    return np.mean([curve[:length] for curve in curves], axis=0).tolist()


def _as_array(weight: torch.Tensor) -> np.ndarray:
    return weight.detach().cpu().numpy()


def _standardize(weights: np.ndarray) -> np.ndarray:
    """Rows of mean zero and length one, whose products are their correlations."""
    centred = weights - weights.mean(axis=1, keepdims=True)
    return centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
