"""Published weights of networks since 2022, against the computation of their authors."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from scipy.interpolate import splev
from torch import nn
from torch.nn import functional as F

from skgenomics import OneHotEncoder, zoo
from skgenomics.testing import make_text


def one_hot(X, order="ACGT"):
    rows = OneHotEncoder().fit_transform(X).reshape(len(X), -1, 4).transpose(0, 2, 1)
    return torch.from_numpy(rows[:, ["ACGT".index(base) for base in order]].copy())


class State:
    """Random weights by name, made when they are first asked for."""

    def __init__(self):
        self.arrays, self.generator = {}, torch.Generator().manual_seed(0)

    def __call__(self, name, *shape):
        if name not in self.arrays:
            low, high = (0.5, 1.5) if name.endswith("running_var") else (-0.3, 0.3)
            values = torch.rand(shape, generator=self.generator)
            self.arrays[name] = low + (high - low) * values
        return self.arrays[name]

    def conv(self, name, x, n_out, width=1, groups=1, bias=True, dilation=1, padding="same"):
        weight = self(f"{name}.weight", n_out, x.shape[1] // groups, width)
        b = self(f"{name}.bias", n_out) if bias else None
        return F.conv1d(x, weight, b, groups=groups, dilation=dilation, padding=padding)

    def linear(self, name, x, n_out, bias=True):
        weight = self(f"{name}.weight", n_out, x.shape[-1])
        return F.linear(x, weight, self(f"{name}.bias", n_out) if bias else None)

    def batch_norm(self, name, x, eps=1e-5):
        n = x.shape[1]
        values = [
            self(f"{name}.{part}", n) for part in ("running_mean", "running_var", "weight", "bias")
        ]
        return F.batch_norm(x, *values, eps=eps)

    def layer_norm(self, name, x, eps=1e-5):
        n = x.shape[-1]
        return F.layer_norm(x, (n,), self(f"{name}.weight", n), self(f"{name}.bias", n), eps)

    def save(self, path, prefix=""):
        torch.save({prefix + name: tensor for name, tensor in self.arrays.items()}, path)
        return path


def legnet(w, x):
    x = F.silu(w.batch_norm("stem.block.1", w.conv("stem.block.0", x, 8, 11, bias=False)))
    for i, n_out in enumerate((10, 12, 14, 16)):
        n, name = x.shape[1], f"main.{i}.0.fn.block"
        h = F.silu(w.batch_norm(f"{name}.1", w.conv(f"{name}.0", x, 4 * n, bias=False)))
        h = w.conv(f"{name}.3", h, 4 * n, 9, groups=4 * n, bias=False)
        h = F.silu(w.batch_norm(f"{name}.4", h))
        s = F.silu(w.linear(f"{name}.6.fc.0", h.mean(dim=2), n))
        h = h * w.linear(f"{name}.6.fc.2", s, 4 * n).sigmoid()[:, :, None]
        h = F.silu(w.batch_norm(f"{name}.8", w.conv(f"{name}.7", h, n, bias=False)))
        h = w.conv(f"main.{i}.1.block.0", torch.cat([h, x], dim=1), n_out, 9, bias=False)
        x = F.max_pool1d(F.silu(w.batch_norm(f"main.{i}.1.block.1", h)), 2)
    x = w.conv("mapper.block.1", w.batch_norm("mapper.block.0", x), 32).mean(dim=2)
    x = F.silu(w.batch_norm("head.1", w.linear("head.0", x, 32)))
    return w.linear("head.3", x, 1)


def test_mpralegnet(tmp_path):
    w, X = State(), make_text(3, 230)
    expected = legnet(w, one_hot(X, "AGCT"))
    model = zoo.load_weights("MPRALegNet", w.save(tmp_path / "w.pt", "model."), width=0.125)
    assert_allclose(model.set_params(reverse_complement=None).predict(X), expected[:, 0], rtol=1e-4)


def malinois(w, x):
    for i, (n_out, width, pool) in enumerate(((6, 19, 3), (4, 11, 4), (4, 7, 4)), start=1):
        x = w.batch_norm(f"conv{i}.bn_layer", w.conv(f"conv{i}.conv", x, n_out, width)).relu()
        x = F.max_pool1d(F.pad(x, (1, 1)) if i == 3 else x, pool)
    x = w.batch_norm("linear1.bn_layer", w.linear("linear1.linear", x.flatten(1), 20)).relu()
    scores = []
    shapes = ((20, 4), (4, 4), (4, 4))
    names = [f"branched.branched_layer_{i}" for i in (1, 2, 3)]
    for task in range(3):
        h = x
        for i, (name, (n_in, n_out)) in enumerate(zip(names, shapes, strict=True)):
            h = h if i == 0 else h.relu()
            h = h @ w(f"{name}.weight", 3, n_in, n_out)[task] + w(f"{name}.bias", 3, 1, n_out)[task]
        scores.append(h @ w("output.weight", 3, 4, 1)[task] + w("output.bias", 3, 1, 1)[task])
    return torch.cat(scores, dim=1)


def test_malinois(tmp_path):
    w, X = State(), make_text(3, 600)
    expected = malinois(w, one_hot(X))
    path = w.save(tmp_path / "w.pt")
    names = ["K562", "HepG2", "SKNSH"]
    model = zoo.load_weights("Malinois", path, width=0.02, names=names, reverse_complement=None)
    assert list(model.target_names_) == names
    assert_allclose(model.predict(X), expected, atol=1e-5)


def explainn(w, x, n):
    maps = w.conv("linears.0", x.repeat(1, n, 1), n, 19, groups=n, padding=0)
    maps = F.max_pool1d(w.batch_norm("linears.1", maps).exp(), 7).flatten(1)[..., None]
    h = w.batch_norm("linears.7", w.conv("linears.6", maps, 4 * n, groups=n)).relu()
    h = w.batch_norm("linears.11", w.conv("linears.10", h, n, groups=n)).relu()
    return w.linear("final", h[..., 0], 81)


def test_explainn(tmp_path):
    w, X = State(), make_text(3, 251)
    expected = explainn(w, one_hot(X), 6)
    model = zoo.load_weights("ExplaiNN", w.save(tmp_path / "w.pt"), width=0.02)
    assert_allclose(model.predict(X), expected, atol=1e-5)
    units = model.network_.unit_outputs(one_hot(X))
    assert units.shape == (3, 6)
    assert (units >= 0).all()


def sei(w, x, n_outputs, sizes=(10, 12, 20)):
    straight = w.conv("lconv1.1", w.conv("lconv1.0", x, sizes[0], 9), sizes[0], 9)
    out = w.conv("conv1.2", w.conv("conv1.0", straight, sizes[0], 9).relu(), sizes[0], 9).relu()
    for stage, n in enumerate(sizes[1:], start=2):
        pooled = F.max_pool1d(out + straight, 4)
        straight = w.conv(f"lconv{stage}.3", w.conv(f"lconv{stage}.2", pooled, n, 9), n, 9)
        h = w.conv(f"conv{stage}.1", straight, n, 9).relu()
        out = w.conv(f"conv{stage}.3", h, n, 9).relu()
    source, total = out + straight, out
    for i, dilation in enumerate((2, 4, 8, 16, 25), start=1):
        total = total + w.conv(f"dconv{i}.1", source, total.shape[1], 5, dilation=dilation).relu()
        source = total
    positions = np.arange(total.shape[2])
    inner = np.percentile(positions, 100 * np.linspace(0, 1, 14)[1:-1])
    knots = np.sort(np.concatenate([[positions[0], positions[-1]] * 4, inner]))
    basis = np.stack([splev(positions, (knots, row, 3)) for row in np.eye(16)], axis=1)
    h = (total @ torch.from_numpy(basis).float()).flatten(1)
    return w.linear("classifier.2", w.linear("classifier.0", h, 20).relu(), n_outputs)


def test_sei(tmp_path):
    w, X = State(), make_text(2, 4096)
    expected = sei(w, one_hot(X), 21_907)
    path = w.save(tmp_path / "w.pt", "module.model.")
    params = {"n_filters": (10, 12, 20), "hidden_units": 20}
    model = zoo.load_weights("Sei", path, network_params=params, reverse_complement=None)
    assert_allclose(model.decision_function(X), expected, rtol=1e-3, atol=1e-3)


def convnova(w, codes, d):
    def read(name, codes):
        return F.gelu(w.conv(name, F.one_hot(codes, 5).float().transpose(1, 2), d, 9))

    maps = read("linear", codes)
    gates = read("rc_linear", torch.where(codes == 4, codes, 3 - codes))
    for i, dilation in enumerate((1, 1, 1, 4, 16)):
        normed = w.layer_norm(f"norms.{i}", maps.transpose(1, 2)).transpose(1, 2)
        other = w.layer_norm(f"rc_norms.{i}", gates.transpose(1, 2)).transpose(1, 2)
        gate = w.conv(f"gates.{i}", other, d, 9, dilation=dilation).sigmoid()
        maps = maps + F.gelu(w.conv(f"convs.{i}", normed, d, 9, dilation=dilation)) * gate
        gates = gates + gate
    x = maps.transpose(1, 2)
    h = w.linear("milinear.2", F.gelu(w.linear("milinear.0", x, 2 * d)), 2 * d)
    h = w.linear("milinear.4", w.layer_norm("milinear.3", h), 2 * d)
    return x + w.layer_norm("milinear.7", w.linear("milinear.6", F.gelu(h), d))


def test_convnova(tmp_path):
    w, X = State(), [x[:20] + "N" + x[20:] for x in make_text(4, 60)]
    codes = torch.tensor([["ACGTN".index(base) for base in x] for x in X])
    expected = convnova(w, codes, 16).transpose(1, 2)
    model = zoo.load_weights("ConvNova", w.save(tmp_path / "w.pt"), width=0.125, length=61)
    source = model.pretrained
    found, _ = source.network_.trunk(F.one_hot(codes, 5).float().transpose(1, 2))
    assert_allclose(found.detach(), expected, atol=1e-5)
    fitted = model.set_params(max_iter=1).fit(X, [0, 1, 0, 1])
    assert "trunk.stem.weight" in fitted.transferred_


def borzoi(w, x, sizes, n_heads):
    """The trunk up to the head, for bins of 32."""

    def nac(name, x, n_out, width=1):
        x = F.gelu(w.batch_norm(f"{name}.norm", x, eps=1e-3), approximate="tanh")
        return w.conv(f"{name}.conv_layer", x, n_out, width)

    d = sizes[-1]
    x = F.max_pool1d(w.conv("conv_dna.conv_layer", x, sizes[0], 15), 2)
    for i, n_out in enumerate(sizes[1:-1]):
        x = x if i == 0 else F.max_pool1d(x, 2)
        x = nac(f"res_tower.{2 * i}", x, n_out, 5)
    finer0, finer1 = x, nac("unet1.1", F.max_pool1d(x, 2), d, 5)
    x = F.max_pool1d(finer1, 2).transpose(1, 2)
    n = x.shape[1]
    widths = (n + 1) ** (torch.arange(1, 17) / 16) - 1
    distances = torch.arange(n)[None] - torch.arange(n)[:, None]
    inside = (widths > distances.abs()[..., None]).float()
    features = torch.cat([inside, distances.sign()[..., None] * inside], dim=-1)

    def heads(x):
        return x.unflatten(-1, (n_heads, -1)).movedim(-2, -3)

    for i in range(8):
        part = f"transformer.{i}.0.fn"
        h = w.layer_norm(f"{part}.0", x, 1e-3)
        q, k = (heads(w.linear(f"{part}.1.to_{p}", h, n_heads * 4, bias=False)) for p in "qk")
        v = heads(w.linear(f"{part}.1.to_v", h, d, bias=False))
        q = q / 2
        r = w.linear(f"{part}.1.to_rel_k", features, n_heads * 4, bias=False)
        r = r.unflatten(-1, (n_heads, 4))
        content = (q + w(f"{part}.1.rel_content_bias", 1, n_heads, 1, 4)) @ k.transpose(-1, -2)
        position = torch.einsum(
            "bhid,ijhd->bhij", q + w(f"{part}.1.rel_pos_bias", 1, n_heads, 1, 4), r
        )
        h = ((content + position).softmax(dim=-1) @ v).transpose(1, 2).flatten(2)
        x = x + w.linear(f"{part}.1.to_out", h, d)
        part = f"transformer.{i}.1.fn"
        h = w.linear(f"{part}.1", w.layer_norm(f"{part}.0", x, 1e-3), 2 * d).relu()
        x = x + w.linear(f"{part}.4", h, d)
    x = x.transpose(1, 2)
    for i, finer in ((1, finer1), (0, finer0)):
        x = nac(f"upsampling_unet{i}.0", x, d).repeat_interleave(2, dim=2)
        x = x + nac(f"horizontal_conv{i}", finer, d)
        x = w.conv(f"separable{i}.conv_layer.0", x, d, 3, groups=d, bias=False)
        x = w.conv(f"separable{i}.conv_layer.1", x, d)
    x = F.gelu(nac("final_joined_convs.0", x, 10), approximate="tanh")
    w("human_head.weight", 7611, 10, 1), w("human_head.bias", 7611)
    return x


def test_borzoi(tmp_path):
    w, X = State(), make_text(1, 1024)
    sizes = (6, 6, 8, 8, 10, 14, 16)
    expected = borzoi(w, one_hot(X), sizes, 2)
    params = {
        "stem_filters": 6,
        "tower_filters": 6,
        "d_model": 16,
        "divisible_by": 2,
        "n_heads": 2,
        "d_key": 4,
        "final_filters": 10,
    }
    path = w.save(tmp_path / "w.pt")
    model = zoo.load_weights("Borzoi", path, network_params=params)
    trunk = model.network_.trunk
    # Widths of the encoding are scaled by the length that the network is built for.
    trunk.n_attended = 1024 // 128
    found, _ = trunk(one_hot(X))
    assert_allclose(found.detach(), expected, rtol=1e-3, atol=1e-4)


def mamba(w, name, h, d_state=16):
    """The selective state space, position by position."""
    d = h.shape[-1]
    inner, rank = 2 * d, -(-d // 16)
    x, z = w.linear(f"{name}.in_proj", h, 2 * inner, bias=False).chunk(2, dim=-1)
    n = x.shape[1]
    padded = F.pad(x.transpose(1, 2), (3, 0))
    x = F.silu(w.conv(f"{name}.conv1d", padded, inner, 4, groups=inner, padding=0)).transpose(1, 2)
    step, b, c = w.linear(f"{name}.x_proj", x, rank + 2 * d_state, bias=False).split(
        [rank, d_state, d_state], dim=-1
    )
    step = F.softplus(w.linear(f"{name}.dt_proj", step, inner))
    decay = -w(f"{name}.A_log", inner, d_state).exp()
    state, outputs = torch.zeros(len(x), inner, d_state), []
    for i in range(n):
        new = (step[:, i] * x[:, i])[..., None] * b[:, i, None]
        state = (step[:, i, :, None] * decay).exp() * state + new
        outputs.append((state * c[:, i, None]).sum(dim=-1))
    y = torch.stack(outputs, dim=1) + w(f"{name}.D", inner) * x
    return w.linear(f"{name}.out_proj", y * F.silu(z), d, bias=False)


def caduceus(w, ids, d, n_layers, is_equivariant):
    mixer, part = ("mixer.submodule.", "embedding.") if is_equivariant else ("mixer.", "")
    x = w(f"embeddings.word_embeddings.{part}weight", 16, d)[ids]
    for i in range(n_layers):
        name = f"layers.{i}.{mixer}mamba_"
        h = F.rms_norm(x, (d,), w(f"layers.{i}.norm.weight", d), 1e-5)
        x = x + mamba(w, f"{name}fwd", h)
        # The projections are shared.
        for shared in ("in_proj", "out_proj"):
            w.arrays[f"{name}rev.{shared}.weight"] = w.arrays[f"{name}fwd.{shared}.weight"]
        x = x + mamba(w, f"{name}rev", h.flip(1)).flip(1)
    return F.rms_norm(x, (d,), w("norm_f.weight", d), 1e-5)


@pytest.mark.parametrize("kind", ["PH", "PS"])
def test_caduceus(tmp_path, kind):
    w, X = State(), make_text(4, 37)
    ids = {"A": 7, "C": 8, "G": 9, "T": 10}
    tokens = torch.tensor([[ids[base] for base in x] for x in X])
    expected = caduceus(w, tokens, 18, 2, kind == "PS").transpose(1, 2)
    path = w.save(tmp_path / "w.pt", "caduceus.backbone.")
    params = {"d_model": 18, "n_layers": 2}
    name = f"Caduceus-{kind}-1k-d118"
    model = zoo.load_weights(name, path, network_params=params, length=37)
    trunk = model.pretrained.network_.trunk
    found, _ = trunk(one_hot(X))
    assert_allclose(found.detach()[:, :18], expected, atol=1e-5)
    if kind == "PS":
        reverse = caduceus(w, (17 - tokens).flip(1), 18, 2, True).transpose(1, 2)
        assert_allclose(found.detach()[:, 18:], reverse.flip(1, 2), atol=1e-5)
    fitted = model.set_params(max_iter=1, learning_rate=0.0001).fit(X, [0, 1, 0, 1])
    turned = ["".join({"A": "T", "C": "G", "G": "C", "T": "A"}[b] for b in reversed(x)) for x in X]
    assert_allclose(fitted.predict_proba(turned), fitted.predict_proba(X), atol=1e-5)


def test_networks_without_published_weights():
    with pytest.raises(ValueError, match="DASHA-UNet has no layer map"):
        zoo.load_weights("DASHA-UNet", "weights.pt")
    assert isinstance(zoo.build_network("DASHA-UNet", width=0.05), nn.Module)
