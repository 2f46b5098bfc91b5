"""Variant effects: predictions for the reference and the alternative allele compared."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from functools import partial
from numbers import Integral
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.utils import Bunch

from skgenomics._utils.files import check_not_input, check_writable
from skgenomics._utils.pipelines import fitted_length
from skgenomics._utils.validation import check_integer, check_real
from skgenomics.genome._allele_comparison import LabelComparison, compare_alleles
from skgenomics.genome._annotated_vcf import is_vcf, write_annotated
from skgenomics.genome._gene_models import GeneModels
from skgenomics.genome._other_columns import find_other_columns
from skgenomics.genome._textfiles import replace_text_file
from skgenomics.genome._variant_scorer import VariantScorer
from skgenomics.genome.reference_genome import Genome
from skgenomics.genome.vcf import frame_of_variants, read_vcf

_BASES_PER_BATCH = 2_000_000
_MAX_BATCH = 10_000
_SECONDS_BETWEEN_REPORTS = 5


def score_variants(
    estimator,
    variants: str | Path | pd.DataFrame,
    fasta: str | Path | Genome,
    *,
    window: int | None = None,
    target=None,
    both_strands: bool = False,
    response: str = "auto",
    distance: int = 50,
    exons: str | Path | pd.DataFrame | None = None,
    masked: bool = False,
    batch_size: int | str = "auto",
    max_mismatch_rate: float = 0.5,
    sequence_column: str | None = None,
    conditions: Mapping[str, Any] | None = None,
    output: str | Path | None = None,
    info_prefix: str = "",
    verbose: int = 0,
) -> pd.DataFrame | Bunch:
    r"""Predict the sequence around each variant with either allele, and compare the predictions.

    Parameters
    ----------
    estimator : object
        A fitted classifier or regressor, or a pipeline, that takes sequences as text; or a language
        model, which was trained on sequences without labels.
    variants : str, Path or DataFrame
        VCF file, compressed or not; or a frame of pandas, polars or pyarrow with the columns
        `chrom`, `pos` (counted from 1), `ref`, `alt` and optionally `id`, and with other columns
        that the estimator reads beside the sequence.
    fasta : str, Path or Genome
        FASTA file of the reference genome. Names such as chr1 and 1 are reconciled.
    window : int or None, default=None
        Length of the predicted sequences in bp; by default the length that the estimator was
        fitted on.
    target : object, default=None
        Output to compare, see :func:`~skgenomics.inspection.attribute`. By default the second of
        two classes; of several classes, tasks, targets, labels or tracks all, each with columns of
        its own.
    both_strands : bool, default=False
        True averages predictions over the windows and their reverse complements. Log-odds are
        averaged where the estimator has them, as ``reverse_complement="average"`` does, otherwise
        probabilities.
    response : str, default="auto"
        Predictions to compare: "auto", "predict_proba", "decision_function", "predict",
        "score_samples" or "variant_scores". By default probabilities of a classifier (its decision
        function, if it has none), predictions of a regressor, and the log-probabilities that a
        language model gives to pairs of windows: `delta` is then log P(alternative) /
        P(reference), see :meth:`~skgenomics.MaskedLanguageModel.variant_scores`. "score_samples"
        are log-likelihoods of whole windows.
    distance : int, default=50
        Positions on either side of a variant at which the labels of a
        :class:`~skgenomics.SequenceLabeler` are compared.
    exons : str, Path, DataFrame or None, default=None
        Exons of genes, for a :class:`~skgenomics.SequenceLabeler` of splice sites: a GFF3 or GTF
        file, or a frame with `chrom`, `start`, `end` (0-based, half-open), `strand` and `gene_id`.
        Labels are then predicted on the strand of the gene that a variant lies in, with unknown
        bases outside of the gene, as SpliceAI does; of several genes the one of the largest score
        is reported in the column `gene`. Variants outside of genes have NaN. By default labels are
        those of the forward strand.
    masked : bool, default=False
        True masks scores as SpliceAI and OpenSpliceAI do: the gain is zero if it is at the
        annotated end of an exon nearest to the variant, and the loss is zero if it is not there.
        Needs `exons`.
    batch_size : int or "auto", default="auto"
        Number of variants that are read, predicted and written at a time. "auto" chooses about 2
        million bases, and at most 10,000 variants.
    max_mismatch_rate : float, default=0.5
        Fraction of variants, of at least 20 so far, whose reference allele may differ from the
        genome before an error is raised. 1 never raises it.
    sequence_column : str or None, default=None
        Column of the sequence, for an estimator of several columns such as
        :class:`~skgenomics.MultiViewClassifier` or :class:`~skgenomics.ConditionalClassifier`. Only
        this column differs between the alleles. By default that of the estimator, or the only one
        without values.
    conditions : dict or None, default=None
        Values of the other columns for all variants, such as ``{"cell": "K562"}``. By default they
        are columns of `variants`.
    output : str, Path or None, default=None
        Table to write batch by batch, tab-separated with a header line, "NA" for NaN, seven
        significant digits, compressed if it ends in ".gz". If it ends in ".vcf", ".vcf.gz" or
        ".vcf.bgz", a VCF file instead (compressed by bgzip), with the columns behind `kind` as INFO
        fields: the lines and the header of a VCF file `variants`, or one line per allele of a
        frame. An existing file is replaced when everything is written. Memory does not grow with
        the number of variants.
    info_prefix : str, default=""
        Text before the names of INFO fields.
    verbose : int, default=0
        1 reports the progress on the standard error every few seconds.

    Returns
    -------
    DataFrame or Bunch
        One row per alternative allele, in the order of the file:

        - `chrom`, `pos`, `id`, `ref_allele`, `alt_allele` and `kind` as in :func:`read_vcf`;
        - `ref`, `alt`: predictions for the window with either allele;
        - `delta`: `alt` - `ref`;
        - `log_odds`: logit(`alt`) - logit(`ref`), computed from logits where the estimator has
          them, so that it does not saturate, otherwise from probabilities clipped at 1.2e-7 and
          1 - 1.2e-7; NaN if predictions are not probabilities;
        - `ref_match`: True if the genome has the reference allele there, ignoring case.

        Of several classes, tasks or targets the names of the middle four end in their name, as in
        `delta_enhancer`, `delta_K562` or `delta_0`.

        For a :class:`~skgenomics.SequenceLabeler` the middle columns are, for each label such as
        "A", `DS_AG` and `DS_AL`, the largest gain and loss of its probability within `distance`
        of the variant, and `DP_AG` and `DP_AL`, their positions relative to the variant.
        Positions are those of the reference: deleted ones have the probability zero, and of
        inserted ones the largest counts, as in OpenSpliceAI.

        For a :class:`~skgenomics.ProfileRegressor` they are, for each track, the predicted totals
        `ref` and `alt`, their `log2_fold_change`, and `js_distance`, the Jensen-Shannon distance
        (base 2) between the shapes.

        Variants on chromosomes that the genome lacks, and variants without an alternative sequence
        (symbolic or missing), have NaN for predictions.

        With `output` a Bunch instead: ``path``, and the numbers ``n_variants``,
        ``n_unknown_chromosomes``, ``n_ref_mismatches``, ``n_not_scored`` (all that have NaN),
        ``n_past_ends`` and ``n_cut``.

    Raises
    ------
    FileNotFoundError
        If a file does not exist.
    OSError
        If `output` cannot be written.
    ValueError
        If a file is malformed or damaged, `output` is one of the files to read, no variant (or
        none of 20 so far) is on a chromosome of the genome, the length of the window is unknown,
        there is no such target, an INFO field exists already, or too many reference alleles differ
        from the genome (wrong assembly: the message says what the positions look like).

    Warns
    -----
    UserWarning
        With their number, if there are variants on chromosomes that the genome lacks, whose
        reference allele differs from the genome, that have no alternative sequence, whose windows
        extend past the end of a chromosome, or with alleles longer than their part of the window.

    Notes
    -----
    The first base of the reference allele is at index ``window // 2``, where
    :class:`IntervalEncoder` puts an interval of one base. Bases before it are those of the genome.
    The allele follows, then the genome behind the reference allele, up to the end of the window:
    a deletion moves bases in from the right, an insertion moves them out, and alleles longer than
    their part of the window are cut. Positions past the ends of a chromosome are "N".

    If the genome does not have the reference allele, the window holds that of the file
    nevertheless, and `ref_match` is False.

    Equal windows of a batch are predicted once, such as those of the reference allele at a site
    with several alternative alleles.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skgenomics import KmerCounter
    >>> from skgenomics.genome.variants import score_variants
    >>> model = make_pipeline(KmerCounter(k=1), LogisticRegression())
    >>> model = model.fit(["AACAA", "ACAAT", "GGTGG", "TGGCG"], [0, 0, 1, 1])
    >>> variants = pd.DataFrame({"chrom": ["1"], "pos": [4], "ref": ["T"], "alt": ["G"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     genome = pathlib.Path(folder) / "genome.fa"
    ...     _ = genome.write_text(">chr1\nACGTAC\n")
    ...     table = score_variants(model, variants, genome, window=5)
    >>> table[["ref", "alt", "delta", "log_odds"]].round(2).to_numpy().tolist()
    [[0.48, 0.63, 0.14, 0.58]]
    """
    check_integer("distance", distance, 0)
    frame = None if isinstance(variants, str | Path) else _to_pandas(variants)
    comparison = compare_alleles(estimator, response, target, distance, masked)
    others = find_other_columns(estimator, frame, conditions, sequence_column)
    variants = variants if frame is None else _plain(frame)
    genome = fasta if isinstance(fasta, Genome) else Genome(fasta)
    genes = _read_genes(exons, masked, comparison, genome)
    window = _choose_window(estimator, window)
    batch_size = _choose_batch_size(batch_size, window)
    check_real("max_mismatch_rate", max_mismatch_rate, 0, 1)
    if output is not None:
        check_not_input(output, *[x for x in (variants, genome.path) if isinstance(x, str | Path)])
        check_writable(output)
    scorer = VariantScorer(
        genome,
        comparison,
        window=window,
        both_strands=both_strands,
        max_mismatch_rate=max_mismatch_rate,
        others=others,
        genes=genes,
    )
    tables = _with_progress(scorer, _batches(variants, batch_size), _source(variants), verbose)
    if output is None:
        table = _concatenate(list(tables), scorer.columns)
        scorer.warn()
        return table
    if is_vcf(output):
        lengths = dict(genome.lengths)
        write_annotated(tables, variants, output, lengths=lengths, prefix=info_prefix)
    else:
        _write(tables, scorer, output)
    scorer.warn()
    return Bunch(path=str(output), **scorer.counts)


def _read_genes(exons, masked: bool, comparison, genome: Genome) -> GeneModels | None:
    if exons is None:
        if masked:
            raise ValueError("masked=True needs the annotated splice sites: give `exons`")
        return None
    if not isinstance(comparison, LabelComparison):
        raise ValueError(
            "exons are for the labels of a SequenceLabeler, which are predicted on the strand of a "
            "gene; leave them out"
        )
    return GeneModels(exons, genome)


def _choose_window(estimator, window: int | None) -> int:
    if window is None:
        window = fitted_length(estimator)
        if window is None:
            raise ValueError(
                f"{type(estimator).__name__} does not keep the length of the sequences that it was "
                "fitted on; give `window`, the number of bases to predict around a variant"
            )
    check_integer("window", window, 1)
    return int(window)


def _choose_batch_size(batch_size: int | str, window: int) -> int:
    if batch_size == "auto":
        return min(_MAX_BATCH, max(1, _BASES_PER_BATCH // window))
    if not isinstance(batch_size, Integral) or isinstance(batch_size, bool) or batch_size < 1:
        raise ValueError(f"batch_size must be 'auto' or a positive integer, got {batch_size!r}")
    return int(batch_size)


def _to_pandas(variants) -> pd.DataFrame:
    """Convert a frame of pandas, polars or pyarrow to one of pandas."""
    if isinstance(variants, pd.DataFrame):
        return variants
    to_dict = getattr(variants, "to_pydict", None)
    if to_dict is None:
        to_dict = getattr(variants, "to_dict", None)
        if to_dict is None:
            raise ValueError(
                "variants must be a path to a VCF file or a frame of pandas, polars or pyarrow, "
                f"got {variants!r:.80}"
            )
        to_dict = partial(to_dict, as_series=False)
    return pd.DataFrame(to_dict())


def _plain(variants: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of variants as plain values."""
    names = [name for name in ("chrom", "pos", "id", "ref", "alt") if name in variants.columns]
    if not {"chrom", "pos", "ref", "alt"} <= set(names):
        # The reader of frames names what is missing.
        return variants
    plain = variants[names].astype(object)
    return plain.where(plain.notna(), None)


def _batches(variants, size: int) -> Iterator[pd.DataFrame]:
    if not isinstance(variants, pd.DataFrame):
        yield from read_vcf(variants, chunk_size=size)
        return
    for start in range(0, len(variants), size):
        frame = frame_of_variants(variants.iloc[start : start + size])
        yield frame.assign(line=frame["line"] + start)


def _source(variants) -> str:
    """Return the text before the number of a line in messages."""
    return "row" if isinstance(variants, pd.DataFrame) else f"{variants}, line"


def _with_progress(
    scorer: VariantScorer, batches, source: str, verbose: int
) -> Iterator[pd.DataFrame]:
    begin = last = time.monotonic()
    for batch in batches:
        yield scorer.score(batch, source)
        if verbose and time.monotonic() - last > _SECONDS_BETWEEN_REPORTS:
            last = time.monotonic()
            _report(scorer, last - begin)
    scorer.check_chromosomes()
    if verbose:
        _report(scorer, time.monotonic() - begin)


def _report(scorer: VariantScorer, seconds: float) -> None:
    n = scorer.counts["n_variants"]
    rate = n / max(seconds, 1e-9)
    print(f"{n:,} variants in {seconds:,.0f} s, {rate:,.0f} per second", file=sys.stderr)


def _concatenate(tables: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    if not tables:
        return pd.DataFrame({name: [] for name in columns})
    return pd.concat([t.reindex(columns=columns) for t in tables], ignore_index=True)


def _write(tables: Iterator[pd.DataFrame], scorer: VariantScorer, path: str | Path) -> None:
    layout = {"sep": "\t", "index": False, "na_rep": "NA", "float_format": "%.7g"}
    with replace_text_file(path) as file:
        is_empty = True
        for table in tables:
            table.to_csv(file, header=is_empty, **layout)
            is_empty = False
        if is_empty:
            _concatenate([], scorer.columns).to_csv(file, **layout)
