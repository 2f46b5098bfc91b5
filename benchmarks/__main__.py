"""Run the benchmarks, and write one page with all tables, beside those of the run before.

    python -m benchmarks [--quick] [SUITE ...] [--output benchmarks/results/page.md]

Each script of this folder is a suite. ``--quick`` runs those that need no data sets, some of them
at a small size, in less than ten minutes on two cores. The page has the versions of the packages
and facts about the machine, the tables of each suite, and the figures that differ from the page
that it replaces by more than a tenth. The same content is written as JSON beside it. Tables of a
whole run stay in ``benchmarks/results/`` too; those of a quick run do not.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

FOLDER = Path(__file__).parent
PAGE = FOLDER / "results" / "page.md"
# What others import, and what measures the tests.
NO_SUITES = {"__main__", "data", "markov", "mutation", "runs", "slow_tests"}
# Suites that need no data sets, with their arguments.
QUICK = {
    "composition": (),
    "encode": (),
    "gpu": ("--quick",),
    "import_time": (),
    "inference": (),
    "lengths": (),
    "pairs": ("--lengths", "40", "--epochs", "2"),
    "reliability": ("--cases", "20", "--kills", "1"),
    "scale": ("--share", "0.02"),
    "structure": (),
    "train": (),
}
QUICK_SECONDS, WHOLE_SECONDS = 180, 24 * 3600
PEERS = (
    "captum",
    "logomaker",
    "seqpro",
    "tangermeme",
    "kmer-learn",
    "pyfaidx",
    "pysam",
    "sourmash",
)
OWN = ("skgenomics", "numpy", "scikit-learn", "torch", "skorch", "onnxruntime")
# A smaller difference is noise.
_CHANGE = 0.1
_NUMBER = re.compile(r"[-+]?\d[\d,]*\.?\d*(?:e[-+]?\d+)?")


def list_suites() -> dict[str, str]:
    """Return the first line of the docstring of each script, by its name."""
    files = sorted(path for path in FOLDER.glob("*.py") if path.stem not in NO_SUITES)
    docstrings = {path.stem: ast.get_docstring(ast.parse(path.read_text())) for path in files}
    return {name: (text or "").splitlines()[0] for name, text in docstrings.items()}


def run_suite(name: str, arguments: tuple[str, ...], folder: Path, seconds: float) -> dict:
    """Run a script that writes its tables to a folder."""
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*.md")}
    command = [sys.executable, str(FOLDER / f"{name}.py"), *arguments]
    start = time.perf_counter()
    try:
        run = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=seconds,
            env={**os.environ, "SKGENOMICS_RESULTS": str(folder)},
        )
        output, problem = run.stdout, run.stderr.strip().splitlines()[-1:] if run.returncode else []
    except subprocess.TimeoutExpired:
        output, problem = "", [f"took more than {seconds:.0f} seconds"]
    written = [p for p in sorted(folder.glob("*.md")) if before.get(p) != p.stat().st_mtime_ns]
    text = "\n".join(path.read_text() for path in written) or output
    return {
        "command": f"python benchmarks/{' '.join([f'{name}.py', *arguments])}",
        "seconds": round(time.perf_counter() - start, 1),
        "problem": problem[0] if problem else None,
        "tables": list(read_tables(text)),
    }


def read_tables(text: str) -> Iterator[list[list[str]]]:
    """Yield the tables of a text of Markdown, as rows of cells, the header first."""
    table: list[list[str]] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
                table.append(cells)
        elif table:
            yield table
            table = []


def compare(now: dict, before: dict) -> list[list[str]]:
    """List the figures that changed: suite, row, column, value before and now."""
    rows = []
    for name, suite in now["suites"].items():
        previous = before.get("suites", {}).get(name, {})
        # Figures of another size are no measure of these.
        if previous.get("command") != suite["command"]:
            continue
        for table, earlier in zip(suite["tables"], previous["tables"], strict=False):
            if table[0] != earlier[0]:
                continue
            known = {row[0]: row for row in earlier[1:]}
            for row in table[1:]:
                for column, new, old in zip(
                    table[0][1:], row[1:], known.get(row[0], [])[1:], strict=False
                ):
                    if is_changed(new, old):
                        rows.append([name, row[0], column, old, new])
    return rows


def is_changed(new: str, old: str) -> bool:
    """Tell whether two cells are single numbers that differ by more than a tenth."""
    numbers = [_NUMBER.findall(cell) for cell in (new, old)]
    if any(len(found) != 1 for found in numbers):
        return False
    a, b = (float(found[0].replace(",", "")) for found in numbers)
    return abs(a - b) > _CHANGE * max(abs(a), abs(b))


def describe_machine() -> dict[str, str]:
    """Describe the processor and the memory."""
    facts = {"platform": platform.platform(), "python": platform.python_version()}
    facts["cores"] = str(os.cpu_count())
    if Path("/proc/cpuinfo").exists():
        models = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
        kilobytes = re.findall(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
        facts["processor"] = models[0] if models else platform.machine()
        facts["memory"] = f"{int(kilobytes[0]) / 2**20:.0f} GiB" if kilobytes else "unknown"
    return facts


def list_versions() -> dict[str, str]:
    """Return the versions of the packages and of the installed peers."""
    found = {}
    for name in (*OWN, *PEERS):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def write_table(rows: list[list[str]]) -> str:
    header, *rest = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ["---"] * len(header), *rest))


def write_page(content: dict, changes: list[list[str]]) -> str:
    """Write the page."""
    facts = [*content["machine"].items(), *content["versions"].items()]
    suites = content["suites"]
    summary = [
        [name, f"{suite['seconds']:.0f}", suite["problem"] or "done"]
        for name, suite in suites.items()
    ]
    parts = [
        "# Benchmarks",
        f"`python -m benchmarks{' --quick' * content['quick']}` on {content['date']}.",
        write_table([["what", "value"], *map(list, facts)]),
        "## Suites",
        write_table([["suite", "seconds", "outcome"], *summary]),
        "## Changed by more than a tenth",
        write_table([["suite", "row", "column", "before", "now"], *changes])
        if changes
        else "Nothing, or there was no page before.",
    ]
    for name, suite in suites.items():
        parts += [f"## {name}", f"`{suite['command']}`", *map(write_table, suite["tables"])]
    return "\n\n".join(parts) + "\n"


def main() -> int:
    suites = list_suites()
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__.splitlines()[0],
        epilog="\n".join(f"{name:20}{line}" for name, line in suites.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("suites", nargs="*", metavar="SUITE", help="all by default; see below")
    parser.add_argument("--quick", action="store_true", help="less than ten minutes")
    parser.add_argument("-o", "--output", type=Path, default=PAGE, help="default: %(default)s")
    args = parser.parse_args()
    unknown = sorted(set(args.suites) - set(suites))
    if unknown:
        parser.error(f"no suite {unknown[0]!r}; there are {', '.join(suites)}")
    names = args.suites or list(QUICK if args.quick else suites)
    content: dict = {
        "date": time.strftime("%Y-%m-%d"),
        "quick": args.quick,
        "machine": describe_machine(),
        "versions": list_versions(),
        "suites": {},
    }
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            print(f"{name}: {suites[name]}", flush=True)
            content["suites"][name] = run_suite(
                name,
                QUICK.get(name, ()) if args.quick else (),
                Path(scratch) if args.quick else FOLDER / "results",
                QUICK_SECONDS if args.quick else WHOLE_SECONDS,
            )
            problem = content["suites"][name]["problem"]
            print(f"  {content['suites'][name]['seconds']} s{f', {problem}' if problem else ''}")
    record = args.output.with_suffix(".json")
    before = json.loads(record.read_text()) if record.exists() else {}
    args.output.write_text(write_page(content, compare(content, before)))
    record.write_text(json.dumps(content, indent=1) + "\n")
    print(f"written to {args.output} and {record}")
    return int(any(suite["problem"] for suite in content["suites"].values()))


if __name__ == "__main__":
    sys.exit(main())
