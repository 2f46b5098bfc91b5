"""Batches: every row once, no short ones, codes and channels alike."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal

from skgenomics.sequences import one_hot
from skgenomics.training import BatchLoader, SequenceDataset
from skgenomics.training.batches import split_by_positions, to_channels


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


def ragged(n=500, seed=0):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(5, 100, n)
    X = np.where(np.arange(100) < lengths[:, None], 1, 5).astype(np.uint8)
    return SequenceDataset(X, np.arange(n) % 2), lengths


def test_batches_by_length_hold_each_sample_once_and_are_cropped():
    dataset, lengths = ragged()
    loader = BatchLoader(dataset, 16, shuffle=True, lengths=lengths)
    torch.manual_seed(0)
    first, second = ([rows.tolist() for rows in loader._batches()] for _ in range(2))
    assert sorted(row for rows in first for row in rows) == list(range(500))
    assert {len(rows) for rows in first} == {15, 16}
    assert first != second
    torch.manual_seed(0)
    assert [rows.tolist() for rows in loader._batches()] == first
    # Both classes, of the same lengths here, are in each batch in proportion.
    assert all(abs(np.mean(np.array(rows) % 2) - 0.5) < 0.2 for rows in first)
    n_read = sum(batch["x"].numel() for batch, _ in loader)
    assert n_read < 1.25 * lengths.sum() < 50_000 * 0.75
    for batch, _ in loader:
        assert (batch["x"] != 5).any(dim=0).all()


def test_lengths_that_tell_the_classes_do_not_separate_them():
    lengths = np.r_[np.full(100, 10), np.full(100, 90)]
    X = np.where(np.arange(90) < lengths[:, None], 1, 5).astype(np.uint8)
    loader = BatchLoader(SequenceDataset(X, lengths > 50), 20, shuffle=True, lengths=lengths)
    assert {int(y.sum()) for _, y in loader} == {10}


def test_batches_of_positions_sort_by_length():
    lengths = np.random.default_rng(0).integers(1, 100, 300)
    batches = split_by_positions(lengths, 400)
    order = np.concatenate(batches)
    np.testing.assert_array_equal(order, lengths.argsort(kind="stable"))
    assert all(len(rows) * lengths[rows].max() <= 400 for rows in batches)
    # No batch could have taken the sequence that follows.
    for rows, following in pairwise(batches):
        assert (len(rows) + 1) * lengths[following[0]] > 400
    assert list(map(len, split_by_positions(np.array([9, 500]), 400))) == [1, 1]
