"""Filling masks: passages as rows, the loss at words that were taken out, and how often the word is among the first five."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256

import torch
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import BertForMaskedLM, PreTrainedModel

from .held_back import BOUNDS
from .train import Example, collate, predictions

PLACES, AROUND = (BOUNDS["wikitext"][name] for name in ("places", "around"))
"""How many places are measured, and the words that are shown before and after each."""
AT_ONCE = 10_000
"""Texts that are encoded together."""


def passages(parts: Iterable[str], words: int) -> Iterator[str]:
    """Joins sentences that follow one another, at most so many words together unless one alone is longer."""
    passage: list[str] = []
    count = 0
    for part in parts:
        length = part.count(" ") + 1
        if passage and count + length > words:
            yield " ".join(passage)
            passage, count = [], 0
        passage.append(part)
        count += length
    if passage:
        yield " ".join(passage)


def most_like(texts: Sequence[str], wanted: Iterable[str], count: int) -> list[str]:
    """The `count` texts whose words are the most like those of `wanted`, by the mean difference of their log frequencies
    there and here (Moore & Lewis 2010, with single words)."""
    there, here = (Counter(word for text in some for word in words_of(text)) for some in (wanted, texts))
    scale = here.total() / there.total()
    # What is rare here and missing there says nothing: all count a hundred times more.
    gain = {word: math.log((there[word] * scale + 100) / (seen + 100)) for word, seen in here.items()}

    def likeness(text: str) -> float:
        words = words_of(text)
        return sum(gain[word] for word in words) / max(1, len(words))

    return sorted(texts, key=likeness, reverse=True)[:count]


def words_of(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def to_examples(tokenizer: Tokenizer, texts: Sequence[str], longest: int) -> list[Example]:
    """Ids are cut at `longest`, and lose their [SEP] with it."""
    # Encodings hold a hundred times the ids: not those of all texts at once.
    parts = (texts[start : start + AT_ONCE] for start in range(0, len(texts), AT_ONCE))
    return [Example(e.ids[:longest]) for part in parts for e in tokenizer.encode_batch(list(part))]


def start_head(model: BertForMaskedLM, tokenizer: Tokenizer, counts: Counter[str]) -> None:
    """Ties the head to the embeddings, which may be others than it was made with, and begins with what is known of the words: the
    bias of a piece is the logarithm of its frequency."""
    model.tie_weights()
    frequencies = torch.tensor([counts[piece] + 1.0 for piece in pieces_of(tokenizer)])
    head = model.cls.predictions
    head.bias = head.decoder.bias = torch.nn.Parameter((frequencies / frequencies.sum()).log())
    torch.nn.init.eye_(head.transform.dense.weight)


def pieces_of(tokenizer: Tokenizer) -> list[str]:
    """In the order of their ids."""
    return sorted(vocabulary := tokenizer.get_vocab(), key=vocabulary.__getitem__)


Says = Callable[[dict[str, torch.Tensor], torch.Tensor], torch.Tensor]
"""Of a model's inputs and a mask of places [batch, sequence]: the probabilities of all pieces there, [places, pieces]."""


def loss(tokenizer: Tokenizer, rate: float, teacher: Says | None = None, told: float = 0.5) -> Callable[[PreTrainedModel, Sequence[Example]], torch.Tensor]:
    """Cross-entropy at the share `rate` of the words of one piece, drawn anew each time and all shown as [MASK]: that is what is
    asked of the task, so no others are put in their place, and neither punctuation nor parts of words are taken out.
    With a teacher, `told` is the share of what it says in what is learned."""
    pieces = pieces_of(tokenizer)
    is_word = torch.tensor([piece.isalnum() for piece in pieces])
    continues = torch.tensor([piece.startswith("##") for piece in pieces])
    mask = tokenizer.token_to_id("[MASK]")

    def loss_of(model: PreTrainedModel, batch: Sequence[Example]) -> torch.Tensor:
        inputs = collate(batch)
        ids = inputs["input_ids"]
        whole = is_word[ids] & ~continues[ids.roll(-1, 1)]
        places = whole & (torch.rand(ids.shape) < rate)
        inputs["input_ids"] = ids.masked_fill(places, mask)
        hidden = model.bert(**inputs).last_hidden_state[places]
        said = model.cls(hidden).float()
        right = functional.cross_entropy(said, ids[places])
        if not teacher:
            return right
        # Of all that is likely there, where the word alone says what it was once.
        alike = functional.cross_entropy(said, teacher(inputs, places))
        return (1 - told) * right + told * alike

    return loss_of


def choose_places(rows: Sequence[dict], known: Iterable[str]) -> list[tuple[str, str]]:
    """Texts with a [MASK], and the word that stood there: those that `evaluate/fill-mask.ts` chooses."""
    words_known = {piece for piece in known if re.fullmatch("[a-z]+", piece)}
    found = []
    for row, text in enumerate(row["text"] for row in rows):
        words = [word for word in text.split(" ") if word]
        for i, word in enumerate(words):
            if word.lower() in words_known:
                found.append((sha256(f"{row} {i}".encode()).hexdigest(), words, i))
    found.sort(key=lambda place: place[0])
    return [
        (" ".join([*words[max(0, i - AROUND) : i], "[MASK]", *words[i + 1 : i + 1 + AROUND]]), words[i].lower())
        for _, words, i in found[:PLACES]
    ]


def top5(model: PreTrainedModel, tokenizer: Tokenizer, places: Sequence[tuple[str, str]]) -> float:
    """Share of the places whose word is among the five likeliest pieces."""
    mask = tokenizer.token_to_id("[MASK]")
    examples = [Example(e.ids) for e in tokenizer.encode_batch([text for text, _ in places])]

    def best(batch: Sequence[Example]) -> list[list[int]]:
        inputs = collate(batch)
        hidden = model.bert(**inputs).last_hidden_state[inputs["input_ids"] == mask]
        return model.cls(hidden).topk(5).indices.tolist()

    model.eval()
    found = predictions(examples, best, 32)
    return sum(tokenizer.token_to_id(word) in five for five, (_, word) in zip(found, places, strict=True)) / len(places)
