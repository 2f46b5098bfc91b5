"""Export a saved model as ONNX or as a program of torch, to run without this package.

The graph does all that prediction does to a batch: the network, the average over both strands, the
final sigmoid or softmax, and the units of y. Its metadata tells the order of the symbols, the
length, the names of the classes and the versions of packages.
"""

from __future__ import annotations

import argparse

from skgenomics.cli.predict import add_model, load_model

_FORMATS = {"one-hot": "one_hot", "codes": "codes"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_model(parser)
    parser.add_argument("output", help="file to write: .onnx, or .pt2 for torch.export.load")
    parser.add_argument(
        "--input-format",
        choices=_FORMATS,
        default="one-hot",
        help="format of the sequences that the graph reads; default: %(default)s",
    )


def run(args: argparse.Namespace) -> None:
    """Export the model."""
    from skgenomics._utils.files import check_not_input
    from skgenomics.deployment import export

    check_not_input(args.output, args.model)
    export(load_model(args), args.output, input_format=_FORMATS[args.input_format])
    print(f"wrote {args.output}")
