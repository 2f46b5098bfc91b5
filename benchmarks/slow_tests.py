"""Choose the tests that the quick lane, ``-m "not slow"``, leaves out, from their measured times.

    python -m pytest -n 2 --dist worksteal --durations=0 > times.log
    python benchmarks/slow_tests.py times.log

Test functions are taken into the quick lane from the fastest to the slowest, all parameters of a
test together, until their times reach the budget. Fixtures of a module count for its file: one that
needs more than a few seconds of them is left out as a whole. What is left out is written to
``tests/slow_tests.txt``, functions and files, which ``tests/conftest.py`` reads. Conformance tests
and doctests are chosen by the rules of that file.
"""

import argparse
import re
from collections import defaultdict
from pathlib import Path

OUTPUT = Path(__file__).parents[1] / "tests" / "slow_tests.txt"
LINE = re.compile(r"^([\d.]+)s (setup|call|teardown) +(tests/[^:]+)::(\w+)", re.MULTILINE)
# Chosen by parameters in tests/conftest.py.
BY_RULE = ("test_scikit_learn", "test_text")


def read_seconds(log):
    """Return the seconds of calls by file and test function, and of fixtures by file."""
    calls, fixtures = defaultdict(float), defaultdict(float)
    for seconds, phase, file, name in LINE.findall(Path(log).read_text()):
        if name in BY_RULE:
            continue
        if phase == "call":
            calls[file, name] += float(seconds)
        else:
            fixtures[file] += float(seconds)
    return dict(calls), dict(fixtures)


def choose_slow(calls, fixtures, budget, max_fixtures):
    """Return what is left out, files and functions, and the seconds of the rest."""
    slow = {file for file, seconds in fixtures.items() if seconds > max_fixtures}
    total = sum(seconds for file, seconds in fixtures.items() if file not in slow)
    for file, name in sorted(calls, key=calls.get):
        if file in slow:
            continue
        if total + calls[file, name] > budget:
            slow.add(f"{file}::{name}")
        else:
            total += calls[file, name]
    return sorted(slow), total


def main():
    """Write the list of slow tests."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("log", help="output of pytest with --durations=0")
    parser.add_argument("--budget", type=float, default=240, help="seconds of all quick tests")
    parser.add_argument("--max-fixtures", type=float, default=3, help="seconds, per file")
    args = parser.parse_args()
    calls, fixtures = read_seconds(args.log)
    slow, total = choose_slow(calls, fixtures, args.budget, args.max_fixtures)
    OUTPUT.write_text("".join(f"{name}\n" for name in slow))
    everything = sum(calls.values()) + sum(fixtures.values())
    print(f"{len(slow)} entries; the other tests take {total:.0f} of {everything:.0f} seconds")


if __name__ == "__main__":
    main()
