"""Tagging words: examples, the loss, and the F1 of entities (exact spans and types, as the CoNLL 2003 script counts them)."""

import random
from collections.abc import Sequence

import torch
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import PreTrainedModel

from .train import Example, collate, predictions

NONE = -100
"""Tag of what does not count: special tokens."""


def to_examples(tokenizer: Tokenizer, rows: Sequence[dict], tags: dict[str, int], longest: int = 256) -> list[Example]:
    """The words of each row joined by spaces, as a text comes to the service. All pieces of a word are taught, those after the first
    as what goes on, for the service's default groups pieces without asking which belong to a word."""
    result = []
    for row, encoding in zip(rows, tokenizer.encode_batch([" ".join(row["words"]) for row in rows]), strict=True):
        of, starts, at = [], set(), 0
        for word, tag in zip(row["words"], row["tags"], strict=True):
            starts.add(at)
            of += [tag] * (len(word) + 1)
            at += len(word) + 1
        target = [
            NONE if special else tags[of[start] if start in starts else of[start].replace("B-", "I-")]
            for special, (start, _) in zip(encoding.special_tokens_mask, encoding.offsets, strict=True)
        ]
        result.append(Example(encoding.ids[:longest], target[:longest]))
    return result


def loss_of(model: PreTrainedModel, batch: Sequence[Example]) -> torch.Tensor:
    """Cross-entropy, per piece that counts. A target is tags, or what a teacher says: probabilities, [pieces, tags], all 0 where none counts."""
    logits = model(**collate(batch)).logits.float()
    goal = torch.zeros_like(logits)
    for row, example in enumerate(batch):
        goal[row, : len(example.ids)] = example.target if isinstance(example.target, torch.Tensor) else one_hot(example.target, logits.shape[-1])
    return -(goal * functional.log_softmax(logits, -1)).sum() / goal.sum()


def one_hot(tags: Sequence[int], size: int) -> torch.Tensor:
    told = torch.tensor(tags)
    return functional.one_hot(told.clamp(min=0), size) * (told != NONE)[:, None]


def taught_by(teacher: PreTrainedModel, tokenizer: Tokenizer, texts: Sequence[str], longest: int = 96) -> list[Example]:
    """Texts without tags, with what a teacher of the same pieces says of each piece."""
    read = [e for e in tokenizer.encode_batch(list(texts)) if len(e.ids) <= longest]
    examples = [Example(e.ids) for e in read]
    said = predictions(examples, lambda batch: list(teacher(**collate(batch)).logits.float().softmax(-1)))
    counted = [torch.tensor(e.special_tokens_mask)[:, None] == 0 for e in read]
    return [Example(e.ids, (of[: len(e.ids)] * counts).half()) for e, of, counts in zip(examples, said, counted, strict=True)]


def with_others(rows: Sequence[dict], share: float, rng: random.Random) -> list[dict]:
    """The rows, where a share of the mentions gives way to another of its type out of any row: a name says less, what is around it more."""
    mentions: dict[str, list[list[str]]] = {}
    for row in rows:
        for start, end, kind in sorted(spans(row["tags"])):
            mentions.setdefault(kind, []).append(row["words"][start:end])
    result = []
    for row in rows:
        words, tags, at = [], [], 0
        for start, end, kind in sorted(spans(row["tags"])):
            other = rng.choice(mentions[kind]) if rng.random() < share else row["words"][start:end]
            words += [*row["words"][at:start], *other]
            tags += [*row["tags"][at:start], f"B-{kind}", *[f"I-{kind}"] * (len(other) - 1)]
            at = end
        result.append({"words": words + row["words"][at:], "tags": tags + row["tags"][at:]})
    return result


def entity_f1(model: PreTrainedModel, examples: Sequence[Example], names: dict[int, str]) -> float:
    """What a model's likeliest tags are worth, as `f1_of` counts."""
    model.eval()
    return f1_of(predictions(examples, lambda batch: list(model(**collate(batch)).logits.argmax(-1))), examples, names)


def f1_of(found: Sequence[Sequence[int]], examples: Sequence[Example], names: dict[int, str]) -> float:
    """Over the pieces: an entity is found where its first and last piece and its type are. `found`: a tag for each piece."""
    right = said = true = 0
    for best, example in zip(found, examples, strict=True):
        counted = [i for i, tag in enumerate(example.target) if tag != NONE]
        a = spans([names[int(best[i])] for i in counted])
        b = spans([names[example.target[i]] for i in counted])
        right, said, true = right + len(a & b), said + len(a), true + len(b)
    return 2 * right / (said + true) if said + true else 0.0


def spans(tags: Sequence[str]) -> set[tuple[int, int, str]]:
    """Entities of a row as (first piece, piece after the last, type); an I- after another type begins an entity too."""
    result, start, kind = set(), 0, ""
    for i, tag in enumerate([*tags, "O"]):
        goes_on = tag.startswith("I-") and tag[2:] == kind
        if kind and not goes_on:
            result.add((start, i, kind))
            kind = ""
        if tag != "O" and not goes_on:
            start, kind = i, tag[2:]
    return result
