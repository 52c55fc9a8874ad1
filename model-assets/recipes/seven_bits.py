"""Activations that train more coarsely than the engine rounds them: each row of a product's input to 128 levels between its least and its
greatest, half of those that `wasm/quantize.ts` has. It had no more without VNNI once, and has them still in `seven-bits`. The gradient
passes as if they were not rounded (Bengio et al. 2013, arXiv:1308.3432)."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.nn import Linear, Module, functional

STEPS = 127
LEAST_RANGE = 1e-30
"""Rows with less between their ends are all the same."""


class SevenBits(Linear):
    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        rows = rows.float()
        with torch.no_grad():
            lost = rounded(rows) - rows
        # bfloat16 would round the levels again.
        with torch.autocast("cpu", enabled=False):
            return functional.linear(rows + lost, self.weight, self.bias)


def rounded(rows: torch.Tensor) -> torch.Tensor:
    """[…, elements], each row by itself."""
    least, greatest = rows.aminmax(dim=-1, keepdim=True)
    step = (greatest - least).clamp(min=LEAST_RANGE) / STEPS
    return least + ((rows - least) / step).round() * step


@contextmanager
def seven_bits(model: Module) -> Iterator[None]:
    """Meanwhile all linear layers of a model read rounded rows."""
    layers = [layer for layer in model.modules() if type(layer) is Linear]
    for layer in layers:
        layer.__class__ = SevenBits
    try:
        yield
    finally:
        for layer in layers:
            layer.__class__ = Linear
