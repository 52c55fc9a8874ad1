"""Pairs of texts of which nobody has said whether one follows from the other, or what was said is not looked at (JOCI's), for teachers to say it.

Texts that people wrote or chose to be asked about are put together anew: two hypotheses of one premise, a premise and its hypothesis the
other way round, a premise and a hypothesis of another that is about much the same; beside them pairs that are alike, and JOCI's.
"""

import random
from collections.abc import Iterator, Sequence

import torch
from transformers import BertModel

from . import origin
from .data import Data
from .following import Pair
from .held_back import normal
from .train import Example, predictions

LONGEST = 400
"""Characters of both texts."""
LONGEST_READ = 80
"""Pieces of a text that is compared with others."""
NEAREST, NEAR = 8, 4
"""So many of the hypotheses that are nearest to a premise are looked at, and so many are put to it."""
SEED = 9


def pairs(data: Data, mnli: Sequence[dict], snli: Sequence[dict], joci: Sequence[dict], held_back: set[str]) -> list[Pair]:
    """In an order of chance. `mnli`, `snli` and `joci`: rows that may be learned from; no text of `held_back`, which are normal, is in any pair."""
    rng = random.Random(SEED)
    alike = [(row["a"], row["b"]) for name in ("msr-paraphrase.train", "stsb.train") for row in data.rows(f"feature-extraction/{name}")]
    kinds = (
        (others(mnli), 30_000),
        (others(snli), 16_000),
        ([(row["hypothesis"], row["premise"]) for row in [*mnli, *snli]], 22_000),
        (near(mnli, rng), 18_000),
        ([*alike, *((b, a) for a, b in alike)], 18_000),
        ([(row["premise"], row["hypothesis"]) for row in joci], 7_000),
    )
    result: list[Pair] = []
    for found, count in kinds:
        usable = [pair for pair in dict.fromkeys(found) if held_back.isdisjoint(map(normal, pair)) and sum(map(len, pair)) < LONGEST]
        result += rng.sample(usable, min(count, len(usable)))
    rng.shuffle(result)
    return result


def others(rows: Sequence[dict]) -> Iterator[Pair]:
    """A hypothesis and another one of the same premise."""
    of: dict[str, dict[str, None]] = {}
    for row in rows:
        of.setdefault(row["premise"], {})[row["hypothesis"]] = None
    return ((a, b) for hypotheses in of.values() for a in hypotheses for b in hypotheses if a != b)


def near(rows: Sequence[dict], rng: random.Random) -> list[Pair]:
    """A premise and hypotheses of other premises whose vectors, by all-MiniLM-L6-v2, are among those nearest to its own."""
    own: dict[str, set[str]] = {}
    for row in rows:
        own.setdefault(row["premise"], set()).add(row["hypothesis"])
    premises, hypotheses = list(own), list(dict.fromkeys(row["hypothesis"] for row in rows))
    places, wanted = vectors(hypotheses), vectors(premises)
    result = []
    for start in range(0, len(premises), 512):
        nearest = (wanted[start : start + 512] @ places.T).topk(NEAREST).indices.tolist()
        for premise, found in zip(premises[start : start + 512], nearest, strict=True):
            strange = [hypotheses[i] for i in found if hypotheses[i] not in own[premise]]
            result += [(premise, hypothesis) for hypothesis in rng.sample(strange, min(NEAR, len(strange)))]
    return result


def vectors(texts: Sequence[str]) -> torch.Tensor:
    """[texts, size], of length 1."""
    model = origin.load(BertModel, add_pooling_layer=False).eval()
    examples = [Example(e.ids[:LONGEST_READ]) for e in origin.tokenizer().encode_batch(list(texts))]
    return torch.stack(predictions(examples, lambda batch: list(origin.embed(model, batch))))
