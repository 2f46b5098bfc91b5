"""Score the effect of genetic variants on what a saved model predicts.

The table has one row per alternative allele: the prediction for the window with the reference
allele (ref) and with the alternative one (alt), their difference (delta), the difference of the
log-odds, and whether the genome has the reference allele (ref_match).
"""

from __future__ import annotations

import argparse
import sys

from skgenomics.cli.predict import add_model, load_model


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_model(parser)
    parser.add_argument("variants", help="VCF file; .gz as well")
    parser.add_argument("genome", help="FASTA file of the reference genome; .gz as well")
    parser.add_argument(
        "--window",
        type=int,
        help="length of the sequence around a variant in bp; default: as in training",
    )
    parser.add_argument(
        "--class",
        dest="target",
        help="class, task or track to compare, by name; or a pair: task,class or track,bin",
    )
    parser.add_argument(
        "--both-strands", action="store_true", help="average the predictions for both strands"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        default="-",
        help="tab-separated file, or a VCF file (.vcf) with the scores as INFO fields; .gz as "
        "well; default: stdout, or -",
    )
    parser.add_argument(
        "--info-prefix", default="", metavar="TEXT", help="text before the names of INFO fields"
    )
    parser.add_argument(
        "--distance",
        type=int,
        default=50,
        help="positions on either side of a variant at which labels are compared; "
        "default: %(default)s",
    )
    parser.add_argument(
        "--exons",
        metavar="FILE",
        help="GFF or GTF file of the genes on whose strands splice sites are compared",
    )
    parser.add_argument(
        "--masked",
        action="store_true",
        help="leave out gains at annotated splice sites and losses elsewhere; needs --exons",
    )
    parser.add_argument(
        "--condition",
        action="append",
        metavar="COLUMN=VALUE",
        help="value of another column that the model reads, such as cell=K562; may be repeated",
    )
    parser.add_argument("--sequence-column", help="column of the sequence, if there are others")
    parser.add_argument("-v", "--verbose", action="store_true", help="report the progress")


def run(args: argparse.Namespace) -> None:
    """Score the variants and write the table."""
    from skgenomics.cli._reports import check_output
    from skgenomics.genome import score_variants

    files = args.output, args.model, args.variants, args.genome, args.exons
    check_output(*files, suffixes=[".tsv", ".txt", ".vcf"])
    model = load_model(args)
    result = score_variants(
        model,
        args.variants,
        args.genome,
        window=args.window,
        target=read_target(model, args.target),
        both_strands=args.both_strands,
        distance=args.distance,
        exons=args.exons,
        masked=args.masked,
        sequence_column=args.sequence_column,
        conditions=_read_conditions(args.condition),
        info_prefix=args.info_prefix,
        output=None if args.output == "-" else args.output,
        verbose=int(args.verbose),
    )
    if args.output == "-":
        result.to_csv(sys.stdout, sep="\t", index=False, na_rep="NA", float_format="%.7g")
        return
    print(
        f"{result.n_variants} alleles scored into {args.output}; {result.n_ref_mismatches} "
        f"reference alleles differ from the genome, {result.n_not_scored} have no prediction"
    )


def _read_conditions(pairs: list[str] | None) -> dict[str, str | float] | None:
    """Read values of columns such as "cell=K562"; numbers are numbers."""
    if pairs is None:
        return None
    conditions: dict[str, str | float] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise ValueError(f"--condition must be COLUMN=VALUE, got {pair!r}")
        try:
            conditions[name] = float(value)
        except ValueError:
            conditions[name] = value
    return conditions


def read_target(model, target: str | None):
    """Read a target: a name, the number of a task or target, or a pair such as "cell,K562".

    Parameters
    ----------
    model : object
        The fitted model.
    target : str or None
        Text of the command line.

    Returns
    -------
    object
        The target as `score_variants` and `attribute` take it.
    """
    if target is None:
        return None
    names = list(getattr(model, "target_names_", []))
    known = [*map(str, getattr(model, "classes_", ())), *names]
    if "," in target and target not in known:
        parts = map(str.strip, target.split(",", 1))
        return tuple(int(part) if part.isdecimal() else part for part in parts)
    for label in getattr(model, "classes_", ()):
        if str(label) == target:
            return label
    # The name of a single target is not a class.
    if len(names) > 1 and target in names:
        return names.index(target)
    return int(target) if target.isdecimal() else target
