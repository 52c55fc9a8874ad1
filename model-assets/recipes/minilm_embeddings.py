"""The embedding checkpoint: all-MiniLM-L6-v2 with a trimmed vocabulary, taught by itself and tuned on sentence pairs.

    python -m recipes.minilm_embeddings --work /some/folder --out checkpoints/minilm-embeddings

Four layers and 12,000 pieces stay of it; then the model learns to place 60,000 sentences of many kinds where the whole one places
them, and, in every fifth step or so, to give pairs of STS-B the similarity that people gave them. Resumes where it was interrupted.
"""

import itertools
import random
from collections.abc import Sequence
from typing import NamedTuple

import torch
from scipy.stats import spearmanr
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import BertModel

from . import origin
from .arguments import arguments
from .data import Data, sentences
from .export_onnx import few, write_checkpoint, write_modules
from .held_back import normal
from .train import Example, Loss, Plan, train
from .vocabulary import count_pieces, trim, trim_embeddings

PIECES = 12_000
LAYERS = (0, 1, 3, 5)
"""Of the six of the whole model."""
SENTENCES = 60_000
BATCH = 64
SEED = 29
PLAN = Plan(epochs=1, learning_rate=8e-5, batch=BATCH, seed=SEED)
PAIRS_SHARE = 0.2
"""Of the steps, in which pairs are shown too."""
PAIRS_WEIGHT = 4.0
LONGEST = 96


class Pair(NamedTuple):
    a: Example
    b: Example
    likeness: float
    """From 0 to 1."""


def main() -> None:
    args = arguments(__doc__)
    data = Data(args.data)
    whole = origin.tokenizer()
    teacher = origin.load(BertModel, add_pooling_layer=False)
    dev = data.rows("feature-extraction/stsb.dev")
    print(f"teacher: {similarity(teacher, whole, dev):.4f}", flush=True)

    held_back = {normal(row[side]) for row in dev for side in "ab"}
    texts = corpus(data, held_back)
    rows = taught(data.rows("feature-extraction/stsb.train"), held_back)
    books = (row["text"][:10_000] for row in data.rows("text/books"))
    counts = count_pieces(whole, itertools.chain(texts, texts, books))
    trimmed, kept = trim(whole, counts, PIECES)
    student = origin.load(BertModel, add_pooling_layer=False)
    trim_embeddings(student, kept)
    origin.keep_layers(student, LAYERS)
    print(f"trimmed only: {similarity(student, trimmed, dev):.4f}", flush=True)

    examples = [own._replace(target=theirs) for own, theirs in zip(encoded(trimmed, texts), encoded(whole, texts), strict=True)]
    a, b = (encoded(trimmed, [row[side] for row in rows]) for side in "ab")
    pairs = [Pair(*sides, row["score"] / 5) for *sides, row in zip(a, b, rows, strict=True)]
    train(student, examples, PLAN, args.work / "embeddings.pt", loss(teacher, pairs), lambda: similarity(student, trimmed, dev))
    print(f"student: {similarity(student, trimmed, dev):.4f}")
    print(f"the fp32 graph is {write_checkpoint(student, trimmed, args.out, few(examples))}")
    write_modules(args.out, student.config.hidden_size)


def taught(rows: Sequence[dict], held_back: set[str]) -> list[dict]:
    """The pairs without any sentence that is kept back."""
    return [row for row in rows if held_back.isdisjoint({normal(row["a"]), normal(row["b"])})]


def corpus(data: Data, held_back: set[str]) -> list[str]:
    """Questions, captions, comments, requests, encyclopedia and prose, a sample of each, in an order of chance. Sentences of the
    development set, some of which stand in other sets too, are left out."""
    rng = random.Random(SEED)

    def some(texts, count: int) -> list[str]:
        found = sorted({text for text in texts if 10 <= len(text) <= 300 and normal(text) not in held_back})
        return rng.sample(found, min(count, len(found)))

    def of(name: str, *keys: str):
        return (row[key] for row in data.rows(name) for key in keys)

    def prose(name: str, characters: int):
        return (s for row in data.rows(name) for s in sentences(row["text"][:characters]))

    result = [
        *some(of("feature-extraction/stsb.train", "a", "b"), 12_000),
        *some(of("natural-language-inference/snli-dev", "premise", "hypothesis"), 12_000),
        *some(of("question-answering/squad11-dev", "question"), 8_000),
        *some(of("question-answering/qamr", "context", "question"), 20_000),
        *some((" ".join(row["words"]) for row in data.rows("token-classification/wikiann-en.train")), 12_000),
        *some(of("zero-shot-classification/clinc150.train", "text"), 8_000),
        *some(of("zero-shot-classification/banking77.train", "text"), 5_000),
        *some(of("zero-shot-classification/goemotions.train", "text"), 13_000),
        *some(prose("text/imdb-unlabelled", 2_000), 15_000),
        *some(prose("text/books", 20_000), 15_000),
    ]
    rng.shuffle(result)
    return result[:SENTENCES]


def encoded(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Example]:
    return [Example(e.ids[:LONGEST]) for e in tokenizer.encode_batch(list(texts))]


def similarity(model: BertModel, tokenizer: Tokenizer, rows: list[dict]) -> float:
    """Spearman's rank correlation of the cosines with what people said."""
    model.eval()
    cosines = []
    with torch.no_grad():
        for start in range(0, len(rows), 100):
            part = rows[start : start + 100]
            a, b = (origin.embed(model, encoded(tokenizer, [row[side] for row in part])) for side in "ab")
            cosines += (a * b).sum(-1).tolist()
    return float(spearmanr(cosines, [row["score"] for row in rows]).statistic)


def loss(teacher: BertModel, pairs: Sequence[Pair]) -> Loss:
    """Sentences go where the teacher places them, and in a share of the steps drawn pairs get the similarity that people gave them.
    The target of an example is the sentence in the teacher's pieces."""
    teacher.eval()

    def loss_of(model: BertModel, batch: Sequence[Example]) -> torch.Tensor:
        with torch.no_grad():
            goal = origin.embed(teacher, [example.target for example in batch])
        lost = (1 - (origin.embed(model, batch) * goal).sum(-1)).mean()
        if torch.rand(()) >= PAIRS_SHARE:
            return lost
        a, b, wanted = zip(*(pairs[i] for i in torch.randperm(len(pairs))[:BATCH]), strict=True)
        return lost + PAIRS_WEIGHT * functional.mse_loss((origin.embed(model, a) * origin.embed(model, b)).sum(-1), torch.tensor(wanted))

    return loss_of


if __name__ == "__main__":
    main()
