"""Consensus of an ensemble of denoising autoencoders."""

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
from skgenomics.training import SequenceDataset, isolated_rng, resolve_device
from skgenomics.training._checkpoints import TrainingCheckpoint


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class EnsembleAutoencoder(DenoisingAutoencoder):
    """Consensus of an ensemble of denoising autoencoders.

    Autoencoders that differ only by their random seed learn different nodes. Here the nodes of all
    of them are pooled and clustered by the correlation of their weights; each cluster becomes one
    node with the mean weights and biases of its members. This is the ensemble of eADAGE [1]_, with
    k-means instead of k-medoids.

    Nodes are connected to the columns directly, so that there are no hidden layers, and weights are
    tied.

    Parameters
    ----------
    n_estimators : int, default=100
        Number of autoencoders.
    n_jobs : int or None, default=None
        Number of autoencoders that are trained in parallel by :mod:`joblib`.
    n_components : int, default=20
        Number of nodes of each autoencoder and of the consensus, which has fewer if there are
        fewer distinct nodes.
    hidden_units : tuple, default=()
        Always empty: hidden layers are not supported.
    hidden_activation : str, default="relu"
        Unused, since there are no hidden layers.
    hidden_normalization : None, default=None
        Always None, since there are no hidden layers.
    hidden_dropout : float, default=0.0
        Dropout of the columns.
    latent_activation : str or None, default="sigmoid"
        Activation of the nodes.
    output_activation : str or None, default=None
        Activation of the reconstruction; a sigmoid with ``loss="bce"``.
    tied_weights : bool, default=True
        Always True: other networks are not supported.
    corruption : {"masking", "gaussian", "salt"}, default="masking"
        Corruption of the input in training, as in :class:`DenoisingAutoencoder`.
    corruption_rate : float, default=0.1
        Fraction of the entries that are corrupted, or the standard deviation of "gaussian".
    loss : {"mse", "bce"}, default="mse"
        Loss of each autoencoder.
    sparsity : {None, "l1", "kl"}, default=None
        Penalty on the activations of the nodes, as in :class:`Autoencoder`.
    sparsity_weight : float, default=0.1
        Weight of the penalty.
    sparsity_target : float, default=0.05
        Target of the mean activation for "kl".
    layerwise_iter : int, default=0
        Number of epochs of layer-wise pretraining, which for a single layer are additional epochs
        of training.
    {optimization}

    Attributes
    ----------
    n_models_ : ndarray of shape (n_components,), dtype int
        Number of autoencoders that contribute to each consensus node.
    agreement_ : ndarray of shape (n_components,)
        Mean correlation of the weights of the members of each cluster with the consensus node.
    {fitted net}
    network_settings_ : dict
        Hyperparameters of the network.
    dtype_ : {"float32", "float64"}
        Type of the parameters and codes: float64 if X had it in fit, else float32.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if X was a DataFrame with string names.

    See Also
    --------
    DenoisingAutoencoder : A single model, with the hyperparameters of ADAGE.

    Notes
    -----
    ``n_iter_``, ``loss_curve_`` and ``validation_loss_curve_`` are the means over the autoencoders,
    all of which hold out the same samples for early stopping. ``partial_fit`` and ``warm_start``
    continue the training of the consensus nodes. eADAGE has 100 models of 300 nodes each, with the
    other hyperparameters of ADAGE.

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
                    f"{name}={settings[name]!r}, but nodes are averaged by their weights, which "
                    f"needs {name}={value!r}"
                )

    def _start(self, dataset: SequenceDataset, seed: int) -> None:
        """Do nothing: the autoencoders of the ensemble pretrain themselves."""

    def _train(self, train: SequenceDataset, valid: SequenceDataset | None, one_epoch: bool):
        if self.n_iter_:
            super()._train(train, valid, one_epoch)
            return
        seed = int(torch.randint(2**30, ()))
        checkpoint = self.net_.checkpoint
        members = Parallel(n_jobs=self.n_jobs)(
            delayed(_train_member)(
                self._member(),
                train,
                valid,
                seed + i,
                one_epoch,
                None if checkpoint is None else checkpoint.nested(f"member-{i}"),
            )
            for i in range(self.n_estimators)
        )
        self.n_iter_ = round(np.mean([member.n_iter_ for member in members]))
        self.loss_curve_ = _mean_curve([member.loss_curve_ for member in members])
        self.validation_loss_curve_ = _mean_curve([m.validation_loss_curve_ for m in members])
        self._set_parameters(self._agree(members, seed))
        self._learn_rows(self.network_, train.X)

    def _member(self) -> DenoisingAutoencoder:
        """Make one of the autoencoders, prepared to train on the same samples."""
        names = [field.name for field in fields(DenoisingAutoencoder)]
        member = clone(DenoisingAutoencoder(**{name: getattr(self, name) for name in names}))
        member.dtype_, member.network_settings_ = self.dtype_, dict(self.network_settings_)
        member._forget_training()
        return member

    def _agree(self, members: list[DenoisingAutoencoder], seed: int) -> list[np.ndarray]:
        """Compute the consensus weights, biases and output biases of all members."""
        layers = [(m.network_.encoder_layers()[0], m.network_.decoder[0]) for m in members]
        weights = np.concatenate([_as_array(encoder.weight) for encoder, _ in layers])
        biases = np.concatenate([_as_array(encoder.bias) for encoder, _ in layers])
        patterns = _standardize(weights)
        # Nodes that differ only by rounding errors are the same.
        kmeans = KMeans(self.n_components, n_init=1, random_state=seed)
        clusters = kmeans.fit_predict(patterns.round(6))
        # Empty clusters are dropped, and the others numbered consecutively.
        numbers, clusters = np.unique(clusters, return_inverse=True)
        is_in = clusters == np.arange(len(numbers))[:, np.newaxis]
        averaging = (is_in / is_in.sum(axis=1, keepdims=True)).astype(weights.dtype)
        nodes = averaging @ weights
        self.n_models_ = is_in.reshape(len(numbers), len(members), -1).any(axis=2).sum(axis=1)
        self.agreement_ = averaging @ (patterns * _standardize(nodes)[clusters]).sum(axis=1)
        columns = np.mean([_as_array(decoder.bias) for _, decoder in layers], axis=0)
        return [nodes, averaging @ biases, columns]

    def _set_parameters(self, values: list[np.ndarray]) -> None:
        """Build the consensus net from weights, biases and output biases."""
        self.network_settings_["n_components"] = len(values[0])
        self.net_ = self._make_net(str(self.net_.device))
        encoder, decoder = self.network_.encoder_layers()[0], self.network_.decoder[0]
        with torch.no_grad():
            parameters = encoder.weight, encoder.bias, decoder.bias
            for parameter, value in zip(parameters, values, strict=True):
                parameter.copy_(torch.from_numpy(value))


def _train_member(
    member: DenoisingAutoencoder,
    dataset: SequenceDataset,
    valid: SequenceDataset | None,
    seed: int,
    one_epoch: bool,
    checkpoint: TrainingCheckpoint | None,
) -> DenoisingAutoencoder:
    device = resolve_device(member.device)
    with isolated_rng(seed, device):
        member.net_ = member._make_net(device)
        with member._writing(checkpoint):
            member._initialize_net(dataset, seed)
            member._train(dataset, valid, one_epoch)
    return member


def _mean_curve(curves: list[list[float]]) -> list[float]:
    """Average curves over the epochs that all of them have."""
    length = min(map(len, curves))
    return np.mean([curve[:length] for curve in curves], axis=0).tolist()


def _as_array(weight: torch.Tensor) -> np.ndarray:
    return weight.detach().cpu().numpy()


def _standardize(weights: np.ndarray) -> np.ndarray:
    """Center rows and scale them to unit length, so that dot products are correlations."""
    centered = weights - weights.mean(axis=1, keepdims=True)
    return centered / np.maximum(np.linalg.norm(centered, axis=1, keepdims=True), 1e-12)
