"""What the English of pairs lacks beside English at large: a collection has much of its own subjects, and little of others. Which sentences have
what is lacking (as Fadaee and Monz 2018, who go by a model's loss), and which of the pairs have what little there is.
"""

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise

from .data import Data, sentences
from .held_back import is_held_back_book, is_held_back_premise

WORDS = range(3, 17)
"""Of a sentence: a weak model makes little of longer ones."""
WRITTEN = re.compile(r"[A-Z][A-Za-z0-9,;:'() -]* [a-z'-]+[.?]")
"""Not quoted, and not cut behind an abbreviation, which has a capital."""
KNOWN = 3
"""Times that the pairs must have a word: what a model has hardly seen it cannot translate."""
NAMES = 2
"""Words with a capital that the pairs need not have: they are copied."""
LACKING, MOST = 2.0, 20.0
"""From how many times commoner at large a word is lacking, and from how many on no more than others."""
ENOUGH = 100
"""Times that the pairs may have a word that is lacking, and no sentence is drawn for it."""
FEW = 5
"""Added to counts, for what is rare is counted by chance."""
SELDOM = 20
"""Two words that are so rarely together are so by chance."""


def found(data: Data) -> tuple[list[str], list[str]]:
    """Sentences of claims and tales, and of books. Each once. None of texts that ask to be shared alike, as Wikipedia's do."""
    short = chain.from_iterable(map(sentences, _short(data)))
    books = chain.from_iterable(sentences(row["text"]) for row in data.rows("text/books") if not is_held_back_book(row["title"]))
    return _fitting(short), _fitting(books)


def _short(data: Data) -> Iterator[str]:
    yield from dict.fromkeys(row["context"] for row in data.rows("question-answering/fairytaleqa"))
    for row in data.rows("natural-language-inference/mnli-dev"):
        if not is_held_back_premise(row["premise"]):
            yield row["hypothesis"]


def _fitting(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(_fits, texts)))


def _fits(sentence: str) -> bool:
    return len(sentence.split()) in WORDS and bool(WRITTEN.fullmatch(sentence))


class Wanting:
    """Knows how many times commoner each word is at large than in `pairs`; each of `kinds` of texts has an equal part in what is at large."""

    def __init__(self, pairs: Sequence[str], kinds: Sequence[Sequence[str]]) -> None:
        self.kinds = kinds
        self.known = Counter(chain.from_iterable(map(_words, pairs)))
        self.fixed = _fixed(chain(*kinds))
        self.here = self._counts(pairs)
        there = [self._counts(kind) for kind in kinds]
        # What a count at large would be, were there as much of it as of pairs, and as much of each kind.
        scales = [self.here.total() / counts.total() / len(there) for counts in there]
        self.rates = {
            word: (sum(scale * counts[word] for scale, counts in zip(scales, there, strict=True)) + FEW) / (count + FEW)
            for word, count in self.here.items()
        }

    def worth(self, text: str) -> float:
        """How often a text should be shown, by the square, so that the few texts that have what is lacking are seen in a short training."""
        return max((min(self.rates.get(unit, 1.0), MOST) for unit in self._units(text)), default=1.0) ** 2

    def chosen(self, number: int, rng: random.Random) -> list[str]:
        """About `number` sentences whose words the pairs have. Each is drawn for the word that it has the best right to, which the sentences with it
        share."""
        readable = [sentence for sentence in chain(*self.kinds) if self._is_readable(sentence)]
        units = [{unit for unit in self._units(sentence) if self._is_lacking(unit)} for sentence in readable]
        supply = Counter(chain.from_iterable(units))
        of_word = {unit: min(self.rates[unit], MOST) ** 2 * (ENOUGH - self.here[unit]) / count for unit, count in supply.items()}
        rights = [max((of_word[unit] for unit in each), default=0.0) for each in units]
        share = _share(rights, number)
        return [sentence for sentence, right in zip(readable, rights, strict=True) if rng.random() < right * share]

    def _is_lacking(self, unit: str) -> bool:
        return KNOWN <= self.here[unit] < ENOUGH and self.rates[unit] > LACKING

    def _is_readable(self, sentence: str) -> bool:
        unknown = [word for word in re.findall(r"[A-Za-z']+", sentence) if self.known[word.lower()] < KNOWN]
        return len(unknown) <= NAMES and all(word[0].isupper() for word in unknown)

    def _counts(self, texts: Iterable[str]) -> Counter[str]:
        return Counter(chain.from_iterable(map(self._units, texts)))

    def _units(self, text: str) -> Iterator[str]:
        """Its words; one that stands behind another as it does most often counts with that alone: "of course" has no course."""
        before = ""
        for word in _words(text):
            both = f"{before} {word}"
            yield both if both in self.fixed else word
            before = word


def _fixed(texts: Iterable[str]) -> set[str]:
    """Two words of which the second stands behind the first more often than not."""
    alone, together = Counter(), Counter()
    for words in map(_words, texts):
        alone.update(words)
        together.update(pairwise(words))
    return {f"{first} {second}" for (first, second), count in together.items() if count > SELDOM and count > alone[second] / 2}


def _share(rights: Sequence[float], number: int) -> float:
    """What rights are multiplied by, to draw about `number`."""
    low, high = 0.0, number / min((right for right in rights if right), default=1.0)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(min(1.0, right * middle) for right in rights) < number else (low, middle)
    return low


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())
