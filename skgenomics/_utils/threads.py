"""Number of OpenMP threads, which torch and numba share."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch


@contextlib.contextmanager
def preserve_num_threads() -> Iterator[None]:
    """Restore torch's number of threads on exit, since a parallel numba loop changes it.

    Numba sets the number for the whole process. With another number torch sums in another order,
    so that the same seed would give other weights than before.
    """
    n_threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)
