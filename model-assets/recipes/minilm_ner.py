"""The entity checkpoint: all-MiniLM-L6-v2 with a cased vocabulary and one layer less, taught to tag people, organizations and places.

    python -m recipes.minilm_ner --work /some/folder --out checkpoints/minilm-ner

A first model learns WikiANN, Wikigold and WNUT-17, and tells what it finds in sentences without tags; a second learns both. A third goes on
from the second, with embeddings as they will ship: it learns what the second and another of six layers say together of more
sentences, of names cut from them, and of the tagged sentences with other names. A fourth goes on from the third, and learns the same of
these two and one more, which reads all uncased pieces. A fifth goes on from the fourth, which is a teacher now in the second's place: it
reads other names and fragments, and its pieces of a word learn to agree. What it says of the first of them it then teaches to those after.
Each step resumes where it was interrupted.
"""

import copy
import itertools
import random

import torch
from tokenizers import Tokenizer
from transformers import BertForTokenClassification

from . import capitals, origin, six_layers, tagging, taught, together
from .arguments import arguments
from .cased import choose, count_spellings, start_embeddings
from .data import Data, sentences
from .export_onnx import few, write_checkpoint
from .held_back import unlike
from .keep import kept
from .packed import packed
from .taught import Teacher
from .train import Example, Plan, train

TAGS = {tag: i for i, tag in enumerate(["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"])}
NAMES = {i: tag for tag, i in TAGS.items()}
KNOWN = {"PER": "PER", "ORG": "ORG", "LOC": "LOC", "person": "PER", "corporation": "ORG", "group": "ORG", "location": "LOC"}
"""Types of Wikigold and WNUT-17, and what WikiANN calls them; others are not told."""
PIECES = 18_000
LAYERS = (0, 1, 2, 3, 4)
LABELLED = 3
"""How often the labelled words count, where pieces are chosen."""
OTHERS = 0.4
"""Share of the mentions that give way to others."""
FIRST = Plan(epochs=5, learning_rate=2e-4, half=True, mean=0.998)
SECOND = Plan(epochs=5, learning_rate=2e-4, half=True, mean=0.998, seed=19)
THIRD = Plan(epochs=2, learning_rate=1.5e-4, mean=0.998, seed=29)
FOURTH = Plan(epochs=2, learning_rate=1.5e-4, mean=0.998, seed=41)
FIFTH = Plan(epochs=2, learning_rate=1.5e-4, mean=0.998, seed=61)
AGREEMENT = 0.7
LAST = Plan(epochs=1, learning_rate=5e-5, mean=0.99, seed=73)
LAST_EXAMPLES = 4_160
PROSE = {"encyclopedia": 16_000, "books": 4_000}
"""Sentences without tags, at most."""


def main() -> None:
    args = arguments(__doc__)
    data = Data(args.data)
    torch.set_num_threads(1)
    dev = data.rows("token-classification/wikiann-en.dev")
    # WikiANN's sets share sentences.
    rows = unlike(data.rows("token-classification/wikiann-en.train"), map(text_of, dev), text_of)
    gold = [known(row) for row in data.rows("token-classification/wikigold")]
    tweets = [known(row) for row in data.rows("token-classification/wnut17.train")]
    six = six_layers.teacher(data, [*rows, *gold], TAGS, args.work)
    rows = [*rows, *gold, *tweets]
    texts = prose(data)
    labelled = [text_of(row) for row in rows]
    uncased = origin.tokenizer()
    cased = choose(count_spellings(uncased, itertools.chain(*[labelled] * LABELLED, texts)), PIECES)
    judged = tagging.to_examples(cased, dev, TAGS)

    def shown(rng: random.Random) -> list[Example]:
        return tagging.to_examples(cased, tagging.with_others(rows, OTHERS, rng), TAGS)

    first = new_model(uncased, cased, seed=17)
    train(first, shown, FIRST, args.work / "first.pt", tagging.loss_of, lambda: tagging.entity_f1(first, judged, NAMES))
    found = kept(args.work / "found.pt", lambda: tagging.taught_by(first, cased, texts))
    model = new_model(uncased, cased, seed=19)
    train(model, lambda rng: [*shown(rng), *found], SECOND, args.work / "second.pt", tagging.loss_of, lambda: tagging.entity_f1(model, judged, NAMES))

    def go_on(plan: Plan, teachers: list[Teacher], agreement: float, name: str) -> together.Said:
        """Learns what the teachers say together, with embeddings as they will ship."""
        said = kept(args.work / f"{name}-said.pt", lambda: together.examples(data, rows, OTHERS, TAGS, teachers, cased, plan.seed))
        with packed(model):
            train(model, together.shown(said), plan, args.work / f"{name}.pt", taught.loss_of(agreement), None)
        return said

    second = Teacher(copy.deepcopy(model), cased)
    go_on(THIRD, [second, six], 0.0, "third")
    uncased_teacher = capitals.teacher(rows, OTHERS, TAGS, args.work)
    go_on(FOURTH, [second, six, uncased_teacher], 0.0, "fourth")
    said = go_on(FIFTH, [Teacher(copy.deepcopy(model), cased), six, uncased_teacher], AGREEMENT, "fifth")
    before = copy.deepcopy(model)
    with packed(model), packed(before):
        last = random.Random(LAST.seed).sample([*said.draws[0], *said.always], LAST_EXAMPLES)
        train(model, last, LAST, args.work / "last.pt", taught.loss_of_itself(before), None)
        print(f"dev: F1 {tagging.entity_f1(model, judged, NAMES):.4f}")
    print(f"the fp32 graph is {write_checkpoint(model, cased, args.out, tagging.to_examples(cased, few(rows), TAGS))}")


def new_model(uncased: Tokenizer, cased: Tokenizer, seed: int) -> BertForTokenClassification:
    model = origin.load(BertForTokenClassification, seed, id2label=NAMES, label2id=TAGS)
    start_embeddings(model, uncased, cased, seed)
    origin.keep_layers(model, LAYERS)
    return model


def text_of(row: dict) -> str:
    return " ".join(row["words"])


def known(row: dict) -> dict:
    """A row's tags as B- and I- of the three types. An I- after O or another type begins an entity."""
    tags, before = [], "O"
    for tag in row["tags"]:
        kind = KNOWN.get(tag[2:])
        tags.append("O" if kind is None else f"I-{kind}" if tag[0] == "I" and before == kind else f"B-{kind}")
        before = kind
    return {"words": row["words"], "tags": tags}


def prose(data: Data) -> list[str]:
    """Cased sentences with a capital inside: the encyclopedia's, and books'."""
    contexts = {row["context"] for name in ("squad11-dev", "squad20-dev", "qamr") for row in data.rows(f"question-answering/{name}")}
    books = (row["text"][5_000:15_000] for row in data.rows("text/books"))
    rng, result = random.Random(17), []
    for texts, count in zip((sorted(contexts), books), PROSE.values(), strict=True):
        found = {s for text in texts for s in sentences(text) if 20 <= len(s) <= 250 and any(c.isupper() for c in s[1:])}
        result += rng.sample(sorted(found), min(count, len(found)))
    return result


if __name__ == "__main__":
    main()
