"""Faults that are made on purpose: damaged files, killed writers, full disks and malicious ones.

Run: python benchmarks/reliability.py [--cases 100] [--kills 4] [--seed 0]. It takes some five
minutes and writes `results/reliability.md`. Full disks need the right to mount a file system.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

from data import RESULTS

TESTS = Path(__file__).parent.parent / "tests"
sys.path.insert(0, str(TESTS))
# Measured on 2026-11-30, before the writers and readers were mended.
BEFORE = {
    "Damaged files": "47 of 600 indexes of bgzip FASTA files and 33 of 150 checkpoints",
    "Killed writers": "`save` 17 of 40, `predict -o` 4 of 15",
    "Full disks": "`save` lost the old model; not counted",
    "Malicious files": "a model of 8 MB took 8 GB of memory; not counted",
}


def fuzz(n_cases, seed):
    """Return the number of readers, of mutants, and the failures."""
    from fuzzed_readers import find_failure, make_readers, mutate, read_original

    n_read, failures = 0, []
    with tempfile.TemporaryDirectory() as root:
        (Path(root) / "made").mkdir()
        readers = make_readers(Path(root) / "made")
        for number, (name, reader) in enumerate(readers.items()):
            folder = Path(root) / str(number)
            folder.mkdir()
            original = read_original(reader, folder)
            rng = random.Random(f"{seed} {name}")
            for _ in range(n_cases):
                mutant = mutate(reader.files[reader.name], rng)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    failure = find_failure(reader, mutant, folder, original)
                n_read += 1
                if failure:
                    failures.append(f"{name}: {failure[:200]}")
    return len(readers), n_read, failures


def write(n_kills, seed):
    """Run the writers in another process; return their results and their failures by mode."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "results.json"
        options = ["--kills", n_kills, "--seed", seed, "-o", output]
        command = [sys.executable, TESTS / "fault_writers.py", "kills", "full", *options]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run(
            [*map(str, command)],
            check=True,
            env=environment,
            timeout=1800,
            stderr=subprocess.DEVNULL,
        )
        outcome = json.loads(output.read_text())
    found = {}
    for mode, results in outcome.items():
        if "skipped" in results:
            found[mode] = {}, [results["skipped"]]
            continue
        found[mode] = (
            results,
            [
                f"{name}: {x}"
                for name, x in results.items()
                if "failed" in x or x["lost"] or x["left"]
            ],
        )
    return found


def open_malicious_files():
    """Return the number of malicious files and those that ran code or were not refused."""
    from malicious_files import FILES, open_file

    failures = []
    for name in FILES:
        with tempfile.TemporaryDirectory() as root:
            folder = Path(root) / "files"
            folder.mkdir()
            error, has_run = open_file(name, folder)
        if has_run or not isinstance(error, ValueError):
            failures.append(f"{name}: {error!r}")
    return len(FILES), failures


def main():
    """Make all faults and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100, help="mutants of each reader")
    parser.add_argument("--kills", type=int, default=4, help="kills of each writer")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rows, failures = [], []

    def add(kind, subjects, cases, new):
        rows.append(f"| {kind} | {subjects} | {cases} | {BEFORE[kind]} | {len(new)} |")
        failures.extend(f"- {kind}: {x}" for x in new)
        print(rows[-1], flush=True)

    n_malicious, new = open_malicious_files()
    add("Malicious files", f"{n_malicious} files", n_malicious, new)
    n_readers, n_cases, new = fuzz(args.cases, args.seed)
    add("Damaged files", f"{n_readers} readers", f"{n_cases:,}", new)
    found = write(args.kills, args.seed)
    results, new = found["kills"]
    add("Killed writers", f"{len(results)} writers", len(results) * args.kills, new)
    results, new = found["full"]
    add("Full disks", f"{len(results)} writers", len(results), new)
    lines = [
        "Faults made on purpose, by `benchmarks/reliability.py`. A failure is",
        "",
        "- of a damaged file (one to three small mutations): any result but the data in it, or one",
        "  error that names the file;",
        "- of a writer killed at a random time, half of them at the end of a write, or on a full",
        "  file system of 1 MiB: a file that is neither the old nor the new one, or a temporary",
        "  file that stays;",
        "- of a malicious file (pickles in models, weights and checkpoints, zip bombs, names",
        "  outside of the archive): code that ran, or a file that was not refused.",
        "",
        "| faults | of | cases | failures before | failures |",
        "|---|---|---:|---|---:|",
        *rows,
        "",
        *(["Failures:", "", *failures] if failures else ["No failures."]),
        "",
    ]
    (RESULTS / "reliability.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
