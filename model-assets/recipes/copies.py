"""Copies of a model beside its training: one that losses are taken with, and one that is the mean of what it has been; and the mean of several."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from transformers import PreTrainedModel

from .precision import COMPUTED


class Half:
    """A copy of a model in bfloat16, or in 32 bits where that is faster. It has no optimizer: its gradients go to the model, and the model's weights come back."""

    def __init__(self, model: PreTrainedModel) -> None:
        self.copy = copy.deepcopy(model).to(COMPUTED).train()
        self.pairs = list(zip(self.copy.parameters(), model.parameters(), strict=True))

    def backward(self, loss_of, batch: Sequence) -> torch.Tensor:
        loss = loss_of(self.copy, batch)
        loss.backward()
        for ours, theirs in self.pairs:
            theirs.grad = None if ours.grad is None else ours.grad.float()
            ours.grad = None
        return loss

    def follow(self) -> None:
        with torch.no_grad():
            for ours, theirs in self.pairs:
                ours.copy_(theirs)


class Mean:
    """The running mean of a model's weights: each step it goes `1 - decay` of the way to them, more in the first steps (Polyak and Juditsky 1992)."""

    def __init__(self, model: PreTrainedModel, decay: float) -> None:
        self.decay = decay
        self.theirs = list(model.parameters())
        self.ours = [each.detach().clone() for each in self.theirs]

    def follow(self, done: int) -> None:
        """After step `done`, which begin at 1."""
        share = 1 - min(self.decay, done / (done + 9))
        with torch.no_grad():
            torch._foreach_lerp_(self.ours, self.theirs, share)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Meanwhile the model has these weights."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def _swap(self) -> None:
        for i, each in enumerate(self.theirs):
            self.ours[i], each.data = each.data, self.ours[i]


def averaged(states: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """The mean of the weights of models that started from the same ones and saw the same in other orders: often as good as their answers together
    (Wortsman et al. 2022, arXiv:2203.05482), but less sure where their heads were drawn apart. What is no float is the first's."""
    first = states[0]
    return {name: sum(state[name] for state in states) / len(states) if value.is_floating_point() else value for name, value in first.items()}
