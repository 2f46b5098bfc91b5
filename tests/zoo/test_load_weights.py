"""Published weights: files of each format, layer maps, and what does not fit."""

import json
import re

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn
from torch.nn import functional as F

from skgenomics import OneHotEncoder, zoo
from skgenomics.testing import make_text
from skgenomics.zoo._layer_maps import LAYER_MAPS

h5py = pytest.importorskip("h5py")
safetensors = pytest.importorskip("safetensors.torch")


def one_hot(X: list[str], order: str = "ACGT") -> torch.Tensor:
    rows = OneHotEncoder().fit_transform(X).reshape(len(X), -1, 4).transpose(0, 2, 1)
    return torch.from_numpy(rows[:, ["ACGT".index(base) for base in order]].copy())


def randomize(module: nn.Module, seed: int = 0) -> nn.Module:
    """Give a module parameters and running statistics that show every mistake."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in module.state_dict().items():
        if "running_var" in name:
            tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
        elif tensor.is_floating_point():
            tensor.copy_(torch.randn(tensor.shape, generator=generator) * 0.2)
    return module.eval()


class DeepSEA(nn.Module):
    """DeepSEA as others write it: two-dimensional convolutions, bases in the order A, G, C, T."""

    def __init__(self, filters, hidden, n_outputs=919, sizes=((4, True), (4, True), (1, False))):
        super().__init__()
        layers, n_in, length = [], 4, 1000
        for n_out, (pool, _) in zip(filters, sizes, strict=True):
            layers += [nn.Conv2d(n_in, n_out, (1, 8)), nn.ReLU()]
            layers += [nn.MaxPool2d((1, pool)), nn.Dropout(0.2)]
            n_in, length = n_out, (length - 7) // pool
        self.conv_net = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Linear(n_in * length, hidden), nn.ReLU(), nn.Linear(hidden, n_outputs)
        )

    def forward(self, x):
        return self.classifier(self.conv_net(x[:, :, None]).flatten(1))


@pytest.mark.parametrize("kind", ["torch", "safetensors", "checkpoint"])
def test_deepsea_from_state_dicts(tmp_path, kind):
    module = randomize(DeepSEA((6, 10, 20), 18))
    path = tmp_path / "deepsea"
    if kind == "safetensors":
        safetensors.save_file(module.state_dict(), path)
    else:
        state = module.state_dict()
        torch.save({"epoch": 3, "state_dict": state} if kind == "checkpoint" else state, path)
    model = zoo.load_weights("DeepSEA", path, width=0.02, reverse_complement=None)
    X = make_text(4, 1000)
    with torch.no_grad():
        expected = module(one_hot(X, "AGCT"))
    assert_allclose(model.decision_function(X), expected, atol=1e-5)
    assert model.n_iter_ == 0
    model.set_params(max_iter=1).fit(X, np.random.default_rng(0).integers(0, 2, (4, 919)))


class DanQ(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(4, 6, 26)
        self.lstm = nn.LSTM(6, 6, batch_first=True, bidirectional=True)
        self.dense, self.out = nn.Linear(75 * 12, 18), nn.Linear(18, 919)

    def forward(self, x):
        maps = F.max_pool1d(self.conv(x).relu(), 13)
        states = self.lstm(maps.transpose(1, 2))[0].transpose(1, 2)
        return self.out(self.dense(states.flatten(1)).relu())


def test_danq_from_a_state_dict(tmp_path):
    module = randomize(DanQ())
    torch.save(module.state_dict(), tmp_path / "danq.pt")
    model = zoo.load_weights("DanQ", tmp_path / "danq.pt", width=0.02, reverse_complement=None)
    X = make_text(3, 1000)
    with torch.no_grad():
        expected = module(one_hot(X, "AGCT"))
    assert_allclose(model.decision_function(X), expected, atol=1e-5)


class Basset(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = [(4, 6, 19, 3), (6, 4, 11, 4), (4, 4, 7, 4)]
        layers: list[nn.Module] = []
        for n_in, n_out, width, pool in sizes:
            layers += [nn.Conv1d(n_in, n_out, width), nn.BatchNorm1d(n_out), nn.ReLU()]
            layers += [nn.MaxPool1d(pool)]
        layers += [nn.Flatten()]
        for n_in in (4 * 10, 20):
            layers += [nn.Linear(n_in, 20), nn.BatchNorm1d(20), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Linear(20, 164))

    def forward(self, x):
        return self.layers(x)


def test_basset_from_a_state_dict(tmp_path):
    module = randomize(Basset())
    torch.save(module.state_dict(), tmp_path / "basset.pt")
    names = [f"cell {i}" for i in range(164)]
    model = zoo.load_weights("Basset", tmp_path / "basset.pt", width=0.02, names=names)
    assert list(model.target_names_) == names
    X = make_text(3, 600)
    with torch.no_grad():
        expected = module(one_hot(X))
    assert_allclose(model.decision_function(X), expected, atol=1e-5)


class BPNet(nn.Module):
    """The names and the computation of bpnet-lite."""

    def __init__(self, n_filters, n_outputs, n_controls):
        super().__init__()
        self.iconv = nn.Conv1d(4, n_filters, 21, padding=10)
        self.rconvs = nn.ModuleList(
            nn.Conv1d(n_filters, n_filters, 3, padding=2**i, dilation=2**i) for i in range(1, 9)
        )
        self.fconv = nn.Conv1d(n_filters + n_controls, n_outputs, 75, padding=37)
        self.linear = nn.Linear(n_filters + bool(n_controls), 1)

    def forward(self, x, controls=None):
        x = self.iconv(x).relu()
        for conv in self.rconvs:
            x = x + conv(x).relu()
        start = (x.shape[2] - 1000) // 2
        both = x if controls is None else torch.cat([x, controls], dim=1)
        profile = self.fconv(both)[:, :, start : start + 1000]
        counted = slice(start - 37, start + 1037)
        summary = x[:, :, counted].mean(dim=2)
        if controls is not None:
            total = controls[:, :, counted].sum(dim=(1, 2))[:, None]
            summary = torch.cat([summary, total.log1p()], dim=1)
        return profile, self.linear(summary)


def test_bpnet_and_the_parts_of_chrombpnet(tmp_path):
    X = make_text(2, 2114)
    module = nn.ModuleDict({"bias": BPNet(8, 1, 0), "accessibility": BPNet(8, 1, 0)})
    randomize(module)
    torch.save(module.state_dict(), tmp_path / "chrombpnet.pt")
    for part, name in ((None, "accessibility"), ("bias", "bias")):
        model = zoo.load_weights("BPNet", tmp_path / "chrombpnet.pt", width=0.125, part=part)
        with torch.no_grad():
            profile, total = module[name](one_hot(X))
        scores = model._predict_scores(X)
        assert_allclose(scores[:, :, :-1], profile, atol=1e-4)
        assert_allclose(scores[:, 0, -1:], total, atol=1e-5)
    with pytest.raises(ValueError, match="has no part 'sequence'; it has accessibility, bias"):
        zoo.load_weights("BPNet", tmp_path / "chrombpnet.pt", width=0.125, part="sequence")


def test_bpnet_with_controls(tmp_path):
    module = randomize(BPNet(8, 2, 2))
    torch.save(module.state_dict(), tmp_path / "bpnet.pt")
    names = ["plus", "minus"]
    model = zoo.load_weights("BPNet-control", tmp_path / "bpnet.pt", width=0.125, names=names)
    assert list(model.target_names_) == names
    controls = torch.from_numpy(np.random.default_rng(0).poisson(2, (2, 2, 2114))).float()
    x = one_hot(make_text(2, 2114))
    with torch.no_grad():
        profile, total = module(x, controls)
    scores = model._predict_scores(torch.cat([x, controls], dim=1).numpy())
    assert_allclose(scores[:, :, :-1], profile, atol=1e-4)
    assert_allclose(scores[:, 0, -1:], total, atol=1e-5)


def published_names(name: str, network: nn.Module) -> dict[str, torch.Tensor]:
    """Make a state dict with the names of a published one, and other values."""
    layer_map = LAYER_MAPS[name]
    state = {}
    for own, tensor in network.state_dict().items():
        if own.startswith(layer_map.missing or ("\n",)) or own.endswith("num_batches_tracked"):
            continue
        parts = layer_map._sources(own)
        for source, part in zip(parts, tensor.tensor_split(len(parts)), strict=True):
            state[layer_map.prefixes[0] + source] = torch.randn_like(part)
    return state


def test_enformer_by_names(tmp_path):
    settings = {"width": 0.04, "length": 2048}
    network = zoo.build_network("Enformer", width=0.04)
    state = published_names("Enformer", network)
    for name in ("conv_tower.5.1.fn.2.weight", "transformer.10.0.fn.1.to_rel_k.weight"):
        assert name in state
    heads = [(5313, "human"), (1643, "mouse")]
    for size, species in heads:
        shape = (size, network.profile.in_channels)
        state[f"_heads.{species}.0.weight"] = torch.randn(shape)
        state[f"_heads.{species}.0.bias"] = torch.randn(size)
    torch.save(state, tmp_path / "enformer.pt")
    del settings["length"]
    model = zoo.load_weights("Enformer", tmp_path / "enformer.pt", **settings)
    ours = model.network_.state_dict()
    assert_array_equal(ours["profile.bias"][5313:], state["_heads.mouse.0.bias"])
    assert_array_equal(ours["trunk.stages.6.conv.norm.weight"], state["conv_tower.5.0.0.weight"])


class Hyena(nn.Module):
    """HyenaDNA as its authors wrote it, with their names."""

    def __init__(self, d, n_layers, length):
        super().__init__()
        self.d = d
        names = {"embeddings.word_embeddings.weight": (16, d), "ln_f.weight": (d,)}
        names["ln_f.bias"] = (d,)
        for i in range(n_layers):
            layer = f"layers.{i}."
            for norm in ("norm1", "norm2"):
                names |= {f"{layer}{norm}.weight": (d,), f"{layer}{norm}.bias": (d,)}
            for part, n_out, n_in in (
                ("mixer.in_proj", 3 * d, d),
                ("mixer.out_proj", d, d),
                ("mlp.fc1", 4 * d, d),
                ("mlp.fc2", d, 4 * d),
                ("mixer.filter_fn.implicit_filter.0", 64, 5),
                ("mixer.filter_fn.implicit_filter.2", 64, 64),
                ("mixer.filter_fn.implicit_filter.4", 64, 64),
            ):
                names |= {f"{layer}{part}.weight": (n_out, n_in), f"{layer}{part}.bias": (n_out,)}
            names[f"{layer}mixer.filter_fn.implicit_filter.6.weight"] = (d, 64)
            names[f"{layer}mixer.filter_fn.bias"] = (d,)
            names[f"{layer}mixer.short_filter.weight"] = (3 * d, 1, 3)
            names[f"{layer}mixer.short_filter.bias"] = (3 * d,)
        generator = torch.Generator().manual_seed(0)
        self.state = {n: torch.randn(s, generator=generator) * 0.2 for n, s in names.items()}
        t = torch.linspace(0, 1, length)[:, None]
        waves = torch.linspace(1e-4, 1, 2) * 2 * np.pi * torch.arange(length)[:, None] / length
        z = torch.cat([t, waves.cos(), -waves.sin()], dim=1)
        rates = torch.linspace(np.log(0.01) / 1.5, np.log(0.01) / 0.3, d).abs()
        self.t, self.z, self.rates = t, z, rates
        for i in range(n_layers):
            for j in (1, 3, 5):
                key = f"layers.{i}.mixer.filter_fn.implicit_filter.{j}.freq"
                self.state[key] = torch.full((1, 64), 10.0)
            self.state[f"layers.{i}.mixer.filter_fn.pos_emb.z"] = z[None]
        self.n_layers = n_layers

    def forward(self, tokens):
        w = self.state
        x = w["embeddings.word_embeddings.weight"][tokens]
        for i in range(self.n_layers):
            part = {k.removeprefix(f"layers.{i}."): v for k, v in w.items()}
            h = F.layer_norm(x, (self.d,), part["norm1.weight"], part["norm1.bias"])
            x = x + self.mix(h, part)
            h = F.layer_norm(x, (self.d,), part["norm2.weight"], part["norm2.bias"])
            h = F.gelu(
                F.linear(h, part["mlp.fc1.weight"], part["mlp.fc1.bias"]), approximate="tanh"
            )
            x = x + F.linear(h, part["mlp.fc2.weight"], part["mlp.fc2.bias"])
        return F.layer_norm(x, (self.d,), w["ln_f.weight"], w["ln_f.bias"])

    def mix(self, x, w):
        n = x.shape[1]
        u = F.linear(x, w["mixer.in_proj.weight"], w["mixer.in_proj.bias"]).transpose(1, 2)
        u = F.conv1d(
            u, w["mixer.short_filter.weight"], w["mixer.short_filter.bias"], padding=2,
            groups=3 * self.d,
        )[..., :n]  # fmt: skip
        first, second, v = u.split(self.d, dim=1)
        k = self.z[:n]
        for j in (0, 2, 4):
            name = f"mixer.filter_fn.implicit_filter.{j}"
            k = torch.sin(10 * F.linear(k, w[f"{name}.weight"], w[f"{name}.bias"]))
        k = F.linear(k, w["mixer.filter_fn.implicit_filter.6.weight"])
        k = (k * torch.exp(-self.t[:n] * self.rates)).T
        v = v * second
        spectrum = torch.fft.rfft(v, 2 * n) * torch.fft.rfft(k, 2 * n)
        v = torch.fft.irfft(spectrum, 2 * n)[..., :n] + v * w["mixer.filter_fn.bias"][:, None]
        return F.linear(
            (v * first).transpose(1, 2), w["mixer.out_proj.weight"], w["mixer.out_proj.bias"]
        )


@pytest.mark.parametrize("prefix", ["backbone.", "hyena.backbone."])
def test_hyena_starts_from_published_weights(tmp_path, prefix):
    module = Hyena(16, 2, 66)
    state = {prefix + name: tensor for name, tensor in module.state.items()}
    torch.save(state, tmp_path / "hyena.pt")
    pipeline = zoo.load_weights(
        "HyenaDNA-tiny",
        tmp_path / "hyena.pt",
        network_params={"bidirectional": False},
        d_model=16,
        dropout=0.0,
    )
    X = make_text(4, 40)
    source = pipeline[-1].pretrained
    ours = torch.from_numpy(pipeline[0].fit_transform(X).astype(np.int64))
    ids = {"A": 7, "C": 8, "G": 9, "T": 10}
    theirs = torch.tensor([[ids[base] for base in x] for x in X])
    with torch.no_grad():
        expected = module(theirs)
        found, _ = source.network_.trunk(ours)
    assert_allclose(found.transpose(1, 2), expected, atol=1e-4)
    pipeline.set_params(longconvclassifier__max_iter=1).fit(X, [0, 1, 0, 1]).predict(X)


def write_keras(path, layers: list[tuple[str, dict[str, np.ndarray]]]) -> None:
    """Write an HDF5 file as Keras 2 does."""
    with h5py.File(path, "w") as file:
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name, _ in layers]
        for name, weights in layers:
            inner = group.create_group(name)
            names = [f"{name}/{weight}:0" for weight in weights]
            inner.attrs["weight_names"] = [n.encode() for n in names]
            for full, array in zip(names, weights.values(), strict=True):
                inner.create_dataset(full, data=array)
        file.attrs["model_config"] = json.dumps({"class_name": "Model"})


def splice_layers(n_filters: int = 32) -> list[tuple[str, dict[str, np.ndarray]]]:
    """Layers of SpliceAI-80 with the names of the published files, in their order by depth."""
    rng = np.random.default_rng(0)
    f = n_filters

    def conv(i, width, n_in=f, n_out=f):
        kernel = rng.normal(0, 0.1, (width, n_in, n_out)).astype(np.float32)
        bias = rng.normal(0, 0.1, n_out).astype(np.float32)
        return f"conv1d_{i}", {"kernel": kernel, "bias": bias}

    def norm(i):
        names = ("gamma", "beta", "moving_mean", "moving_variance")
        return f"batch_normalization_{i}", {
            n: rng.uniform(0.5, 1.5, f).astype(np.float32) for n in names
        }

    layers = [conv(1, 1, 4), ("activation_1", {})]
    # The first skip connection was built before the blocks, but stands behind them by depth.
    for i in range(8):
        layers += [norm(i + 1), conv(i + 3, 11)]
    return [*layers, conv(2, 1), conv(11, 1), conv(12, 1, f, 3)]


def splice_by_hand(layers, x: torch.Tensor) -> torch.Tensor:
    """Forward pass of SpliceAI-80 from the arrays of Keras, before the softmax."""
    weights = dict(layers)

    def conv(i, x):
        w = torch.from_numpy(weights[f"conv1d_{i}"]["kernel"]).permute(2, 1, 0)
        return F.conv1d(x, w, torch.from_numpy(weights[f"conv1d_{i}"]["bias"]), padding="same")

    def norm(i, x):
        w = {
            n: torch.from_numpy(a)[:, None] for n, a in weights[f"batch_normalization_{i}"].items()
        }
        scale = w["gamma"] / (w["moving_variance"] + 1e-3).sqrt()
        return ((x - w["moving_mean"]) * scale + w["beta"]).relu()

    x = conv(1, x)
    skip = conv(2, x)
    for block in range(4):
        i = 2 * block
        x = x + conv(i + 4, norm(i + 2, conv(i + 3, norm(i + 1, x))))
    return conv(12, skip + conv(11, x))[:, :, 40:-40]


def test_spliceai_from_keras_with_unknown_ends(tmp_path):
    layers = splice_layers()
    write_keras(tmp_path / "spliceai.h5", layers)
    model = zoo.load_weights("SpliceAI-80", tmp_path / "spliceai.h5", length=300)
    X = ["N" * 90 + text[90:230] + "N" * 70 for text in make_text(3, 300)]
    expected = splice_by_hand(layers, one_hot(X))
    assert_allclose(model.decision_function(X).transpose(0, 2, 1), expected, atol=1e-5)
    # Classes in the order of the outputs, which need not be sorted.
    named = zoo.load_weights("SpliceAI-80", tmp_path / "spliceai.h5", length=300, names="NAD")
    assert named.classes_.tolist() == ["A", "D", "N"]
    assert_allclose(named.predict_proba(X), model.predict_proba(X)[..., [1, 2, 0]], atol=1e-6)


def test_deepstarr_from_keras(tmp_path):
    rng = np.random.default_rng(0)

    def normal(*shape):
        return rng.normal(0, 0.2, shape).astype(np.float32)

    def norm(i, n):
        names = ("gamma", "beta", "moving_mean", "moving_variance")
        weights = {name: rng.uniform(0.5, 1.5, n).astype(np.float32) for name in names}
        return f"batch_normalization_{i}", weights

    layers, n_in = [], 4
    for i, (n_out, width) in enumerate(zip((6, 4, 4, 4), (7, 3, 5, 3), strict=True), start=1):
        kernel = normal(width, n_in, n_out)
        layers += [(f"conv1d_{i}", {"kernel": kernel, "bias": normal(n_out)}), norm(i, n_out)]
        n_in = n_out
    for i, n_in in enumerate((4 * 15, 6), start=1):
        layers += [(f"dense_{i}", {"kernel": normal(n_in, 6), "bias": normal(6)}), norm(i + 4, 6)]
    layers.append(("dense_3", {"kernel": normal(6, 2), "bias": normal(2)}))
    write_keras(tmp_path / "deepstarr.h5", layers)
    model = zoo.load_weights(
        "DeepSTARR", tmp_path / "deepstarr.h5", width=0.024, names=["dev", "hk"]
    )
    assert list(model.target_names_) == ["dev", "hk"]
    X = make_text(3, 249)
    weights = {name: {k: torch.from_numpy(v) for k, v in w.items()} for name, w in layers}

    def normalize(i, x):
        w = {
            k: v[:, None] if x.dim() == 3 else v
            for k, v in weights[f"batch_normalization_{i}"].items()
        }
        return (
            (x - w["moving_mean"]) / (w["moving_variance"] + 1e-3).sqrt() * w["gamma"] + w["beta"]
        ).relu()

    x = one_hot(X)
    for i in range(1, 5):
        w = weights[f"conv1d_{i}"]
        x = F.conv1d(x, w["kernel"].permute(2, 1, 0), w["bias"], padding="same")
        x = F.max_pool1d(normalize(i, x), 2)
    # Keras flattens positions before channels.
    x = x.transpose(1, 2).flatten(1)
    for i in (1, 2):
        x = normalize(i + 4, x @ weights[f"dense_{i}"]["kernel"] + weights[f"dense_{i}"]["bias"])
    expected = x @ weights["dense_3"]["kernel"] + weights["dense_3"]["bias"]
    assert_allclose(model.predict(X), expected, atol=1e-5)


def test_first_mismatch_is_named(tmp_path):
    path = tmp_path / "weights"
    torch.save(DeepSEA((6, 12, 20), 18).state_dict(), path)
    message = (
        r"does not hold weights of DeepSEA: 'conv_net.4.weight' of .* has the shape "
        r"\(12, 6, 1, 8\), but trunk.blocks.1.unit.conv.weight of the network has the shape "
        r"\(10, 6, 1, 8\)"
    )
    with pytest.raises(ValueError, match=message):
        zoo.load_weights("DeepSEA", path, width=0.02)
    torch.save(DanQ().state_dict(), path)
    with pytest.raises(ValueError, match=r"'conv.weight' .* \(6, 4, 26\), but trunk.blocks.0"):
        zoo.load_weights("DeepSEA", path, width=0.02)
    with pytest.raises(ValueError, match=r"has no 'iconv.weight', which is trunk.stem.0.conv"):
        zoo.load_weights("BPNet", path)
    layers = splice_layers()
    write_keras(path, layers[:-1])
    with pytest.raises(ValueError, match=r"has the convolution output, but .* has only 11"):
        zoo.load_weights("SpliceAI-80", path)
    write_keras(path, [*layers, ("conv1d_13", layers[0][1])])
    with pytest.raises(ValueError, match="has the convolution 'conv1d_13', but the network has"):
        zoo.load_weights("SpliceAI-80", path)


def test_files_that_hold_no_weights(tmp_path):
    path = tmp_path / "file"
    with pytest.raises(FileNotFoundError):
        zoo.load_weights("DeepSEA", path)
    path.write_text("not weights")
    with pytest.raises(ValueError, match="is not a file of weights: neither HDF5"):
        zoo.load_weights("DeepSEA", path)
    write_keras(path, splice_layers())
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"is damaged or truncated: .*truncated file"):
        zoo.load_weights("SpliceAI-80", path)
    with h5py.File(path, "w") as file:
        file["x"] = np.zeros(3)
    with pytest.raises(ValueError, match="not of a model of Keras: it has no layer_names"):
        zoo.load_weights("SpliceAI-80", path)
    safetensors.save_file({"x": torch.zeros(1000)}, path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="is damaged or truncated"):
        zoo.load_weights("DeepSEA", path)
    torch.save(Basset().state_dict(), path)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ValueError, match="is damaged or truncated"):
        zoo.load_weights("Basset", path, width=0.02)
    torch.save([1, 2], path)
    with pytest.raises(ValueError, match="holds list, but not the state dict"):
        zoo.load_weights("Basset", path)


def test_pickled_modules_need_permission(tmp_path):
    module = randomize(nn.Sequential(nn.Conv1d(4, 600, 15, bias=False)))
    module.append(nn.Linear(600, 100))
    path = tmp_path / "module.pt"
    torch.save(module, path)
    with pytest.raises(ValueError, match=r"holds pickled objects .* pass weights_only=False"):
        zoo.load_weights("Scover", path)
    model = zoo.load_weights("Scover", path, weights_only=False)
    assert_array_equal(model.network_.output.weight.detach(), module[1].weight.detach())


def test_networks_without_a_layer_map_say_so(tmp_path):
    with pytest.raises(ValueError, match=r"DeepChrome has no layer map .* have one: DeepSEA"):
        zoo.load_weights("DeepChrome", tmp_path / "x")
    with pytest.raises(ValueError, match="DeepCpG reads several inputs"):
        zoo.load_weights("DeepCpG", tmp_path / "x")
    with pytest.raises(ValueError, match="did you mean 'SpliceAI-80'"):
        zoo.load_weights("SpliceAI", tmp_path / "x")
    torch.save(Basset().state_dict(), tmp_path / "x")
    with pytest.raises(ValueError, match="Basset has 164 outputs, but 2 names are given"):
        zoo.load_weights("Basset", tmp_path / "x", width=0.02, names=["a", "b"])


def test_every_layer_map_names_every_weight():
    for name, layer_map in LAYER_MAPS.items():
        network = zoo.build_network(name, width=0.05)
        if not hasattr(layer_map, "names"):
            continue
        for own in network.state_dict():
            if own.startswith(layer_map.missing or ("\n",)) or "num_batches" in own:
                continue
            assert not re.search(r"trunk|blocks|stages", "+".join(layer_map._sources(own)))


# Keras has 1e-3 by default, torch and the library of Enformer 1e-5.
KERAS = ("DeepSTARR", "SPEID", "scBasset", "SpliceAI-80", "SpliceAI-10k", "Basenji-small", "Akita")


@pytest.mark.parametrize("name", [*KERAS, "Basset", "Pangolin", "Enformer"])
def test_batch_normalization_has_the_published_epsilon(name):
    network = zoo.build_network(name, width=0.05)
    found = {m.eps for m in network.modules() if isinstance(m, nn.BatchNorm1d)}
    assert found == {1e-3 if name in KERAS else 1e-5}
