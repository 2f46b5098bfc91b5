"""Augmentation: what changes, how often, and what must not."""

from collections import Counter
from functools import partial

import pytest
import torch

from skgenomics.sequences import encode, one_hot, reverse_complement
from skgenomics.training._augmenter import (
    Augmenter,
    delete,
    insert,
    invert,
    mutate,
    shift_randomly,
    translocate,
)

COMPLEMENT = (3, 2, 1, 0)
EDITS = ("insertion", "deletion", "inversion", "translocation")
# The second sequence is written with padding on both sides and an unknown base between.
TEXTS = ["ACCTGATTGC", "NNGTANCANN"]


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def batch(texts):
    return torch.from_numpy(one_hot(encode(texts)).transpose(0, 2, 1).copy())


def mask_of(x):
    """True from the first known base of a sequence to the last one."""
    known = x.any(dim=1)
    return known.cummax(dim=1).values & known.flip(1).cummax(dim=1).values.flip(1)


def texts_of(x):
    symbols = torch.where(x.any(dim=1), x.argmax(dim=1), 4)
    return ["".join("ACGTN"[i] for i in row) for row in symbols.tolist()]


def span_of(text):
    """Padding in front, the sequence, and padding behind."""
    front = len(text) - len(text.lstrip("N"))
    core = text.strip("N")
    return tuple(text[:front]), tuple(core), tuple(text[front + len(core) :])


# Every outcome of an edit of a tuple with its chance, in plain Python; NEW is any letter.
NEW = "?"
PAIRS = dict(zip("ACGT", "TGCA", strict=True))


def insertions(core, most):
    sizes = range(min(most, len(core)) + 1)
    for size in sizes:
        for place in range(len(core) + 1):
            longer = core[:place] + (NEW,) * size + core[place:]
            chance = 1 / len(sizes) / (len(core) + 1)
            yield longer[size // 2 : size // 2 + len(core)], chance


def segments(core, most):
    sizes = range(min(most, len(core)) + 1)
    for size in sizes:
        places = range(len(core) - size + 1)
        for place in places:
            chance = 1 / len(sizes) / len(places)
            yield core[:place], core[place : place + size], core[place + size :], chance


def deletions(core, most):
    for left, cut, right, chance in segments(core, most):
        half = len(cut) // 2
        yield (NEW,) * half + left + right + (NEW,) * (len(cut) - half), chance


def inversions(core, most):
    for left, segment, right, chance in segments(core, most):
        yield left + tuple(PAIRS.get(item, item) for item in segment[::-1]) + right, chance


def translocations(core, most):
    for shift in range(-most, most + 1):
        cut = -shift % len(core)
        yield core[cut:] + core[:cut], 1 / (2 * most + 1)


def matches(pattern, text):
    return all(p == c or (p == NEW and c in "ACGT") for p, c in zip(pattern, text, strict=True))


OUTCOMES = dict(zip(EDITS, (insertions, deletions, inversions, translocations), strict=True))
FUNCTIONS = {
    "insertion": insert,
    "deletion": delete,
    "inversion": partial(invert, complement=COMPLEMENT),
    "translocation": translocate,
}


def test_other_strand_is_the_reverse_complement():
    texts = ["AACGT", "GGTNA"]
    other, mask = Augmenter(complement=COMPLEMENT).other_strand(batch(texts))
    assert mask is None
    torch.testing.assert_close(other, batch(reverse_complement(texts)))


def test_half_of_the_sequences_are_flipped():
    x = batch(["AACG"] * 1000)
    changed, _ = Augmenter(complement=COMPLEMENT, flip=True)(x)
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


def test_mutation_rate_and_unknown_symbols():
    x = batch(["ACGTN" * 20] * 200)
    mutated = mutate(x, 0.2)
    assert torch.equal(mutated.sum(dim=1), x.sum(dim=1))
    known = x.any(dim=1)
    share = (mutated != x).any(dim=1)[known].float().mean()
    # A random letter is the old one in a quarter of the cases.
    assert share == pytest.approx(0.15, abs=0.01)


def test_no_augmentation_is_the_identity():
    x = batch(["ACGT"])
    assert Augmenter()(x)[0] is x


def test_flip_tells_which_rows_it_changed():
    x = batch(["AACG", "CCGA"] * 100)
    augmentation = Augmenter(complement=COMPLEMENT, flip=True)
    changed, _, flipped = augmentation.flip_randomly(x)
    assert 70 < flipped.sum() < 130
    assert torch.equal(changed[flipped], augmentation.other_strand(x)[0][flipped])
    assert torch.equal(changed[~flipped], x[~flipped])


def test_without_flip_no_row_is_flipped():
    x = batch(["AACG", "CCGA"])
    changed, _, flipped = Augmenter(complement=COMPLEMENT).flip_randomly(x)
    assert changed is x
    assert flipped.tolist() == [False, False]


def test_a_call_is_a_flip_and_a_change():
    x = batch(TEXTS * 50)
    settings = dict.fromkeys(EDITS, 3) | {"flip": True, "shift": 2, "mutation_rate": 0.1}
    augmentation = Augmenter(complement=COMPLEMENT, **settings)
    torch.manual_seed(1)
    at_once, mask = augmentation(x, mask_of(x))
    torch.manual_seed(1)
    flipped, flipped_mask, _ = augmentation.flip_randomly(x, mask_of(x))
    assert torch.equal(mask, flipped_mask)
    assert torch.equal(augmentation.change(flipped, mask), at_once)
    assert not torch.equal(augmentation(x, mask_of(x))[0], at_once)


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("most", [1, 3, 50])
@pytest.mark.parametrize("text", TEXTS)
def test_edits_have_the_outcomes_of_plain_python(name, most, text):
    front, core, behind = span_of(text)
    outcomes = {front + core + behind for core, _ in OUTCOMES[name](core, most)}
    x = batch([text] * 300)
    found = set(texts_of(FUNCTIONS[name](x, most, mask=mask_of(x))))
    assert len(found) > 2
    assert all(any(matches(outcome, text) for outcome in outcomes) for text in found)


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("most", [1, 3, 50])
def test_sizes_and_places_are_as_frequent_as_in_plain_python(name, most):
    # Numbers tell where each position came from; the only letter of one channel is a 1.
    core, n = (2, 3, 4, 5, 6), 20_000
    expected = Counter()
    for outcome, chance in OUTCOMES[name](core, most):
        values = (1 if item == NEW else item for item in outcome)
        expected[(0, *values, 0, 0)] += chance
    x = torch.tensor([[[0.0, *core, 0, 0]]]).repeat(n, 1, 1)
    edit = partial(invert, complement=(0,)) if name == "inversion" else FUNCTIONS[name]
    edited = edit(x, most, mask=mask_of(x))
    found = Counter(map(tuple, edited[:, 0].int().tolist()))
    assert found.keys() == expected.keys()
    for outcome, chance in expected.items():
        assert found[outcome] / n == pytest.approx(chance, abs=0.015)


@pytest.mark.parametrize("name", EDITS)
def test_setting_is_the_function(name):
    x = batch(TEXTS * 20)
    torch.manual_seed(3)
    expected = FUNCTIONS[name](x, 4, mask=mask_of(x))
    torch.manual_seed(3)
    augmentation = Augmenter(complement=COMPLEMENT, **{name: 4})
    assert torch.equal(augmentation(x, mask_of(x))[0], expected)


@pytest.mark.parametrize("name", EDITS)
def test_edits_leave_zeros_type_and_input_alone(name):
    x = batch([*TEXTS, "N" * 10] * 30).double()
    before = x.clone()
    changed = FUNCTIONS[name](x, 6, mask=mask_of(x))
    assert changed.dtype == torch.float64
    assert torch.equal(x, before)
    assert (changed[2::3] == 0).all()
    assert ((changed == 0) | (changed == 1)).all()
    outside = [0, 1, 8, 9]
    assert (changed[1::3][:, :, outside] == 0).all()


def test_translocation_keeps_symbols_and_inversion_keeps_pairs():
    x = batch(TEXTS * 100)
    assert torch.equal(translocate(x, 5, mask_of(x)).sum(dim=2), x.sum(dim=2))
    pairs = x.sum(dim=2) + x.sum(dim=2)[:, list(COMPLEMENT)]
    inverted = invert(x, 5, COMPLEMENT, mask_of(x)).sum(dim=2)
    assert torch.equal(inverted + inverted[:, list(COMPLEMENT)], pairs)


def test_random_symbols_are_uniform():
    came_in = delete(batch(["A"] * 40_000), 1)
    shares = came_in.sum(dim=(0, 2)) / len(came_in)
    # Half of the rows get a random letter for their only one.
    torch.testing.assert_close(shares, torch.tensor([5, 1, 1, 1]) / 8, atol=0.01, rtol=0)


@pytest.mark.parametrize("settings", [{"inversion": 3}, {"flip": True}])
def test_other_strand_needs_a_complement(settings):
    with pytest.raises(ValueError, match=f"{next(iter(settings))}=.* give the complement"):
        Augmenter(**settings)


def test_masking_hides_a_share_of_the_positions():
    torch.manual_seed(0)
    x = torch.nn.functional.one_hot(torch.randint(0, 4, (50, 200)), 4).transpose(1, 2).double()
    hidden, _ = Augmenter(masking_rate=0.2)(x)
    is_kept = hidden.any(dim=1)
    assert abs(is_kept.double().mean() - 0.8) < 0.02
    assert torch.equal(hidden, x * is_kept[:, None])


@pytest.mark.parametrize("turns_rows", [False, True])
def test_padding_of_the_other_strand(turns_rows):
    """Padding stays in place, or moves with the row; an unknown base is turned like any other."""
    x = batch(["NACGTT", "GGTN"])
    mask = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
    augmentation = Augmenter(complement=COMPLEMENT, turns_rows=turns_rows)
    other, other_mask = augmentation.other_strand(x, mask)
    second = "NNNACC" if turns_rows else "NACCNN"
    assert texts_of(other) == ["AACGTN", second]
    assert torch.equal(other_mask, mask.flip(1) if turns_rows else mask)


def test_shift_of_a_shorter_sequence_stays_in_its_span():
    x = batch(["ACGTACGT", "ACGT"] * 300)
    mask = torch.tensor([[True] * 8, [True] * 4 + [False] * 4] * 300)
    found = set(texts_of(shift_randomly(x, 1, mask)[1::2]))
    assert found == {"ACGTNNNN", "CGTNNNNN", "NACGNNNN"}


def test_unknown_bases_at_the_ends_move_like_any_other():
    x = batch(["NNACGT"] * 300)
    assert set(texts_of(translocate(x, 1))) == {"NNACGT", "TNNACG", "NACGTN"}
