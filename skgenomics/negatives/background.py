"""Places of the genome that look like given ones, but are others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from skgenomics._utils.validation import check_integer, check_real, warn_user
from skgenomics.genome._coordinates import Intervals, are_minus, describe
from skgenomics.negatives._drawing import Drawer
from skgenomics.negatives._places import GenomeLine, TakenRegions, read_frame

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
    """Draw random intervals of a genome with the length, GC share and repeats of given ones.

    Against the genome at large, a classifier of peaks or promoters mostly learns their GC share.
    Here each interval gets partners of its own, drawn uniformly from all places that match it and
    that touch neither the intervals nor what is excluded.

    Parameters
    ----------
    intervals : DataFrame
        Columns `chrom`, `start`, `end` (from 0, half-open) and, optionally, `strand`. What reaches
        past an end of a chromosome counts for the length, but has no letters.
    genome : Genome, str or Path
        The genome, or its FASTA file. It is held in memory, about 1.4 bytes per
        letter.
    n_per_interval : int, default=1
        Number of partners of each interval.
    match : sequence of {"gc", "repeats", "dinucleotides"}, default=("gc", "repeats")
        What must match beside the length, which always does: the share of G and C among the known
        letters; the share of soft-masked (lower-case) letters; and the log-odds, by dinucleotides
        on the strand of the interval, that a place is one of `intervals`. ``()`` gives random
        places.
    gc_tolerance, repeat_tolerance : float, default=0.01, 0.05
        By how much the shares may differ.
    dinucleotide_tolerance : float, default=0.2
        By how much the log-odds may differ.
    max_unknown : float, default=0.0
        Largest share of letters such as N in a partner.
    exclude : DataFrame or None, default=None
        Regions to stay away from: columns `chrom`, `start`, `end`.
    same_chromosome : bool, default=False
        Whether a partner comes from the chromosome of its interval.
    allow_overlap : bool, default=False
        Whether partners may overlap each other.
    max_tries : int, default=1000
        Number of places tried for each partner before its tolerances become twice as wide, which
        happens three times at most.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws.

    Returns
    -------
    DataFrame
        One row per partner, in the order of `intervals`: `chrom` as the genome names it, `start`,
        `end`, `strand` (that of its interval, "." if there is none), its shares `gc` and
        `repeats`, `source` (row of its interval, from 0) and `widened` (1, 2, 4 or 8: the factor
        on the tolerances).

    Raises
    ------
    ValueError
        If an interval is malformed or not in the genome (naming its row), or none has a partner.

    Warns
    -----
    UserWarning
        If tolerances were widened, partners are missing, or regions in `exclude` are on
        chromosomes that the genome lacks; with counts and the first names.

    Notes
    -----
    The log-odds come from a logistic regression that tells `intervals` from partners that match in
    all else.  To match them, rather than 16 shares, is to match by propensity score
    [1]_: it makes all of the shares alike on average, not pair by pair.

    What is not matched may still tell the intervals from their background.  The regression needs
    some hundred intervals: from few it learns what is chance, which no place then matches.

    Partners find their places in the order in which they succeed, and with ``allow_overlap=False``
    the free genome should be several times as long as all of them together.

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
    ...     _ = path.write_text(f">chr1\\n{symbols}\\n")
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
    places = line.place(intervals, "intervals")
    taken = TakenRegions()
    taken.add(places["start"].to_numpy(), places["end"].to_numpy())
    if exclude is not None and len(exclude):
        regions = line.place(read_frame(exclude, "exclude"), "exclude", skip_unknown=True)
        taken.add(regions["start"].to_numpy(), regions["end"].to_numpy())
    minus = are_minus(intervals.strands, len(places))
    random = check_random_state(random_state)
    drawer = Drawer(line, taken, places, minus, tolerances, max_unknown, same_chromosome)
    if "dinucleotides" in tolerances:
        drawer.learn_score(max_tries, random)
    slots = np.repeat(np.arange(len(places)), n_per_interval)
    starts, widened = drawer.draw(slots, max_tries, random, apart=not allow_overlap)
    _report(intervals, slots, widened)
    return _to_frame(intervals, line, places, slots, starts, widened)


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
            f"no place matches any of the {len(intervals.chroms)} intervals; match less, raise the "
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
            f"{missing.sum()} of {len(slots)} background intervals are missing, since no place "
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
    places: pd.DataFrame,
    slots: np.ndarray,
    starts: np.ndarray,
    widened: np.ndarray,
) -> pd.DataFrame:
    found = widened > 0
    slots, starts = slots[found], starts[found]
    lengths = places["length"].to_numpy()[slots]
    chromosomes = line.chromosome_at(starts)
    shares = line.composition(starts, starts + lengths)
    strands = "." if intervals.strands is None else intervals.strands[slots]
    return pd.DataFrame(
        {
            "chrom": line.names[chromosomes],
            "start": starts - line.offsets[chromosomes],
            "end": starts - line.offsets[chromosomes] + lengths,
            "strand": strands,
            "gc": shares["gc"],
            "repeats": shares["repeats"],
            "source": slots,
            "widened": widened[found],
        }
    )
