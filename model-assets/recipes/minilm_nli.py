"""The zero-shot checkpoint: all-MiniLM-L6-v2 with a trimmed vocabulary, taught what follows from what.

    python -m recipes.minilm_nli --work /some/folder --out checkpoints/minilm-nli

A first model learns MNLI but for the tenth that is kept back, SNLI, JOCI, RTE and SciTail, and intents and emotions put as zero-shot asks:
"This example is about changing a pin." Another, which reads the two texts apart, learns MNLI and SNLI. It is wrong elsewhere than the first,
so two students go on from that with what both say together of pairs that nobody has labelled; the one that tells the pairs of the tenth
better ships. Each step resumes where it was interrupted.
"""

import copy
import itertools
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import BertForSequenceClassification, PreTrainedModel

from . import apart, classification, following, origin, unlabelled
from .arguments import arguments
from .data import Data
from .export_onnx import few, write_checkpoint
from .following import LABELS, NOT_ENTAILED, Following, Pair, label
from .keep import kept
from .packed import rounded
from .train import Example, Plan, collate, train
from .vocabulary import count_pieces, trim, trim_embeddings

PIECES = 11_000
FIRST = Plan(epochs=3, learning_rate=1.2e-4, batch=64)
APART = 0.5
"""Share of the model that reads apart in what is said of a pair without a label; the rest is the first model's."""
STUDENT = Plan(epochs=1, learning_rate=7e-5, batch=32, mean=0.997)
STUDENTS = (1, 2)
"""Seeds. Each sees a half of its own of the pairs without a label."""
FIXED = 2
"""Layers that the students leave as they are, and the embeddings with them."""
LABELLED, TOPICAL = 16_000, 6_000
"""Pairs of MNLI and SNLI, and of topics, that both see."""
TRUTH, TRUTH_OF_TOPICS = 0.5, 0.75
"""What a label weighs beside what is said."""
LONGEST, LONGEST_TAUGHT = 192, 96


def main() -> None:
    args = arguments(__doc__)
    data = Data(args.data)
    known = Following(data)
    learned = [row for rows in known.learned.values() for row in rows]
    topics = following.topics(data, random.Random(17))
    model, tokenizer = start(data, [*learned, *topics])
    judged = classification.to_examples(tokenizer, following.pairs(known.dev), [label(row) for row in known.dev], LONGEST)

    examples = to_examples(tokenizer, following.pairs([*learned, *topics]), [label(row) for row in [*learned, *topics]], LONGEST)
    train(model, examples, FIRST, args.work / "first.pt", loss_of_labels, lambda: classification.accuracy(model, judged))
    # The students learn with what is lost in 4 bits, as they will ship.
    words = model.get_input_embeddings().weight
    words.data.copy_(rounded(words.data))
    print(f"the first: {classification.accuracy(model, judged):.4f}", flush=True)

    always, without_labels = kept(args.work / "goals.pt", lambda: goals(data, known, topics, model, tokenizer, args.work))
    found = []
    for number, seed in enumerate(STUDENTS):
        student = copy.deepcopy(model)
        for part in (student.bert.embeddings, student.bert.encoder.layer[:FIXED]):
            part.requires_grad_(False)
        shown = [*always, *without_labels[number :: len(STUDENTS)]]
        train(student, shown, replace(STUDENT, seed=seed), args.work / f"student-{seed}.pt", loss_of_goals, None)
        found.append((classification.accuracy(student, judged), student))
        print(f"student {seed}: {found[-1][0]:.4f}", flush=True)
    _, best = max(found, key=lambda each: each[0])
    print(f"the fp32 graph is {write_checkpoint(best, tokenizer, args.out, few(examples), least=1024)}")


def start(data: Data, rows: Sequence[dict]) -> tuple[BertForSequenceClassification, Tokenizer]:
    """all-MiniLM-L6-v2 with the pieces that these rows, single sentences of an encyclopedia, and books use."""
    whole = origin.tokenizer()
    books = (row["text"][5_000:15_000] for row in data.rows("text/books"))
    contexts = (row["context"] for row in data.rows("question-answering/qamr"))
    texts = itertools.chain(itertools.chain.from_iterable(following.pairs(rows)), contexts, books)
    tokenizer, pieces = trim(whole, count_pieces(whole, texts), PIECES)
    model = origin.load(BertForSequenceClassification, id2label={i: name for name, i in LABELS.items()}, label2id=LABELS)
    trim_embeddings(model, pieces)
    return model, tokenizer


def goals(
    data: Data, known: Following, topics: Sequence[dict], first: PreTrainedModel, tokenizer: Tokenizer, work: Path,
) -> tuple[list[Example], list[Example]]:
    """What the students learn: of pairs with a label, and topics; and of those without."""
    rng = random.Random(9)
    mnli, snli, joci = (known.learned[name] for name in ("mnli-dev", "snli-dev", "joci.train"))
    other = apart.taught([*mnli, *snli], work / "apart.pt")

    def by_first(pairs: Sequence[Pair]) -> torch.Tensor:
        return torch.stack(classification.predict(first, to_examples(tokenizer, pairs, [None] * len(pairs), LONGEST))).softmax(-1)

    def by_both(pairs: Sequence[Pair]) -> torch.Tensor:
        return APART * apart.say(other, pairs) + (1 - APART) * by_first(pairs)

    dev, right = following.pairs(known.dev), torch.tensor([label(row) for row in known.dev])
    for name, said in (("the one that reads apart", apart.say(other, dev)), ("both together", by_both(dev))):
        print(f"{name}: {(said.argmax(-1) == right).float().mean():.4f}", flush=True)

    labelled, topical = rng.sample([*mnli, *snli], LABELLED), rng.sample(topics, TOPICAL)
    goal = [
        *mixed(labelled, apart.say(other, following.pairs(labelled)), TRUTH),
        *mixed(topical, by_first(following.pairs(topical)), TRUTH_OF_TOPICS),
    ]
    without = unlabelled.pairs(data, mnli, snli, joci, known.held_back)
    return (
        to_examples(tokenizer, following.pairs([*labelled, *topical]), goal, LONGEST_TAUGHT),
        to_examples(tokenizer, without, list(by_both(without)), LONGEST_TAUGHT),
    )


def mixed(rows: Sequence[dict], said: torch.Tensor, truth: float) -> list[torch.Tensor]:
    """What is said of each row, with `truth` as the share of its label. What does not follow is shared out as what is said shares it."""
    result = []
    for row, each in zip(rows, said, strict=True):
        right = each.clone()
        if label(row) == NOT_ENTAILED:
            right[LABELS["entailment"]] = 0
            right /= right.sum()
        else:
            right = functional.one_hot(torch.tensor(label(row)), len(LABELS)).float()
        result.append(truth * right + (1 - truth) * each)
    return result


def to_examples(tokenizer: Tokenizer, pairs: Sequence[Pair], targets: Sequence, longest: int) -> list[Example]:
    """Classes or probabilities [labels] as targets. Ids are cut at `longest`."""
    return [Example(e.ids[:longest], target, e.type_ids[:longest]) for e, target in zip(tokenizer.encode_batch(list(pairs)), targets, strict=True)]


def loss_of_labels(model: PreTrainedModel, batch: Sequence[Example]) -> torch.Tensor:
    """Cross-entropy; where only "not entailed" is known, of the sum of the two other classes."""
    said = functional.log_softmax(model(**collate(batch)).logits.float(), -1)
    said = torch.cat([said, said[:, 1:].logsumexp(-1, keepdim=True)], -1)
    return functional.nll_loss(said, torch.tensor([e.target for e in batch]))


def loss_of_goals(model: PreTrainedModel, batch: Sequence[Example]) -> torch.Tensor:
    said = functional.log_softmax(model(**collate(batch)).logits.float(), -1)
    return -(torch.stack([e.target for e in batch]) * said).sum(-1).mean()


if __name__ == "__main__":
    main()
