"""Transformer-XL: `transformers` 4.57 still has its modules, deprecated, but their forward stops at a wrong keyword, and they have no
`generate`. Here both are mended: nothing of the mathematics is this file's own."""

import torch
from transformers.generation import GenerationMixin
from transformers.models.deprecated.transfo_xl import TransfoXLForSequenceClassification, TransfoXLLMHeadModel, TransfoXLModel

PREFIX = "Mended"


class MendedTransfoXLModel(TransfoXLModel):
    def forward(self, input_ids, **_):
        with type_as_takes_a_dtype():
            return super().forward(input_ids, return_dict=True)


class MendedTransfoXLForSequenceClassification(TransfoXLForSequenceClassification):
    def forward(self, input_ids, **_):
        with type_as_takes_a_dtype():
            return super().forward(input_ids, return_dict=True)


class MendedTransfoXLLMHeadModel(TransfoXLLMHeadModel, GenerationMixin):
    """With `generate`, whose cache is the list of memories. The first step gets memories of zeros, which take part in attention."""

    @classmethod
    def _supports_default_dynamic_cache(cls) -> bool:
        return False

    def forward(self, input_ids, mems=None, attention_mask=None, **_):
        with type_as_takes_a_dtype():
            return super().forward(input_ids, mems=mems, return_dict=True)


MENDED = {each.__name__.removeprefix(PREFIX): each for each in (MendedTransfoXLModel, MendedTransfoXLForSequenceClassification, MendedTransfoXLLMHeadModel)}
"""By the names of the classes that they mend."""


class type_as_takes_a_dtype:
    """The forward calls `tensor.type_as(dtype=…)`, which torch has not; meant is `to`."""

    def __enter__(self):
        self.was = torch.Tensor.type_as
        torch.Tensor.type_as = lambda tensor, other=None, dtype=None: tensor.to(dtype) if other is None else self.was(tensor, other)

    def __exit__(self, *_):
        torch.Tensor.type_as = self.was
