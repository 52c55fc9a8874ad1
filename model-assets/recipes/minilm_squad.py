"""The question-answering checkpoint: all-MiniLM-L6-v2 with a trimmed vocabulary, taught to find answers.

    python -m recipes.minilm_squad --work /some/folder --out checkpoints/minilm-squad

First QAMR, whose sentences are put among others so that the right one must be found, and FairytaleQA; then the articles of SQuAD
that are not kept back, with some of the first beside them. A third step, with the embeddings as they are, sees those articles again with
another of the answers that people gave, more of the first, and questions about people that differ in a word (`facts.py`); a short last
one more of these, and some of the others. Each step resumes where it was interrupted.
"""

import itertools
import random
from typing import NamedTuple

from transformers import BertForQuestionAnswering

from . import facts, origin, spans
from .arguments import arguments
from .data import Data
from .export_onnx import few, write_checkpoint
from .held_back import ARTICLES
from .minilm_ner import known
from .train import Plan, train
from .vocabulary import count_pieces, trim, trim_embeddings

PIECES = 11_000
FIRST = Plan(epochs=1, learning_rate=1.5e-4, batch=48, half=True)
SECOND = Plan(epochs=1, learning_rate=1.2e-4, batch=32, seed=19, half=True)
THIRD = Plan(epochs=1, learning_rate=7e-5, batch=32, seed=67, mean=0.995)
LAST = Plan(epochs=1, learning_rate=4e-5, batch=32, seed=79, mean=0.98)
REPEATED = 1_000
"""Rows of the first step that the second one sees again."""


class Mixture(NamedTuple):
    """Rows of SQuAD, of the first step, and such as are made."""

    squad: int
    first: int
    facts: int


AGAIN = {THIRD: Mixture(7_053, 4_000, 2_000), LAST: Mixture(1_000, 500, 3_000)}


def main() -> None:
    args = arguments(__doc__)
    data = Data(args.data)
    rng = random.Random(17)
    qamr = among_others(data.rows("question-answering/qamr"), rng)
    first = [*qamr, *(row for row in data.rows("question-answering/fairytaleqa") if row["answers"])]
    squad = data.rows("question-answering/squad11-dev")
    taught = [row for row in squad if row["title"] not in ARTICLES]
    dev = [row for row in squad if row["title"] in ARTICLES]

    whole = origin.tokenizer()
    books = (row["text"][5_000:15_000] for row in data.rows("text/books"))
    contexts = itertools.chain.from_iterable({row["context"] for row in rows} for rows in (first, taught, taught))
    counts = count_pieces(whole, itertools.chain(contexts, (row["question"] for row in [*first, *taught]), books))
    trimmed, kept = trim(whole, counts, PIECES)
    model = origin.load(BertForQuestionAnswering)
    trim_embeddings(model, kept)

    judged = spans.to_examples(trimmed, dev)
    train(model, spans.to_examples(trimmed, first), FIRST, args.work / "first.pt", spans.loss_of, lambda: spans.f1(model, judged))
    second = spans.to_examples(trimmed, [*taught, *rng.sample(first, REPEATED)])
    train(model, second, SECOND, args.work / "second.pt", spans.loss_of, lambda: spans.f1(model, judged))
    model.bert.embeddings.requires_grad_(False)
    others = sorted({plain(row["context"]) for row in data.rows("question-answering/qamr")})
    for name, (plan, mixture) in zip(("third", "last"), AGAIN.items(), strict=True):
        again = [{**row, "answers": [rng.choice(row["answers"])]} for row in rng.sample(taught, mixture.squad)]
        rows = [*again, *facts.facts(mentions(data), mixture.facts, others, rng), *rng.sample(first, mixture.first)]
        train(model, spans.to_examples(trimmed, rows), plan, args.work / f"{name}.pt", spans.loss_of, lambda: spans.f1(model, judged))
    print(f"kept back, fp32 weights run in bf16: F1 {spans.f1(model, judged):.4f}")
    # Contexts are long: see "Attention in int8" of shared/runtime/engine/README.md.
    model.config.int8_attention = True
    print(f"the fp32 graph is {write_checkpoint(model, trimmed, args.out, spans.to_examples(trimmed, few(taught)), least=1024)}")


def mentions(data: Data) -> dict[str, list[str]]:
    """Names of people, organizations and places."""
    return facts.mentions([known(row) for name in ("wikigold", "wnut17.train") for row in data.rows(f"token-classification/{name}")])


def among_others(rows: list[dict], rng: random.Random) -> list[dict]:
    """QAMR asks about single sentences: two thirds of them get one to four others around them. The text loses its spaces before punctuation."""
    others = sorted({plain(row["context"]) for row in rows})
    result = []
    for row in rows:
        context, answer = row["context"], row["answers"][0]
        before, text = plain(context[: answer["start"]]), plain(answer["text"])
        around = rng.sample(others, rng.randint(1, 4)) if rng.random() < 2 / 3 else []
        place = rng.randint(0, len(around))
        lead = "".join(f"{other} " for other in around[:place])
        context = lead + plain(context) + "".join(f" {other}" for other in around[place:])
        start = context.find(text, max(0, len(lead) + len(before) - 1))
        if text and start >= 0:
            result.append({"question": row["question"], "context": context, "answers": [{"text": text, "start": start}]})
    return result


def plain(text: str) -> str:
    for mark in (" ,", " .", " ;", " :", " ?", " !", " 's", " )", " %"):
        text = text.replace(mark, mark[1:])
    return text.replace("( ", "(").strip()


if __name__ == "__main__":
    main()
