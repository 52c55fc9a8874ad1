"""English that models of words read: passages of encyclopedias, news and abstracts, of books and reviews, and everyday sentences."""

import random
from collections.abc import Callable, Iterable

from . import masks
from .data import Data, sentences
from .held_back import ARTICLES, Runs, is_held_back_book

WORDS = 90
"""Of a passage of prose."""
START = 3_000
"""Characters of a book that are left out: titles and contents."""


def unmeasured(data: Data, passages: Iterable[str]) -> list[str]:
    """Those that share no eight words in a row with WikiText-2's development set, on which such models are measured."""
    measured = Runs((row["text"] for row in data.rows("text/wikitext-2.dev")), 8)
    return [passage for passage in passages if not measured.share(passage)]


def facts_of(data: Data, rng: random.Random) -> list[str]:
    """Passages of encyclopedias, news and abstracts, cut elsewhere each time."""
    paragraphs = {
        row["context"] for name in ("squad11-dev", "squad20-dev") for row in data.rows(f"question-answering/{name}")
        if row["title"] not in ARTICLES
    }
    paragraphs |= {row["premise"] for name in ("rte.train", "scitail-dev") for row in data.rows(f"natural-language-inference/{name}")}
    paragraphs |= {row["document"] for row in data.rows("summarization/scitldr.train")}
    single = {row["context"] for row in data.rows("question-answering/qamr")}
    single |= {" ".join(row["words"]) for name in ("wikiann-en.train", "wikigold") for row in data.rows(f"token-classification/{name}")}
    single |= {row["a"] for row in data.rows("feature-extraction/msr-paraphrase.train")}
    return [*cut(sorted(paragraphs), lambda: rng.choice((30, 60, 90, 120))), *together(single, 60, rng)]


def books_of(data: Data) -> list[str]:
    """Passages of books, without their short ends."""
    texts = (row["text"][START:] for row in data.rows("text/books") if not is_held_back_book(row["title"]))
    return [passage for passage in cut(texts, lambda: WORDS) if passage.count(" ") > WORDS // 2]


def reviews_of(data: Data) -> list[str]:
    names = ("text/imdb-unlabelled", "text-classification/imdb.train")
    return cut((row["text"] for name in names for row in data.rows(name)), lambda: WORDS)


def talk_of(data: Data, rng: random.Random) -> list[str]:
    """Everyday sentences."""
    return together({row["en"] for row in data.rows("translation/tatoeba.fr-en")}, 60, rng)


def cut(texts: Iterable[str], words: Callable[[], int]) -> list[str]:
    """Passages of at most `words()` words, which is asked for every text."""
    return [passage for text in texts for passage in masks.passages(sentences(text), words())]


def together(single: set[str], words: int, rng: random.Random) -> list[str]:
    """Sentences that stand alone, several in a passage."""
    return list(masks.passages(rng.sample(sorted(single), len(single)), words))
