"""The English sentiment checkpoint: all-MiniLM-L6-v2 with fewer pieces, taught by two models together.

    python -m recipes.minilm_sst2 --work /some/folder --out checkpoints/minilm-sst2

One teacher learns SST-2, the ends of whole reviews and comments that name an emotion, so that it knows more of English than film criticism. The
other learns SST-2 alone, and begins as the trunk (`trunk.py`), which has read reviews and books. They are wrong in other sentences. Two
students learn what both say of what they learned and of sentences that nobody has labelled, and the labels, with words as they will
ship. The mean of their weights is taught the same once more, for a while. Of each teacher the epoch is kept that is best on SST-2 dev; nothing else
is chosen by it. Each step resumes where it was interrupted.
"""

import itertools
import random
from dataclasses import replace
from operator import itemgetter

import torch
from tokenizers import Tokenizer
from transformers import BertForSequenceClassification

from . import origin, trunk
from .arguments import arguments
from .classification import accuracy, loss, predict, to_examples, with_teacher
from .copies import averaged
from .data import Data, sentences
from .export_onnx import few, write_checkpoint
from .held_back import unlike
from .keep import kept
from .packed import packed
from .train import Example, Plan, train
from .vocabulary import count_pieces, trim, trim_embeddings

LABELS = {"NEGATIVE": 0, "POSITIVE": 1}
NAMES = {"id2label": {i: name for name, i in LABELS.items()}, "label2id": LABELS}
PIECES = 15_000
WIDER = Plan(epochs=3, learning_rate=6e-5, seed=29, half=True)
READ = Plan(epochs=3, learning_rate=6e-5)
STUDENT = Plan(epochs=2, learning_rate=8e-5, half=True, mean=0.998)
STUDENTS = (23, 24)
"""Seeds. Both see the same, in other orders, and have heads of their own."""
AGAIN = Plan(epochs=1, learning_rate=5e-5, seed=31, half=True, mean=0.998)
AGAIN_EXAMPLES = 48_000
LONGEST, LONGEST_BROAD = 64, 80
UNLABELLED = 80_000
"""Sentences of reviews that the teachers label for the students."""
EMOTIONS = {
    "POSITIVE": {"admiration", "amusement", "approval", "caring", "excitement", "gratitude", "joy", "love", "optimism", "pride", "relief"},
    "NEGATIVE": {"anger", "annoyance", "disappointment", "disapproval", "disgust", "embarrassment", "fear", "grief", "nervousness", "remorse", "sadness"},
}
"""GoEmotions' classes as their authors group them (Demszky et al. 2020, arXiv:2005.00547) but for desire; the ambiguous ones are left out."""


def main() -> None:
    args = arguments(__doc__)
    data = Data(args.data)
    dev = data.rows("text-classification/sst2.dev")
    sst2 = unlike(data.rows("text-classification/sst2.train"), map(itemgetter("text"), dev), itemgetter("text"))
    reviews = [s for row in data.rows("text/imdb-unlabelled") for s in sentences(row["text"])]
    short = [{"text": s} for s in shuffled(reviews) if 15 <= len(s) <= 220][:UNLABELLED]
    broad = broad_rows(data)

    def shown(tokenizer: Tokenizer) -> list[Example]:
        """What the students read."""
        return [*examples_of(tokenizer, [*sst2, *short], LONGEST), *examples_of(tokenizer, broad, LONGEST_BROAD)]

    def says(model: BertForSequenceClassification, tokenizer: Tokenizer, rows: list[dict], plan: Plan, name: str) -> list[torch.Tensor]:
        """What a teacher that learns `rows` says of that: logits, [labels] each."""
        judged = examples_of(tokenizer, dev)
        train(model, examples_of(tokenizer, rows, LONGEST_BROAD), plan, args.work / f"{name}.pt", loss(), lambda: accuracy(model, judged))
        return kept(args.work / f"{name}-said.pt", lambda: predict(model, shown(tokenizer)))

    whole = origin.tokenizer()
    said = [
        says(origin.load(BertForSequenceClassification, **NAMES), whole, [*sst2, *broad], WIDER, "wider"),
        says(*trunk.start(BertForSequenceClassification, data, args.work.parent / trunk.FOLDER, **NAMES), sst2, READ, "read"),
    ]
    together = [sum(each) / len(said) for each in zip(*said, strict=True)]

    trimmed, pieces = trim_vocabulary(whole, sst2, reviews, data)
    examples, judged = with_teacher(shown(trimmed), together), examples_of(trimmed, dev)
    taught = loss(temperature=2.0, label_weight=0.5)
    states = []
    for seed in STUDENTS:
        model = origin.load(BertForSequenceClassification, seed, **NAMES)
        trim_embeddings(model, pieces)
        with packed(model):
            train(model, examples, replace(STUDENT, seed=seed), args.work / f"student-{seed}.pt", taught, None)
            print(f"student {seed}: {accuracy(model, judged):.4f}", flush=True)
        states.append(model.state_dict())
    model.load_state_dict(averaged(states))
    with packed(model):
        print(f"their mean: {accuracy(model, judged):.4f}", flush=True)
        train(model, random.Random(5).sample(examples, AGAIN_EXAMPLES), AGAIN, args.work / "again.pt", taught, None)
        print(f"dev: {accuracy(model, judged):.4f}")
    print(f"the fp32 graph is {write_checkpoint(model, trimmed, args.out, few(examples))}")


def trim_vocabulary(whole: Tokenizer, rows: list[dict], reviews: list[str], data: Data) -> tuple[Tokenizer, list[int]]:
    """Counts pieces in the sentences (three times over), the reviews and, at a quarter of the weight, in books."""
    counts = count_pieces(whole, itertools.chain((row["text"] for row in rows for _ in range(3)), reviews))
    books = count_pieces(whole, (row["text"][:30_000] for row in data.rows("text/books")))
    counts.update({piece: count // 4 for piece, count in books.items()})
    return trim(whole, counts, PIECES)


def broad_rows(data: Data) -> list[dict]:
    """The last two sentences of labelled reviews, where the verdict stands, and comments with an emotion of one sign."""
    rows = []
    for row in data.rows("text-classification/imdb.train"):
        ends = [s for s in sentences(row["text"]) if len(s) > 10][-2:]
        rows.append({"text": " ".join(ends), "label": row["label"]})
    for row in data.rows("zero-shot-classification/goemotions.train"):
        for label, emotions in EMOTIONS.items():
            if row["label"] in emotions:
                rows.append({"text": row["text"], "label": label})
    return rows


def shuffled(items: list[str]) -> list[str]:
    random.Random(17).shuffle(items)
    return items


def examples_of(tokenizer: Tokenizer, rows: list[dict], longest: int = 512) -> list[Example]:
    """Cut at `longest` tokens; a row without a label becomes an example without one."""
    labels = [LABELS[row["label"]] if "label" in row else None for row in rows]
    return to_examples(tokenizer, [row["text"] for row in rows], labels, longest)


if __name__ == "__main__":
    main()
