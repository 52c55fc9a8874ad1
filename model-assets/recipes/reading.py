"""English that models of words read: passages of encyclopedias, news and abstracts, of books and reviews, and everyday sentences."""

import random
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from . import masks
from .data import Data, sentences
from .held_back import ARTICLES, Runs, is_held_back_book

WORDS = 90
"""Of a passage of prose."""
TOGETHER = 60
"""Words of a passage of single sentences."""
START = 3_000
"""Characters of a book that are left out: titles and contents."""
ALIKE = 8
"""Words in a row that make two texts copies of one another."""


class Reading:
    """Nothing in it shares `ALIKE` words in a row with WikiText-2's development set, on which such models are measured: paragraphs and single
    sentences that do are left out whole, before they are cut or put together, and of books and reviews the passages are."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self.measured = Runs((row["text"] for row in data.rows("text/wikitext-2.dev")), ALIKE)

    def facts(self, rng: random.Random) -> list[str]:
        """Passages of encyclopedias, news and abstracts, cut elsewhere each time."""
        return [*self._cut(self._paragraphs, lambda: rng.choice((30, 60, 90, 120))), *_together(self._facts, rng)]

    def books(self) -> list[str]:
        """Passages of books, without their short ends."""
        texts = (row["text"][START:] for row in self.data.rows("text/books") if not is_held_back_book(row["title"]))
        return [passage for passage in self._cut(texts, lambda: WORDS) if passage.count(" ") > WORDS // 2]

    def reviews(self) -> list[str]:
        names = ("text/imdb-unlabelled", "text-classification/imdb.train")
        return self._cut((row["text"] for name in names for row in self.data.rows(name)), lambda: WORDS)

    def talk(self, rng: random.Random) -> list[str]:
        """Everyday sentences."""
        return self.together({row["en"] for row in self.data.rows("translation/tatoeba.fr-en")}, rng)

    def together(self, single: set[str], rng: random.Random) -> list[str]:
        """Sentences that stand alone, several in a passage."""
        return _together(self._unmeasured(single), rng)

    @cached_property
    def _paragraphs(self) -> list[str]:
        of = self.data.rows
        squad = (row for name in ("squad11-dev", "squad20-dev") for row in of(f"question-answering/{name}"))
        found = {row["context"] for row in squad if row["title"] not in ARTICLES}
        found |= {row["premise"] for name in ("rte.train", "scitail-dev") for row in of(f"natural-language-inference/{name}")}
        found |= {row["document"] for row in of("summarization/scitldr.train")}
        return self._unmeasured(found)

    @cached_property
    def _facts(self) -> list[str]:
        of = self.data.rows
        found = {row["context"] for row in of("question-answering/qamr")}
        found |= {" ".join(row["words"]) for name in ("wikiann-en.train", "wikigold") for row in of(f"token-classification/{name}")}
        found |= {row["a"] for row in of("feature-extraction/msr-paraphrase.train")}
        return self._unmeasured(found)

    def _cut(self, texts: Iterable[str], words: Callable[[], int]) -> list[str]:
        """Passages of at most `words()` words, which is asked for every text."""
        passages = (passage for text in texts for passage in masks.passages(sentences(text), words()))
        return [passage for passage in passages if not self.measured.share(passage)]

    def _unmeasured(self, texts: set[str]) -> list[str]:
        """In an order that is always the same."""
        return [text for text in sorted(texts) if not self.measured.share(text)]


def _together(single: Sequence[str], rng: random.Random) -> list[str]:
    return list(masks.passages(rng.sample(single, len(single)), TOGETHER))
