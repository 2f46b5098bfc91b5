"""The conditional random field against sums and maxima over all paths of labels."""

import itertools

import pytest
import torch

from skgenomics.networks.crf import CRF

LENGTH = 5
# Padding in front, behind, on both sides, none, and all but one position.
MASK = torch.tensor(
    [[0, 1, 1, 1, 1], [1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [1, 1, 1, 1, 1], [0, 0, 0, 1, 0]]
).bool()


def make(n_classes, seed=0):
    generator = torch.Generator().manual_seed(seed)
    crf = CRF(n_classes).double()
    for parameter in crf.parameters():
        parameter.data.normal_(generator=generator)
    shape = (len(MASK), n_classes, LENGTH)
    scores = torch.randn(shape, dtype=torch.float64, generator=generator)
    labels = torch.randint(-1, n_classes, (len(MASK), LENGTH), generator=generator)
    return crf, scores, labels


def all_paths(crf, scores):
    """Every path of labels over one sequence (C, L) with its score, by plain sums."""
    n_classes, length = scores.shape
    paths = list(itertools.product(range(n_classes), repeat=length))
    return paths, torch.stack([path_score(crf, scores, path) for path in paths])


def path_score(crf, scores, path):
    steps = sum(crf.transitions[a, b] for a, b in itertools.pairwise(path))
    return (
        crf.start[path[0]]
        + sum(scores[label, t] for t, label in enumerate(path))
        + steps
        + crf.end[path[-1]]
    )


def agrees(path, labels):
    return all(known in (-1, label) for label, known in zip(path, labels, strict=True))


@pytest.mark.parametrize("n_classes", [1, 2, 3])
@pytest.mark.parametrize("mask", [None, MASK])
def test_log_likelihood_is_that_of_all_agreeing_paths(n_classes, mask):
    crf, scores, labels = make(n_classes)
    found = crf.log_likelihood(scores, labels, mask)
    assert found.dtype == torch.float64
    for row, value in enumerate(found):
        real = slice(None) if mask is None else mask[row]
        paths, path_scores = all_paths(crf, scores[row][:, real])
        agreeing = [agrees(path, labels[row, real].tolist()) for path in paths]
        expected = path_scores[agreeing].logsumexp(0) - path_scores.logsumexp(0)
        torch.testing.assert_close(value, expected)


@pytest.mark.parametrize("n_classes", [1, 2, 3])
@pytest.mark.parametrize("mask", [None, MASK])
def test_marginals_and_best_path_are_those_of_all_paths(n_classes, mask):
    crf, scores, _ = make(n_classes, seed=1)
    marginals, decoded = crf.marginals(scores, mask), crf.decode(scores, mask)
    mask = torch.ones_like(MASK) if mask is None else mask
    for row, real in enumerate(mask):
        paths, path_scores = all_paths(crf, scores[row][:, real])
        one_hot = torch.nn.functional.one_hot(torch.tensor(paths), n_classes).double()
        expected = (path_scores.softmax(0)[:, None, None] * one_hot).sum(0).T
        torch.testing.assert_close(marginals[row][:, real], expected)
        assert tuple(decoded[row, real].tolist()) == paths[path_scores.argmax()]
    assert (marginals.transpose(1, 2)[~mask] == 0).all()
    assert (decoded[~mask] == -1).all()


def test_probabilities_of_all_labellings_add_up_to_one():
    crf, scores, _ = make(2)
    paths = torch.tensor(list(itertools.product(range(2), repeat=LENGTH)))
    likelihoods = crf.log_likelihood(scores[:1].expand(len(paths), -1, -1), paths)
    torch.testing.assert_close(likelihoods.exp().sum().item(), 1.0)


def test_new_field_has_independent_positions():
    _, scores, labels = make(3)
    labels = labels.clamp(min=0)
    expected = torch.nn.functional.cross_entropy(scores, labels, reduction="none").sum(1)
    torch.testing.assert_close(-CRF(3).double().log_likelihood(scores, labels), expected)


def test_gradients_are_those_of_differences():
    crf, scores, labels = make(3)
    parameters = {name: value.detach().clone() for name, value in crf.named_parameters()}
    for name in parameters:
        delattr(crf, name)

    def likelihood(scores, *values):
        for name, value in zip(parameters, values, strict=True):
            setattr(crf, name, value)
        return crf.log_likelihood(scores, labels, MASK)

    inputs = [value.requires_grad_() for value in (scores, *parameters.values())]
    assert torch.autograd.gradcheck(likelihood, inputs)


def test_padding_is_never_read():
    crf, scores, labels = make(3)
    spoilt = scores.masked_fill(~MASK.unsqueeze(1), torch.nan).requires_grad_()
    wrong = labels.masked_fill(~MASK, 77)
    likelihood = crf.log_likelihood(spoilt, wrong, MASK)
    assert torch.equal(likelihood, crf.log_likelihood(scores, labels, MASK))
    assert torch.equal(crf.marginals(spoilt, MASK), crf.marginals(scores, MASK))
    assert torch.equal(crf.decode(spoilt, MASK), crf.decode(scores, MASK))
    likelihood.sum().backward()
    gradient = spoilt.grad.transpose(1, 2)
    assert (gradient[~MASK] == 0).all()
    assert gradient.isfinite().all()


def test_nothing_known_says_nothing():
    crf, scores, labels = make(3)
    unknown = torch.full_like(labels, -1)
    no_positions = torch.zeros_like(MASK)
    assert (crf.log_likelihood(scores, unknown) == 0).all()
    likelihood = crf.log_likelihood(scores, labels, no_positions)
    assert (likelihood == 0).all()
    likelihood.sum().backward()
    assert all((parameter.grad == 0).all() for parameter in crf.parameters())
    assert (crf.marginals(scores, no_positions) == 0).all()
    assert (crf.decode(scores, no_positions) == -1).all()


def test_long_sequences_neither_overflow_nor_underflow():
    torch.manual_seed(0)
    crf, scores = CRF(3), 30 * torch.randn(2, 3, 3000)
    crf.transitions.data = 20 * torch.randn(3, 3)
    scores.requires_grad_()
    decoded = crf.decode(scores)
    likelihood = crf.log_likelihood(scores, decoded)
    likelihood.sum().backward()
    assert (likelihood <= 0).all()
    assert likelihood.isfinite().all()
    assert scores.grad.isfinite().all()
    assert crf.transitions.grad.isfinite().all()
    marginals = crf.marginals(scores)
    torch.testing.assert_close(marginals.sum(dim=1), torch.ones(2, 3000))


def test_transitions_of_planted_chains_are_learned():
    torch.manual_seed(0)
    proba = torch.tensor([[0.9, 0.1], [0.4, 0.6]])
    states = [torch.randint(0, 2, (200,))]
    for _ in range(59):
        states.append(torch.multinomial(proba[states[-1]], 1).squeeze(1))
    labels = torch.stack(states, dim=1)
    # A third of the labels is hidden: the sum over them has to make up for it.
    labels[torch.rand(labels.shape) < 1 / 3] = -1
    crf, scores = CRF(2), torch.zeros(200, 2, 60)
    optimizer = torch.optim.LBFGS(crf.parameters(), max_iter=50, line_search_fn="strong_wolfe")

    def step():
        optimizer.zero_grad()
        loss = -crf.log_likelihood(scores, labels).mean()
        loss.backward()
        return loss

    optimizer.step(step)
    # What a chain's steps have in common with its labels' scores leaves this ratio alone.
    odds = crf.transitions.detach()
    found = odds[0, 0] + odds[1, 1] - odds[0, 1] - odds[1, 0]
    true = torch.log(proba[0, 0] * proba[1, 1] / (proba[0, 1] * proba[1, 0]))
    assert found.item() == pytest.approx(true.item(), abs=0.15)


@pytest.mark.parametrize(
    ("scores", "labels", "mask", "message"),
    [
        ((2, 4, 5), (2, 5), None, "n_classes=3"),
        ((2, 3, 0), (2, 0), None, "at least one position"),
        ((2, 3, 5), (2, 4), None, "labels have shape"),
        ((2, 3, 5), (2, 5), torch.ones(2, 4).bool(), "mask has shape"),
        ((2, 3, 5), (2, 5), torch.ones(2, 5), "torch.bool"),
    ],
)
def test_shapes_that_do_not_fit(scores, labels, mask, message):
    with pytest.raises(ValueError, match=message):
        CRF(3).log_likelihood(torch.zeros(scores), torch.zeros(labels).long(), mask)


@pytest.mark.parametrize("label", [-2, 3])
def test_labels_out_of_range(label):
    with pytest.raises(ValueError, match="labels must be 0 to 2, or -1"):
        CRF(3).log_likelihood(torch.zeros(1, 3, 2), torch.tensor([[0, label]]))
