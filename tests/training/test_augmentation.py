"""Augmentation: what changes, how often, and what must not."""

import pytest
import torch

from skgenomics.sequences import encode, one_hot, reverse_complement
from skgenomics.training.augmentation import Augmentation, mutate, shift_randomly

COMPLEMENT = (3, 2, 1, 0)


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def batch(texts):
    return torch.from_numpy(one_hot(encode(texts)).transpose(0, 2, 1).copy())


def test_other_strand_is_the_reverse_complement():
    texts = ["AACGT", "GGTNA"]
    other = Augmentation(complement=COMPLEMENT).other_strand(batch(texts))
    torch.testing.assert_close(other, batch(reverse_complement(texts)))


def test_half_of_the_sequences_are_flipped():
    x = batch(["AACG"] * 1000)
    changed = Augmentation(complement=COMPLEMENT, flip=True)(x)
    flipped = (changed == batch(["CGTT"])).all(dim=(1, 2))
    kept = (changed == x).all(dim=(1, 2))
    assert (flipped ^ kept).all()
    assert 400 < flipped.sum() < 600


def test_shift_moves_within_its_limit_and_lets_zeros_in():
    x = batch(["ACGTACGT"] * 500)
    padded = torch.nn.functional.pad(x, (2, 2))
    candidates = torch.stack([padded[:1, :, i : i + 8] for i in range(5)])
    hits = (shift_randomly(x, 2) == candidates).all(dim=(2, 3))
    assert (hits.sum(dim=0) == 1).all()
    assert (hits.sum(dim=1) > 50).all()


def test_mutation_rate_and_unknown_letters():
    x = batch(["ACGTN" * 20] * 200)
    mutated = mutate(x, 0.2)
    assert torch.equal(mutated.sum(dim=1), x.sum(dim=1))
    known = x.any(dim=1)
    share = (mutated != x).any(dim=1)[known].float().mean()
    # A random letter is the old one in a quarter of the cases.
    assert share == pytest.approx(0.15, abs=0.01)


def test_no_augmentation_is_the_identity():
    x = batch(["ACGT"])
    assert Augmentation()(x) is x
