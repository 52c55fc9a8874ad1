"""The entity checkpoint: all-MiniLM-L6-v2 with a cased vocabulary, taught to tag people, organizations and places.

    python -m recipes.minilm_ner --work /some/folder --out checkpoints/minilm-ner

Three steps: cased pieces are learned, and start from the uncased rows; on 60,000 cased sentences the model learns to see words as
the uncased one does; then it learns WikiANN and Wikigold. Each step resumes where it was interrupted.
"""

import itertools
import random

from transformers import BertForTokenClassification, BertModel

from . import align, origin, tagging
from .arguments import arguments
from .cased import learn, start_embeddings
from .data import Data, sentences
from .export_onnx import write_checkpoint
from .train import Plan, train

TAGS = {tag: i for i, tag in enumerate(["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"])}
PIECES = 12_000
SENTENCES = 60_000
ALIGN = Plan(epochs=1, learning_rate=4e-4)
TAG = Plan(epochs=6, learning_rate=2e-4)


def main() -> None:
    args = arguments(__doc__)
    data = Data(args.data)
    rows = data.rows("token-classification/wikiann-en.train") + [without_misc(row) for row in data.rows("token-classification/wikigold")]
    dev = data.rows("token-classification/wikiann-en.dev")
    texts = corpus(data)
    words = [" ".join(row["words"]) for row in rows]
    cased, uncased = learn(itertools.chain(words, words, texts), PIECES), origin.tokenizer()

    model = origin.load(BertForTokenClassification, id2label={i: tag for tag, i in TAGS.items()}, label2id=TAGS)
    start_embeddings(model, uncased, cased, seed=17)
    seen = align.to_examples([*words, *texts], cased, uncased, longest=96)
    train(model, seen, ALIGN, args.work / "aligned.pt", align.loss(origin.load(BertModel)), lambda: 0.0)

    examples, judged = (tagging.to_examples(cased, part, TAGS) for part in (rows, dev))
    names = {i: tag for tag, i in TAGS.items()}
    train(model, examples, TAG, args.work / "tags.pt", tagging.loss_of, lambda: tagging.entity_f1(model, judged, names))
    print(f"dev, fp32 weights run in bf16: F1 {tagging.entity_f1(model, judged, names):.4f}")
    print(f"the fp32 graph is {write_checkpoint(model, cased, args.out)}")


def without_misc(row: dict) -> dict:
    """Wikigold's tags as B- and I-, without its fourth type. There, an I- after O or another type begins an entity."""
    tags, before = [], "O"
    for tag in row["tags"]:
        known = tag if tag[2:] in ("PER", "ORG", "LOC") else "O"
        tags.append(known if known == "O" or known == before else f"B-{known[2:]}")
        before = known
    return {"words": row["words"], "tags": tags}


def corpus(data: Data) -> list[str]:
    """Cased sentences: the encyclopedia's first, then prose."""
    contexts = {row["context"] for name in ("squad11-dev", "squad20-dev", "qamr") for row in data.rows(f"question-answering/{name}")}
    prose = (row["text"][5_000:15_000] for row in data.rows("text/books"))
    found = {s for text in itertools.chain(sorted(contexts), prose) for s in sentences(text) if 20 <= len(s) <= 300}
    return random.Random(17).sample(sorted(found), min(SENTENCES, len(found)))


if __name__ == "__main__":
    main()
