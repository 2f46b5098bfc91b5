"""Choose the tests that the quick lane, ``-m "not slow"``, leaves out, from their measured times.

    python -m pytest -n 2 --dist worksteal --junitxml=report.xml
    python benchmarks/slow_tests.py report.xml

Functions are taken into the quick lane from the fastest to the slowest, all parameters of a test
together, until their times reach the budget; the cheapest test of every file comes first. The
others are written to ``tests/slow_tests.txt``, which ``tests/conftest.py`` reads. Conformance tests
and doctests are left to the rules of that file.
"""

import argparse
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from pathlib import Path

OUTPUT = Path(__file__).parents[1] / "tests" / "slow_tests.txt"
# Chosen by parameters or folders in tests/conftest.py.
BY_RULE = ("test_scikit_learn", "test_text")


def read_seconds(report):
    """Return the seconds of each test function, its parameters together, by file and name."""
    seconds = defaultdict(float)
    for case in ElementTree.parse(report).iter("testcase"):
        file = case.get("classname").replace(".", "/") + ".py"
        name = case.get("name").partition("[")[0]
        if file.startswith("tests/") and name not in BY_RULE:
            seconds[file, name] += float(case.get("time"))
    return dict(seconds)


def choose_slow(seconds, budget):
    """Return the functions beyond the budget, and the seconds of the others."""
    cheapest = {}
    for (file, name), time in seconds.items():
        if file not in cheapest or time < seconds[file, cheapest[file]]:
            cheapest[file] = name
    order = sorted(seconds, key=lambda key: (cheapest[key[0]] != key[1], seconds[key]))
    slow, total = [], 0.0
    for key in order:
        if total + seconds[key] > budget:
            slow.append(key)
        else:
            total += seconds[key]
    return sorted(slow), total


def main():
    """Write the list of slow tests."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("report", help="JUnit report of all tests, as by pytest --junitxml")
    parser.add_argument("--budget", type=float, default=240, help="seconds of processor time")
    args = parser.parse_args()
    seconds = read_seconds(args.report)
    slow, total = choose_slow(seconds, args.budget)
    OUTPUT.write_text("".join(f"{file}::{name}\n" for file, name in slow))
    print(
        f"{len(slow)} of {len(seconds)} test functions are slow; the others take {total:.0f} of "
        f"{sum(seconds.values()):.0f} seconds"
    )


if __name__ == "__main__":
    main()
