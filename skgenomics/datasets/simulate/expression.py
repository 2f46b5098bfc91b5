"""Expression of genes in programs, by which samples fall into clusters."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np
import pandas as pd
from scipy.special import softmax
from sklearn.utils import Bunch, check_random_state

from skgenomics.datasets.simulate._planting import check_number, exact_classes

# Spread of the logarithm of totals of counts, and of the mean expression of genes.
_SPREAD_OF_TOTALS, _SPREAD_OF_GENES = 0.3, 1.0


def make_expression(
    n_samples: int = 200,
    n_genes: int = 1000,
    *,
    n_clusters: int = 4,
    weights: Sequence[float] | None = None,
    n_programs: int = 8,
    program_size: int = 25,
    separation: float = 3.0,
    n_nuisances: int = 2,
    nuisance: float = 0.3,
    noise: float = 1.0,
    counts: bool = False,
    total: float = 10_000,
    dispersion: float = 5.0,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch:
    """Generate expression of genes that go up and down in programs, in clusters of samples.

    A program is a set of genes, each of which follows it or goes against it. Programs take turns
    to be more active in one of the clusters. Nuisances, as a batch or the state of a cell may be,
    move all genes a little and have nothing to do with the clusters; most of the variance is of
    them if they are strong, so that a model may restore the data well and yet tell little about
    the clusters.

    Parameters
    ----------
    n_samples : int, default=200
        Number of samples.
    n_genes : int, default=1000
        Number of genes.
    n_clusters : int, default=4
        Number of clusters.
    weights : sequence of float of length n_clusters, default=None
        Shares of the clusters; None for equal ones.
    n_programs : int, default=8
        Number of programs; program k is more active in cluster ``k % n_clusters``.
    program_size : int, default=25
        Number of genes of a program, drawn independently for each.
    separation : float, default=3.0
        How much more active it is there, in standard deviations of its activity within a cluster.
    n_nuisances : int, default=2
        Number of nuisances.
    nuisance : float, default=0.3
        Standard deviation of what each of them adds to a gene.
    noise : float, default=1.0
        Standard deviation of the noise of each gene by itself; that of a program is 1.
    counts : bool, default=False
        Whether X holds counts rather than logarithms: negative binomial ones, whose shares are
        the exponentials of these, times the total of the sample.
    total : float, default=10000
        Median total of the counts of a sample.
    dispersion : float, default=5.0
        Of the counts: their variance is ``mean + mean ** 2 / dispersion``.
    random_state : int, RandomState or None, default=None
        Seed of the random numbers; an int gives reproducible data.

    Returns
    -------
    Bunch
        ``X``: frame of shape (n_samples, n_genes), natural logarithms or counts. ``y``: cluster of
        each sample. ``activities``: shape (n_samples, n_programs). ``programs``: what a program
        adds to each gene, shape (n_programs, n_genes), 0 for genes that are not in it.
        ``nuisances``: shape (n_samples, n_nuisances).

    Raises
    ------
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> from skgenomics.datasets import make_expression
    >>> data = make_expression(60, 100, n_clusters=3, random_state=0)
    >>> data.X.shape, data.programs.shape
    ((60, 100), (8, 100))
    >>> active = data.activities[:, 0]
    >>> bool(active[data.y == 0].mean() > active[data.y != 0].mean() + 1)
    True
    """
    for name, value in (("n_samples", n_samples), ("n_genes", n_genes), ("n_clusters", n_clusters)):
        check_number(name, value, 1, Integral)
    check_number("n_programs", n_programs, 1, Integral)
    check_number("program_size", program_size, 1, Integral, maximum=n_genes)
    check_number("n_nuisances", n_nuisances, 0, Integral)
    for name, scale in (("separation", separation), ("nuisance", nuisance), ("noise", noise)):
        check_number(name, scale, 0, Real)
    check_number("total", total, 1, Real)
    check_number("dispersion", dispersion, 1e-3, Real)
    rng = check_random_state(random_state)
    y = rng.permutation(exact_classes(n_samples, n_clusters, weights, what="one for each cluster"))
    is_active = y[:, np.newaxis] == np.arange(n_programs) % n_clusters
    activities = rng.normal(size=is_active.shape) + separation * is_active
    programs = _draw_programs(n_programs, n_genes, program_size, rng)
    nuisances = rng.normal(size=(n_samples, n_nuisances))
    X = activities @ programs + nuisances @ rng.normal(0, nuisance, (n_nuisances, n_genes))
    X += rng.normal(0, noise, X.shape) + rng.normal(0, _SPREAD_OF_GENES, n_genes)
    if counts:
        X = _count(X, total, dispersion, rng)
    frame = pd.DataFrame(X, columns=[f"gene_{i}" for i in range(n_genes)])
    return Bunch(X=frame, y=y, activities=activities, programs=programs, nuisances=nuisances)


def _draw_programs(n_programs: int, n_genes: int, size: int, rng) -> np.ndarray:
    programs = np.zeros((n_programs, n_genes))
    for program in programs:
        program[rng.choice(n_genes, size, replace=False)] = rng.choice([-1, 1], size)
    return programs


def _count(logs: np.ndarray, total: float, dispersion: float, rng) -> np.ndarray:
    totals = total * np.exp(rng.normal(0, _SPREAD_OF_TOTALS, (len(logs), 1)))
    mean = totals * softmax(logs, axis=1)
    return rng.poisson(rng.gamma(dispersion, mean / dispersion))
