"""Muon (Jordan et al. 2024), scaled as in Liu et al. 2025 (arXiv:2502.16982): steps of matrices are made orthogonal. It does what
`torch.optim.Muon` does, which takes bfloat16 for it on every processor; this one takes what `precision` says."""

from collections import defaultdict
from collections.abc import Iterable

import torch

from .precision import COMPUTED

MOMENTUM = 0.95
STEPS = 5
COEFFICIENTS = (3.4445, -4.7750, 2.0315)


class Muon(torch.optim.Optimizer):
    """Of matrices alone."""

    def __init__(self, parameters: Iterable[torch.Tensor], lr: float, weight_decay: float) -> None:
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        for group in self.param_groups:
            alike: dict[torch.Size, list[torch.Tensor]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    alike[parameter.shape].append(parameter)
            for shape, parameters in alike.items():
                found = orthogonal(torch.stack([self._directed(each) for each in parameters]))
                for parameter, update in zip(parameters, found, strict=True):
                    parameter.mul_(1 - group["lr"] * group["weight_decay"])
                    # An update's mean square is then as AdamW's.
                    parameter.add_(update, alpha=-group["lr"] * 0.2 * max(shape) ** 0.5)

    def _directed(self, parameter: torch.Tensor) -> torch.Tensor:
        """Nesterov's momentum."""
        state = self.state[parameter]
        mean = state.setdefault("momentum", torch.zeros_like(parameter))
        mean.lerp_(parameter.grad, 1 - MOMENTUM)
        return parameter.grad.lerp(mean, MOMENTUM)


def orthogonal(matrices: torch.Tensor) -> torch.Tensor:
    """[matrices, rows, columns] with all singular values near 1, by Newton and Schulz's iteration."""
    a, b, c = COEFFICIENTS
    found = matrices.to(COMPUTED)
    tall = found.shape[1] > found.shape[2]
    found = found.mT if tall else found
    found = found / found.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    for _ in range(STEPS):
        square = found @ found.mT
        found = a * found + (b * square + c * square @ square) @ found
    return (found.mT if tall else found).to(matrices.dtype)
