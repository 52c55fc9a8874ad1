"""The zero-shot checkpoint: all-MiniLM-L6-v2 with a trimmed vocabulary, taught what follows from what.

    python -m recipes.minilm_nli --work /some/folder --out checkpoints/minilm-nli

It learns MNLI but for the tenth that is kept back, SNLI, JOCI, RTE and SciTail, and intents and emotions put as zero-shot asks:
"This example is about changing a pin." Resumes where it was interrupted.
"""

import itertools
import random
from collections.abc import Sequence

import torch
from torch.nn import functional
from transformers import BertForSequenceClassification, PreTrainedModel

from . import classification, origin
from .arguments import arguments
from .data import Data
from .export_onnx import write_checkpoint
from .held_back import is_held_back_premise
from .train import Example, Plan, collate, train
from .vocabulary import count_pieces, trim, trim_embeddings

LABELS = {"entailment": 0, "neutral": 1, "contradiction": 2}
NOT_ENTAILED = 3
"""Label of data that tells two cases only: neutral or contradiction."""
PIECES = 11_000
LEARN = Plan(epochs=3, learning_rate=1.2e-4, batch=64)
FOLLOWING = ("mnli-dev", "snli-dev", "joci.train", "rte.train", "scitail-dev")
TOPICS = ("clinc150.train", "banking77.train", "goemotions.train")
TOPIC_ROWS = 4_000
"""Of each set of topics; half with the right label."""
TEMPLATES = ("This example is {}.", "This example is about {}.", "This text is about {}.", "The topic is {}.")


def main() -> None:
    args = arguments(__doc__)
    data = Data(args.data)
    rows = [row for name in FOLLOWING for row in data.rows(f"natural-language-inference/{name}") if row["label"] != "-"]
    taught = [row for row in rows if not is_held_back_premise(row["premise"])]
    dev = [row for row in data.rows("natural-language-inference/mnli-dev") if is_held_back_premise(row["premise"])]
    rng = random.Random(17)
    taught += [row for name in TOPICS for row in topics(data.rows(f"zero-shot-classification/{name}"), rng)]

    whole = origin.tokenizer()
    books = (row["text"][5_000:15_000] for row in data.rows("text/books"))
    contexts = (row["context"] for row in data.rows("question-answering/qamr"))
    texts = itertools.chain((row[part] for row in taught for part in ("premise", "hypothesis")), contexts, books)
    trimmed, kept = trim(whole, count_pieces(whole, texts), PIECES)
    model = origin.load(BertForSequenceClassification, id2label={i: name for name, i in LABELS.items()}, label2id=LABELS)
    trim_embeddings(model, kept)

    examples, judged = (
        classification.to_examples(trimmed, [(r["premise"], r["hypothesis"]) for r in part], [label(r) for r in part], 192)
        for part in (taught, dev)
    )
    train(model, examples, LEARN, args.work / "nli.pt", loss_of, lambda: classification.accuracy(model, judged))
    print(f"kept back, fp32 weights run in bf16: {classification.accuracy(model, judged):.4f}")
    print(f"the fp32 graph is {write_checkpoint(model, trimmed, args.out, least=1024)}")


def label(row: dict) -> int:
    return LABELS.get(row["label"], NOT_ENTAILED)


def loss_of(model: PreTrainedModel, batch: Sequence[Example]) -> torch.Tensor:
    """Cross-entropy; where only "not entailed" is known, of the sum of the two other classes."""
    said = functional.log_softmax(model(**collate(batch)).logits.float(), -1)
    said = torch.cat([said, said[:, 1:].logsumexp(-1, keepdim=True)], -1)
    return functional.nll_loss(said, torch.tensor([e.target.label for e in batch]))


def topics(rows: list[dict], rng: random.Random) -> list[dict]:
    """Texts with their own label, which follows, or with another, which does not."""
    names = sorted({row["label"] for row in rows})
    result = []
    for i, row in enumerate(rng.sample(rows, TOPIC_ROWS)):
        right = i % 2 == 0
        name = row["label"] if right else rng.choice([other for other in names if other != row["label"]])
        said = rng.choice(TEMPLATES).format(name.replace("_", " "))
        result.append({"premise": row["text"], "hypothesis": said, "label": "entailment" if right else "not_entailment"})
    return result


if __name__ == "__main__":
    main()
