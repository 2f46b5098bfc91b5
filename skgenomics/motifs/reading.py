"""Reading motifs: files in MEME and JASPAR format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from skgenomics.motifs.motif import Motif
from skgenomics.textfiles import open_text

__all__ = ["read_motifs"]

MOTIF_LINE = re.compile(r"MOTIF\s+(?P<name>\S+)(?:\s+(?!width\s*=)(?P<alt_name>\S+))?")
_WITHOUT_MATRIX = "motif {name!r} has no letter-probability matrix"
_JASPAR_ROW = re.compile(r"(?P<letter>[A-Za-z])?\s*\[?(?P<numbers>[^\[\]]*)\]?\s*")


def read_motifs(path: str | Path) -> list[Motif]:
    """Read the motifs of a file in MEME or JASPAR format.

    Parameters
    ----------
    path : str or Path
        File in minimal or full MEME format (version 4 or later), or in JASPAR format: counts or
        probabilities, one row per letter, under a line ``>accession name``; without the letters
        in front, rows are A, C, G and T, and without a name, that of the file is taken. It may be
        compressed by gzip or bgzip.

    Returns
    -------
    list of Motif
        In the order of the file.

    Raises
    ------
    ValueError
        If the file is of another format or holds no motif, or a line cannot be read; the message
        names file and line.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from skgenomics.motifs import read_motifs
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "motifs.jaspar"
    ...     _ = path.write_text(">M1 TF\\nA [8 0]\\nC [0 0]\\nG [0 0]\\nT [0 8]\\n")
    ...     read_motifs(path)
    [Motif(name='M1', consensus='AT', n_sites=8.0)]
    """
    lines = _Lines(Path(path))
    first = lines.peek()
    if not first:
        raise ValueError(f"{path} is empty")
    if lines.any_starts_with("MEME version"):
        motifs = list(_read_meme(lines))
    elif first.startswith(">") or _numbers(_JASPAR_ROW.fullmatch(first)):
        motifs = list(_read_jaspar(lines))
    else:
        raise lines.error(
            f"{first[:40]!r} starts neither a file in JASPAR format, nor is there a line "
            "'MEME version 4'; convert the file to one of these formats"
        )
    if not motifs:
        raise ValueError(f"{path} holds no motif with a letter-probability matrix")
    return motifs


class _Lines:
    """The lines of a file that are not blank, and errors that tell where they are."""

    def __init__(self, path: Path):
        self.path = path
        with open_text(path) as file:
            text = file.read()
        self._lines = [(i, x.strip()) for i, x in enumerate(text.splitlines(), 1) if x.strip()]
        self._next = 0

    def any_starts_with(self, prefix: str) -> bool:
        return any(line.startswith(prefix) for _, line in self._lines)

    def peek(self) -> str:
        """The next line, or an empty string at the end."""
        return self._lines[self._next][1] if self._next < len(self._lines) else ""

    def take(self) -> str:
        line = self.peek()
        self._next += 1
        return line

    def error(self, message: str, *, taken: bool = False) -> ValueError:
        """An error at the next line, or at the one that was taken last."""
        place = min(self._next - taken, len(self._lines) - 1)
        number = self._lines[place][0] if self._lines else 1
        return ValueError(f"{self.path}, line {number}: {message}")


def _read_meme(lines: _Lines) -> Iterator[Motif]:
    letters, names = None, None
    while line := lines.peek():
        if line.startswith("ALPHABET"):
            letters = _meme_alphabet(lines)
        elif names_match := MOTIF_LINE.match(line):
            if names is not None:
                raise lines.error(_WITHOUT_MATRIX.format(**names))
            names = names_match.groupdict("")
        elif line.startswith("letter-probability matrix:"):
            if names is None:
                raise lines.error("a matrix without a line 'MOTIF name' before it")
            yield _meme_motif(lines, letters, **names)
            names = None
            continue
        lines.take()
    if names is not None:
        raise lines.error(_WITHOUT_MATRIX.format(**names), taken=True)


def _meme_alphabet(lines: _Lines) -> str:
    """The letters of ``ALPHABET= ACGT``, or of a definition of several lines."""
    _, equals, letters = lines.peek().partition("=")
    if equals:
        return letters.strip()
    core = set()
    lines.take()
    while not lines.peek().startswith("END ALPHABET"):
        if not lines.peek():
            raise lines.error("an ALPHABET without END ALPHABET", taken=True)
        # One letter, or two that pair: A "Adenine" CC0000 ~ T "Thymine" 008000.
        line = re.sub(r'"[^"]*"', "", lines.take())
        core |= {part.split()[0] for part in line.split("~") if "=" not in line}
    return "".join(sorted(core))


def _meme_motif(lines: _Lines, letters: str | None, name: str, alt_name: str) -> Motif:
    header = dict(re.findall(r"(\w+)\s*=\s*(\S+)", lines.peek()))
    try:
        width, n_letters = int(header.get("w", 0)), int(header.get("alength", 0))
        n_sites = float(header["nsites"]) if "nsites" in header else None
    except ValueError:
        raise lines.error(f"not a number in {lines.peek()!r}") from None
    lines.take()
    rows = []
    while (len(rows) < width or not width) and (row := _floats(lines.peek())):
        if n_letters not in (0, len(row)) or (rows and len(row) != len(rows[0])):
            expected = n_letters or len(rows[0])
            raise lines.error(f"{len(row)} numbers instead of {expected} in motif {name!r}")
        rows.append(row)
        lines.take()
    is_longer = bool(width and _floats(lines.peek()))
    if not rows or len(rows) < width or is_longer:
        got = f"more than {width}" if is_longer else f"{len(rows)}"
        raise lines.error(
            f"motif {name!r} has {got} rows of numbers instead of {width or 1}; here is "
            f"{lines.peek()[:40]!r}"
        )
    alphabet = letters or {4: "ACGT", 20: "protein"}.get(len(rows[0]), "ACGT")
    return _make(lines, name, np.array(rows), alphabet, n_sites, alt_name)


def _floats(line: str) -> list[float]:
    """The numbers of a line, or none if it holds anything else."""
    try:
        return [float(x) for x in line.split()]
    except ValueError:
        return []


def _read_jaspar(lines: _Lines) -> Iterator[Motif]:
    while line := lines.peek():
        names = [lines.path.name.split(".")[0]]
        if line.startswith(">"):
            names = lines.take()[1:].split(maxsplit=1) or names
        counts, letters = _jaspar_counts(lines, names[0])
        if not (np.isfinite(counts).all() and counts.min() >= 0):
            raise lines.error(
                f"motif {names[0]!r}: counts must be finite and not negative", taken=True
            )
        n_sites = counts.sum(axis=1)
        if not (n_sites > 0).all():
            raise lines.error(f"motif {names[0]!r} has a position without counts", taken=True)
        # Matrices of probabilities come without a number of sites.
        n_known = None if np.allclose(n_sites, 1, atol=0.03) else float(n_sites.mean())
        probabilities = counts / n_sites[:, np.newaxis]
        yield _make(lines, names[0], probabilities, letters, n_known, "".join(names[1:]))


def _jaspar_counts(lines: _Lines, name: str) -> tuple[np.ndarray, str]:
    rows, letters = [], ""
    for usual_letter in "ACGT":
        match = _JASPAR_ROW.fullmatch(lines.peek())
        numbers = _numbers(match)
        if not numbers or (rows and len(numbers) != len(rows[0])):
            raise lines.error(
                f"motif {name!r} needs four rows of as many numbers, such as 'A [ 1 2 3 ]', "
                f"got {lines.peek()[:40]!r}"
            )
        rows.append(numbers)
        letters += (match["letter"] or usual_letter).upper()
        lines.take()
    if set(letters.replace("U", "T")) != set("ACGT"):
        raise lines.error(f"motif {name!r} has rows for {letters!r} instead of ACGT", taken=True)
    return np.array(rows).T, letters


def _numbers(match: re.Match | None) -> list[float]:
    return _floats(match["numbers"]) if match else []


def _make(lines: _Lines, name, probabilities, alphabet, n_sites, alt_name) -> Motif:
    try:
        return Motif(name, probabilities, alphabet, n_sites, alt_name)
    except ValueError as error:
        raise lines.error(str(error), taken=True) from None
