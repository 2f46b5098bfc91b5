"""Motif files: read MEME, JASPAR, HOMER, HOCOMOCO and CIS-BP, write MEME and JASPAR."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from skgenomics._utils.validation import check_choice
from skgenomics.genome._textfiles import COMPRESSIONS, open_text, replace_text_file
from skgenomics.motifs.motif import Motif
from skgenomics.sequences import get_alphabet

MOTIF_LINE = re.compile(r"MOTIF\s+(?P<name>\S+)(?:\s+(?!width\s*=)(?P<alt_name>\S+))?")
_WITHOUT_MATRIX = "motif {name!r} has no letter-probability matrix"
_MATRIX_ROW = re.compile(r"(?P<base>[A-Za-z])?\s*\[?(?P<numbers>[^\[\]]*)\]?\s*")
# The consensus, the name and the log-odds threshold, separated by tabs.
_HOMER_HEADER = re.compile(
    r"(?P<consensus>[A-Za-z]+)\t(?P<name>[^\t]+)\t(?P<threshold>[-+.\deE]+)(\t.*)?"
)
# Lines between the matrices of CIS-BP, such as "TF Name" and "Family", begin with a word.
_CISBP_DESCRIPTION = re.compile(r"[A-Za-z].*")
_CISBP_HEADER = re.compile(r"Pos\s+A\s+C\s+G\s+(?P<last>[TU])", re.IGNORECASE)
_FORMAT_OF = {".meme": "meme", ".txt": "meme", ".jaspar": "jaspar", ".pfm": "jaspar"}
# The alphabets that MEME recognizes by their symbols, in the order of the columns.
_MEME_ALPHABETS = ("ACGT", "ACGU", "ACDEFGHIKLMNPQRSTVWY")
# Sums of rounded probabilities or counts, relative to the largest one.
_SUM_TOLERANCE = 0.03


def read_motifs(path: str | Path) -> list[Motif]:
    r"""Read the motifs of a file, in the format that its lines show.

    Parameters
    ----------
    path : str or Path
        File, compressed by gzip or bgzip or not, in one of these formats:

        - minimal or full MEME format, version 4 or later;
        - JASPAR: one row of counts or probabilities per base, under a line ``>accession name``.
          Rows without a base in front are A, C, G and T; a file that holds only one such matrix
          needs no header, and its name is taken from the file;
        - HOMER: ``>consensus``, name and threshold, separated by tabs, and one row of four
          probabilities per position. The consensus becomes the `alt_name`;
        - HOCOMOCO (.pcm, .ppm): ``>name`` and one row of four counts or probabilities per
          position;
        - CIS-BP: a line ``Pos A C G T`` and one numbered row per position.

    Returns
    -------
    list of Motif
        Motifs in the order of the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is of another format or holds no motif, a line cannot be read, or a matrix of
        four rows and four columns does not show whether its rows are bases or positions. The
        message names file and line.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from skgenomics.motifs import read_motifs
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "motifs.jaspar"
    ...     _ = path.write_text(">M1 TF\nA [8 0]\nC [0 0]\nG [0 0]\nT [0 8]\n")
    ...     read_motifs(path)
    [Motif(name='M1', consensus='AT', n_sites=8.0)]
    """
    lines = _Lines(Path(path))
    first = lines.peek()
    if not first:
        raise ValueError(f"{path} is empty")
    if lines.any_starts_with("MEME version"):
        motifs = list(_read_meme(lines))
    elif lines.any_matches(_CISBP_HEADER):
        motifs = list(_read_cisbp(lines))
    elif first.startswith(">") or _numbers(_MATRIX_ROW.fullmatch(first)):
        motifs = list(_read_matrices(lines))
    else:
        raise lines.error(
            f"{first[:40]!r} does not begin a file in JASPAR, HOMER, HOCOMOCO or CIS-BP format, "
            "and there is no line 'MEME version 4'; convert the file to one of these formats"
        )
    if not motifs:
        raise ValueError(f"{path} holds no motif with a letter-probability matrix")
    return motifs


class _Lines:
    """The lines of a file that are not blank, and errors that name their numbers."""

    def __init__(self, path: Path):
        self.path = path
        with open_text(path) as file:
            text = file.read()
        self._lines = [(i, x.strip()) for i, x in enumerate(text.splitlines(), 1) if x.strip()]
        self._next = 0

    def any_starts_with(self, prefix: str) -> bool:
        return any(line.startswith(prefix) for _, line in self._lines)

    def any_matches(self, pattern: re.Pattern) -> bool:
        return any(pattern.fullmatch(line) for _, line in self._lines)

    def peek(self) -> str:
        """Give the next line, or an empty string at the end."""
        return self._lines[self._next][1] if self._next < len(self._lines) else ""

    def take(self) -> str:
        line = self.peek()
        self._next += 1
        return line

    def error(self, message: str, *, taken: bool = False) -> ValueError:
        """Make an error about the next line, or about the one that was taken last."""
        index = min(self._next - taken, len(self._lines) - 1)
        number = self._lines[index][0] if self._lines else 1
        return ValueError(f"{self.path}, line {number}: {message}")


def _read_meme(lines: _Lines) -> Iterator[Motif]:
    symbols, names = None, None
    while line := lines.peek():
        if line.startswith("ALPHABET"):
            symbols = _meme_alphabet(lines)
        elif names_match := MOTIF_LINE.match(line):
            if names is not None:
                raise lines.error(_WITHOUT_MATRIX.format(**names))
            names = names_match.groupdict("")
        elif line.startswith("letter-probability matrix:"):
            if names is None:
                raise lines.error("a matrix without a line 'MOTIF name' before it")
            yield _meme_motif(lines, symbols, **names)
            names = None
            continue
        lines.take()
    if names is not None:
        raise lines.error(_WITHOUT_MATRIX.format(**names), taken=True)


def _meme_alphabet(lines: _Lines) -> str:
    """Read the symbols of ``ALPHABET= ACGT``, or of a definition of several lines."""
    _, equals, symbols = lines.peek().partition("=")
    if equals:
        return symbols.strip()
    core = set()
    lines.take()
    while not lines.peek().startswith("END ALPHABET"):
        if not lines.peek():
            raise lines.error("an ALPHABET without END ALPHABET", taken=True)
        # One symbol, or two complementary ones: A "Adenine" CC0000 ~ T "Thymine" 008000.
        line = re.sub(r'"[^"]*"', "", lines.take())
        core |= {part.split()[0] for part in line.split("~") if "=" not in line}
    return "".join(sorted(core))


def _meme_motif(lines: _Lines, symbols: str | None, name: str, alt_name: str) -> Motif:
    header = dict(re.findall(r"(\w+)\s*=\s*(\S+)", lines.peek()))
    try:
        width, n_symbols = int(header.get("w", 0)), int(header.get("alength", 0))
        n_sites = float(header["nsites"]) if "nsites" in header else None
    except ValueError:
        raise lines.error(f"not a number in {lines.peek()!r}") from None
    lines.take()
    rows: list[list[float]] = []
    while (len(rows) < width or not width) and (row := _floats(lines.peek())):
        if n_symbols not in (0, len(row)) or (rows and len(row) != len(rows[0])):
            expected = n_symbols or len(rows[0])
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
    alphabet = symbols or {4: "ACGT", 20: "protein"}.get(len(rows[0]), "ACGT")
    return _make(lines, name, np.array(rows), alphabet, n_sites, alt_name)


def _floats(line: str) -> list[float]:
    """Read the numbers of a line; none if it holds anything else."""
    try:
        return [float(x) for x in line.split()]
    except ValueError:
        return []


def _read_matrices(lines: _Lines) -> Iterator[Motif]:
    """Read matrices with one row per base (JASPAR) or per position (HOMER, HOCOMOCO)."""
    while line := lines.peek():
        header = lines.take()[1:].strip() if line.startswith(">") else ""
        names = header.split(maxsplit=1) or [lines.path.name.split(".")[0]]
        homer = _HOMER_HEADER.fullmatch(header)
        threshold = None
        if homer:
            names = [homer["name"], homer["consensus"]]
            threshold = next(iter(_floats(homer["threshold"])), None)
        rows, bases = _matrix_rows(lines, names[0])
        if not line.startswith(">") and lines.peek():
            # Otherwise the rest of a motif whose header was lost would pass for another one.
            raise lines.error(f"rows of numbers without a header before {lines.peek()[:40]!r}")
        if bases or not _is_by_position(lines, names[0], rows, homer, has_header=bool(header)):
            counts, alphabet = _columns_of_bases(lines, names[0], rows, bases)
        else:
            counts, alphabet = rows, "ACGT"
        motif = _from_counts(lines, names[0], counts, alphabet, " ".join(names[1:]))
        yield replace(motif, threshold=threshold)


def _matrix_rows(lines: _Lines, name: str) -> tuple[np.ndarray, str]:
    """Read the rows of numbers up to the next header, and the bases in front of them."""
    rows: list[list[float]] = []
    bases = ""
    while (line := lines.peek()) and not line.startswith(">"):
        match = _MATRIX_ROW.fullmatch(line)
        numbers = _numbers(match)
        if not numbers or (rows and len(numbers) != len(rows[0])):
            raise lines.error(
                f"motif {name!r} needs rows of the same number of numbers, such as "
                f"'A [ 1 2 3 ]', got {line[:40]!r}"
            )
        rows.append(numbers)
        bases += (match["base"] or "").upper() if match else ""
        lines.take()
    if not rows:
        raise lines.error(f"motif {name!r} has no rows of numbers", taken=True)
    return np.array(rows), bases


def _is_by_position(
    lines: _Lines, name: str, rows: np.ndarray, homer: re.Match | None, *, has_header: bool
) -> bool:
    """Tell whether the rows of a matrix without names of bases are positions rather than bases."""
    n_rows, n_columns = rows.shape
    if homer:
        if n_columns != 4 or n_rows != len(homer["consensus"]):
            raise lines.error(
                f"motif {name!r} has {n_rows} rows of {n_columns} numbers, but its consensus "
                f"{homer['consensus']!r} needs {len(homer['consensus'])} rows of 4",
                taken=True,
            )
        return True
    if n_rows == 4 and n_columns != 4:
        return False
    if n_columns == 4 and n_rows != 4 and (has_header or n_rows % 4 or _are_equal(rows.sum(1))):
        return True
    # All positions of a motif have the same number of sites, or probabilities that sum to 1.
    by_position, by_base = _are_equal(rows.sum(axis=1)), _are_equal(rows.sum(axis=0))
    if rows.shape == (4, 4) and by_position != by_base:
        return by_position
    raise lines.error(
        f"motif {name!r} has {n_rows} rows of {n_columns} numbers, which may be bases or "
        "positions; write each row as 'A [ 1 2 3 4 ]', or use another format",
        taken=True,
    )


def _are_equal(sums: np.ndarray) -> bool:
    return bool(np.ptp(sums) <= _SUM_TOLERANCE * abs(sums).max())


def _columns_of_bases(
    lines: _Lines, name: str, rows: np.ndarray, bases: str
) -> tuple[np.ndarray, str]:
    """Turn four rows, one per base, into one row per position."""
    if len(rows) != 4 or len(bases) not in (0, 4):
        raise lines.error(
            f"motif {name!r} needs four rows, one per base, such as 'A [ 1 2 3 ]', got {len(rows)}",
            taken=True,
        )
    bases = bases or "ACGT"
    if set(bases.replace("U", "T")) != set("ACGT"):
        raise lines.error(f"motif {name!r} has rows for {bases!r} instead of ACGT", taken=True)
    return rows.T, bases


def _read_cisbp(lines: _Lines) -> Iterator[Motif]:
    """Read matrices of numbered rows under a line ``Pos A C G T``."""
    name, alphabet = lines.path.name.split(".")[0], ""
    while line := lines.peek():
        match = _CISBP_HEADER.fullmatch(line)
        words = line.split(maxsplit=1)
        if not match:
            if words[0] == "Motif" and len(words) == 2:
                name = words[1].strip()
            elif not _CISBP_DESCRIPTION.fullmatch(line):
                raise lines.error(
                    f"neither a description nor a row under a line 'Pos A C G T': {line[:40]!r}"
                )
            lines.take()
            continue
        alphabet = "ACG" + match["last"].upper()
        lines.take()
        rows: list[list[float]] = []
        while row := _floats(lines.peek()):
            if len(row) != 5 or (rows and row[0] != len(rows) + 1):
                raise lines.error(f"motif {name!r} needs rows of a position and four numbers")
            rows.append(row[1:])
            lines.take()
        if not rows:
            raise lines.error(f"motif {name!r} has no rows of numbers", taken=True)
        yield _from_counts(lines, name, np.array(rows), alphabet, "")


def _from_counts(
    lines: _Lines, name: str, counts: np.ndarray, alphabet: str, alt_name: str
) -> Motif:
    if not (np.isfinite(counts).all() and counts.min() >= 0):
        raise lines.error(f"motif {name!r}: counts must be finite and not negative", taken=True)
    n_sites = counts.sum(axis=1)
    if not (n_sites > 0).all():
        raise lines.error(f"motif {name!r} has a position without counts", taken=True)
    # Matrices of probabilities come without a number of sites.
    n_known = None if np.allclose(n_sites, 1, atol=_SUM_TOLERANCE) else float(n_sites.mean())
    return _make(lines, name, counts / n_sites[:, np.newaxis], alphabet, n_known, alt_name)


def _numbers(match: re.Match | None) -> list[float]:
    return _floats(match["numbers"]) if match else []


def _make(lines: _Lines, name, probabilities, alphabet, n_sites, alt_name) -> Motif:
    try:
        return Motif(name, probabilities, alphabet, n_sites, alt_name)
    except ValueError as error:
        raise lines.error(str(error), taken=True) from None


def write_motifs(motifs: Iterable[Motif], path: str | Path, *, format: str | None = None) -> None:
    """Write motifs to a file in MEME or JASPAR format.

    Parameters
    ----------
    motifs : iterable of Motif
        Motifs with different names; those of one MEME file have the same alphabet.
    path : str or Path
        File to write; with ".gz" at its end it is compressed. An existing file is replaced when all
        is written, and kept if that fails.
    format : {"meme", "jaspar"} or None, default=None
        Format. None derives it from the suffix: ".meme" and ".txt" are MEME, ".jaspar" and ".pfm"
        are JASPAR.

    Raises
    ------
    OSError
        If there is no such folder, or the file cannot be written.
    TypeError
        If an element is not a :class:`Motif`.
    ValueError
        If the suffix is unknown, there is no motif, two have the same name, or one has a name or
        an alphabet that the format cannot hold. The message names the motif.

    Notes
    -----
    MEME files hold probabilities with six digits, columns in alphabetical order, and a uniform
    background. JASPAR files hold counts, which are probabilities times `n_sites`, or the
    probabilities if `n_sites` is None; a motif of a single site is read back as the latter.

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
    with replace_text_file(path) as file:
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
            raise TypeError(f"element {i} of motifs is not a Motif, but {motif!r}")
        if motif.name in names:
            raise ValueError(f"two motifs have the name {motif.name!r}; rename one of them")
        names.add(motif.name)
    return motifs


def _meme_lines(motifs: Sequence[Motif]) -> Iterator[str]:
    symbols = _meme_symbols(motifs)
    yield from ("MEME version 4", "", f"ALPHABET= {symbols}", "")
    if symbols == "ACGT":
        yield from ("strands: + -", "")
    yield "Background letter frequencies"
    yield " ".join(f"{symbol} {1 / len(symbols):.6g}" for symbol in symbols)
    for motif in motifs:
        yield from ("", _meme_name(motif))
        sites = f" nsites= {motif.n_sites:.15g}" if motif.n_sites else ""
        yield f"letter-probability matrix: alength= {len(symbols)} w= {motif.width}{sites} E= 0"
        for row in _columns(motif, symbols):
            yield " ".join(f"{x:.6f}" for x in row)


def _meme_symbols(motifs: Sequence[Motif]) -> str:
    symbols = "".join(sorted(_symbols(motifs[0])))
    if symbols not in _MEME_ALPHABETS:
        raise ValueError(
            f"motif {motifs[0].name!r} has the alphabet {symbols!r}, but MEME files hold DNA, RNA "
            "or proteins"
        )
    for motif in motifs:
        if set(_symbols(motif)) != set(symbols):
            raise ValueError(
                f"motif {motif.name!r} has the alphabet {_symbols(motif)!r}, and motif "
                f"{motifs[0].name!r} {symbols!r}, but a MEME file has one alphabet; write two files"
            )
    return symbols


def _meme_name(motif: Motif) -> str:
    line = f"MOTIF {motif.name} {motif.alt_name}".rstrip(" ")
    match = MOTIF_LINE.fullmatch(line)
    if match is None or match.groupdict("") != {"name": motif.name, "alt_name": motif.alt_name}:
        raise _name_error(motif, "must be two words without spaces in a MEME file")
    return line


def _jaspar_lines(motifs: Sequence[Motif]) -> Iterator[str]:
    for motif in motifs:
        symbols = "".join(sorted(_symbols(motif)))
        if symbols not in ("ACGT", "ACGU"):
            raise ValueError(
                f"motif {motif.name!r} has the alphabet {symbols!r}, but JASPAR files hold DNA; "
                "write a MEME file"
            )
        yield _jaspar_name(motif)
        counts = _columns(motif, symbols) * (motif.n_sites or 1)
        for symbol, row in zip(symbols, counts.T, strict=True):
            yield f"{symbol} [ {' '.join(f'{x:.10g}' for x in row)} ]"


def _jaspar_name(motif: Motif) -> str:
    line = f">{motif.name}\t{motif.alt_name}".rstrip("\t")
    words = [motif.name, motif.alt_name] if motif.alt_name else [motif.name]
    if len(line.splitlines()) != 1 or line.strip()[1:].split(maxsplit=1) != words:
        raise _name_error(motif, "must be a word and a line of text in a JASPAR file")
    return line


def _name_error(motif: Motif, what: str) -> ValueError:
    return ValueError(
        f"motif {motif.name!r}: its names, {motif.name!r} and {motif.alt_name!r}, {what}; rename it"
    )


def _symbols(motif: Motif) -> str:
    return get_alphabet(motif.alphabet).symbols.upper()


def _columns(motif: Motif, symbols: str) -> np.ndarray:
    """Order the columns of probabilities by the given symbols."""
    return motif.probabilities[:, [_symbols(motif).index(symbol) for symbol in symbols]]
