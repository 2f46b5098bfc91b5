"""Signals along a sequence: where they come out, and how much of them."""

import pickle

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.metrics import r2_score
from tolerances import assert_close

from skgenomics import ProfileRegressor, load, save
from skgenomics.encoding import OneHotEncoder
from skgenomics.networks.per_position import ProfileNetwork
from skgenomics.sequences import reverse_complement
from skgenomics.testing import make_text
from skgenomics.training import Augmentation
from skgenomics.training.losses import MultinomialLoss

LOSSES = ("poisson", "multinomial", "mse")
CNN = {
    "network": "cnn",
    "network_params": {"n_filters": (16, 16), "kernel_size": 5, "normalization": "batch"},
    "random_state": 0,
}
# Nothing random but the weights, and all rows in one batch.
EXACT = {
    "network": "cnn",
    "network_params": {"n_filters": 8, "kernel_size": 5, "normalization": None},
    "augmentation": None,
    "batch_size": 1000,
    "schedule": None,
    "random_state": 0,
    "max_iter": 4,
}
FROZEN = {"learning_rate": 1e-12, "weight_decay": 0.0, "max_iter": 1}


def planted(n=120, length=64, motif="GATAAG", seed=0):
    """Sequences with a motif, and a signal of 10 on its bases and of 1 elsewhere."""
    rng = np.random.default_rng(seed)
    symbols = rng.choice(list("ACGT"), (n, length))
    starts = rng.integers(length - len(motif) + 1, size=n)
    signal = np.ones((n, length))
    for row, tracks, start in zip(symbols, signal, starts, strict=True):
        row[start : start + len(motif)] = list(motif)
        tracks[start : start + len(motif)] = 10
    return ["".join(row) for row in symbols], signal


def binned(signal, bin_size, n_bins=None):
    n, length = signal.shape[:2]
    bins = signal.reshape(n, length // bin_size, bin_size, *signal.shape[2:]).mean(axis=2)
    start = (bins.shape[1] - (n_bins or bins.shape[1])) // 2
    return bins[:, start : start + (n_bins or bins.shape[1])]


def test_totals_may_be_less_than_one_count():
    y = np.zeros((20, 12))
    y[0, 0] = 1
    model = ProfileRegressor(**EXACT, loss="multinomial", count_weight=1.0)
    totals = model.fit(make_text(20, 12), y).predict(make_text(20, 12)).sum(axis=1)
    assert totals.min() < 0.5


@pytest.mark.parametrize("loss", LOSSES)
def test_the_signal_comes_out_where_the_motif_is(loss):
    X, y = planted()
    X_test, y_test = planted(60, seed=1)
    regressor = ProfileRegressor(**CNN, loss=loss, max_iter=30, learning_rate=0.01).fit(X, y)
    predicted = regressor.predict(X_test)
    assert predicted.shape == y_test.shape
    assert regressor.score(X_test, y_test) > 0.8
    errors = [np.square(predicted - np.roll(y_test, step, axis=1)).mean() for step in (-1, 0, 1)]
    assert np.argmin(errors) == 1


@pytest.mark.parametrize("trunk_pool", [1, 2, 4])
@pytest.mark.parametrize("n_bins", [16, 10])
def test_bins_stand_in_the_middle_with_pooling_or_without(trunk_pool, n_bins):
    """Bins of 4 positions: those that a trunk pools, or that its positions are averaged to."""
    X, y = planted(200)
    X_test, y_test = planted(80, seed=1)
    regressor = ProfileRegressor(
        network="cnn", bin_size=4, crop=(len(X[0]) - 4 * n_bins) // 2, max_iter=30,
        learning_rate=0.01, random_state=0,
        network_params={"n_filters": (24, 24), "kernel_size": 7, "pool_size": (trunk_pool, 1),
                        "normalization": "batch"},
    ).fit(X, binned(y, 4, n_bins))  # fmt: skip
    predicted, expected = regressor.predict(X_test), binned(y_test, 4, n_bins)
    assert predicted.shape == expected.shape == (80, n_bins)
    assert r2_score(expected.ravel(), predicted.ravel()) > 0.7
    moved = [np.square(predicted - np.roll(expected, step, axis=1)).mean() for step in (-1, 0, 1)]
    assert np.argmin(moved) == 1


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_valid_convolutions_keep_the_middle(padding):
    X, y = planted(length=40)
    regressor = ProfileRegressor(
        network="cnn", crop=6, max_iter=30, learning_rate=0.01, random_state=0,
        network_params={"n_filters": (16, 16), "kernel_size": 7, "padding": padding,
                        "normalization": "batch"},
    ).fit(X, y[:, 6:-6])  # fmt: skip
    assert regressor.score(X, y[:, 6:-6]) > 0.8


@pytest.mark.parametrize(
    ("length", "pool_size", "bin_size", "n_bins"),
    [(33, 8, 8, 5), (39, 8, 8, 5), (36, (4, 2), 8, 5), (250, (8, 8), 64, 4)],
)
def test_a_last_bin_may_be_incomplete(length, pool_size, bin_size, n_bins):
    """The trunk pools 8 positions, however few there are in the last window."""
    settings = {"n_filters": 8, "pool_size": pool_size, "kernel_size": 3}
    network = ProfileNetwork(
        4, length, 1, n_bins=n_bins, bin_size=bin_size, trunk="cnn", **settings
    )
    assert network.window == 1


def test_bins_that_do_not_match_the_pooling_are_refused():
    """Five maxima of 8 positions are no bins of 7 positions."""
    with pytest.raises(ValueError, match=r"bin_size=7 is not a multiple of the 8 positions"):
        ProfileNetwork(4, 33, 1, n_bins=5, bin_size=7, trunk="cnn", n_filters=8, pool_size=8)


def linear_network(length, n_bins, bin_size, **settings):
    """A network that gives the mean of the first channel in each bin, minus one."""
    network = ProfileNetwork(
        4, length, 1, n_bins=n_bins, bin_size=bin_size, trunk="cnn", n_filters=1, kernel_size=1,
        activation=None, **settings,
    )  # fmt: skip
    with torch.no_grad():
        for layer in (network.trunk.blocks[0].unit.conv, network.profile):
            layer.weight.zero_()
            layer.weight[0, 0] = 1
            layer.bias.zero_()
    return network.eval()


@pytest.mark.parametrize(
    ("length", "n_bins", "bin_size"), [(24, 6, 4), (24, 4, 4), (26, 4, 4), (27, 21, 1), (30, 4, 4)]
)
def test_bins_are_means_of_the_middle_positions(length, n_bins, bin_size):
    """Where the positions at the ends make no whole bin, so or not at all."""
    x = torch.rand(3, 4, length)
    covered = n_bins * bin_size
    start = (length - covered) // 2
    middle = x[:, :1, start : start + covered]
    expected = middle.unflatten(2, (n_bins, bin_size)).mean(dim=3)
    try:
        network = linear_network(length, n_bins, bin_size)
    except ValueError:
        assert length % bin_size
        return
    torch.testing.assert_close(network(x), expected)


def test_forms_of_sequences_agree():
    X, y = planted(30, length=24)
    expected = ProfileRegressor(**EXACT).fit(X, y).predict(X)
    channels = OneHotEncoder().fit_transform(X)
    assert_close(ProfileRegressor(**EXACT).fit(channels, y).predict(channels), expected, depth=16)


def test_swapped_tracks_share_mean_and_scale():
    X, y = planted(30, length=24)
    regressor = ProfileRegressor(**EXACT | FROZEN, loss="mse", swap_tracks=True)
    regressor.fit(X, np.stack([y, 3 * y], axis=2))
    assert_allclose(regressor.y_mean_, 2 * y.mean())
    assert_allclose(regressor.y_scale_, 2 * y.std())


def test_tracks_are_apart():
    X, y = planted()
    both = np.stack([y, 3 * y[:, ::-1].mean(axis=0) + 0 * y, 20 - y], axis=2)
    regressor = ProfileRegressor(**CNN, max_iter=20, learning_rate=0.01, augmentation=None)
    regressor.fit(X, both)
    predicted = regressor.predict(X)
    assert predicted.shape == both.shape
    assert np.corrcoef(predicted[..., 0].ravel(), y.ravel())[0, 1] > 0.9
    assert np.corrcoef(predicted[..., 2].ravel(), y.ravel())[0, 1] < -0.9
    one = ProfileRegressor(**CNN, max_iter=2).fit(X, y[..., np.newaxis])
    assert one.predict(X).shape == (120, 64, 1)
    flat = ProfileRegressor(**CNN, max_iter=2).fit(X, y)
    assert_array_equal(one.predict(X)[..., 0], flat.predict(X))


@pytest.mark.parametrize("loss", LOSSES)
def test_what_is_missing_takes_no_part(loss):
    """Nothing but NaN says so: many values are missing, and the rest suffices."""
    X, y = planted(160)
    rng = np.random.default_rng(0)
    holes = np.where(rng.random(y.shape) < 0.5, np.nan, y)
    # Totals are known where nothing is missing.
    holes[:40] = y[:40]
    regressor = ProfileRegressor(**CNN, loss=loss, max_iter=30, learning_rate=0.01).fit(X, holes)
    predicted = regressor.predict(X)
    assert r2_score(y.ravel(), predicted.ravel()) > 0.8
    known = ~np.isnan(holes)
    expected = r2_score(y[known], regressor.predict(X)[known])
    assert regressor.score(X, holes) == pytest.approx(expected)


def test_a_row_of_missing_values_equals_removal_in_expectation():
    X, y = planted(40)
    y[:10] = np.nan
    with_holes = ProfileRegressor(**EXACT).fit(X, y)
    removed = ProfileRegressor(**EXACT).fit(X[10:], y[10:])
    assert_allclose(with_holes.predict(X), removed.predict(X), rtol=1e-3)


@pytest.mark.parametrize("loss", LOSSES)
def test_weight_zero_equals_removal_and_weight_two_a_copy(loss):
    X, y = planted(40)
    y = np.random.default_rng(0).poisson(y).astype(float)
    weight = np.ones(40)
    weight[:10], weight[10:20] = 0, 2
    weighted = ProfileRegressor(**EXACT, loss=loss).fit(X, y, sample_weight=weight)
    copied = ProfileRegressor(**EXACT, loss=loss).fit(
        X[10:20] + X[10:], np.concatenate([y[10:20], y[10:]])
    )
    assert_allclose(weighted.predict(X), copied.predict(X), rtol=1e-3)


def test_totals_are_recovered():
    """Counts grow with the share of G, and their position is that of the Gs."""
    rng = np.random.default_rng(0)
    X, counts = [], []
    for _ in range(300):
        share = rng.uniform(0.1, 0.7)
        x = rng.choice(list("ACGT"), 50, p=[(1 - share) / 3] * 2 + [share, (1 - share) / 3])
        X.append("".join(x))
        counts.append(rng.poisson(np.where(x == "G", 8.0, 0.5)))
    counts = np.array(counts, dtype=float)
    regressor = ProfileRegressor(**CNN, loss="multinomial", max_iter=25, learning_rate=0.01)
    regressor.set_params(augmentation=None).fit(X[:200], counts[:200])
    predicted = regressor.predict(X[200:])
    totals, expected = predicted.sum(axis=1), counts[200:].sum(axis=1)
    assert np.corrcoef(totals, expected)[0, 1] > 0.95
    assert abs(totals / expected - 1).mean() < 0.15
    is_g = np.array([list(x) for x in X[200:]]) == "G"
    assert predicted[is_g].mean() / predicted[~is_g].mean() == pytest.approx(16, rel=0.35)
    assert regressor.count_weight_ == pytest.approx(counts[:200].sum(axis=1).mean() / 10)


@pytest.mark.parametrize("loss", ["poisson", "multinomial"])
def test_the_mean_of_counts_is_right(loss):
    X = make_text(200, 30)
    y = np.random.default_rng(0).poisson(7.0, (200, 30)).astype(float)
    regressor = ProfileRegressor(**CNN, loss=loss, max_iter=20, learning_rate=0.01).fit(X, y)
    assert regressor.predict(X).mean() == pytest.approx(7, rel=0.1)


def control_data(n=150, length=32, seed=0):
    """Counts that are those of a control track, which has nothing to do with the bases."""
    rng = np.random.default_rng(seed)
    X = (
        OneHotEncoder()
        .fit_transform(["".join(row) for row in rng.choice(list("ACGT"), (n, length))])
        .reshape(n, length, 4)
    )
    control = rng.gamma(0.5, 2.0, (n, length, 1)).astype(np.float32)
    return np.concatenate([X, control], axis=2), np.exp(0.5 * control[..., 0])


@pytest.mark.parametrize("loss", ["poisson", "mse"])
def test_controls_explain_what_is_theirs(loss):
    X, y = control_data()
    X_test, y_test = control_data(seed=1)
    y, y_test = (np.log(y), np.log(y_test)) if loss == "mse" else (y, y_test)
    settings = CNN | {"loss": loss, "n_channels": 5, "max_iter": 40, "learning_rate": 0.02}
    fitted = ProfileRegressor(**settings, n_controls=1).fit(X, y)
    assert fitted.score(X_test, y_test) > 0.9
    blind = ProfileRegressor(**settings | {"n_channels": 4}).fit(X[..., :4], y)
    assert blind.score(X_test[..., :4], y_test) < 0.1
    assert fitted.network_.trunk.blocks[0].unit.conv.in_channels == 4


@pytest.mark.parametrize(("bin_size", "n_bins"), [(1, 32), (1, 20), (4, 8), (4, 4), (32, 1)])
def test_totals_of_controls_are_those_of_the_bins(bin_size, n_bins):
    """Counts by a control of one position only, inside of the bins or outside."""
    torch.manual_seed(0)
    network = ProfileNetwork(
        5, 32, 1, n_bins=n_bins, bin_size=bin_size, n_controls=1, has_counts=True, trunk="cnn",
        n_filters=4, kernel_size=3,
    ).eval()  # fmt: skip
    x = torch.zeros(1, 5, 32)
    base = network(x)[0, 0, -1]
    start = (32 - n_bins * bin_size) // 2
    for position in range(32):
        moved = x.clone()
        moved[0, 4, position] = 5
        is_inside = start <= position < start + n_bins * bin_size
        changed = bool((network(moved)[0, 0, -1] - base).abs() > 1e-6)
        assert changed == is_inside, position


def test_controls_turn_with_the_strand():
    torch.manual_seed(0)
    network = ProfileNetwork(
        5, 20, 2, n_bins=20, n_controls=1, swap_tracks=True, trunk="cnn", n_filters=4,
        kernel_size=3, complement=(3, 2, 1, 0),
    ).eval()  # fmt: skip
    x = torch.rand(3, 5, 20)
    other = torch.cat([x[:, :4].flip(1, 2), x[:, 4:].flip(2)], dim=1)
    torch.testing.assert_close(network.turn_strand(network(other)), network(x))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("strands", ["average", "tied"])
@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("bin_size", [1, 4])
def test_the_other_strand_has_the_signal_turned_around(strands, loss, swap, bin_size):
    """Exactly so, even where one track is much larger than the other."""
    X, y = planted(40)
    y = binned(np.stack([y, 5 * y[:, ::-1]], axis=2), bin_size)
    regressor = ProfileRegressor(
        **CNN, loss=loss, swap_tracks=swap, reverse_complement=strands, max_iter=10,
        bin_size=bin_size, learning_rate=0.02,
    ).fit(X, y)  # fmt: skip
    here, there = regressor.predict(X), regressor.predict(reverse_complement(X))[:, ::-1]
    there = there[..., ::-1] if swap else there
    assert_allclose(here, there, rtol=1e-4, atol=1e-4)
    assert here.std() > 1e-3


def test_strands_of_a_length_that_is_not_a_multiple_of_the_bins():
    """The bins of both strands are the same positions, or such bins are refused."""
    try:
        network = linear_network(66, 16, 4)
    except ValueError:
        return
    x = torch.rand(2, 4, 66)
    torch.testing.assert_close(network(x.flip(2)).flip(2), network(x))


def test_multinomial_loss_is_the_likelihood():
    rng = torch.Generator().manual_seed(0)
    scores = torch.randn(6, 2, 11, generator=rng, dtype=torch.float64)
    y = torch.poisson(torch.full((6, 2, 10), 3.0, dtype=torch.float64), generator=rng)
    weight = torch.rand(6, 1, 1, generator=rng, dtype=torch.float64) + 0.5
    weight = weight.expand(6, 2, 10)
    expected = 0.0
    for i in range(6):
        for track in range(2):
            counts = y[i, track]
            shape = torch.distributions.Multinomial(int(counts.sum()), logits=scores[i, track, :-1])
            size = (scores[i, track, -1] - torch.log(1 + counts.sum())) ** 2
            expected += weight[i, 0, 0] * (0.7 * size - shape.log_prob(counts)) / 12
    torch.testing.assert_close(MultinomialLoss(0.7)(scores, y, weight), expected)


def test_multinomial_loss_of_known_bins_is_theirs_alone():
    scores = torch.randn(1, 1, 7, requires_grad=True)
    y = torch.tensor([[[2.0, 0.0, 5.0, 1.0, 9.0, 4.0]]])
    weight = torch.tensor([[[1.0, 1.0, 0.0, 1.0, 0.0, 1.0]]])
    known = [0, 1, 3, 5]
    loss = MultinomialLoss(3.0)(scores, y, weight)
    shape = torch.distributions.Multinomial(7, logits=scores[0, 0, known])
    torch.testing.assert_close(loss, -shape.log_prob(y[0, 0, known]))
    loss.backward()
    assert not scores.grad[0, 0, [2, 4, 6]].any()
    changed = torch.where(weight > 0, y, torch.nan)
    torch.testing.assert_close(MultinomialLoss(3.0)(scores, changed, weight), loss)


def test_losses_by_hand_at_the_start():
    X, y = planted(40)
    y = np.random.default_rng(0).poisson(y).astype(float)
    poisson = ProfileRegressor(**EXACT | FROZEN).fit(X, y)
    rate = poisson.predict(X) / y.mean()
    expected = (rate - y / y.mean() * np.log(rate)).mean()
    assert poisson.loss_curve_[0] == pytest.approx(expected, rel=1e-4)
    mse = ProfileRegressor(**EXACT | FROZEN, loss="mse").fit(X, y)
    expected = np.square((mse.predict(X) - y) / y.std()).mean()
    assert mse.loss_curve_[0] == pytest.approx(expected, rel=1e-4)


def test_score_is_r2_averaged_over_tracks():
    X, y = planted(40)
    y = np.stack([y, y[:, ::-1] ** 2], axis=2)
    regressor = ProfileRegressor(**CNN, max_iter=4).fit(X, y)
    predicted = regressor.predict(X)
    expected = [r2_score(y[..., i].ravel(), predicted[..., i].ravel()) for i in range(2)]
    assert regressor.score(X, y) == pytest.approx(np.mean(expected))
    weight = np.arange(40.0)
    rows = np.repeat(weight, 64)
    expected = [
        r2_score(y[..., i].ravel(), predicted[..., i].ravel(), sample_weight=rows) for i in range(2)
    ]
    assert regressor.score(X, y, sample_weight=weight) == pytest.approx(np.mean(expected))
    with pytest.raises(ValueError, match="bins"):
        regressor.score(X, y[:, :-2])


@pytest.mark.parametrize(
    ("settings", "shape", "message"),
    [
        ({}, (4, 22), "y has 22 bins, but sequences of 20 positions give 20 with bin_size=1"),
        ({}, (4, 10), "give 20 .*; set bin_size=2 if the bins cover.*, or crop=5 if they are"),
        ({"crop": "auto"}, (4, 22), "22 bins of 1 positions, .* middle of 20"),
        ({"crop": "auto"}, (4, 17), "17 bins of 1 positions, .* middle of 20: .* or 2 more"),
        ({"bin_size": 4}, (4, 20), "20 bins, .* give 5 with bin_size=4 .*set bin_size=1 if"),
        ({"crop": 2}, (4, 20), "give 16 with bin_size=1 and crop=2; set crop=0"),
        ({"crop": 10}, (4, 20), "give 0 with"),
        ({"crop": -1}, (4, 20), "crop must be an integer >= 0"),
        (
            {"bin_size": 3, "network": "cnn", "network_params": {"pool_size": 2}},
            (4, 6),
            "bin_size=3 is not a multiple of the 8 positions",
        ),
        ({"loss": "huber"}, (4, 20), "loss must be one of"),
        ({"bin_size": 0}, (4, 20), "bin_size must be an integer >= 1"),
        ({"n_controls": -1}, (4, 20), "n_controls must be an integer >= 0"),
        ({"n_controls": 4}, (4, 20), "n_controls"),
        ({"count_weight": -1.0}, (4, 20), "count_weight must be a number"),
        ({"profile_kernel_size": 0}, (4, 20), "profile_kernel_size must be"),
        ({"augmentation": Augmentation(shift=3)}, (4, 20), "shift=3 moves bases away"),
        (
            {"augmentation": Augmentation(translocation=3)},
            (4, 20),
            "translocation=3 moves bases away",
        ),
        ({"network_params": {"n_filter": 3}}, (4, 20), "network_params has .n_filter."),
        ({"network_params": {"n_bins": 3}}, (4, 20), "n_bins"),
        ({}, (4, 20, 1, 1), r"\(n, bins\) or \(n, bins, tracks\)"),
        ({}, (3, 20), "inconsistent numbers of samples"),
    ],
)
def test_errors(settings, shape, message):
    with pytest.raises(ValueError, match=message):
        ProfileRegressor(max_iter=1, **settings).fit(make_text(4, 20), np.ones(shape))


def test_bad_values_are_named():
    X, y = make_text(4, 20), np.ones((4, 20, 2))
    y[2, 5, 1] = -3
    for loss in ("poisson", "multinomial"):
        with pytest.raises(ValueError, match=f"value -3 in sequence 2, bin 5, .*{loss}.*mse"):
            ProfileRegressor(loss=loss, max_iter=1).fit(X, y)
    ProfileRegressor(loss="mse", max_iter=1).fit(X, y)
    y[..., 1] = np.nan
    with pytest.raises(ValueError, match="track 1 of y has no value at all"):
        ProfileRegressor(max_iter=1).fit(X, y)
    y[0, 0, 0] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        ProfileRegressor(max_iter=1).fit(X, y)


def test_negative_counts_in_partial_fit_are_named_too():
    X, y = make_text(4, 20), np.ones((4, 20))
    regressor = ProfileRegressor(**CNN).partial_fit(X, y)
    with pytest.raises(ValueError, match="value -1 in sequence 0"):
        regressor.partial_fit(X, -y)
    with pytest.raises(ValueError, match=r"10 bins and 1 tracks, but .* fitted on 20 and 1"):
        regressor.partial_fit(X, y[:, :10])


@pytest.mark.parametrize("loss", LOSSES)
def test_partial_fit_continues_training(loss):
    X, y = planted(40)
    regressor = ProfileRegressor(**CNN, loss=loss).partial_fit(X, y)
    optimizer = regressor.net_.optimizer_
    regressor.partial_fit(X, y)
    assert regressor.n_iter_ == 2
    assert regressor.net_.optimizer_ is optimizer


@pytest.mark.parametrize("loss", LOSSES)
def test_copies_predict_the_same(tmp_path, loss):
    X, y = planted(40)
    regressor = ProfileRegressor(**CNN, loss=loss, bin_size=2, crop=4, max_iter=2).fit(
        X, binned(y, 2, 28)
    )
    save(regressor, tmp_path / "profile.skops")
    for copy in (pickle.loads(pickle.dumps(regressor)), load(tmp_path / "profile.skops")):
        assert_array_equal(copy.predict(X), regressor.predict(X))
        assert copy.partial_fit(X, binned(y, 2, 28)).n_iter_ == 3
    again = clone(regressor).fit(X, binned(y, 2, 28))
    assert_array_equal(again.predict(X), regressor.predict(X))


def test_what_it_was_fitted_with_counts():
    """Parameters that change after fit change no prediction."""
    X, y = planted(40)
    regressor = ProfileRegressor(**CNN, max_iter=2).fit(X, y)
    expected = regressor.predict(X)
    assert_array_equal(regressor.set_params(loss="mse").predict(X), expected)


@pytest.mark.parametrize("network", ["cnn", "resnet", "rnn", "cnnrnn", "transformer", "longconv"])
def test_every_network_learns_a_signal(network):
    X, y = planted(200, length=40)
    X_test, y_test = planted(60, length=40, seed=1)
    settings = {
        "cnn": {"n_filters": (24, 24)},
        "resnet": {"n_filters": 24, "stem_filters": 24, "dilation": (1, 2)},
        "rnn": {"hidden_size": 32},
        "cnnrnn": {"n_filters": (24,), "hidden_size": 16},
        "transformer": {"stem_filters": 24, "d_model": 24, "n_heads": 2, "n_layers": 1},
        "longconv": {"d_model": 32, "short_kernel_size": 7},
    }[network]
    regressor = ProfileRegressor(
        network=network, network_params=settings, augmentation=None, learning_rate=0.01,
        max_iter=30, random_state=0,
    ).fit(X, y)  # fmt: skip
    assert regressor.score(X_test, y_test) > 0.7


@pytest.mark.parametrize("n_tracks", [0, 2])
def test_signals_of_unequal_length_are_padded_by_missing_values(n_tracks):
    lengths = [20 - i % 4 for i in range(16)]
    X = [x[:n] for x, n in zip(make_text(16, 20), lengths, strict=True)]
    rng = np.random.default_rng(0)
    shape = (n_tracks,) if n_tracks else ()
    signals = [rng.poisson(3, (n, *shape)) for n in lengths]
    padded = np.full((16, 20, *shape), np.nan)
    for row, signal in zip(padded, signals, strict=True):
        row[: len(signal)] = signal
    settings = {"network": "cnn", "max_iter": 1, "random_state": 0}
    model = ProfileRegressor(**settings).fit(X, signals)
    expected = ProfileRegressor(**settings).fit(X, padded)
    assert_array_equal(model.predict(X), expected.predict(X))
    assert model.score(X, signals) == expected.score(X, padded)
    # Of samples that are all shorter than the longest of fit.
    short = [i for i in range(16) if lengths[i] < 19]
    few = [X[i] for i in short]
    score = model.score(few, [signals[i] for i in short])
    assert score == expected.score(few, padded[short])
    signals[1] = signals[1][:3].repeat(6, axis=0)
    signals[3] = signals[3][:3].repeat(6, axis=0)
    with pytest.raises(ValueError, match="signal of sequence 3 has 18 bins, but the sequence has"):
        model.fit(X, signals)
