"""Mutants of small files: every reader gives what they hold, or one error that names the file.

By hand, `SKGENOMICS_FUZZ=100000 pytest tests/fuzz` runs that number of new mutants of each file.
"""

import os
import warnings

import pytest
from fuzzed_readers import NAMES, find_failure, make_readers, mutate, read_original
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

BY_HAND = os.environ.get("SKGENOMICS_FUZZ")
# The same mutants in each run of CI, so that a change is not blamed for what it did not do.
BOUNDS = settings(
    max_examples=int(BY_HAND or 40),
    derandomize=BY_HAND is None,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def readers(tmp_path_factory):
    return make_readers(tmp_path_factory.mktemp("files"))


def test_all_readers_are_fuzzed(readers):
    assert set(NAMES) - set(readers) <= {"bigWig"}
    assert set(readers) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_mutants_read_as_what_they_hold_or_name_the_file(name, readers, tmp_path):
    if name not in readers:
        pytest.skip("an optional dependency is missing")
    reader = readers[name]
    original = read_original(reader, tmp_path)
    if reader.naive is not None and name != "bigWig":
        assert reader.naive(reader.files[reader.name]) == original

    @BOUNDS
    @given(st.randoms(use_true_random=False))
    def check(rng):
        mutant = mutate(reader.files[reader.name], rng)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            failure = find_failure(reader, mutant, tmp_path, original)
        assert failure is None, (mutant, failure)

    check()
