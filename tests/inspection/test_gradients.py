"""Gradients and their integrals against closed forms."""

import numpy as np
import torch

from skgenomics.inspection.gradients import correct, gradient, integrate, relative_gap


class Score:
    """A score by a function of channels (b, C, L)."""

    network = torch.nn.Identity()

    def __init__(self, function):
        self.function = function

    def __call__(self, x):
        return self.function(x)


def points(n=5):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(2, n, 4, 7, dtype=torch.float64, generator=generator)


def test_the_integral_of_a_polynomial_is_exact():
    x, reference = points()
    cubes = Score(lambda x: (x**3).sum(dim=(1, 2)))
    multipliers, difference = integrate(cubes, x, reference, n_steps=3, max_gap=0.01)
    torch.testing.assert_close((x - reference) * multipliers, x**3 - reference**3)
    torch.testing.assert_close(difference, (x**3 - reference**3).sum(dim=(1, 2)))


def test_points_are_added_where_they_are_too_few():
    x, reference = points()

    def kinked(x):
        return (20 * (x - 0.5).relu()).sum(dim=(1, 2)).square()

    parts = []
    for max_gap in (1.0, 1e-4):
        multipliers, difference = integrate(Score(kinked), x, reference, 16, max_gap)
        parts.append(relative_gap(((x - reference) * multipliers).sum(dim=1), difference).abs())
    assert parts[1].max() < parts[0].max()
    assert parts[1].max() < 0.01


def test_a_score_that_depends_on_nothing_has_no_gradient():
    x, _ = points()
    assert not gradient(Score(lambda x: torch.ones(len(x))), x).any()


def test_the_corrected_gradient_has_no_mean_and_the_same_differences():
    x, _ = points()
    corrected = correct(x)
    torch.testing.assert_close(corrected.sum(dim=1), torch.zeros(5, 7, dtype=x.dtype))
    torch.testing.assert_close(corrected[:, 1] - corrected[:, 3], x[:, 1] - x[:, 3])


def test_gaps_are_shares_of_the_difference_or_of_what_cancels():
    actual = np.array([[1.0, 1.0], [50.0, -50.0], [0.0, 0.0]])
    assert np.allclose(relative_gap(actual, np.array([1.6, 0.1, 0.0])), [0.25, -0.01, 0.0])
