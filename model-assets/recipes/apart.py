"""What follows from what, by a model that reads each of two texts alone, as all-MiniLM-L6-v2 has learned to read, and then compares them.

It is too large to ship, and no BERT. It is wrong elsewhere than a model that reads both texts as one, so that together they are better
than either.

Pieces of one text are aligned with those of the other (Parikh et al. 2016, arXiv:1606.01933), and beside what is found there the
vectors of both texts are compared as a whole (Reimers and Gurevych 2019, arXiv:1908.10084).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import BertModel

from . import following, origin
from .following import LABELS, Pair, label
from .train import Example, Plan, collate, predictions, train

LEARN = Plan(epochs=3, learning_rate=1e-4, batch=16)
"""A batch of 16 premises is some 48 pairs."""
HEAD, HEAD_RATE = ("seen", "asked", "compared", "judged"), 7.0
"""What is drawn anew, and how much faster than the encoder it learns."""
LONGEST = 80
FIXED = 3
"""Layers that stay as they are. What the last of them says is compared too, beside what the last of all does."""
COMPARED = 256
"""Units of a comparison."""


class Apart(nn.Module):
    def __init__(self, seed: int) -> None:
        super().__init__()
        self.encoder = origin.load(BertModel, seed)
        for part in (self.encoder.embeddings, self.encoder.encoder.layer[:FIXED]):
            part.requires_grad_(False)
        width = self.encoder.config.hidden_size
        self.seen = nn.Sequential(nn.Dropout(0.2), nn.Linear(2 * width, COMPARED), nn.GELU())
        self.asked = nn.Linear(COMPARED, COMPARED)
        self.compared = nn.Sequential(nn.Dropout(0.2), nn.Linear(4 * COMPARED, COMPARED), nn.GELU())
        found = 4 * COMPARED + 4 * width
        self.judged = nn.Sequential(
            nn.LayerNorm(found), nn.Dropout(0.3), nn.Linear(found, COMPARED), nn.GELU(), nn.Dropout(0.3), nn.Linear(COMPARED, len(LABELS)),
        )

    def forward(self, premises: Sequence[Example], of: Sequence[int], hypotheses: Sequence[Example]) -> torch.Tensor:
        """Logits [hypotheses, labels]. `of` says which of the premises, each of which is read once, a hypothesis belongs to."""
        a, a_mask = (each[list(of)] for each in self._read(premises))
        b, b_mask = self._read(hypotheses)
        u, v = (_whole(states[..., : states.shape[-1] // 2], mask) for states, mask in ((a, a_mask), (b, b_mask)))
        a, b = self.seen(a), self.seen(b)
        scores = self.asked(a) @ self.asked(b).transpose(1, 2) / COMPARED**0.5
        parts = [*self._compare(a, b, scores, a_mask, b_mask), *self._compare(b, a, scores.transpose(1, 2), b_mask, a_mask)]
        return self.judged(torch.cat([*parts, u, v, (u - v).abs(), u * v], -1))

    def _read(self, texts: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor]:
        """What the last layer and the last fixed one say of each piece, [texts, pieces, 2 * width], and which pieces there are."""
        fed = collate(texts)
        states = self.encoder(**fed, output_hidden_states=True).hidden_states
        return torch.cat([states[-1], states[FIXED]], -1), fed["attention_mask"].float()

    def _compare(self, ours: torch.Tensor, theirs: torch.Tensor, scores: torch.Tensor, mask: torch.Tensor, other: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Each piece of a text with what it is aligned with in the other one: the mean and the greatest of what is found, [texts, units]."""
        aligned = scores.masked_fill(other[:, None] == 0, -1e4).softmax(-1) @ theirs
        found = self.compared(torch.cat([ours, aligned, ours - aligned, ours * aligned], -1))
        return _mean(found, mask), found.masked_fill(mask[..., None] == 0, -1e4).amax(1)


def _mean(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)


def _whole(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The vector of a text as the encoder was trained to give it, but as long as other states are."""
    return functional.normalize(_mean(states, mask), dim=-1) * states.shape[-1] ** 0.5


def taught(rows: Sequence[dict], seed: int, state: Path) -> Apart:
    """By rows with one of the three labels."""
    model = Apart(seed)
    examples = to_examples(following.pairs(rows), [label(row) for row in rows])
    train(model, examples, replace(LEARN, seed=seed), state, loss_of, None, faster=dict.fromkeys(HEAD, HEAD_RATE))
    return model


def say(model: Apart, pairs: Sequence[Pair]) -> torch.Tensor:
    """Probabilities, [pairs, labels]."""
    model.eval()
    premises = to_examples(pairs, range(len(pairs)))
    of = predictions(premises, lambda batch: ask(model, batch).float().softmax(-1).split([len(premise.target) for premise in batch]), size=24)
    result = torch.zeros(len(pairs), len(LABELS))
    result[targets_of(premises)] = torch.cat(of)
    return result


def to_examples(pairs: Sequence[Pair], targets: Sequence[Any]) -> list[Example]:
    """Premises, each with the hypotheses that it has in `pairs`: pairs of an example and what of `targets` is theirs."""
    asked: dict[str, list[tuple[str, Any]]] = {}
    for (premise, hypothesis), target in zip(pairs, targets, strict=True):
        asked.setdefault(premise, []).append((hypothesis, target))
    tokenizer = origin.tokenizer()

    def read(texts: Iterable[str]) -> list[Example]:
        return [Example(e.ids[:LONGEST]) for e in tokenizer.encode_batch(list(texts))]

    hypotheses = iter(read(hypothesis for of in asked.values() for hypothesis, _ in of))
    return [premise._replace(target=[(next(hypotheses), target) for _, target in of]) for premise, of in zip(read(asked), asked.values(), strict=True)]


def ask(model: Apart, premises: Sequence[Example]) -> torch.Tensor:
    """Logits of all hypotheses of all premises, in their order: [hypotheses, labels]."""
    of = [i for i, premise in enumerate(premises) for _ in premise.target]
    return model(premises, of, [hypothesis for premise in premises for hypothesis, _ in premise.target])


def targets_of(premises: Sequence[Example]) -> torch.Tensor:
    return torch.tensor([target for premise in premises for _, target in premise.target])


def loss_of(model: Apart, batch: Sequence[Example]) -> torch.Tensor:
    return functional.cross_entropy(ask(model, batch).float(), targets_of(batch))
