"""What an encyclopedia has beside its sentences: names alone, in lists and in titles, cut from prose.

Texts are written in words as WikiANN has them: marks before and after a word, and 's, are words of their own; what is inside of one,
and the full stop of an abbreviation, is not.
"""

import random
import re
from collections.abc import Iterator, Sequence

WORD = re.compile(r"(?P<before>[\"'“”‘’(\[]*)(?P<word>.*?)(?P<s>['’]s)?(?P<after>[\"'“”‘’)\],;:!?]*\.*)$")
WITHIN = frozenset(["of", "the", "and", "for", "de", "la", "von", "van", "in", "at", "on", "del", "&", "'s"])
"""Words that names go on after."""
FORMS = ("{0} , {1}", "{0} / {1}", "{0} ( {1} )", "{0} - {1}", "{0} and {1}", "* {0} , {1}", "'' {0} '' , {1}", "{0} : {1}")
MARKS = ("'' {0} ''", "* {0}", "** {0}", "{0} :", "( {0} )", "`` {0} ''", "' '' {0} '' '")
MOST = 8
"""Words of a name."""


def places(text: str) -> list[tuple[int, int]]:
    """Where each word of a sentence begins and ends."""
    found = []
    runs = list(re.finditer(r"\S+", text))
    for run in runs:
        match = WORD.match(run[0])
        assert match
        stop = run is not runs[-1] and match["after"] == "."
        for name in ("before", "word", "s", "after"):
            start, end = match.span(name)
            if name in ("before", "after") and not (name == "after" and stop):
                found += [(run.start() + i, run.start() + i + 1) for i in range(start, end)]
            elif name == "after":
                found[-1] = (found[-1][0], run.start() + end)
            elif end > start:
                found.append((run.start() + start, run.start() + end))
    return found


def fragments(sentences: Sequence[Sequence[str]], count: int, rng: random.Random) -> list[list[str]]:
    """`count` different ones: a name, two of them in a list, or one with some of the words around it."""
    held = [(words, start, end) for words in sentences for start, end in _names(words)]
    found: dict[str, None] = {}
    while len(found) < count:
        words, start, end = rng.choice(held)
        kind = rng.random()
        if kind < 0.45:
            start, end = max(0, start - rng.randrange(5)), end + rng.randrange(6)
        said = " ".join(words[start:end])
        if 0.45 <= kind < 0.7:
            other, first, last = rng.choice(held)
            said = rng.choice(FORMS).format(said, " ".join(other[first:last]))
        if rng.random() < 0.12:
            said = rng.choice(MARKS).format(said)
        found[said] = None
    return [said.split() for said in found]


def _names(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Runs of words with a capital or a number, but for those that only a sentence begins with."""
    start = None
    for at, word in enumerate([*words, ""]):
        goes_on = word[:1].isupper() or (start is not None and (word in WITHIN or word[:1].isdigit()))
        if goes_on and start is None:
            start = at
        if not goes_on and start is not None:
            end = at
            while words[end - 1] in WITHIN:
                end -= 1
            begins = start == 0 and not words[min(1, len(words) - 1)][:1].isupper()
            if not begins and 0 < end - start <= MOST and words[start:end] != ["I"]:
                yield start, end
            start = None
