"""Chromosome names, which differ between files: chr1 and 1, chrM and MT."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_MITOCHONDRION = {"m", "mt", "mito", "mtdna", "mitochondrion"}
_MAX_NAMES = 8


def chromosome_key(name: str) -> str:
    """Normalize a chromosome name, so that the same chromosome has the same key in all files.

    The prefix "chr" is removed in any case, and all names of the mitochondrion become "MT". Roman
    numerals are kept: chrX is a chromosome of its own in most species.

    Parameters
    ----------
    name : str
        Name of a chromosome.

    Returns
    -------
    str
        Normalized name.

    Examples
    --------
    >>> from skgenomics.genome.chromosomes import chromosome_key
    >>> [chromosome_key(name) for name in ("chr1", "1", "chrM", "Mito", "chrIV")]
    ['1', '1', 'MT', 'MT', 'IV']
    """
    key = name[3:] if name[:3].lower() == "chr" and len(name) > 3 else name
    return "MT" if key.lower() in _MITOCHONDRION else key


def match_chromosome(name: str, names: Iterable[str], *, source: str = "the genome") -> str:
    """Find the name that a chromosome has in a file.

    Parameters
    ----------
    name : str
        Chromosome to find. An integer is read as its digits.
    names : iterable of str
        Names in the file.
    source : str, default="the genome"
        Description of the file, for error messages.

    Returns
    -------
    str
        `name` itself if it is in `names`, otherwise the only name with the same normalized form.

    Raises
    ------
    ValueError
        If no name matches, or several do; the message suggests similar names.

    Notes
    -----
    Only names are compared. The mitochondrion of the oldest UCSC human assemblies (chrM of hg19)
    has another sequence than that of Ensembl (MT): assemblies must not be mixed.

    Examples
    --------
    >>> from skgenomics.genome import match_chromosome
    >>> match_chromosome("1", ["chr1", "chr2"]), match_chromosome("chrM", ["1", "MT"])
    ('chr1', 'MT')
    """
    names = list(names)
    name = str(name)
    matches = same_chromosomes(name, names)
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise ValueError(
            f"chromosome {name!r} is {' or '.join(map(repr, matches))} in {source}; "
            "use one of these names"
        )
    raise ValueError(_unknown(name, names, source))


def same_chromosomes(name: str, names: list[str]) -> list[str]:
    """Find all names that a chromosome may have: only its own, if it is among them."""
    if name in names:
        return [name]
    key = chromosome_key(name)
    return [other for other in names if chromosome_key(other) == key]


def _unknown(name: str, names: list[str], source: str) -> str:
    nearest = get_close_matches(name, names, n=3)
    hint = f"did you mean {' or '.join(map(repr, nearest))}?" if nearest else _listing(names)
    return (
        f"chromosome {name!r} is not in {source}; {hint} Rename it, leave it out, or use files of "
        "the same assembly"
    )


def _listing(names: list[str]) -> str:
    shown = ", ".join(map(repr, names[:_MAX_NAMES]))
    return f"there are {shown}{', ...' if len(names) > _MAX_NAMES else ''} ({len(names)} in all)."
