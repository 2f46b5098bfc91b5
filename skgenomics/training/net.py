"""The skorch net that an estimator holds."""

from __future__ import annotations

import contextlib
import copy
import warnings
from collections.abc import Callable, Iterator
from math import prod

import numpy as np
import torch
from skorch import NeuralNet
from skorch.callbacks import EarlyStopping
from skorch.dataset import unpack_data
from skorch.helper import predefined_split
from skorch.utils import TeeGenerator
from torch import nn
from torch.nn.modules.dropout import _DropoutNd

from skgenomics.training._checkpoints import TrainingCheckpoint
from skgenomics.training._precision import Precision, compiled, to_float32
from skgenomics.training.batches import BatchLoader, SequenceDataset
from skgenomics.training.penalties import Penalty

# Predictions are made in batches of about this many positions: they fit in the cache.
PREDICTION_POSITIONS = 1 << 16
# Images of a batch, however large they are.
_MIN_IMAGES = 8


class _Stop(Exception):
    """Raised to end training when early stopping asks for it."""


class Net(NeuralNet):
    """A skorch net that trains on a dataset in memory and stores its weights as plain arrays.

    Loss and optimizer are set by :meth:`prepare`. A subclass implements the forward pass of a batch
    (``infer``) and its loss (``get_loss``).

    Parameters
    ----------
    module : torch.nn.Module
        The network.
    **kwargs
        Settings of :class:`skorch.NeuralNet`.
    """

    penalty: Penalty | None
    callbacks: list | None
    callbacks_: list
    # Where the state of a training is written to, and resumed from.
    checkpoint: TrainingCheckpoint | None = None

    def __init__(self, module: nn.Module, **kwargs):
        self.penalty = None
        self.balanced = False
        self.frozen = ()
        self.keeps_dropout = False
        self.precision = Precision("fp32", "cpu")
        kwargs = {"criterion": nn.Identity(), "train_split": None} | kwargs
        super().__init__(module, **kwargs)

    def prepare(
        self, loss: nn.Module, optimizer: Callable, groups: list[dict], penalty: Penalty | None
    ) -> None:
        """Set the loss, the optimizer and the penalty.

        Parameters
        ----------
        loss : torch.nn.Module
            Function of the output of ``infer``, and of targets and weights if there are any.
        optimizer : callable
            Function of parameter groups that returns the optimizer.
        groups : list of dict
            Parameter groups of a torch optimizer, with ``params`` and ``lr``; the first group has
            the highest learning rate.
        penalty : Penalty or None
            Function of the module that is added to the loss.
        """
        self.criterion_ = loss
        self.optimizer_ = optimizer(groups)
        self.penalty = penalty

    def train_on(
        self,
        dataset: SequenceDataset,
        valid: SequenceDataset | None = None,
        *,
        epochs: int,
        batch_size: int,
        callbacks: list,
        balanced: bool = False,
        precision: str = "fp32",
        compile: bool = False,
    ) -> None:
        """Train for a number of epochs; ``history`` holds these epochs only.

        Parameters
        ----------
        dataset, valid : SequenceDataset
            Training data, and data for the validation loss.
        epochs, batch_size : int
            Number of epochs, and of sequences in a batch.
        callbacks : list
            Callbacks of skorch.
        balanced : bool
            If True, each batch has the same number of samples of every class.
        precision : {"fp32", "bf16", "fp16"}
            Type of the forward and backward passes.
        compile : bool
            If True, the module is compiled for the training.
        """
        if self.checkpoint is not None and self.checkpoint.restore_finished_stage(self):
            self.module_.eval()
            return
        # A schedule would go through the epochs of an earlier training again.
        self.initialize_history()
        self.batch_size, self.callbacks, self.balanced = batch_size, callbacks, balanced
        self.train_split = predefined_split(valid) if valid is not None else None
        self.initialize_callbacks()
        self.notify("on_train_begin", X=dataset, y=None)
        self.precision = Precision(precision, self.device)
        compiling = compiled(self.module_, self.device) if compile else contextlib.nullcontext()
        # Unlike skorch's own method, this does not swallow an interrupt by the user.
        with compiling, contextlib.suppress(_Stop):
            self.fit_loop(dataset, epochs=epochs)
        self.notify("on_train_end", X=dataset, y=None)
        # The split holds the validation data, and early stopping a copy of the best weights.
        self.train_split = self.callbacks = None
        self.module_.eval()
        if self.checkpoint is not None:
            self.checkpoint.end_stage(self)
        self.callbacks_ = [c for c in self.callbacks_ if not isinstance(c[1], EarlyStopping)]

    def fit_loop(self, X, y=None, epochs=None, **fit_params):
        """Train for a number of epochs, of which a checkpoint may have finished some.

        Parameters
        ----------
        X : SequenceDataset
            Training data.
        y : None
            Ignored, present for API consistency.
        epochs : int
            Number of epochs.
        **fit_params
            Ignored.

        Returns
        -------
        self : Net
            The net.
        """
        if self.checkpoint is not None:
            self.checkpoint.restore_interrupted_stage(self)
            epochs -= len(self.history)
        return super().fit_loop(X, y, epochs=epochs, **fit_params)

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params) -> None:
        """Run an epoch, without the batches that a checkpoint has finished.

        Parameters
        ----------
        iterator : BatchLoader or None
            Batches; None to do nothing.
        training : bool
            True for training, False for validation.
        prefix : str
            Prefix of the names in the history.
        step_fn : callable
            Function that is called for each batch.
        **fit_params
            Further arguments of it.
        """
        if training and self.checkpoint is not None:
            iterator.skip = self.checkpoint.skip
        super().run_single_epoch(iterator, training, prefix, step_fn, **fit_params)

    def train_step_single(self, batch, **fit_params) -> dict:
        """Compute the loss of a batch and its gradients, in the precision of the training.

        Parameters
        ----------
        batch : tuple
            Inputs and targets.
        **fit_params
            Ignored.

        Returns
        -------
        dict
            The ``loss`` and the outputs ``y_pred``.
        """
        self._set_training(True)
        inputs, targets = unpack_data(batch)
        with self.precision.autocast():
            outputs = self.infer(inputs, **fit_params)
        outputs = to_float32(outputs)
        loss = self.get_loss(outputs, targets, X=inputs, training=True)
        self.precision.backward(loss)
        return {"loss": loss, "y_pred": outputs}

    def train_step(self, batch, **fit_params) -> dict:
        """Make a step of the optimizer.

        Parameters
        ----------
        batch : tuple
            Inputs and targets.
        **fit_params
            Ignored.

        Returns
        -------
        dict
            The ``loss`` and the outputs ``y_pred``.
        """
        scaler = self.precision.scaler
        if scaler is None:
            return super().train_step(batch, **fit_params)
        self._zero_grad_optimizer()
        step = self.train_step_single(batch, **fit_params)
        # Callbacks clip the gradients themselves, not the scaled ones.
        scaler.unscale_(self.optimizer_)
        parameters = TeeGenerator(self.get_all_learnable_params())
        self.notify("on_grad_computed", named_parameters=parameters, batch=batch, training=True)
        scaler.step(self.optimizer_)
        scaler.update()
        return step

    def notify(self, method_name, **cb_kwargs) -> None:
        """Call a method of all callbacks, and then of the checkpoint, which records their effect.

        Early stopping ends the training; any other KeyboardInterrupt, by the user or by another
        callback, is passed on.

        Parameters
        ----------
        method_name : str
            Name of the method.
        **cb_kwargs
            Its arguments.
        """
        getattr(self, method_name)(self, **cb_kwargs)
        for _, callback in self.callbacks_:
            try:
                getattr(callback, method_name)(self, **cb_kwargs)
            except KeyboardInterrupt:
                # skorch's EarlyStopping raises what Ctrl-C raises.
                is_early_stopping = isinstance(callback, EarlyStopping)
                if is_early_stopping and callback.misses_ >= callback.patience:
                    raise _Stop from None
                raise
        if self.checkpoint is None:
            return
        if method_name == "on_epoch_begin":
            self.checkpoint.begin_epoch(self)
        elif method_name == "on_batch_end" and cb_kwargs["training"]:
            self.checkpoint.end_batch(self)

    @contextlib.contextmanager
    def restored_on_error(self) -> Iterator[None]:
        """Undo the changes of a trained net if a block fails or is interrupted.

        Yields
        ------
        None
            Within the block the net may be trained.
        """
        attributes = dict(vars(self))
        weights = copy.deepcopy(self.module_.state_dict())
        optimizer = getattr(self, "optimizer_", None)
        state = None if optimizer is None else copy.deepcopy(optimizer.state_dict())
        try:
            yield
        except BaseException:
            self.__dict__.clear()
            self.__dict__.update(attributes)
            self.module_.load_state_dict(weights)
            self.module_.eval()
            if optimizer is not None:
                optimizer.load_state_dict(state)
            raise

    def is_finite(self) -> bool:
        """Check that all parameters and running statistics of the module are finite.

        Returns
        -------
        bool
            False if training has diverged.
        """
        running = [b for n, b in self.module_.named_buffers() if "running_" in n]
        tensors = [t for t in (*self.module_.parameters(), *running) if t.is_floating_point()]
        # Sums are quicker than masks, and finite only if all values are; large ones may overflow.
        sums = [tensor.detach().sum().double() for tensor in tensors]
        if not sums or torch.stack(sums).isfinite().all():
            return True
        return all(bool(tensor.isfinite().all()) for tensor in tensors)

    def _set_training(self, training=True) -> None:
        super()._set_training(training)
        if self.keeps_dropout:
            for module in dropout_modules(self.module_):
                module.train()
        for module in self.frozen:
            module.eval()

    def evaluation_step(self, batch, training=False) -> torch.Tensor:
        """Compute the scores of a batch, in full precision under autocast too.

        Parameters
        ----------
        batch : tuple
            Inputs and targets.
        training : bool, default=False
            True for the training mode of the module.

        Returns
        -------
        Tensor
            Scores. Types of less precision have no equivalent in numpy.
        """
        with torch.autocast(torch.device(self.device).type, enabled=False):
            return super().evaluation_step(batch, training=training)

    @contextlib.contextmanager
    def keeping_dropout(self) -> Iterator[None]:
        """Keep dropout active in prediction, all other layers being in evaluation mode.

        Yields
        ------
        None
            Within the block dropout is active.
        """
        self.keeps_dropout = True
        try:
            yield
        finally:
            self.keeps_dropout = False
            self.module_.eval()

    def get_iterator(self, dataset, training=False) -> BatchLoader:
        """Make batches of a dataset: shuffled ones for training, large ones for prediction.

        Parameters
        ----------
        dataset : SequenceDataset
            Samples.
        training : bool, default=False
            True for training.

        Returns
        -------
        BatchLoader
            Iterable of batches.
        """
        if training:
            return BatchLoader(dataset, self.batch_size, shuffle=True, balanced=self.balanced)
        shape = dataset.X.shape
        if len(shape) == 4:
            return BatchLoader(dataset, max(_MIN_IMAGES, PREDICTION_POSITIONS // prod(shape[2:])))
        return BatchLoader(dataset, max(1, PREDICTION_POSITIONS // max(1, shape[1])))

    def set_learning_rate(self, learning_rate: float) -> None:
        """Reset the learning rates that a schedule has changed.

        Parameters
        ----------
        learning_rate : float
            Learning rate of the head, of which other layers have their share.
        """
        groups = self.optimizer_.param_groups
        for group in groups:
            group["lr"] = learning_rate * group["share"]

    def weights(self) -> dict[str, np.ndarray]:
        """Return the weights of the module.

        Returns
        -------
        dict of str to ndarray
            Parameters and buffers by their names.
        """
        state = self.module_.state_dict()
        return {name: tensor.detach().cpu().numpy().copy() for name, tensor in state.items()}

    def load_weights(self, weights: dict[str, np.ndarray]) -> None:
        """Load the weights of another module.

        Parameters
        ----------
        weights : dict of str to ndarray
            As :meth:`weights` returns them.
        """
        self.module_.load_state_dict({k: torch.from_numpy(v.copy()) for k, v in weights.items()})


def dropout_modules(network: nn.Module) -> list[nn.Module]:
    """List the modules with active dropout during training."""

    def rate(module: nn.Module) -> float:
        if isinstance(module, _DropoutNd):
            return module.p
        # Attention layers name their rate `dropout`, stochastic depth names it `rate`.
        own = getattr(module, "dropout", getattr(module, "rate", 0))
        return own if isinstance(own, float) else 0

    return [module for module in network.modules() if rate(module) > 0]


def resolve_device(device: str, *, fall_back: bool = False) -> str:
    """Resolve "auto" to the best available device, and check that a named one is available.

    Parameters
    ----------
    device : str
        "cpu", "cuda", "cuda:1", ... or "auto".
    fall_back : bool, default=False
        If True, a missing CUDA device becomes the CPU with a warning, instead of an error.

    Returns
    -------
    str
        Name of the device.

    Raises
    ------
    ValueError
        If the device is unknown or not available.
    """
    device = str(device)
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        kind = torch.device(device).type
    except (RuntimeError, TypeError):
        raise ValueError(f"device must be 'cpu', 'cuda' or 'auto', got {device!r}") from None
    if kind != "cuda" or torch.cuda.is_available():
        return device
    if not fall_back:
        raise ValueError(
            f"device={device!r}, but torch finds no CUDA device here; use device='auto' or 'cpu'"
        )
    warnings.warn(
        f"the estimator was trained on {device!r}, which is not available here; it uses the CPU",
        stacklevel=3,
    )
    return "cpu"


@contextlib.contextmanager
def isolated_rng(seed: int, device: str) -> Iterator[None]:
    """Seed torch for a block, and restore its random state afterwards.

    Settings of the caller that change how networks are built and trained do not reach the block,
    see ``default_torch``.

    Parameters
    ----------
    seed : int
        Seed of torch's random number generators.
    device : str
        Device whose generator is isolated beside that of the CPU.

    Yields
    ------
    None
        Within the block torch's random state is isolated.
    """
    devices = [torch.device(device)] if device.startswith("cuda") else []
    with default_torch(device), torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


@contextlib.contextmanager
def preserve_num_threads() -> Iterator[None]:
    """Restore torch's number of threads on exit, since a parallel numba loop changes it.

    Numba sets the number for the whole process. With another number torch sums in another order,
    so that the same seed would give other parameters than before.

    Yields
    ------
    None
        Within the block numba may set the number of threads.
    """
    n_threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)


@contextlib.contextmanager
def default_torch(device: str) -> Iterator[None]:
    """Undo the settings of the caller that change how networks compute.

    These are inference mode, disabled gradients, autocast, a default type other than float32, and
    a default device other than the CPU.

    Parameters
    ----------
    device : str
        Device of the network.

    Yields
    ------
    None
        Within the block torch has its default settings.
    """
    dtype, default = torch.get_default_dtype(), torch.get_default_device()
    kind = torch.device(device).type
    # A device as a context slows each operation down.
    on_cpu = contextlib.nullcontext() if default.type == "cpu" else torch.device("cpu")
    torch.set_default_dtype(torch.float32)
    try:
        with (
            torch.inference_mode(False), torch.enable_grad(), on_cpu,
            torch.autocast(kind, enabled=False),
        ):  # fmt: skip
            yield
    finally:
        torch.set_default_dtype(dtype)
