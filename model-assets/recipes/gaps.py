"""Passages without labels, and the sentence of each that stands for the rest: what PEGASUS (Zhang et al. 2020, arXiv:1912.08777) is
pre-trained on, with the sentence chosen by what a sentence encoder makes of it instead of by its words."""

import random
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import BertModel

from . import origin
from .data import sentences
from .precision import COMPUTED
from .wholes import is_whole

LEAST, MOST = 500, 1_100
"""Characters of a passage."""
SHORTEST, LONGEST = 40, 260
"""Characters of a sentence that may stand for others."""
HIDDEN = 0.25
"""Share of the passages that the sentence is taken out of: the others show that it may be copied."""


def passages(texts: Sequence[str], count: int, rng: random.Random) -> list[list[str]]:
    """Sentences in a row, from places drawn by chance."""
    result: list[list[str]] = []
    while len(result) < count:
        text = rng.choice(texts)
        start = rng.randrange(max(1, len(text) - MOST))
        # The first sentence is cut: it does not count.
        found = list(sentences(text[start : start + MOST]))[1 if start else 0 : -1]
        if sum(map(len, found)) >= LEAST and len(found) >= 4:
            result.append(found)
    return result


def chosen(rows: Sequence[Sequence[str]], path: Path) -> list[int]:
    """Of each row of sentences that whose vector is nearest to the sum of the others'; -1 where none is whole and of a length for it. Kept in a file."""
    if not path.exists():
        flat = [sentence for row in rows for sentence in row]
        vectors = _vectors(flat).split([len(row) for row in rows])
        torch.save([_nearest(row, of) for row, of in zip(rows, vectors, strict=True)], path)
    return torch.load(path)


def pairs(rows: Sequence[Sequence[str]], places: Sequence[int], rng: random.Random) -> list[tuple[str, str]]:
    """What is read and what is written."""
    result = []
    for row, place in zip(rows, places, strict=True):
        if place >= 0:
            hidden = rng.random() < HIDDEN
            result.append((" ".join(s for i, s in enumerate(row) if i != place or not hidden), row[place]))
    return result


def _nearest(row: Sequence[str], vectors: torch.Tensor) -> int:
    others = torch.nn.functional.normalize(vectors.sum(0) - vectors, dim=-1)
    scores = (vectors * others).sum(-1)
    fit = torch.tensor([SHORTEST <= len(sentence) <= LONGEST and is_whole(sentence) for sentence in row])
    return int(scores.masked_fill(~fit, -1).argmax()) if fit.any() else -1


def _vectors(texts: Sequence[str], size: int = 128) -> torch.Tensor:
    """Means of all-MiniLM-L6-v2's last states, [texts, 384], of length 1."""
    tokenizer = origin.tokenizer()
    tokenizer.enable_truncation(64)
    model = origin.load(BertModel).to(COMPUTED).eval()
    ids = [e.ids for e in tokenizer.encode_batch(list(texts))]
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    result = torch.zeros(len(ids), model.config.hidden_size)
    with torch.no_grad():
        for start in range(0, len(order), size):
            part = order[start : start + size]
            longest = max(len(ids[i]) for i in part)
            read = torch.tensor([ids[i] + [0] * (longest - len(ids[i])) for i in part])
            mask = torch.tensor([[1] * len(ids[i]) + [0] * (longest - len(ids[i])) for i in part])
            states = model(read, mask).last_hidden_state.float() * mask[:, :, None]
            result[part] = torch.nn.functional.normalize(states.sum(1), dim=-1)
    return result
