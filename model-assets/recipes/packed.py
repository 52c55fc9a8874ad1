"""Embeddings that train as they will ship, in 4 bits: what is read is rounded, and its gradient goes to the weights as if it were not
(Bengio et al. 2013, arXiv:1308.3432). The blocks and their scales are those of `export.blocks`, found with fewer tries."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.nn import functional
from transformers import PreTrainedModel

from export.blocks import WORDS

FACTORS = (0.75, 0.85, 0.95, 1.05)


class Packed(torch.nn.Embedding):
    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        rows = functional.embedding(ids, self.weight, self.padding_idx)
        with torch.no_grad():
            lost = rounded(rows.float()) - rows
        return rows + lost.to(rows.dtype)


def rounded(rows: torch.Tensor) -> torch.Tensor:
    """Rows as they are read from 4 bits: of each block the extreme, with its sign, is about -8 times the scale."""
    blocks = rows.unflatten(-1, (-1, WORDS))
    extreme = blocks.gather(-1, blocks.abs().argmax(-1, keepdim=True))
    best, least = blocks, torch.full_like(extreme, torch.inf)
    for factor in FACTORS:
        scales = extreme * factor / -8
        tried = (blocks / scales).nan_to_num().round().clamp(-8, 7) * scales
        error = (tried - blocks).square().sum(-1, keepdim=True)
        best, least = torch.where(error < least, tried, best), torch.minimum(error, least)
    return best.flatten(-2)


@contextmanager
def packed(model: PreTrainedModel) -> Iterator[None]:
    """Meanwhile the word embeddings of a model are read in 4 bits."""
    words = model.get_input_embeddings()
    kind, words.__class__ = words.__class__, Packed
    try:
        yield
    finally:
        words.__class__ = kind
