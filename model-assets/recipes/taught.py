"""Tags by the word, as several models of different pieces see them, for one with pieces of its own, which are to be of one mind."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from tokenizers import Encoding, Tokenizer
from torch.nn import functional
from transformers import PreTrainedModel

from .train import Example, Loss, collate, predictions

LATER = 0.5
"""What a piece after the first of a word weighs."""
SHARPER = 3
"""Power of probabilities where a model teaches itself."""


class Teacher(NamedTuple):
    model: PreTrainedModel
    tokenizer: Tokenizer
    segments: Callable[[Encoding, str], list[int]] | None = None
    """Segment of each piece of a text; none: all 0."""


class Text(NamedTuple):
    text: str
    places: list[tuple[int, int]]
    """Where each word begins and ends."""

    @property
    def words(self) -> list[str]:
        return [self.text[start:end] for start, end in self.places]


def spaced(words: Sequence[str]) -> Text:
    """Words with a space between, as WikiANN's are put to the service."""
    places, at = [], 0
    for word in words:
        places.append((at, at + len(word)))
        at += len(word) + 1
    return Text(" ".join(words), places)


def said_by(teachers: Sequence[Teacher], texts: Sequence[Text], longest: int = 128) -> list[torch.Tensor]:
    """The mean of what the teachers say of each word's first piece: probabilities, [words, tags], all 0 where a word has none within `longest`.
    They read words with a space between, as they have learned."""
    apart = [spaced(text.words) for text in texts]
    total: list[torch.Tensor] = []
    for teacher in teachers:
        read = teacher.tokenizer.encode_batch([text.text for text in apart])
        of = _probabilities(teacher, read, apart, longest)
        said = []
        for text, encoding, pieces in zip(apart, read, of, strict=True):
            firsts = {start: i for i, (start, end) in enumerate(encoding.offsets[:longest]) if end > start}
            none = torch.zeros(pieces.shape[-1])
            said.append(torch.stack([pieces[firsts[start]] if start in firsts else none for start, _ in text.places]))
        total = [a + b for a, b in zip(total, said, strict=True)] if total else said
    return [each / len(teachers) for each in total]


def _probabilities(teacher: Teacher, read: Sequence[Encoding], texts: Sequence[Text], longest: int) -> list[torch.Tensor]:
    """[pieces, tags] of each text, and what padding is beside."""
    segments = [teacher.segments(e, text.text)[:longest] if teacher.segments else [] for e, text in zip(read, texts, strict=True)]
    examples = [Example(e.ids[:longest], None, types) for e, types in zip(read, segments, strict=True)]
    return predictions(examples, lambda batch: list(teacher.model(**collate(batch)).logits.float().softmax(-1)))


class Told(NamedTuple):
    """What the pieces of a text are taught."""

    said: torch.Tensor
    """[pieces, tags]; all 0 where a piece is of no word."""
    firsts: torch.Tensor
    """Of each piece, where its word begins; of those of none, where it is itself."""


def to_examples(tokenizer: Tokenizer, texts: Sequence[Text], said: Sequence[torch.Tensor], longest: int = 128) -> list[Example]:
    """A word's first piece is taught what is said of it, and weighs 1; those after it are taught to go on. Targets are `Told`."""
    result = []
    for text, tags, encoding in zip(texts, said, tokenizer.encode_batch([text.text for text in texts]), strict=True):
        word_at = {at: i for i, (start, end) in enumerate(text.places) for at in range(start, end)}
        later = LATER * going_on(tags)
        target = torch.zeros(len(encoding.ids), tags.shape[-1])
        firsts = torch.arange(len(encoding.ids))
        begins: dict[int, int] = {}
        for piece, (start, end) in enumerate(encoding.offsets):
            if end > start and (word := word_at.get(start)) is not None:
                target[piece] = tags[word] if start == text.places[word][0] else later[word]
                firsts[piece] = begins.setdefault(word, piece)
        result.append(Example(encoding.ids[:longest], Told(target[:longest].half(), firsts[:longest])))
    return result


def loss_of(agreement: float) -> Loss:
    """Cross-entropy with what pieces are taught, per weight. With `agreement` each piece after the first of a word learns besides, with that weight,
    what the model itself says of the first, as it holds for the next: who reads pieces one by one then finds whole words."""

    def of(model: PreTrainedModel, batch: Sequence[Example]) -> torch.Tensor:
        log = functional.log_softmax(model(**collate(batch)).logits.float(), -1)
        goal, firsts, later = _stacked(batch, log)
        apart = -(going_on(_of_firsts(log.detach().exp(), firsts)) * log).sum(-1)[later].sum()
        return (agreement * apart - (goal * log).sum()) / goal.sum()

    return of


def loss_of_itself(before: PreTrainedModel) -> Loss:
    """Cross-entropy per piece with what `before`, the model as it was, says of the first piece of the word: of that one as it is, of those
    after it as it holds for the next, and sharper, for near a tie the least difference would be another tag. What pieces are taught does not
    count, but that they are."""

    def of(model: PreTrainedModel, batch: Sequence[Example]) -> torch.Tensor:
        inputs = collate(batch)
        log = functional.log_softmax(model(**inputs).logits.float(), -1)
        with torch.no_grad():
            said = before(**inputs).logits.float().softmax(-1)
        goal, firsts, later = _stacked(batch, log)
        sharp = going_on(_of_firsts(said, firsts)).pow(SHARPER)
        target = torch.where(later[..., None], sharp / sharp.sum(-1, keepdim=True), said)
        return -(target * log).sum(-1)[goal.sum(-1) > 0].mean()

    return of


def _stacked(batch: Sequence[Example], like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """What pieces are taught, [batch, pieces, tags] as `like` is; where the word of each begins, and whether it is before, [batch, pieces]."""
    goal = torch.zeros_like(like)
    own = torch.arange(like.shape[1])
    firsts = own.repeat(len(batch), 1)
    for row, example in enumerate(batch):
        count = len(example.ids)
        goal[row, :count], firsts[row, :count] = example.target
    return goal, firsts, firsts != own


def _of_firsts(said: torch.Tensor, firsts: torch.Tensor) -> torch.Tensor:
    return said.gather(1, firsts[..., None].expand_as(said))


def going_on(said: torch.Tensor) -> torch.Tensor:
    """What is said of a word's first piece as it holds for the next, [..., tags]: B- becomes I-. Tags are O and then B- and I- of each type."""
    result = torch.zeros_like(said)
    result[..., 0], result[..., 2::2] = said[..., 0], said[..., 1::2] + said[..., 2::2]
    return result
