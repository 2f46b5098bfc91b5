"""Tiny random checkpoints of each kind, written once per session."""

import json

import numpy as np
import pytest
import torch

from skgenomics.testing import make_checkpoint, make_text

CONFIGURATION = """
from transformers import PretrainedConfig


class TinyConfig(PretrainedConfig):
    model_type = "tiny_causal"

    def __init__(self, vocab_size=12, d_model=8, n_layer=2, max_seq_len=64, **kwargs):
        self.vocab_size, self.d_model = vocab_size, d_model
        self.n_layer, self.max_seq_len = n_layer, max_seq_len
        super().__init__(**kwargs)
"""
# Like HyenaDNA: causal convolutions over single bases, and no attention mask.
MODELING = """
import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput, CausalLMOutput

from .configuration_tiny import TinyConfig


class TinyPreTrainedModel(PreTrainedModel):
    config_class = TinyConfig
    base_model_prefix = "tiny"

    def _init_weights(self, module):
        pass


class TinyModel(TinyPreTrainedModel):
    def __init__(self, config):
        super().__init__(config)
        self.embeddings = nn.Embedding(config.vocab_size, config.d_model)
        size = config.d_model
        self.layers = nn.ModuleList(nn.Conv1d(size, size, 3) for _ in range(config.n_layer))
        self.post_init()

    def forward(self, input_ids, output_hidden_states=None, return_dict=None):
        hidden = self.embeddings(input_ids)
        states = [hidden]
        for layer in self.layers:
            x = nn.functional.pad(hidden.transpose(1, 2), SIDES)
            hidden = hidden + torch.tanh(layer(x)).transpose(1, 2)
            states.append(hidden)
        states = tuple(states) if output_hidden_states else None
        return BaseModelOutput(last_hidden_state=hidden, hidden_states=states)


class TinyForCausalLM(TinyPreTrainedModel):
    def __init__(self, config):
        super().__init__(config)
        self.tiny = TinyModel(config)
        self.lm_head = nn.Linear(config.d_model, config.vocab_size)
        self.post_init()

    def forward(self, input_ids, labels=None, output_hidden_states=None, return_dict=None):
        output = self.tiny(input_ids, output_hidden_states)
        return CausalLMOutput(
            logits=self.lm_head(output.last_hidden_state), hidden_states=output.hidden_states
        )
"""
TOKENIZATION = """
from transformers import PreTrainedTokenizer

WORDS = ["[CLS]", "[SEP]", "[BOS]", "[MASK]", "[PAD]", "[RESERVED]", "[UNK]", *"ACGTN"]


class BaseTokenizer(PreTrainedTokenizer):
    model_input_names = ["input_ids"]

    def __init__(self, **kwargs):
        self.numbers = {word: i for i, word in enumerate(WORDS)}
        names = ("cls", "sep", "bos", "mask", "pad", "unk")
        kwargs |= {f"{name}_token": f"[{name.upper()}]" for name in names}
        super().__init__(**kwargs)

    @property
    def vocab_size(self):
        return len(self.numbers)

    def get_vocab(self):
        return dict(self.numbers)

    def _tokenize(self, text, **kwargs):
        return list(text)

    def _convert_token_to_id(self, token):
        return self.numbers.get(token, self.numbers["[UNK]"])

    def _convert_id_to_token(self, index):
        return WORDS[index]

    def build_inputs_with_special_tokens(self, token_ids_0, token_ids_1=None):
        return token_ids_0 + [self.sep_token_id]

    def save_vocabulary(self, folder, filename_prefix=None):
        return ()
"""


def write_custom_checkpoint(folder, *, model="AutoModel", causal=True):
    """Write a checkpoint with its own Python files, which the configuration calls `model`."""
    folder.mkdir(parents=True, exist_ok=True)
    head = "TinyForMaskedLM" if model == "AutoModelForMaskedLM" else "TinyForCausalLM"
    modeling = MODELING.replace("TinyForCausalLM", head)
    sides = "(2, 0)" if causal else "(1, 1)"
    (folder / "configuration_tiny.py").write_text(CONFIGURATION)
    (folder / "modeling_tiny.py").write_text(modeling.replace("SIDES", sides))
    (folder / "tokenization_tiny.py").write_text(TOKENIZATION)
    config = {
        "model_type": "tiny_causal",
        "vocab_size": 12,
        "d_model": 8,
        "n_layer": 2,
        "max_seq_len": 64,
        "auto_map": {
            "AutoConfig": "configuration_tiny.TinyConfig",
            model: f"modeling_tiny.{'TinyModel' if model == 'AutoModel' else head}",
        },
    }
    (folder / "config.json").write_text(json.dumps(config))
    tokenizer = {
        "tokenizer_class": "BaseTokenizer",
        "auto_map": {"AutoTokenizer": ["tokenization_tiny.BaseTokenizer", None]},
        "model_max_length": 64,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer))
    torch.save(_random_weights("tiny." if model != "AutoModel" else ""), folder / _WEIGHTS)
    return folder


_WEIGHTS = "pytorch_model.bin"


def _random_weights(prefix):
    generator = torch.Generator().manual_seed(0)
    shapes = {"embeddings.weight": (12, 8)}
    for i in range(2):
        shapes |= {f"layers.{i}.weight": (8, 8, 3), f"layers.{i}.bias": (8,)}
    shapes = {prefix + name: shape for name, shape in shapes.items()}
    if prefix:
        shapes |= {"lm_head.weight": (12, 8), "lm_head.bias": (12,)}
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


@pytest.fixture(scope="session", autouse=True)
def module_cache(tmp_path_factory):
    """Redirect the copies of the Python files of checkpoints to a temporary folder."""
    from transformers import dynamic_module_utils

    patch = pytest.MonkeyPatch()
    patch.setattr(dynamic_module_utils, "HF_MODULES_CACHE", str(tmp_path_factory.mktemp("modules")))
    patch.syspath_prepend(dynamic_module_utils.HF_MODULES_CACHE)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory):
    """Folders of checkpoints by their kind of tokens."""
    folder = tmp_path_factory.mktemp("checkpoints")
    for kind in ("bases", "bpe", "overlapping k-mers", "k-mers"):
        make_checkpoint(folder / kind, tokens=kind, hidden_size=8)
    write_custom_checkpoint(folder / "custom")
    return {path.name: path for path in folder.iterdir()}


@pytest.fixture(scope="session")
def write_custom():
    """Function that writes a checkpoint with its own Python files."""
    return write_custom_checkpoint


@pytest.fixture(scope="session")
def sequences():
    """Random DNA of 8 to 23 bp."""
    lengths = np.random.default_rng(1).integers(8, 24, 48)
    return [text[:n] for text, n in zip(make_text(48, 24), lengths, strict=True)]
