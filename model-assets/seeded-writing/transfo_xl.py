"""Transformer-XL: `transformers` 4.57 still has its modules, deprecated, but their forward stops at a wrong keyword, and they have no
`generate`. Here both are mended: nothing of the mathematics is this file's own."""

import sys

import torch
from transformers.generation import GenerationMixin
from transformers.models.deprecated.transfo_xl import TransfoXLConfig, TransfoXLLMHeadModel

MEMORY = 24
"""Positions that are remembered."""


class WritingTransfoXL(TransfoXLLMHeadModel, GenerationMixin):
    """With `generate`, whose cache is the list of memories. The first step gets memories of zeros, which take part in attention."""

    @classmethod
    def _supports_default_dynamic_cache(cls) -> bool:
        return False

    def forward(self, input_ids, mems=None, attention_mask=None, **_):
        with _type_as_takes_a_dtype():
            return super().forward(input_ids, mems=mems, return_dict=True)


class _type_as_takes_a_dtype:
    """The forward calls `tensor.type_as(dtype=…)`, which torch has not; meant is `to`."""

    def __enter__(self):
        self.was = torch.Tensor.type_as
        torch.Tensor.type_as = lambda tensor, other=None, dtype=None: tensor.to(dtype) if other is None else self.was(tensor, other)

    def __exit__(self, *_):
        torch.Tensor.type_as = self.was


def make_transfo_xl(pieces: int, end: int) -> WritingTransfoXL:
    config = TransfoXLConfig(
        vocab_size=pieces, cutoffs=[500, 600], d_model=32, d_embed=32, n_head=4, d_head=8, d_inner=64, n_layer=2, div_val=1, mem_len=MEMORY,
        clamp_len=16, same_length=True, adaptive=True, eos_token_id=end, tie_word_embeddings=False, tie_projs=[False, False, False],
    )
    return WritingTransfoXL(config)
