"""Command line: a command for each task, from `check` and `train` to `export`.

Commands import what they need when they run, so that help and errors come at once.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from functools import partial
from typing import cast

from skgenomics import __version__
from skgenomics.cli import check, demo, evaluate, explain, export, predict, train, tune, variants
from skgenomics.cli._data import with_original_names
from skgenomics.cli._models import BASELINE

_COMMANDS = (demo, check, evaluate, tune, train, predict, explain, variants, export)
# Errors about files, settings and labels, of this package or of the libraries below.
_EXPECTED = (ValueError, TypeError, OSError, ImportError, RuntimeError, LookupError, MemoryError)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are reported like all others: one line, exit code 2."""

    def error(self, message: str):
        raise ValueError(f"{message} (see `{self.prog} --help`)")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command of `skgenomics`.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; by default those of the process.

    Returns
    -------
    int
        Exit code: 0 if all went well, 2 after an error, which is one line on standard error,
        130 after an interrupt.

    Examples
    --------
    >>> from skgenomics.cli import main
    >>> main(["--version"])
    skgenomics ...
    0
    """
    argv = list(sys.argv[1:] if argv is None else argv)
    try:
        args = make_parser().parse_args(argv)
        with warnings.catch_warnings():
            printed: set[str] = set()
            warnings.showwarning = partial(_print_warning, printed)
            args.run(args)
    except SystemExit as leave:
        # --help and --version end this way.
        return int(leave.code or 0)
    except BrokenPipeError:
        # The reader of the output, such as `head`, has closed it; avoid the flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("skgenomics: interrupted", file=sys.stderr)
        return 130
    except _EXPECTED as error:
        if "--traceback" in argv:
            raise
        print(f"skgenomics: error: {_one_line(error)}", file=sys.stderr)
        return 2
    return 0


def make_parser() -> argparse.ArgumentParser:
    """Make the parser of all commands, whose result has the function ``run``."""
    parser = _Parser(prog="skgenomics", description="Deep learning for genomic sequences.")
    parser.add_argument("--version", action="version", version=f"skgenomics {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in _COMMANDS:
        name = module.__name__.rpartition(".")[2]
        summary = cast(str, module.__doc__).splitlines()[0]
        command = commands.add_parser(name, help=summary, description=summary)
        command.add_argument(
            "--traceback", action="store_true", help="show the traceback of an error"
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


def _print_warning(
    printed: set[str], message, category, filename, lineno, file=None, line=None
) -> None:
    """Print a warning once, as one line, without its location in the code."""
    text = " ".join(str(message).split())
    if text.startswith("lbfgs failed to converge"):
        # The advice of scikit-learn is about Python.
        text = (
            f"the model {BASELINE} did not converge; increase its number of iterations, as by "
            f"--set {BASELINE}:max_iter=5000"
        )
    if text not in printed:
        printed.add(text)
        print(f"skgenomics: warning: {text}", file=sys.stderr)


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, OSError) and error.filename is not None:
        text = f"{error.filename}: {error.strerror}"
    return with_original_names(text)
