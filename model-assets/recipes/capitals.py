"""A model that tags entities and teaches the one that ships: all layers and all uncased pieces as they were, and how a word is
written told beside each of its pieces, as its segment. No row of its vocabulary had to be found anew, so what it is wrong in is again
not what the others are wrong in.
"""

import random
from pathlib import Path

import torch
from tokenizers import Encoding
from transformers import BertForTokenClassification

from . import origin, tagging
from .taught import Teacher
from .train import Example, Plan, train

SMALL, CAPITAL, CAPITALS, MIXED, NUMBER = range(5)
"""How a word is written: "the" (and what is neither letter nor digit), "Paris", "NATO", "iPhone", "1984"."""
LENGTH = 0.5
"""Of the direction that each but the first begins with, in mean lengths of a word's row."""
LEARN = Plan(epochs=4, learning_rate=2e-4, seed=31, mean=0.998)


def teacher(rows: list[dict], share: float, tags: dict[str, int], work: Path) -> Teacher:
    """Learns rows in which `share` of the names give way to others in each epoch."""
    uncased = origin.tokenizer()
    model = origin.load(BertForTokenClassification, LEARN.seed, id2label={i: tag for tag, i in tags.items()}, label2id=tags)
    tell_letters(model)

    def shown(rng: random.Random) -> list[Example]:
        drawn = tagging.with_others(rows, share, rng)
        texts = [" ".join(row["words"]) for row in drawn]
        examples = tagging.to_examples(uncased, drawn, tags, longest=128)
        read = zip(examples, uncased.encode_batch(texts), texts, strict=True)
        return [e._replace(types=letters(encoding, text)[: len(e.ids)]) for e, encoding, text in read]

    train(model, shown, LEARN, work / "capitals.pt", tagging.loss_of, None)
    return Teacher(model, uncased, letters)


def tell_letters(model: BertForTokenClassification) -> None:
    """Gives the model a segment for each way of writing. It begins as the first of its own, and each but the small letters with a direction of chance."""
    embeddings = model.bert.embeddings
    first = embeddings.token_type_embeddings.weight.data[0]
    length = LENGTH * embeddings.word_embeddings.weight.data.norm(dim=-1).mean()
    segments = torch.nn.Embedding(NUMBER + 1, len(first))
    for kind in range(NUMBER + 1):
        direction = torch.randn(len(first))
        segments.weight.data[kind] = first if kind == SMALL else first + length * direction / direction.norm()
    embeddings.token_type_embeddings = segments
    model.config.type_vocab_size = NUMBER + 1


def letters(encoding: Encoding, text: str) -> list[int]:
    """For each piece of a text how its whole word is written; special tokens count as small."""
    ends: dict[int, tuple[int, int]] = {}
    for word, (start, end) in zip(encoding.word_ids, encoding.offsets, strict=True):
        if word is not None:
            ends[word] = (ends.get(word, (start, end))[0], end)
    return [SMALL if word is None else written(text[slice(*ends[word])]) for word in encoding.word_ids]


def written(word: str) -> int:
    capitals = [c.isupper() for c in word if c.isalpha()]
    if not capitals:
        return NUMBER if any(c.isdigit() for c in word) else SMALL
    if len(capitals) > 1 and all(capitals):
        return CAPITALS
    if word[0].isupper():
        return CAPITAL
    return MIXED if any(capitals) else SMALL
