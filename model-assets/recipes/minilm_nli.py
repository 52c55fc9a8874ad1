"""The zero-shot checkpoint: all-MiniLM-L6-v2 with a trimmed vocabulary, taught what follows from what.

    python -m recipes.minilm_nli --work /some/folder --out checkpoints/minilm-nli

A first model learns MNLI but for the tenth that is kept back, SNLI, JOCI, RTE and SciTail, and intents and emotions put as zero-shot asks:
"This example is about changing a pin." Two others, which read the two texts apart, learn MNLI and SNLI. They are wrong elsewhere than the first:
two students go on from that with what all three say of pairs that have no label, or whose label (JOCI's) they are not shown. The mean of their weights is taught once more, by
them too. Each step resumes where it was interrupted.
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
from .copies import averaged
from .data import Data
from .export_onnx import few, write_checkpoint
from .following import LABELS, NOT_ENTAILED, Following, Pair, label
from .keep import kept
from .packed import rounded
from .train import Example, Plan, collate, train
from .vocabulary import count_pieces, trim, trim_embeddings

PIECES = 11_000
FIRST = Plan(epochs=3, learning_rate=1.2e-4, batch=64, half=True, mean=0.998)
SEEDS = (2, 3)
"""Of the models that read apart."""
APART = 0.5
"""Share of these in what is said of a pair without a label; the rest is the first model's."""
STUDENT = Plan(epochs=1, learning_rate=1e-4, batch=32, half=True, mean=0.998)
STUDENTS = (2, 3)
"""Seeds. Both begin alike and see the same, in other orders."""
FIXED = 2
"""Layers that the students and their mean leave as they are, and the embeddings with them."""
LABELLED, TOPICAL = 16_000, 6_000
"""Pairs of MNLI and SNLI, and of topics, that they see besides."""
TRUTH, TRUTH_OF_TOPICS = 0.5, 0.75
"""What a label weighs beside what is said."""
AGAIN = Plan(epochs=1, learning_rate=6e-5, batch=32, seed=5, half=True, mean=0.998)
OWN = 0.5
"""Share of both students in what their mean is taught of pairs without a label."""
LONGEST, LONGEST_TAUGHT = 192, 96


def main() -> None:
    args = arguments(__doc__)
    data = Data(args.data)
    known = Following(data)
    learned = [row for rows in known.learned.values() for row in rows]
    topics = following.topics(data, random.Random(17))
    model, tokenizer = start(data, [*learned, *topics])
    judged = classification.to_examples(tokenizer, following.pairs(known.dev), [label(row) for row in known.dev], LONGEST)

    def tell(name: str, of: BertForSequenceClassification) -> None:
        print(f"{name}: {classification.accuracy(of, judged):.4f}", flush=True)

    examples = to_examples(tokenizer, following.pairs([*learned, *topics]), [label(row) for row in [*learned, *topics]], LONGEST)
    train(model, examples, FIRST, args.work / "first.pt", loss_of_labels, None)
    # The students learn with what is lost in 4 bits, as they will ship.
    words = model.get_input_embeddings().weight
    words.data.copy_(rounded(words.data))
    tell("the first", model)

    labelled, topical, without = kept(args.work / "goals.pt", lambda: goals(data, known, topics, model, tokenizer, args.work))
    for part in (model.bert.embeddings, model.bert.encoder.layer[:FIXED]):
        part.requires_grad_(False)
    students = [copy.deepcopy(model) for _ in STUDENTS]
    for seed, student in zip(STUDENTS, students, strict=True):
        train(student, [*labelled, *topical, *without], replace(STUDENT, seed=seed), args.work / f"student-{seed}.pt", loss_of_goals, None)
        tell(f"student {seed}", student)

    # Those that were learned with their label are known by heart, and are left out.
    told = kept(args.work / "told.pt", lambda: told_by(students, without))
    model.load_state_dict(averaged([student.state_dict() for student in students]))
    tell("their mean", model)
    train(model, [*topical, *told], AGAIN, args.work / "again.pt", loss_of_goals, None)
    tell("dev", model)
    print(f"the fp32 graph is {write_checkpoint(model, tokenizer, args.out, few(examples), least=1024)}")


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
) -> tuple[list[Example], list[Example], list[Example]]:
    """What the students learn: of pairs with a label, of topics, and of pairs without a label."""
    rng = random.Random(9)
    mnli, snli, joci = (known.learned[name] for name in ("mnli-dev", "snli-dev", "joci.train"))
    others = [apart.taught([*mnli, *snli], seed, work / f"apart-{seed}.pt") for seed in SEEDS]

    def by_others(pairs: Sequence[Pair]) -> torch.Tensor:
        return torch.stack([apart.say(other, pairs) for other in others]).mean(0)

    def by_first(pairs: Sequence[Pair]) -> torch.Tensor:
        return torch.stack(classification.predict(first, to_examples(tokenizer, pairs, [None] * len(pairs), LONGEST))).softmax(-1)

    def by_all(pairs: Sequence[Pair]) -> torch.Tensor:
        return APART * by_others(pairs) + (1 - APART) * by_first(pairs)

    dev, right = following.pairs(known.dev), torch.tensor([label(row) for row in known.dev])
    for name, said in (("those that read apart", by_others(dev)), ("all together", by_all(dev))):
        print(f"{name}: {(said.argmax(-1) == right).float().mean():.4f}", flush=True)

    labelled, topical = rng.sample([*mnli, *snli], LABELLED), rng.sample(topics, TOPICAL)
    without = unlabelled.pairs(data, mnli, snli, joci, known.held_back)
    parts = (
        (following.pairs(labelled), mixed(labelled, by_others(following.pairs(labelled)), TRUTH)),
        (following.pairs(topical), mixed(topical, by_first(following.pairs(topical)), TRUTH_OF_TOPICS)),
        (without, by_all(without)),
    )
    labelled, topical, without = (to_examples(tokenizer, pairs, list(goal), LONGEST_TAUGHT) for pairs, goal in parts)
    return labelled, topical, without


def told_by(students: Sequence[PreTrainedModel], examples: Sequence[Example]) -> list[Example]:
    """The examples with what the students say too, `OWN` of it."""
    said = sum(torch.stack(classification.predict(student, examples)).softmax(-1) for student in students) / len(students)
    return [each._replace(target=(1 - OWN) * each.target + OWN * row) for each, row in zip(examples, said, strict=True)]


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
