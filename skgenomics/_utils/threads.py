"""Threads of OpenMP, which torch and numba share."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch


@contextlib.contextmanager
def keeping_threads() -> Iterator[None]:
    """Leave torch's number of threads as it was, also where a parallel loop of numba has run.

    Numba sets the number for the whole process; with another number torch adds up in another order,
    and the same seed would give other weights than before.
    """
    n_threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)
