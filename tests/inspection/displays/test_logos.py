"""Logos, by the outlines of their symbols."""

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from skgenomics.inspection.displays.logo import draw_logo, draw_symbols, stack_symbols

RNG = np.random.default_rng(0)


def new_axes():
    return Figure(figsize=(4, 2)).add_subplot()


def box(path):
    """Return x0, y0, x1, y1."""
    return np.ravel(path.get_extents().get_points())


def test_stacks_hold_every_symbol_once():
    heights = RNG.normal(size=(30, 4))
    table = stack_symbols(heights)
    assert len(table) == 120
    sizes = table["top"] - table["bottom"]
    assert (sizes > 0).all()
    for row, size in zip(table.itertuples(), sizes, strict=True):
        height = heights[row.position, "ACGT".index(row.symbol)]
        assert size == pytest.approx(abs(height))
        assert row.is_negative == (height < 0)


def test_stacks_grow_away_from_zero_without_gaps():
    heights = RNG.normal(size=(30, 4))
    for position, rows in stack_symbols(heights).groupby("position"):
        up, down = rows[~rows["is_negative"]], rows[rows["is_negative"]]
        for part, inner, outer, sign in ((up, "bottom", "top", 1), (down, "top", "bottom", -1)):
            ends = np.concatenate([[0.0], part[outer]])
            np.testing.assert_allclose(part[inner], ends[:-1], atol=1e-12)
            assert (np.diff(abs(part["top"] - part["bottom"])) >= 0).all()
            total = heights[position][heights[position] * sign > 0].sum()
            assert ends[-1] == pytest.approx(total)


def test_invisible_symbols_are_left_out():
    assert stack_symbols([[1, 0, 1e-6, 0.1]])["symbol"].tolist() == ["T", "A"]
    assert stack_symbols(np.zeros((3, 4))).empty


@pytest.mark.parametrize("symbol", "ACGT")
@pytest.mark.parametrize("height", [2.0, -1.5])
def test_a_symbol_fills_its_box(symbol, height):
    heights = np.zeros((5, 4))
    heights[3, "ACGT".index(symbol)] = height
    (path,) = draw_logo(new_axes(), heights).get_paths()
    expected = [2.525, min(0, height), 3.475, max(0, height)]
    np.testing.assert_allclose(box(path), expected, atol=2e-3)


def test_narrow_symbols_are_not_stretched():
    table = stack_symbols([[1.0, 0], [0, 1.0]], "IE")
    narrow, wide = (
        np.ptp(box(path)[[0, 2]]) for path in draw_symbols(new_axes(), table).get_paths()[::-1]
    )
    assert narrow < 0.6 * wide
    ends = box(draw_symbols(new_axes(), table).get_paths()[1])
    assert ends[[0, 2]].mean() == pytest.approx(0, abs=1e-6)


def test_symbols_below_zero_hang_upside_down():
    up, down = np.zeros((1, 4)), np.zeros((1, 4))
    up[0, 3], down[0, 3] = 1, -1
    (above,), (below,) = (draw_logo(new_axes(), x).get_paths() for x in (up, down))
    # T is widest at the end that is far from zero.
    np.testing.assert_allclose(above.vertices[:, 1], -below.vertices[:, 1], atol=1e-12)
    far = above.vertices[above.vertices[:, 1] > 0.95]
    assert np.ptp(far[:, 0]) > 0.9


def test_one_path_for_each_symbol_with_its_color():
    ax = new_axes()
    collection = draw_logo(ax, RNG.random(size=(200, 4)))
    assert len(collection.get_paths()) == 4
    assert list(ax.collections) == [collection]
    green, blue, orange, red = collection.get_facecolors()
    assert green[1] > 0.5 > green[0]
    assert blue[2] > 0.5
    assert orange[0] > 0.9 > orange[2]
    assert red[0] > 0.8
    plain = draw_logo(ax, np.eye(4), colors="black").get_facecolors()
    np.testing.assert_array_equal(plain, [to_rgba("black")] * 4)
    own = draw_logo(ax, np.eye(4), colors={"A": "red"}).get_facecolors()
    np.testing.assert_array_equal(own[0], to_rgba("red"))
    assert len({tuple(color) for color in own}) == 2


def test_limits_hold_the_logo():
    ax = new_axes()
    draw_logo(ax, [[1.0, 2, 0, 0], [0, 0, -4, 0]], start=10)
    assert ax.get_xlim() == (9.5, 11.5)
    assert ax.get_ylim() == pytest.approx((-4.2, 3.15))
    draw_logo(ax, np.zeros((3, 4)))
    assert ax.get_xlim() == (-0.5, 2.5)


def test_other_alphabets():
    protein = draw_logo(new_axes(), RNG.random(size=(10, 20)), "protein")
    assert len(protein.get_paths()) == 20
    assert len({tuple(color) for color in protein.get_facecolors()}) == 4
    rna = draw_logo(new_axes(), np.eye(4), "ACGU")
    dna = draw_logo(new_axes(), np.eye(4), "ACGT")
    np.testing.assert_array_equal(rna.get_facecolors(), dna.get_facecolors())
    odd = draw_logo(new_axes(), np.eye(2), "-.")
    np.testing.assert_allclose(box(odd.get_paths()[0])[[1, 3]], [0, 1], atol=1e-9)


def test_it_is_drawn():
    """Ink is where the symbols are, and nowhere else."""
    figure = Figure(figsize=(4, 1), dpi=100)
    FigureCanvasAgg(figure)
    ax = figure.add_axes([0, 0, 1, 1])
    draw_logo(ax, np.array([[1.0, 0, 0, 0], [0] * 4, [0] * 4, [0, 0, 0, 0.5]]))
    ax.set_axis_off()
    figure.canvas.draw()
    ink = np.asarray(figure.canvas.buffer_rgba())[..., :3].min(axis=2) < 250
    by_position = ink.reshape(100, 4, 100).any(axis=2)
    assert not by_position[:, 1:3].any()
    assert by_position[:, 0].sum() == pytest.approx(95, abs=2)
    assert by_position[:, 3].sum() == pytest.approx(47.5, abs=2)
    assert not by_position[:50, 3].any()


@pytest.mark.parametrize(
    ("heights", "message"),
    [
        (np.zeros((3, 5)), r"shape \(L, 4\)"),
        (np.zeros(4), r"shape \(L, 4\)"),
        (np.zeros((0, 4)), r"shape \(L, 4\)"),
        ([[0, np.nan, 0, 0]], "height of C at position 0 is nan"),
        ([[0, 0, np.inf, 0]], "height of G at position 0 is inf"),
    ],
)
def test_bad_heights_are_named(heights, message):
    with pytest.raises(ValueError, match=message):
        draw_logo(new_axes(), heights)
