"""The books as one long row of tokens, cut into passages, and what is read of those that are kept back."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from .held_back import Runs, is_held_back_book
from .pairs import documentation

PART = 4_000
"""Characters, about, that are left out where they repeat a held-back book."""
RUN = 12
"""Words in a row that make a repetition."""
WINDOWS = 30
"""Of each book that is kept back."""
LEAST, MOST = 1_000, 1_500
"""Characters of a window."""


def parts(rows: Sequence[dict]) -> list[str]:
    """The books for training, cut between paragraphs, without what stands in a held-back one too: some are collections of others."""
    known = Runs((row["text"] for row in rows if is_held_back_book(row["title"])), RUN)
    cut = [part for row in rows if not is_held_back_book(row["title"]) for part in _gather(row["text"].split("\n\n"), PART)]
    return [part for part in cut if not known.share(part)]


def explanations(documentation_rows: Sequence[dict], papers: Sequence[dict]) -> list[str]:
    """Prose of our own time that explains: sentences of a manual, and abstracts of papers."""
    manual = [pair.en for pair in documentation(documentation_rows)]
    return [*_gather(manual, PART, between=" "), *(row["document"] for row in papers)]


def windows(text: str) -> list[str]:
    """Of a held-back book: spread evenly, each from the beginning of a paragraph. `evaluate/text-generation.ts` reads the same."""
    paragraphs = text.split("\n\n")
    starts = (paragraphs[i * len(paragraphs) // WINDOWS :] for i in range(WINDOWS))
    return [next(_gather(start, LEAST))[:MOST] for start in starts]


def _gather(paragraphs: Sequence[str], size: int, between: str = "\n\n") -> Iterator[str]:
    """Paragraphs in a row, as many as come to `size` characters."""
    held: list[str] = []
    for paragraph in paragraphs:
        held.append(paragraph)
        if sum(map(len, held)) >= size:
            yield between.join(held)
            held = []
    if held:
        yield between.join(held)


def encode(texts: Sequence[str], tokenizer: Tokenizer, path: Path) -> list[np.ndarray]:
    """Tokens of each text; kept in a file, for it takes minutes."""
    if not path.exists():
        ids: list[np.ndarray] = []
        for start in range(0, len(texts), 1_000):
            ids += [np.array(e.ids, np.uint16) for e in tokenizer.encode_batch(texts[start : start + 1_000])]
        np.savez(path, ids=np.concatenate(ids), ends=np.cumsum([len(row) for row in ids]))
    saved = np.load(path)
    return np.split(saved["ids"], saved["ends"][:-1])


def batches(texts: Sequence[np.ndarray], begin: int, length: int, rows: int, seed: int) -> Iterator[torch.Tensor]:
    """Without end: [rows, length]. Each text begins with the token `begin`, and the next follows in the same row; so does every row
    that a text goes on in, as what is asked to be continued begins."""
    rng = random.Random(seed)
    held = np.zeros(0, np.int64)
    batch: list[np.ndarray] = []
    while True:
        order = list(range(len(texts)))
        rng.shuffle(order)
        for i in order:
            held = np.concatenate([held, [begin], texts[i]]) if len(held) else np.concatenate([[begin], texts[i]]).astype(np.int64)
            while len(held) >= length:
                batch.append(held[:length])
                rest = held[length:]
                held = rest if len(rest) == 0 or rest[0] == begin else np.concatenate([[begin], rest]).astype(np.int64)
                if len(batch) == rows:
                    yield torch.from_numpy(np.stack(batch).astype(np.int64))
                    batch = []
