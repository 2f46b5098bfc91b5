"""Clusters of similar sequences: computed, or read from files of other programs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from skgenomics.alphabets import Alphabet, get_alphabet
from skgenomics.genome._textfiles import open_text
from skgenomics.model_selection._homology_search import (
    both_strands,
    make_settings,
    read_distinct,
    search,
)

_NOT_NAME = re.compile(r"[\s>]")
_CDHIT_MEMBER = re.compile(r"\d+\s+\d+(?:aa|nt),\s*>(?P<name>.+?)\.\.\.")


def homology_clusters(
    X,
    *,
    similarity: float = 0.9,
    k: int | None = None,
    n_hashes: int = 32,
    reverse_complement: bool | str = "auto",
    alphabet: str | Alphabet = "ACGT",
    random_state=0,
) -> np.ndarray:
    """Cluster similar sequences in near-linear time.

    Two sequences are similar if their estimated identity is at least `similarity`, and clusters
    are what is linked by similar pairs (single linkage), so that no sequence of one cluster is
    similar to one of another. Sequences may have any length.

    Parameters
    ----------
    X : array-like of shape (n_samples,) or (n_samples, n_features)
        Sequences as text, codes or channels; channels are compared by the largest one of each
        position. Unknown symbols at the ends of a sequence are ignored.
    similarity : float, default=0.9
        Minimum estimated identity, in (0, 1]: the k-th root of the fraction of k-mers of the
        sequence with fewer of them that the other one contains too. With the usual k=12, 0.9
        requires 28 % of the k-mers: copies with one base in ten changed, windows that overlap by
        about 28 %, or a sequence contained in a longer one. 0.95 requires 54 %, 0.8 requires 7 %.
    k : int or None, default=None
        Length of the k-mers. None for a third of the median length, limited to 6 to 12 for nucleic
        alphabets and to 3 to 5 for proteins. Shorter sequences are similar to their duplicates
        only.
    n_hashes : int, default=32
        Number of MinHash values per sequence, by which candidates are found among the sequences
        that have a very frequent k-mer in common. More values miss fewer pairs and take longer.
    reverse_complement : bool or "auto", default="auto"
        When True, a sequence and its reverse complement are the same; "auto" is True for nucleic
        alphabets.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of their codes.
    random_state : int, RandomState instance or None, default=0
        Seed of the hash functions, which affect the result only if k-mers are very frequent.

    Returns
    -------
    ndarray of shape (n_samples,), int
        Cluster of each sequence, numbered from 0 in order of first appearance.

    Raises
    ------
    ValueError
        If a parameter is out of range, or X holds no sequences.

    See Also
    --------
    HomologyKFold : Cross-validation over whole clusters.
    read_clusters : Clusters computed by MMseqs2 or CD-HIT.

    Notes
    -----
    The k-th root of the fraction of common k-mers estimates the identity, since a k-mer is
    conserved if k bases are, each with that probability [1]_ [2]_. Repeated k-mers count each time.
    Those that repeat one to three bases (poly-A, microsatellites) never count as common, since they
    do not indicate a common origin. All pairs of sequences that have a k-mer in common which at
    most 256 sequences contain are compared in full; among the sequences with a more frequent k-mer,
    only neighbors in the order of a MinHash value [3]_ are compared, so that no k-mer takes
    quadratic time. Each link is a pair whose common k-mers were counted in full. Duplicates are
    always found.

    Primers, adapters and other flanks that all sequences of an assay have in common make them
    similar: cut constant flanks off first.

    Homologous proteins often have less than half of their residues in common, which k-mer methods
    cannot detect; cluster them by MMseqs2 and read the result by :func:`read_clusters`.

    References
    ----------
    .. [1] Ondov, B. D. et al. (2016). Mash: fast genome and metagenome distance estimation using
       MinHash. Genome Biology, 17, 132.
    .. [2] Rahman Hera, M., Pierce-Ward, N. T. and Koslicki, D. (2023). Deriving confidence
       intervals for mutation rates across a wide range of evolutionary distances using
       FracMinHash. Genome Research, 33, 1061-1068.
    .. [3] Broder, A. Z. (1997). On the resemblance and containment of documents. Proceedings of
       Compression and Complexity of Sequences, 21-29.

    Examples
    --------
    >>> from skgenomics.model_selection import homology_clusters
    >>> gene = "ATGGCTAGCATTGACCGTAAACTGGTTCAGCGT"
    >>> reverse = "ACGCTGAACCAGTTTACGGTCAATGCTAGCCAT"
    >>> homology_clusters([gene, "CCTGAGACTTCGACGATACCAGGTCAACTTGAG", reverse, gene[5:]])
    array([0, 1, 0, 0])
    """
    alphabet = get_alphabet(alphabet)
    both = both_strands(reverse_complement, alphabet)
    sequences = read_distinct([X], alphabet, both)
    settings = make_settings(
        sequences.texts,
        similarity=similarity,
        k=k,
        n_hashes=n_hashes,
        both=both,
        alphabet=alphabet,
        random_state=random_state,
    )
    parents = search(sequences.texts, settings).parents
    return number_by_appearance(_roots(parents)[sequences.index])


def _roots(parents: np.ndarray) -> np.ndarray:
    n = len(parents)
    links = csr_matrix((np.ones(n, dtype=bool), (np.arange(n), parents)), shape=(n, n))
    return connected_components(links, directed=False)[1]


def number_by_appearance(labels: np.ndarray) -> np.ndarray:
    """Renumber labels from 0 in order of first appearance."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse.ravel()]


def join_labels(labels: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Merge groups: samples that have either label in common get the same number."""
    a, b = (np.unique(x, return_inverse=True)[1].ravel() for x in (labels, others))
    n = a.max() + 1
    size = n + b.max() + 1
    links = csr_matrix((np.ones(len(a), dtype=bool), (a, n + b)), shape=(size, size))
    return number_by_appearance(connected_components(links, directed=False)[1][a])


def read_clusters(path: str | Path, ids: Sequence[str] | Sequence[int] | None = None) -> np.ndarray:
    r"""Read clusters computed by MMseqs2 or CD-HIT.

    Parameters
    ----------
    path : str or Path
        Table ``_cluster.tsv`` of MMseqs2, with a representative and a member in each line, or
        ``.clstr`` file of CD-HIT, optionally compressed by gzip. The first line determines the
        format.
    ids : sequence of str or None, default=None
        Names of the sequences in the order of the labels to return; None for all names of the file
        in their order. CD-HIT cuts names to 19 characters unless it runs with
        ``-d 0``.

    Returns
    -------
    ndarray of shape (n_samples,), int
        Cluster of each sequence, numbered from 0 in order of first appearance.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file is empty, a line has neither format (its number and text are given), a name
        occurs twice, or one of `ids` is in no cluster.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skgenomics.model_selection import read_clusters
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "peaks_cluster.tsv"
    ...     _ = path.write_text("p1\tp1\np1\tp3\np2\tp2\n")
    ...     read_clusters(path, ids=["p1", "p2", "p3"])
    array([0, 1, 0])
    """
    clusters: dict[str, str] = {}
    for name, cluster in _members(path):
        if name in clusters:
            where = "two clusters" if clusters[name] != cluster else f"{cluster!r} twice"
            raise ValueError(
                f"{path}: {name!r} is in {where}. CD-HIT cuts names to the same text unless it "
                "runs with '-d 0'"
            )
        clusters[name] = cluster
    if not clusters:
        raise ValueError(f"{path} is empty: it has no clusters")
    ids = list(clusters) if ids is None else list(map(str, ids))
    missing = [name for name in ids if name not in clusters]
    if missing:
        raise ValueError(
            f"{path} has no cluster for {missing[0]!r} and {len(missing) - 1} other(s) of "
            f"{len(ids)} names; it has names such as {next(iter(clusters))!r}. Names must be "
            "those of the FASTA file that was clustered, up to the first blank; CD-HIT cuts them "
            "unless it runs with '-d 0'"
        )
    return number_by_appearance(np.array([clusters[name] for name in ids], dtype=object))


def _members(path):
    """Generate the members and their clusters."""
    cluster = None
    with open_text(path) as lines:
        for number, line in enumerate(lines, start=1):
            text = line.rstrip("\r\n")
            if not text.strip():
                continue
            if text.startswith(">Cluster"):
                cluster = text
            elif cluster is not None:
                match = _CDHIT_MEMBER.match(text.strip())
                if match is None:
                    raise _invalid_line(path, number, text)
                yield match["name"], cluster
            else:
                fields = text.split("\t")
                # Lines of CD-HIT have a tab too, but names hold neither blanks nor ">".
                if len(fields) != 2 or any(_NOT_NAME.search(x.strip()) for x in fields):
                    raise _invalid_line(path, number, text)
                yield fields[1].strip(), fields[0].strip()


def _invalid_line(path, number: int, text: str) -> ValueError:
    return ValueError(
        f"{path}, line {number}: {text[:80]!r} is neither 'representative<tab>member' (the "
        "_cluster.tsv of MMseqs2) nor a line of a .clstr file of CD-HIT"
    )
