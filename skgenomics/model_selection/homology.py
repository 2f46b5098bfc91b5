"""Clusters of similar sequences: found here, or read from the files of other programs."""

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
    """Put similar sequences into one cluster, in near-linear time.

    Two sequences are similar if their estimated identity is at least `similarity`, and clusters
    are what is linked by similar pairs (single linkage), so that no sequence of one cluster is
    similar to one of another. Sequences may have any length.

    Parameters
    ----------
    X : text, uint8 codes or numeric channels
        Sequences, in any form that the estimators take; of channels, the largest one of each
        position counts. Unknown letters at the ends of a sequence are ignored.
    similarity : float, default=0.9
        Least estimated identity, in (0, 1]: the k-th root of the share of words of k letters,
        of the sequence that has fewer of them, that the other one has too. With the usual k=12,
        0.9 asks for 28 % of the words: copies with one letter in ten changed, or windows that
        overlap by about 28 % of their letters, or a sequence contained in a longer one. 0.95
        asks for 54 %, 0.8 for 7 %.
    k : int or None, default=None
        Length of the words. By default a third of the median length, but 6 to 12 letters of
        nucleic acids and 3 to 5 of proteins. Sequences with fewer letters are similar only to
        their duplicates.
    n_hashes : int, default=32
        Number of MinHash values of a sequence, by which candidates are found among the sequences
        that share a very frequent word. More of them miss fewer and take longer.
    reverse_complement : bool or "auto", default="auto"
        Whether a sequence and its reverse complement are the same; "auto" says so for nucleic
        acids.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of their codes.
    random_state : int, RandomState instance or None, default=0
        Seed of the hash functions, which matter only where words are very frequent.

    Returns
    -------
    ndarray of shape (n_samples,), int
        Cluster of each sequence, numbered from 0 in order of first appearance.

    Raises
    ------
    ValueError
        If a parameter is out of its range, or X is not what estimators take.

    See Also
    --------
    HomologyKFold : Cross-validation with clusters kept together.
    read_clusters : Clusters made by MMseqs2 or CD-HIT.

    Notes
    -----
    The k-th root of the share of common words estimates identity because a word survives k
    letters, each with that probability [1]_ [2]_. Words count as often as they occur. Those that
    repeat one to three letters (poly-A, microsatellites) never count as common: they tell nothing
    about a common origin. A word that up to 256 sequences have brings all of them together,
    and all their common words are counted; of the sequences that share a more frequent word only
    those that are next to each other in the order of one of their MinHash values [3]_ are
    compared, so that no word costs quadratic time. Every link is a pair whose share was counted
    in full. Duplicates are found exactly, whatever the words.

    Primers, adapters and other flanks that all sequences of an assay have in common make them
    similar: cut constant flanks off first.

    Proteins of common origin often have less than half of their residues in common, which no
    method of common words sees; make their clusters by MMseqs2 and read them by
    :func:`read_clusters`.

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
    >>> other_strand = "ACGCTGAACCAGTTTACGGTCAATGCTAGCCAT"
    >>> homology_clusters([gene, "CCTGAGACTTCGACGATACCAGGTCAACTTGAG", other_strand, gene[5:]])
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
    """Number labels from 0 in the order in which they first occur."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse.ravel()]


def join_labels(labels: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Join rows that have either label in common, and all that are linked by such rows."""
    a, b = (np.unique(x, return_inverse=True)[1].ravel() for x in (labels, others))
    n = a.max() + 1
    size = n + b.max() + 1
    links = csr_matrix((np.ones(len(a), dtype=bool), (a, n + b)), shape=(size, size))
    return number_by_appearance(connected_components(links, directed=False)[1][a])


def read_clusters(path: str | Path, ids: Sequence[str] | None = None) -> np.ndarray:
    """Read clusters that MMseqs2 or CD-HIT made.

    Parameters
    ----------
    path : str or Path
        The table ``_cluster.tsv`` of MMseqs2, a representative and a member in each line; or a
        ``.clstr`` file of CD-HIT. Told apart by the first line; compressed by gzip or not.
    ids : sequence of str or None, default=None
        Names of the sequences, in the order of the labels to return; all of the file, in its
        order, by default. CD-HIT cuts names to 19 characters unless it runs with
        ``-d 0``.

    Returns
    -------
    ndarray of shape (n_samples,), int
        Cluster of each sequence, numbered from 0 in order of first appearance.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty, a line has neither format (its number and text are given), a name
        occurs twice, or one of `ids` is in no cluster.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skgenomics.model_selection import read_clusters
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "peaks_cluster.tsv"
    ...     _ = path.write_text("p1\\tp1\\np1\\tp3\\np2\\tp2\\n")
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
    """Yield each member and its cluster."""
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
                if len(fields) != 2:
                    raise _invalid_line(path, number, text)
                yield fields[1].strip(), fields[0].strip()


def _invalid_line(path, number: int, text: str) -> ValueError:
    return ValueError(
        f"{path}, line {number}: {text[:80]!r} is neither 'representative<tab>member' (the "
        "_cluster.tsv of MMseqs2) nor a line of a .clstr file of CD-HIT"
    )
