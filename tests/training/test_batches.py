"""Batches: every row once, no short ones, codes and channels alike."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal

from skgenomics.sequences import one_hot
from skgenomics.training import BatchLoader, SequenceDataset
from skgenomics.training.batches import to_channels


@pytest.mark.parametrize(("n", "batch_size"), [(1, 8), (8, 8), (9, 8), (129, 128), (1000, 64)])
def test_each_row_once_in_batches_of_one_size(n, batch_size):
    X = np.arange(n)[:, np.newaxis] % 251
    dataset = SequenceDataset(X.astype(np.uint8), np.arange(n, dtype=float))
    loader = BatchLoader(dataset, batch_size, shuffle=True)
    batches = list(loader)
    assert len(batches) == len(loader)
    sizes = [len(y) for _, y in batches]
    assert max(sizes) <= batch_size
    assert max(sizes) - min(sizes) <= 1
    rows = torch.cat([y for _, y in batches]).numpy()
    assert_array_equal(np.sort(rows), np.arange(n))
    for x, y in batches:
        assert_array_equal(x["x"].numpy(), X[y.numpy().astype(int)])


def test_order_follows_torch_seed():
    loader = BatchLoader(SequenceDataset(np.zeros((50, 3), np.uint8), np.arange(50.0)), 10, True)

    def order(seed):
        torch.manual_seed(seed)
        return torch.cat([y for _, y in loader]).tolist()

    with torch.random.fork_rng():
        assert order(1) == order(1) != order(2)


def test_codes_and_flat_one_hot_give_the_same_channels():
    codes = np.random.default_rng(0).integers(0, 5, (6, 9), dtype=np.uint8)
    flat = one_hot(codes).reshape(6, -1)
    expected = torch.from_numpy(one_hot(codes).transpose(0, 2, 1).copy())
    for x in (codes, flat):
        channels = to_channels(torch.from_numpy(x), 4, torch.float32)
        torch.testing.assert_close(channels, expected)


def test_read_only_and_memory_mapped_data(tmp_path):
    np.save(tmp_path / "x.npy", np.ones((5, 3), np.uint8))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    x, _ = next(iter(BatchLoader(SequenceDataset(mapped), 2)))
    assert x["x"].shape == (2, 3)
