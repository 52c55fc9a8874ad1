"""Classifying a text, or a pair of texts: examples, the loss with labels and with a teacher's logits, and accuracy."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import PreTrainedModel

from .train import Example, collate, predictions


class Target(NamedTuple):
    label: int | None
    """Class, or None where only the teacher speaks."""
    teacher: torch.Tensor | None = None
    """Teacher's logits, [labels]."""


def to_examples(tokenizer: Tokenizer, texts: Sequence[str | tuple[str, str]], labels: Sequence[int | None], longest: int = 512) -> list[Example]:
    """Ids are cut at `longest`, and lose their [SEP] with it."""
    encodings = tokenizer.encode_batch(list(texts))
    return [Example(e.ids[:longest], Target(label), e.type_ids[:longest]) for e, label in zip(encodings, labels, strict=True)]


def with_teacher(examples: Sequence[Example], logits: Sequence[torch.Tensor]) -> list[Example]:
    return [e._replace(target=Target(e.target.label, row)) for e, row in zip(examples, logits, strict=True)]


def loss(temperature: float = 2.0, label_weight: float = 0.5) -> Callable[[PreTrainedModel, Sequence[Example]], torch.Tensor]:
    """Cross-entropy with the labels and KL divergence from the teacher (Hinton et al. 2015, arXiv:1503.02531);
    `label_weight` is the share of the labels where there is a teacher too."""

    def loss_of(model: PreTrainedModel, batch: Sequence[Example]) -> torch.Tensor:
        logits = model(**collate(batch)).logits.float()
        labels = torch.tensor([-100 if e.target.label is None else e.target.label for e in batch])
        hard = functional.cross_entropy(logits, labels, reduction="sum", ignore_index=-100)
        taught = [row for row, example in enumerate(batch) if example.target.teacher is not None]
        if not taught:
            return hard / len(batch)
        goal = functional.softmax(torch.stack([batch[row].target.teacher for row in taught]) / temperature, -1)
        said = functional.log_softmax(logits[taught] / temperature, -1)
        soft = functional.kl_div(said, goal, reduction="sum") * temperature**2
        return (label_weight * hard + (1 - label_weight) * soft) / len(batch)

    return loss_of


def predict(model: PreTrainedModel, examples: Sequence[Example]) -> list[torch.Tensor]:
    """Logits of each example, [labels]."""
    model.eval()
    return predictions(examples, lambda batch: list(model(**collate(batch)).logits.float()))


def accuracy(model: PreTrainedModel, examples: Sequence[Example]) -> float:
    found = predict(model, examples)
    return sum(int(row.argmax()) == e.target.label for row, e in zip(found, examples, strict=True)) / len(examples)
