"""Over-sampling by generative models of sequences."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from skgenomics.sampling._base import SequenceOverSampler
from skgenomics.sampling._rows import Rows
from skgenomics.sequences import is_text


class GenerativeOverSampler(SequenceOverSampler):
    """Over-sample classes by sequences drawn from a generative model.

    Parameters
    ----------
    generator : estimator, dict or callable
        One of

        - an estimator with ``fit(X)`` and ``sample(n)``, such as scikit-learn's KernelDensity: a
          clone is fitted to the channels of each class to be enlarged, of shape
          (n_samples, L * C), with text padded to the longest sequence;
        - a dict of a fitted generator with ``sample(n)`` for each class to be enlarged;
        - a function ``generator(n, label, random_state)``.

        Each returns n sequences as text, uint8 codes or channels. They are converted to the format
        of X: to the most likely symbols if X is text or codes, and to one-hot vectors if X is
        channels. Generated channels are kept as they are if X is channels of a floating type.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of their codes.
    sampling_strategy : float, str, dict or callable, default="auto"
        Target sizes of the classes, as in imbalanced-learn; "auto" enlarges all classes to the size
        of the largest one.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws. It is passed to an estimator as its `random_state`, unless that is set,
        and to each ``sample`` method that accepts one; a function receives a RandomState.

    Attributes
    ----------
    sampling_strategy_ : dict
        Number of new sequences for each enlarged class.
    generators_ : dict
        Generator of each enlarged class.
    n_features_in_ : int
        Number of columns of X; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X; defined only if they are all strings.
    input_form_ : {"text", "codes", "channels"}
        Format of X.

    See Also
    --------
    MutationOverSampler : Over-sampling by mutated copies, without a generator.

    Notes
    -----
    A generator that was fitted to all data, in a dict or in a function, leaks information from
    validation folds into training folds; an estimator does not, since it is refitted in each fold.
    Positions without any weight are padding, which is removed from the end of text.

    Examples
    --------
    >>> from sklearn.neighbors import KernelDensity
    >>> from skgenomics.sampling import GenerativeOverSampler
    >>> sampler = GenerativeOverSampler(KernelDensity(bandwidth=0.1), random_state=0)
    >>> sampler.fit_resample(["ACGT", "TTTT", "GGCA"], ["bound", "bound", "free"])
    (['ACGT', 'TTTT', 'GGCA', 'GGCA'], ['bound', 'bound', 'free', 'free'])
    """

    def __init__(self, generator, *, alphabet="ACGT", sampling_strategy="auto", random_state=None):
        super().__init__(sampling_strategy=sampling_strategy)
        self.generator = generator
        self.alphabet = alphabet
        self.random_state = random_state

    def _check_parameters(self) -> None:
        if isinstance(self.generator, Mapping):
            self._check_generators()
        elif isinstance(self.generator, type) or not (
            self._is_estimator() or callable(self.generator)
        ):
            raise ValueError(
                "generator must be an estimator with fit and sample, a dict of fitted generators "
                f"or a function of (n, label, random_state), got {self.generator!r}"
            )
        self.generators_: dict = {}

    def _check_generators(self) -> None:
        for label, n_new in self.sampling_strategy_.items():
            if not n_new:
                continue
            if label not in self.generator:
                raise ValueError(
                    f"generator has no entry for class {label}, which is to be enlarged; it has "
                    f"{list(self.generator)!r}"
                )
            if not hasattr(self.generator[label], "sample"):
                raise ValueError(
                    f"the generator of class {label} has no method `sample`: "
                    f"{self.generator[label]!r}"
                )

    def _is_estimator(self) -> bool:
        return hasattr(self.generator, "fit") and hasattr(self.generator, "sample")

    def _enlarge(self, rows: Rows, members, n_new, label, random_state):
        if isinstance(self.generator, Mapping):
            generator = self.generator[label]
        elif self._is_estimator():
            generator = self._fit_clone(rows.channels(members), random_state)
        else:
            generator = self.generator
        self.generators_[label] = generator
        samples = (
            _sample(generator, n_new, random_state)
            if hasattr(generator, "sample")
            else generator(n_new, label, random_state)
        )
        _check_samples(samples, n_new, label)
        return [rows.adopt(samples)], None

    def _fit_clone(self, channels: np.ndarray, random_state):
        generator = clone(self.generator)
        seed = random_state.randint(2**31 - 1)
        if "random_state" in (params := generator.get_params()) and params["random_state"] is None:
            generator.set_params(random_state=seed)
        return generator.fit(channels)


def _sample(generator, n: int, random_state):
    seed = check_random_state(random_state).randint(2**31 - 1)
    takes_seed = "random_state" in inspect.signature(generator.sample).parameters
    samples = generator.sample(n, random_state=seed) if takes_seed else generator.sample(n)
    # Mixture models return the components as well.
    is_pair = isinstance(samples, tuple) and not is_text(samples)
    return samples[0] if is_pair else samples


def _check_samples(samples, n_new: int, label) -> None:
    n = len(samples) if hasattr(samples, "__len__") else f"{samples!r} instead of"
    if n != n_new:
        raise ValueError(
            f"the generator made {n} sequences of class {label}, but was asked for {n_new}"
        )
    if not is_text(samples) and not np.isfinite(np.asarray(samples)).all():
        raise ValueError(f"the generator made sequences of class {label} that are not finite")
