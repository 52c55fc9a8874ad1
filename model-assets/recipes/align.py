"""Teaches a model with another vocabulary, or fewer layers, to see words as its teacher sees them.

For each word of a text, the mean over its pieces of the last hidden state should be what it is for the teacher, whose pieces
may be others. Needs no labels.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from tokenizers import Encoding, Tokenizer
from transformers import PreTrainedModel

from .train import Example, collate


class Words(NamedTuple):
    """One text in both vocabularies."""

    words: list[int | None]
    """Word of each of the student's tokens."""
    teacher: Example
    teacher_words: list[int | None]


def to_examples(texts: Sequence[str], tokenizer: Tokenizer, teacher: Tokenizer, longest: int) -> list[Example]:
    """Texts that both tokenizers split into the same words, and that fit into `longest` tokens."""
    result = []
    for ours, theirs in zip(tokenizer.encode_batch(list(texts)), teacher.encode_batch(list(texts)), strict=True):
        if len(ours.ids) <= longest and len(theirs.ids) <= longest and _words(ours) == _words(theirs) > 0:
            result.append(Example(ours.ids, Words(ours.word_ids, Example(theirs.ids), theirs.word_ids)))
    return result


def _words(encoding: Encoding) -> int:
    return len({word for word in encoding.word_ids if word is not None})


def loss(teacher: PreTrainedModel) -> Callable[[PreTrainedModel, Sequence[Example]], torch.Tensor]:
    """Mean over the words of 1 - cosine between student and teacher. Both are encoders, or models upon one."""
    teacher.eval()

    def loss_of(model: PreTrainedModel, batch: Sequence[Example]) -> torch.Tensor:
        with torch.no_grad():
            goal = teacher.base_model(**collate([e.target.teacher for e in batch])).last_hidden_state.float()
            goal = of_words(goal, [e.target.teacher_words for e in batch])
        said = of_words(model.base_model(**collate(batch)).last_hidden_state.float(), [e.target.words for e in batch])
        return 1 - torch.nn.functional.cosine_similarity(said, goal, dim=-1).mean()

    return loss_of


def of_words(hidden: torch.Tensor, words: Sequence[Sequence[int | None]]) -> torch.Tensor:
    """Sums of the hidden states [batch, tokens, size] over the tokens of each word: [words of all rows, size]. A sum points where a mean does."""
    rows, columns, places, count = [], [], [], 0
    for row, of in enumerate(words):
        for column, word in enumerate(of):
            if word is not None:
                rows.append(row)
                columns.append(column)
                places.append(count + word)
        count += 1 + max(word for word in of if word is not None)
    return torch.zeros(count, hidden.shape[-1]).index_add(0, torch.tensor(places), hidden[rows, columns])
