"""Tagging words: examples, the loss, and the F1 of entities (exact spans and types, as the CoNLL 2003 script counts them)."""

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
    logits = model(**collate(batch)).logits.float()
    goal = torch.full(logits.shape[:2], NONE)
    for row, example in enumerate(batch):
        goal[row, : len(example.target)] = torch.tensor(example.target)
    return functional.cross_entropy(logits.flatten(0, 1), goal.flatten(), ignore_index=NONE)


def entity_f1(model: PreTrainedModel, examples: Sequence[Example], names: dict[int, str]) -> float:
    """Over the pieces: an entity is found where its first and last piece and its type are."""
    model.eval()
    found = predictions(examples, lambda batch: list(model(**collate(batch)).logits.argmax(-1)))
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
