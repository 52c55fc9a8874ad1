"""The numbers that models are computed in while they learn: bfloat16 where the processor multiplies matrices of them, else 32-bit floats.

A processor that has AVX2 alone takes forty times as long with bfloat16 as with 32 bits, so it is asked first.
"""

import torch

COMPUTED = torch.bfloat16 if torch.ops.mkldnn._is_mkldnn_bf16_supported() else torch.float32


def autocast() -> torch.autocast:
    """A context in which products of matrices are taken in `COMPUTED`."""
    return torch.autocast("cpu", torch.bfloat16, enabled=COMPUTED == torch.bfloat16)
