"""Genotypes of admixed samples, and a disease whose risk depends on variants and on ancestry."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np
from sklearn.utils import Bunch, check_random_state

from skgenomics.datasets.simulate._planting import check_number

# Parameter of the Dirichlet distribution of ancestry: most samples have one main population.
_ADMIXTURE = 0.6


def make_genotypes(
    n_samples: int = 500,
    n_variants: int = 300,
    *,
    n_populations: int = 3,
    fst: float = 0.1,
    n_causal: int = 30,
    heritability: float = 0.5,
    confounding: float = 0.0,
    frequencies_seed: int = 0,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch:
    """Generate genotypes with population structure, and a trait that depends on them.

    Allele frequencies of populations differ as in the model of Balding and Nichols [1]_, and
    samples are admixed. The trait is the sum of the effects of causal variants, of an environmental
    effect of the first ancestry, by which a model may predict it without any causal variant, and of
    noise.

    Parameters
    ----------
    n_samples : int, default=500
        Number of samples.
    n_variants : int, default=300
        Number of independent variants.
    n_populations : int, default=3
        Number of ancestral populations.
    fst : float, default=0.1
        Fixation index, above 0 and below 1: how much the frequencies of populations differ.
    n_causal : int, default=30
        Number of causal variants.
    heritability : float, default=0.5
        Share of the variance of the trait, confounding apart, that is due to causal variants.
    confounding : float, default=0.0
        Effect of one standard deviation of the first ancestry on the trait, relative to the
        standard deviation of its other parts.
    frequencies_seed : int, default=0
        Seed of frequencies and effects: equal ones give cohorts of the same populations.
    random_state : int, RandomState or None, default=None
        Seed of the samples; an int gives reproducible data.

    Returns
    -------
    Bunch
        ``X``: float32 array of shape (n_samples, n_variants), alternative alleles, 0 to 2. ``y``:
        1 for a trait above its median, else 0. ``trait``: shape (n_samples,). ``ancestry``: shape
        (n_samples, n_populations), shares of each population. ``populations``: main population of
        each sample. ``frequencies``: shape (n_populations, n_variants). ``effects``: effect of each
        variant, 0 for those that are not causal.

    Raises
    ------
    ValueError
        If a setting is out of range.

    References
    ----------
    .. [1] Balding and Nichols, A method for quantifying differentiation between populations at
       multi-allelic loci, Genetica 96, 1995.

    Examples
    --------
    >>> from skgenomics.datasets import make_genotypes
    >>> data = make_genotypes(100, 50, n_causal=5, random_state=0)
    >>> data.X.shape, data.ancestry.shape, int((data.effects != 0).sum())
    ((100, 50), (100, 3), 5)
    """
    check_number("n_samples", n_samples, 1, Integral)
    check_number("n_variants", n_variants, 1, Integral)
    check_number("n_populations", n_populations, 1, Integral)
    check_number("fst", fst, 1e-6, Real, maximum=1 - 1e-6)
    check_number("n_causal", n_causal, 1, Integral, maximum=n_variants)
    check_number("heritability", heritability, 0, Real, maximum=1)
    check_number("confounding", confounding, 0, Real)
    world = check_random_state(frequencies_seed)
    ancestral = world.uniform(0.1, 0.9, n_variants)
    spread = (1 - fst) / fst
    frequencies = world.beta(
        ancestral * spread, (1 - ancestral) * spread, (n_populations, n_variants)
    )
    effects = np.zeros(n_variants)
    effects[world.choice(n_variants, n_causal, replace=False)] = world.normal(size=n_causal)
    rng = check_random_state(random_state)
    ancestry = rng.dirichlet(np.full(n_populations, _ADMIXTURE), n_samples)
    X = rng.binomial(2, np.clip(ancestry @ frequencies, 0, 1)).astype(np.float32)
    # The variance in a population in which all frequencies are ancestral.
    scale = np.sqrt((2 * ancestral * (1 - ancestral) * effects**2).sum())
    genetic = (X - 2 * ancestral) @ effects / scale
    share = 1 / n_populations
    deviation = np.sqrt(share * (1 - share) / (n_populations * _ADMIXTURE + 1)) or 1.0
    trait = np.sqrt(heritability) * genetic + confounding * (ancestry[:, 0] - share) / deviation
    trait = trait + np.sqrt(1 - heritability) * rng.normal(size=n_samples)
    return Bunch(
        X=X,
        y=(trait > np.median(trait)).astype(int),
        trait=trait,
        ancestry=ancestry,
        populations=ancestry.argmax(axis=1),
        frequencies=frequencies,
        effects=effects,
    )
