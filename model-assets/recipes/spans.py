"""Finding the answer in a context: windows of a long one, the loss over its first and last token, the answer as the service picks it, and
SQuAD's measure."""

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import torch
from tokenizers import Encoding, Tokenizer
from torch.nn import functional
from transformers import PreTrainedModel

from .train import Example, collate, predictions

LONGEST, STRIDE, LONGEST_ANSWER = 384, 128, 15
SPANS = 12
"""Of a window that may be the answer: `decode_spans` of transformers 4.57 for one answer that is aligned to words."""


class Span(NamedTuple):
    """First and last token of the answer, or (0, 0), the place of [CLS], where the window does not hold it."""

    start: int
    end: int
    context: tuple[int, int]
    """First token of the context, and the one after its last."""
    words: list[tuple[int, int]]
    """Where the word of each token of the context begins and ends."""
    row: dict


def to_examples(tokenizer: Tokenizer, rows: Sequence[dict]) -> list[Example]:
    """One example a window: rows are question, context, answers [{text, start}]. The first answer is taught."""
    tokenizer.enable_truncation(LONGEST, stride=STRIDE, strategy="only_second")
    encodings = tokenizer.encode_batch([(row["question"].strip()[:300], row["context"]) for row in rows])
    tokenizer.no_truncation()
    result = []
    for row, encoding in zip(rows, encodings, strict=True):
        answer = row["answers"][0]
        begin, end = answer["start"], answer["start"] + len(answer["text"])
        for window in (encoding, *encoding.overflowing):
            tokens = [i for i, sequence in enumerate(window.sequence_ids) if sequence == 1]
            inside = [i for i in tokens if window.offsets[i][1] > begin and window.offsets[i][0] < end]
            whole = inside and window.offsets[inside[0]][0] <= begin and window.offsets[inside[-1]][1] >= end
            start, last = (inside[0], inside[-1]) if whole else (0, 0)
            span = Span(start, last, (tokens[0], tokens[-1] + 1), _words(window, tokens), row)
            result.append(Example(window.ids, span, window.type_ids))
    return result


def _words(window: Encoding, tokens: Sequence[int]) -> list[tuple[int, int]]:
    result = list(window.offsets)
    for _, same in groupby(tokens, lambda i: window.word_ids[i]):
        word = list(same)
        extent = window.offsets[word[0]][0], window.offsets[word[-1]][1]
        result[word[0] : word[-1] + 1] = [extent] * len(word)
    return result


def loss_of(model: PreTrainedModel, batch: Sequence[Example]) -> torch.Tensor:
    inputs = collate(batch)
    output = model(**inputs)
    absent = inputs["attention_mask"] == 0
    start, end = (logits.float().masked_fill(absent, -1e4) for logits in (output.start_logits, output.end_logits))
    goal = torch.tensor([(e.target.start, e.target.end) for e in batch])
    return (functional.cross_entropy(start, goal[:, 0]) + functional.cross_entropy(end, goal[:, 1])) / 2


def f1(model: PreTrainedModel, examples: Sequence[Example]) -> float:
    """Mean F1 over questions."""
    model.eval()
    found = answers(model, examples)
    return sum(max(overlap(text, a["text"]) for a in row["answers"]) for row, text in found) / len(found)


def answers(model: Callable[..., Any], examples: Sequence[Example], size: int = 32) -> list[tuple[dict, str]]:
    """Each question, and its most probable answer: spans of all windows that are the same words but for case are one, and their probabilities add up.
    `model` gives start_logits and end_logits."""
    found: dict[int, tuple[dict, dict[str, tuple[float, str]]]] = {}
    for spans, example in zip(predictions(examples, lambda batch: best_spans(model, batch), size), examples, strict=True):
        row = example.target.row
        _, texts = found.setdefault(id(row), (row, {}))
        for score, text in spans:
            before, same = texts.get(text.lower(), (0.0, text))
            texts[text.lower()] = before + score, same
    return [(row, max(texts.values(), key=lambda each: each[0])[1]) for row, texts in found.values()]


def best_spans(model: Callable[..., Any], batch: Sequence[Example]) -> list[list[tuple[float, str]]]:
    """The best spans of each window, best first: their probability, and their text from the start of a word to the end of one."""
    output = model(**collate(batch))
    result = []
    for example, start, end in zip(batch, output.start_logits.float(), output.end_logits.float(), strict=True):
        first, stop = example.target.context
        outside = torch.ones(len(start), dtype=torch.bool)
        outside[0], outside[first:stop] = False, False
        start, end = (functional.softmax(logits.masked_fill(outside, -1e4), -1)[first:stop] for logits in (start, end))
        scores = (start[:, None] * end[None, :]).triu().tril(LONGEST_ANSWER - 1)
        best, places = scores.flatten().topk(min(SPANS, scores.numel()))
        words, context = example.target.words[first:stop], example.target.row["context"]
        ends = (divmod(place, len(start)) for place in places.tolist())
        result.append([(score, context[words[a][0] : words[b][1]]) for score, (a, b) in zip(best.tolist(), ends, strict=True)])
    return result


def normal(text: str) -> list[str]:
    """Words in lower case without punctuation and articles, as SQuAD 1.1's evaluation script compares them."""
    plain = "".join(c for c in text.lower() if c not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", plain).split()


def overlap(said: str, true: str) -> float:
    a, b = normal(said), normal(true)
    common = sum((Counter(a) & Counter(b)).values())
    return 2 * common / (len(a) + len(b)) if common else 0.0
