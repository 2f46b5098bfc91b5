"""Gradients and their integrals against closed forms."""

import numpy as np
import torch

from skgenomics.inspection.attribution._gradients import (
    _Paths,
    correct,
    gradient,
    integrate,
    relative_gap,
)


class Score:
    """Score that is a function of channels (b, C, L)."""

    network = torch.nn.Identity()
    batch_positions = 1 << 16

    def __init__(self, function):
        self.function = function

    def __call__(self, x, mask=None):
        return self.function(x)


def points(n=5):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(2, n, 4, 7, dtype=torch.float64, generator=generator)


def test_the_integral_of_a_polynomial_is_exact():
    x, baseline = points()
    cubes = Score(lambda x: (x**3).sum(dim=(1, 2)))
    multipliers, difference = integrate(cubes, x, baseline, None, n_steps=3, max_gap=0.01)
    torch.testing.assert_close((x - baseline) * multipliers, x**3 - baseline**3)
    torch.testing.assert_close(difference, (x**3 - baseline**3).sum(dim=(1, 2)))


def test_points_are_added_where_they_are_too_few():
    x, baseline = points()

    def kinked(x):
        return (20 * (x - 0.5).relu()).sum(dim=(1, 2)).square()

    parts = []
    for max_gap in (1.0, 1e-4):
        multipliers, difference = integrate(Score(kinked), x, baseline, None, 16, max_gap)
        parts.append(relative_gap(((x - baseline) * multipliers).sum(dim=1), difference).abs())
    assert parts[1].max() < parts[0].max()
    assert parts[1].max() < 0.01


def test_points_are_added_where_the_score_changes():
    """A step near the baseline, for which evenly spaced points would need hundreds."""
    seen = []

    def steep(x):
        seen.append(len(x))
        return (x[:, 0, 0] - 0.0313).relu().clamp(max=1e-3) * 1000 + x.sum(dim=(1, 2))

    x = torch.ones(3, 4, 7, dtype=torch.float64)
    baseline = torch.zeros_like(x)
    # No points are added where nothing is steep.
    x[1, 0, 0] = 0
    multipliers, difference = integrate(Score(steep), x, baseline, None, 8, 1e-3)
    expected = torch.ones_like(x)
    expected[[0, 2], 0, 0] = 2
    torch.testing.assert_close((x - baseline) * multipliers, expected * x, atol=0.03, rtol=0)
    torch.testing.assert_close(difference, (expected * x).sum(dim=(1, 2)))
    assert sum(seen) < 300


def test_paths_are_independent_of_each_other():
    x, baseline = points(6)
    score = Score(lambda x: (20 * (x - 0.5).relu()).sum(dim=(1, 2)).square())
    together, _ = integrate(score, x, baseline, None, 4, 1e-4)
    for i in range(6):
        alone, _ = integrate(score, x[i : i + 1], baseline[i : i + 1], None, 4, 1e-4)
        torch.testing.assert_close(alone[0], together[i])


def test_pieces_of_a_path_add_up_to_it():
    x, baseline = points()
    score = Score(lambda x: (20 * (x - 0.5).relu()).sum(dim=(1, 2)).square())
    paths = _Paths(score, x, baseline, torch.ones_like(x[:, 0], dtype=torch.bool), 5)
    for _ in range(4):
        pieces, inside = paths.bounds, paths.points
        torch.testing.assert_close(pieces[:, -1] - pieces[:, 0], torch.ones(5, dtype=x.dtype))
        assert (pieces[:, :-1] <= inside).all()
        assert (inside <= pieces[:, 1:]).all()
        edges = torch.nn.functional.pad(inside, (1, 0))
        edges = torch.nn.functional.pad(edges, (0, 1), value=1.0)
        gap = paths.difference - (paths.delta * paths.mean_gradient()).sum(dim=(1, 2))
        torch.testing.assert_close(paths._gaps(edges).sum(dim=1), gap)
        paths.refine(3)
    assert paths.n_points == 17


def test_a_constant_score_has_no_gradient():
    x, _ = points()
    assert not gradient(Score(lambda x: torch.ones(len(x))), x).any()


def test_the_corrected_gradient_has_no_mean_and_the_same_differences():
    x, _ = points()
    corrected = correct(x)
    torch.testing.assert_close(corrected.sum(dim=1), torch.zeros(5, 7, dtype=x.dtype))
    torch.testing.assert_close(corrected[:, 1] - corrected[:, 3], x[:, 1] - x[:, 3])


def test_gaps_are_relative_to_the_difference_or_to_canceling_attributions():
    actual = np.array([[1.0, 1.0], [50.0, -50.0], [0.0, 0.0]])
    assert np.allclose(relative_gap(actual, np.array([1.6, 0.1, 0.0])), [0.25, -0.01, 0.0])
