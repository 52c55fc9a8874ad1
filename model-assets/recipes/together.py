"""What several models of entities say together, as examples for another: of prose, of fragments cut from it, and of the tagged sentences
with other names in them, where the tags count as much as the models.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from tokenizers import Tokenizer

from . import fragments, taught
from .data import Data, sentences
from .tagging import one_hot, with_others
from .taught import Teacher, Text, spaced
from .train import Example

PROSE = {"encyclopedia": 16_000, "news": 3_000, "pairs": 2_500, "reviews": 2_500, "books": 1_500}
"""Sentences, at most."""
LONGEST, SHORTEST = 26, 7
"""Words of them."""
FRAGMENTS = 20_000
FRAGMENTED = 5_500
"""Sentences of a source, at most, that they are cut from."""
DRAWS = 2
"""How often the tagged sentences are drawn with other names."""
TRUTH = 0.5
"""Share of the tags, beside the teachers."""


class Said(NamedTuple):
    draws: list[list[Example]]
    """The tagged sentences, each time with other names."""
    always: list[Example]
    """Fragments and prose."""


def shown(said: Said) -> Callable[[random.Random], list[Example]]:
    """What an epoch shows: all prose and fragments, and of each tagged sentence one of its draws."""
    return lambda chance: [*(chance.choice(each) for each in zip(*said.draws, strict=True)), *said.always]


def examples(
    data: Data, rows: Sequence[dict], share: float, tags: dict[str, int], teachers: Sequence[Teacher], tokenizer: Tokenizer, seed: int,
) -> Said:
    """What the teachers say, by chance of `seed`; in a draw `share` of the names are others."""
    rng = random.Random(seed)
    found = {name: picked(texts) for name, texts in sources(data).items()}
    cut = [text.words for name, texts in found.items() if name != "books" for text in texts[:FRAGMENTED]]
    short = [text for name, texts in found.items() for text in texts[: PROSE[name]] if SHORTEST <= len(text.places) <= LONGEST]
    names = [spaced(words) for words in fragments.fragments(cut, FRAGMENTS, rng)]
    # Half as they are written, half in words, as WikiANN is.
    prose = [text if rng.random() < 0.5 else spaced(text.words) for text in short]
    told = [*names, *prose]
    always = taught.to_examples(tokenizer, told, taught.said_by(teachers, told))
    draws = []
    for _ in range(DRAWS):
        drawn = with_others(rows, share, rng)
        texts = [spaced(row["words"]) for row in drawn]
        said = taught.said_by(teachers, texts)
        truth = [one_hot([tags[tag] for tag in row["tags"]], len(tags)) for row in drawn]
        mixed = [TRUTH * a + (1 - TRUTH) * b for a, b in zip(truth, said, strict=True)]
        draws.append(taught.to_examples(tokenizer, texts, mixed))
    return Said(draws, always)


def sources(data: Data) -> dict[str, Iterable[str]]:
    """Texts in English with names in them, none of them tagged."""

    def of(field: str, *names: str) -> list[str]:
        return [row[field] for name in names for row in data.rows(name)]

    return {
        "encyclopedia": of("context", *(f"question-answering/{name}" for name in ("squad11-dev", "squad20-dev", "qamr"))),
        "news": of("premise", "natural-language-inference/rte.train"),
        "pairs": [*of("a", "feature-extraction/stsb.train"), *of("b", "feature-extraction/stsb.train")],
        "reviews": of("text", "text/imdb-unlabelled"),
        "books": [text[5_000:15_000] for text in of("text", "text/books")],
    }


def picked(texts: Iterable[str]) -> list[Text]:
    """Short sentences with a capital inside, shuffled."""
    found = sorted({s for text in texts for s in sentences(text) if 20 <= len(s) <= 200 and any(c.isupper() for c in s[1:])})
    random.Random(17).shuffle(found)
    return [Text(s, fragments.places(s)) for s in found]

