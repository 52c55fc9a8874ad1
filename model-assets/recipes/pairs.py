"""French sentences and what they are in English: which are kept back, and what training shows of the others.

Names are copied, not translated. A model learns that where it sees more of them than the data's Tom and Mary: a name that stands in both
languages gives way to another, made of syllables, out of a book, or two English words.
"""

import random
import re
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from .held_back import BOUNDS

HELD_BACK = BOUNDS["tatoeba_pairs"]
JOINED = 0.1
"""Share of the pairs that come with another behind them: texts have more than one sentence."""
ACCENTED = 0.15
"""Share of the names made of syllables that have an accent."""
ACCENTS = {"a": "áàâäåã", "e": "éèêë", "i": "íîï", "o": "óôöø", "u": "úûü", "n": "ñń", "s": "šș", "c": "çč"}
LONGEST = 320
"""Characters of a side."""


class Pair(NamedTuple):
    fr: str
    en: str


def held_back(rows: Sequence[dict]) -> list[Pair]:
    """Those whose English has the first SHA-256, each once, with the first French of the file. `evaluate/translation.ts` does the same."""
    first: dict[str, str] = {}
    for row in rows:
        first.setdefault(row["en"], row["fr"])
    chosen = sorted(first, key=lambda en: sha256(en.encode()).hexdigest())[:HELD_BACK]
    return [Pair(first[en], en) for en in chosen]


def taught(rows: Sequence[dict], kept: Sequence[Pair]) -> list[Pair]:
    """The others, less all that share a side with those kept back in whatever case and punctuation."""
    fr, en = ({letters(getattr(pair, side)) for pair in kept} for side in ("fr", "en"))
    pairs = [Pair(row["fr"], row["en"]) for row in rows]
    return [pair for pair in pairs if letters(pair.fr) not in fr and letters(pair.en) not in en and max(map(len, pair)) <= LONGEST]


def letters(text: str) -> str:
    """What is left without case, blanks and punctuation."""
    return re.sub(r"\W+", "", text).lower()


def documentation(rows: Sequence[dict]) -> list[Pair]:
    """Sentences of a manual without their markup, where both sides have words and about as many."""
    pairs = [Pair(_unmarked(row["fr"]), _unmarked(row["en"])) for row in rows]
    return [
        pair for pair in dict.fromkeys(pairs)
        if pair.fr != pair.en and 12 <= min(map(len, pair)) and max(map(len, pair)) <= LONGEST and max(map(len, pair)) < 2 * min(map(len, pair))
    ]


def _unmarked(text: str) -> str:
    text = re.sub(r"`([^`<]+) <[^>`]*>`__?", r"\1", text)
    text = re.sub(r":[\w:]+:`[~!]?([^`<]+?)(?: <[^>`]*>)?`", r"\1", text)
    text = re.sub(r"(``|\*\*|`|\*|\|)(\S.*?\S|\S)\1_?", r"\2", text)
    return re.sub(r"\s*::$", ":", re.sub(r"\s+", " ", text).strip())


class Names:
    """Draws names."""

    def __init__(self, books: Sequence[str]) -> None:
        found = Counter(word for text in books for word in re.findall(r"(?<=[a-z,] )[A-Z][a-z]{2,11}\b", text))
        self.written = sorted(word for word, count in found.items() if count > 3)
        common = Counter(word for text in books for word in re.findall(r"\b[a-z]{4,9}\b", text[:20_000]))
        self.words = [word.title() for word, _ in common.most_common(3_000)]

    def draw(self, rng: random.Random) -> str:
        kind = rng.random()
        if kind < 0.35:
            return rng.choice(self.written)
        if kind < 0.55:
            return " ".join(rng.sample(self.words, 2))
        if kind < 0.65:
            return f"{rng.choice(self.written)} {self._made(rng)}"
        return self._made(rng)

    @staticmethod
    def _made(rng: random.Random) -> str:
        starts, middles, ends = "B C D F G H J K L M N P R S T V W Y Z Br Ch Dr Gr Kr Sh St Th Tr Qu".split(), "a e i o u ai ea io ou ei".split(), "n r l s t m ck x nd lle tte ng".split()
        text = "".join(rng.choice(starts) + rng.choice(middles) + (rng.choice(ends) if rng.random() < 0.4 else "") for _ in range(rng.randint(1, 3)))
        if rng.random() < ACCENTED:
            letter = rng.choice([c for c in text if c in ACCENTS])
            text = text.replace(letter, rng.choice(ACCENTS[letter]), 1)
        shape = rng.random()
        return text.upper() if shape < 0.05 else text.title() + (str(rng.randint(2, 99)) if shape > 0.95 else "")


def shown(pairs: Sequence[Pair], names: Names, named: float, rng: random.Random) -> list[Pair]:
    """What an epoch shows: each pair once, a share `named` of them with other names, some with another pair behind them."""
    result = []
    for pair in pairs:
        if rng.random() < named:
            pair = renamed(pair, names, rng)
        if rng.random() < JOINED:
            other = rng.choice(pairs)
            joined = Pair(f"{pair.fr} {other.fr}", f"{pair.en} {other.en}")
            pair = joined if max(map(len, joined)) <= LONGEST else pair
        result.append(pair)
    return result


def renamed(pair: Pair, names: Names, rng: random.Random) -> Pair:
    """The words with a capital, of three letters or more, that stand in both languages get other names, the same in both."""
    shared = set(_capitals(pair.fr)) & set(_capitals(pair.en))
    fr, en = pair
    for word in sorted(shared):
        name = names.draw(rng)
        fr, en = (re.sub(rf"\b{word}\b", name, side) for side in (fr, en))
    return Pair(fr, en)


def _capitals(text: str) -> list[str]:
    return re.findall(r"\b[A-ZÉ][\w]{2,}\b", text)
