"""Background loci matched to given intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from skgenomics._utils.validation import check_integer, check_real, warn_user
from skgenomics.genome._coordinates import Intervals, are_minus, describe
from skgenomics.negatives._drawing import Drawer
from skgenomics.negatives._genome_line import GenomeLine, TakenRegions, read_frame

_DEFAULT_MATCH = ("gc", "repeats")
_MAX_NAMES = 3


def matched_background(
    intervals: pd.DataFrame,
    genome,
    *,
    n_per_interval: int = 1,
    match: Sequence[str] = _DEFAULT_MATCH,
    gc_tolerance: float = 0.01,
    repeat_tolerance: float = 0.05,
    dinucleotide_tolerance: float = 0.2,
    max_unknown: float = 0.0,
    exclude: pd.DataFrame | None = None,
    same_chromosome: bool = False,
    allow_overlap: bool = False,
    max_tries: int = 1000,
    random_state=None,
) -> pd.DataFrame:
    r"""Draw random loci matched to intervals by length, GC content and repeats.

    With random genomic negatives, a classifier of peaks or promoters mostly learns their GC
    content. Here partners of each interval are drawn uniformly from all loci that match it and
    overlap neither the intervals nor the excluded regions.

    Parameters
    ----------
    intervals : DataFrame
        Intervals with the columns `chrom`, `start`, `end` (0-based, half-open) and, optionally,
        `strand`. Parts beyond the end of a chromosome count for the length but have no bases.
    genome : Genome, str or Path
        Genome or path of its FASTA file. It is held in memory, about 1.4 bytes per base.
    n_per_interval : int, default=1
        Number of partners of each interval.
    match : sequence of {"gc", "repeats", "dinucleotides"}, default=("gc", "repeats")
        Properties to match in addition to the length: the GC content of known bases; the fraction
        of soft-masked (lower-case) bases; and the log-odds, given the dinucleotides on the strand
        of the interval, that a locus is one of `intervals`. ``()`` gives random loci.
    gc_tolerance : float, default=0.01
        Maximum difference of the GC content.
    repeat_tolerance : float, default=0.05
        Maximum difference of the fraction of soft-masked bases.
    dinucleotide_tolerance : float, default=0.2
        Maximum difference of the log-odds.
    max_unknown : float, default=0.0
        Maximum fraction of unknown bases, such as N, in a partner.
    exclude : DataFrame or None, default=None
        Regions to avoid, with the columns `chrom`, `start`, `end`.
    same_chromosome : bool, default=False
        When True, partners are on the chromosome of their interval.
    allow_overlap : bool, default=False
        When True, partners may overlap each other.
    max_tries : int, default=1000
        Number of loci to try for each partner before its tolerances are doubled, which happens at
        most three times.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws.

    Returns
    -------
    DataFrame
        One row per partner, in the order of `intervals`: `chrom` as in the genome, `start`, `end`,
        `strand` (that of its interval, "." if there is none), the fractions `gc` and `repeats`,
        `source` (index of its interval, from 0) and `widened` (1, 2, 4 or 8: the factor on the
        tolerances).

    Raises
    ------
    ValueError
        If an interval is malformed or not in the genome (the row is named), or none has a partner.

    Warns
    -----
    UserWarning
        If tolerances were widened, partners are missing, or regions in `exclude` are on
        chromosomes that the genome lacks; with counts and examples.

    Notes
    -----
    The log-odds are those of a logistic regression that separates `intervals` from partners matched
    in all other properties. Matching them rather than 16 frequencies is propensity score matching
    [1]_: frequencies are balanced on average, not pair by pair.

    Properties that are not matched may still separate the intervals from their background. The
    regression needs some hundred intervals: from few it learns noise that no locus matches.

    Loci are assigned in order of acceptance, and with ``allow_overlap=False`` the available genome
    should be several times as long as all partners together.

    References
    ----------
    .. [1] Rosenbaum and Rubin, "The central role of the propensity score in observational studies
       for causal effects", Biometrika 70, 1983.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import numpy as np, pandas as pd
    >>> from skgenomics.negatives import matched_background
    >>> symbols = "".join(np.random.RandomState(0).choice(list("ACGT"), 5000))
    >>> peaks = pd.DataFrame({"chrom": ["chr1"], "start": [100], "end": [300]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "genome.fa"
    ...     _ = path.write_text(f">chr1\n{symbols}\n")
    ...     partners = matched_background(peaks, path, n_per_interval=3, random_state=0)
    >>> (partners["end"] - partners["start"]).tolist(), partners["source"].tolist()
    ([200, 200, 200], [0, 0, 0])
    """
    check_integer("n_per_interval", n_per_interval, 1)
    check_integer("max_tries", max_tries, 1)
    check_real("max_unknown", max_unknown, 0, 1)
    tolerances = _read_tolerances(
        match,
        gc_tolerance=gc_tolerance,
        repeat_tolerance=repeat_tolerance,
        dinucleotide_tolerance=dinucleotide_tolerance,
    )
    line = GenomeLine(open_genome(genome))
    intervals = read_frame(intervals, "intervals")
    loci = line.locate(intervals, "intervals")
    taken = TakenRegions()
    taken.add(loci["start"].to_numpy(), loci["end"].to_numpy())
    if exclude is not None and len(exclude):
        regions = line.locate(read_frame(exclude, "exclude"), "exclude", skip_unknown=True)
        taken.add(regions["start"].to_numpy(), regions["end"].to_numpy())
    minus = are_minus(intervals.strands, len(loci))
    random = check_random_state(random_state)
    drawer = Drawer(line, taken, loci, minus, tolerances, max_unknown, same_chromosome)
    if "dinucleotides" in tolerances:
        drawer.learn_score(max_tries, random)
    slots = np.repeat(np.arange(len(loci)), n_per_interval)
    starts, widened = drawer.draw(slots, max_tries, random, apart=not allow_overlap)
    _report(intervals, slots, widened)
    return _to_frame(intervals, line, loci, slots, starts, widened)


def open_genome(genome):
    """Open a FASTA file by its path; a Genome comes back as it is."""
    if hasattr(genome, "fetch"):
        return genome
    from skgenomics.genome import Genome

    return Genome(genome)


def _read_tolerances(match: Sequence[str], **tolerances: float) -> dict[str, float]:
    for parameter, tolerance in tolerances.items():
        check_real(parameter, tolerance, 0)
    known = dict(zip((*_DEFAULT_MATCH, "dinucleotides"), tolerances.values(), strict=True))
    match = [match] if isinstance(match, str) else list(match)
    for name in match:
        if name not in known:
            raise ValueError(
                f"match holds some of {tuple(known)} (lengths always match), got {name!r}"
            )
    return {name: known[name] for name in match}


def _report(intervals: Intervals, slots: np.ndarray, widened: np.ndarray) -> None:
    missing, wider = widened == 0, widened > 1
    if missing.all():
        raise ValueError(
            f"no locus matches any of the {len(intervals.chroms)} intervals; match less, raise the "
            "tolerances or max_unknown, exclude less, or set allow_overlap=True"
        )
    if wider.any():
        warn_user(
            f"{wider.sum()} of {len(slots)} background intervals match only within tolerances up "
            f"to {widened.max()} times as wide (column 'widened'): those of "
            f"{_names(intervals, slots[wider])}"
        )
    if missing.any():
        warn_user(
            f"{missing.sum()} of {len(slots)} background intervals are missing, since no locus "
            f"matches: those of {_names(intervals, slots[missing])}. Raise the tolerances or "
            "max_tries, exclude less, set allow_overlap=True, or leave these intervals out"
        )


def _names(intervals: Intervals, rows: np.ndarray) -> str:
    rows = np.unique(rows)
    names = [f"row {row} ({describe(*intervals[:3], row)})" for row in rows[:_MAX_NAMES]]
    more = f" and {len(rows) - _MAX_NAMES} more" if len(rows) > _MAX_NAMES else ""
    return ", ".join(names) + more


def _to_frame(
    intervals: Intervals,
    line: GenomeLine,
    loci: pd.DataFrame,
    slots: np.ndarray,
    starts: np.ndarray,
    widened: np.ndarray,
) -> pd.DataFrame:
    found = widened > 0
    slots, starts = slots[found], starts[found]
    lengths = loci["length"].to_numpy()[slots]
    chromosomes = line.chromosome_at(starts)
    fractions = line.composition(starts, starts + lengths)
    strands = "." if intervals.strands is None else intervals.strands[slots]
    return pd.DataFrame(
        {
            "chrom": line.names[chromosomes],
            "start": starts - line.offsets[chromosomes],
            "end": starts - line.offsets[chromosomes] + lengths,
            "strand": strands,
            "gc": fractions["gc"],
            "repeats": fractions["repeats"],
            "source": slots,
            "widened": widened[found],
        }
    )
