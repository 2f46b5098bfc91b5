"""Writing motifs: files in MEME and JASPAR format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from skgenomics.checks import check_choice
from skgenomics.genome._output import COMPRESSIONS, new_text_file
from skgenomics.motifs.motif import Motif
from skgenomics.motifs.reading import MOTIF_LINE
from skgenomics.sequences import get_alphabet

__all__ = ["write_motifs"]

_FORMAT_OF = {".meme": "meme", ".txt": "meme", ".jaspar": "jaspar", ".pfm": "jaspar"}
# The alphabets that MEME knows by their letters, which stand in this order.
_MEME_ALPHABETS = ("ACGT", "ACGU", "ACDEFGHIKLMNPQRSTVWY")


def write_motifs(motifs: Iterable[Motif], path: str | Path, *, format: str | None = None) -> None:
    """Write motifs to a file in MEME or JASPAR format.

    Parameters
    ----------
    motifs : iterable of Motif
        Motifs with different names; those of one MEME file have the same letters.
    path : str or Path
        File to write; with ".gz" at its end it is compressed. A file that exists is replaced when
        all is written, and stays as it is if that fails.
    format : {"meme", "jaspar"}, optional
        By default what the ending tells: ".meme" and ".txt" are MEME, ".jaspar" and ".pfm" JASPAR.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    TypeError
        If an element is no :class:`Motif`.
    ValueError
        If the ending tells no format, there is no motif, two have the same name, or one has a name
        or letters that the format can not hold. The message names the motif.

    Notes
    -----
    MEME files hold probabilities of six digits, in the alphabetical order of letters, and the same
    background for all of these. JASPAR files hold counts, which are probabilities times `n_sites`,
    or the probabilities if `n_sites` is None; a motif of one single site is read as one of the
    latter.

    References
    ----------
    .. [1] Bailey, T. L. et al. (2015). The MEME Suite. Nucleic Acids Research 43, W39-W49.
    .. [2] Rauluseviciute, I. et al. (2024). JASPAR 2024: 20th anniversary of the open-access
       database of transcription factor binding profiles. Nucleic Acids Research 52, D174-D182.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from skgenomics.motifs import Motif, write_motifs
    >>> motif = Motif("M1", [[0.8, 0.2, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]], n_sites=10)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "motifs.jaspar"
    ...     write_motifs([motif], path)
    ...     print(path.read_text())
    >M1
    A [ 8 0 ]
    C [ 2 0 ]
    G [ 0 0 ]
    T [ 0 10 ]
    <BLANKLINE>
    """
    if format is None:
        format = _format_of(Path(path))
    check_choice("format", format, ("meme", "jaspar"))
    motifs = _checked(motifs)
    lines = _meme_lines(motifs) if format == "meme" else _jaspar_lines(motifs)
    with new_text_file(path) as file:
        file.writelines(f"{line}\n" for line in lines)


def _format_of(path: Path) -> str:
    endings = [x for x in map(str.lower, path.suffixes) if x not in COMPRESSIONS]
    if not endings or endings[-1] not in _FORMAT_OF:
        raise ValueError(
            f"{path} ends in none of {', '.join(_FORMAT_OF)} (.gz); set `format` to 'meme' or "
            "'jaspar'"
        )
    return _FORMAT_OF[endings[-1]]


def _checked(motifs: Iterable[Motif]) -> list[Motif]:
    motifs = [motifs] if isinstance(motifs, Motif) else list(motifs)
    if not motifs:
        raise ValueError("there is no motif to write")
    names = set()
    for i, motif in enumerate(motifs):
        if not isinstance(motif, Motif):
            raise TypeError(f"element {i} of motifs is no Motif, but {motif!r}")
        if motif.name in names:
            raise ValueError(f"two motifs have the name {motif.name!r}; rename one of them")
        names.add(motif.name)
    return motifs


def _meme_lines(motifs: Sequence[Motif]) -> Iterator[str]:
    letters = _meme_letters(motifs)
    yield from ("MEME version 4", "", f"ALPHABET= {letters}", "")
    if letters == "ACGT":
        yield from ("strands: + -", "")
    yield "Background letter frequencies"
    yield " ".join(f"{letter} {1 / len(letters):.6g}" for letter in letters)
    for motif in motifs:
        yield from ("", _meme_name(motif))
        sites = f" nsites= {motif.n_sites:.15g}" if motif.n_sites else ""
        yield f"letter-probability matrix: alength= {len(letters)} w= {motif.width}{sites} E= 0"
        for row in _columns(motif, letters):
            yield " ".join(f"{x:.6f}" for x in row)


def _meme_letters(motifs: Sequence[Motif]) -> str:
    letters = "".join(sorted(_letters(motifs[0])))
    if letters not in _MEME_ALPHABETS:
        raise ValueError(
            f"motif {motifs[0].name!r} has the letters {letters!r}, but MEME files hold DNA, RNA "
            "or proteins"
        )
    for motif in motifs:
        if set(_letters(motif)) != set(letters):
            raise ValueError(
                f"motif {motif.name!r} has the letters {_letters(motif)!r}, and motif "
                f"{motifs[0].name!r} {letters!r}, but a MEME file has one alphabet; write two files"
            )
    return letters


def _meme_name(motif: Motif) -> str:
    line = f"MOTIF {motif.name} {motif.alt_name}".rstrip(" ")
    match = MOTIF_LINE.fullmatch(line)
    if match is None or match.groupdict("") != {"name": motif.name, "alt_name": motif.alt_name}:
        raise _name_error(motif, "are two words without spaces in a MEME file")
    return line


def _jaspar_lines(motifs: Sequence[Motif]) -> Iterator[str]:
    for motif in motifs:
        letters = "".join(sorted(_letters(motif)))
        if letters not in ("ACGT", "ACGU"):
            raise ValueError(
                f"motif {motif.name!r} has the letters {letters!r}, but JASPAR files hold DNA; "
                "write a MEME file"
            )
        yield _jaspar_name(motif)
        counts = _columns(motif, letters) * (motif.n_sites or 1)
        for letter, row in zip(letters, counts.T, strict=True):
            yield f"{letter} [ {' '.join(f'{x:.10g}' for x in row)} ]"


def _jaspar_name(motif: Motif) -> str:
    line = f">{motif.name}\t{motif.alt_name}".rstrip("\t")
    words = [motif.name, motif.alt_name] if motif.alt_name else [motif.name]
    if len(line.splitlines()) != 1 or line.strip()[1:].split(maxsplit=1) != words:
        raise _name_error(motif, "are a word and a line of text in a JASPAR file")
    return line


def _name_error(motif: Motif, what: str) -> ValueError:
    return ValueError(
        f"motif {motif.name!r}: its names, {motif.name!r} and {motif.alt_name!r}, {what}; rename it"
    )


def _letters(motif: Motif) -> str:
    return get_alphabet(motif.alphabet).letters.upper()


def _columns(motif: Motif, letters: str) -> np.ndarray:
    """The probabilities, with columns in the order of these letters."""
    return motif.probabilities[:, [_letters(motif).index(letter) for letter in letters]]
