"""The English sentiment checkpoint: all-MiniLM-L6-v2, fine-tuned, then distilled into a trimmed vocabulary.

    python -m recipes.minilm_sst2 --work /some/folder --out checkpoints/minilm-sst2

Five steps: a teacher learns SST-2; its embeddings are trimmed; the trimmed model learns from the labels and from what the
teacher says of SST-2 and of 40,000 sentences of reviews; and it goes on with the ends of whole reviews and with comments
that name an emotion, so that it knows more of English than film criticism. At last it is taught by itself, as it was in floats, to do
with rows of 7 bits. Each step resumes where it was interrupted.
"""

import itertools
import random
from operator import itemgetter

import torch
from tokenizers import Tokenizer
from transformers import BertForSequenceClassification

from . import origin
from .arguments import arguments
from .classification import accuracy, loss, predict, to_examples, with_teacher
from .data import Data, sentences
from .export_onnx import few, write_checkpoint
from .held_back import unlike
from .packed import packed
from .seven_bits import seven_bits
from .train import Example, Plan, train
from .vocabulary import count_pieces, trim, trim_embeddings

LABELS = {"NEGATIVE": 0, "POSITIVE": 1}
PIECES = 15_000
TEACHER = Plan(epochs=3, learning_rate=6e-5)
STUDENT = Plan(epochs=2, learning_rate=6e-5)
BROAD = Plan(epochs=2, learning_rate=4e-5, seed=23)
ROUNDED = Plan(epochs=2, learning_rate=5e-5, seed=1, mean=0.998)
UNLABELLED = 40_000
"""Sentences of reviews that the teacher labels for the student."""
AFTER = 0.25
"""Share of the last step's weights in what ships; the others are those before it (Wortsman et al. 2022, arXiv:2109.01903)."""
SHOWN = {"sentences": 6_000, "broad": 5_000}
"""Of the reviews' sentences, and of their ends and the comments, in an epoch of the last step."""
EMOTIONS = {
    "POSITIVE": {"admiration", "amusement", "approval", "caring", "excitement", "gratitude", "joy", "love", "optimism", "pride", "relief"},
    "NEGATIVE": {"anger", "annoyance", "disappointment", "disapproval", "disgust", "embarrassment", "fear", "grief", "nervousness", "remorse", "sadness"},
}
"""GoEmotions' classes as their authors group them (Demszky et al. 2020, arXiv:2005.00547) but for desire; the ambiguous ones are left out."""


def main() -> None:
    args = arguments(__doc__)
    data = Data(args.data)
    whole = origin.tokenizer()
    model = origin.load(BertForSequenceClassification, id2label={i: name for name, i in LABELS.items()}, label2id=LABELS)

    dev = data.rows("text-classification/sst2.dev")
    sst2 = unlike(data.rows("text-classification/sst2.train"), (row["text"] for row in dev), itemgetter("text"))
    judged = examples_of(whole, dev)
    train(model, examples_of(whole, sst2), TEACHER, args.work / "teacher.pt", loss(), lambda: accuracy(model, judged))

    reviews = [s for row in data.rows("text/imdb-unlabelled") for s in sentences(row["text"])]
    trimmed, kept = trim_vocabulary(whole, sst2, reviews, data)
    short = [s for s in shuffled(reviews) if 15 <= len(s) <= 220][:UNLABELLED]
    unlabelled = sst2 + [{"text": s} for s in short]
    logits = predict(model, examples_of(whole, unlabelled, 64))
    trim_embeddings(model, kept)
    taught = with_teacher(examples_of(trimmed, unlabelled, 64), logits)
    judged = examples_of(trimmed, dev)
    train(model, taught, STUDENT, args.work / "student.pt", loss(temperature=2.0, label_weight=0.5), lambda: accuracy(model, judged))

    examples = examples_of(trimmed, sst2)
    examples = with_teacher(examples, predict(model, examples)) + examples_of(trimmed, broad_rows(data), 80)
    train(model, examples, BROAD, args.work / "broad.pt", loss(temperature=1.0, label_weight=0.7), lambda: accuracy(model, judged))

    kinds = ((sst2, 64), (unlabelled[len(sst2) :], 64), (broad_rows(data), 80))
    parts = [examples_of(trimmed, rows, longest) for rows, longest in kinds]
    phrases, told, broad = (with_teacher(part, predict(model, part)) for part in parts)

    def shown(chance: random.Random) -> list[Example]:
        return [*phrases, *chance.sample(told, SHOWN["sentences"]), *chance.sample(broad, SHOWN["broad"])]

    before = [each.detach().clone() for each in model.parameters()]
    with seven_bits(model), packed(model):
        train(model, shown, ROUNDED, args.work / "rounded.pt", loss(temperature=2.0, label_weight=0.5), None)
        with torch.no_grad():
            for each, old in zip(model.parameters(), before, strict=True):
                each.copy_(old.lerp(each, AFTER))
        print(f"dev, rows of 7 bits and words of 4: {accuracy(model, judged):.4f}")
    print(f"the fp32 graph is {write_checkpoint(model, trimmed, args.out, few(phrases))}")


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
