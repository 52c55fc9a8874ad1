"""What is kept back for measuring where the data has no development set of its own. `evaluate/` in TypeScript draws the same line.

The bounds stand in `evaluate/held-back.json`, for both. Eight articles of SQuAD stand there by name (drawn once: `random.Random(17).sample(sorted(titles), 8)`).
Of MNLI a tenth of the premises, whose three hypotheses stay together: those whose SHA-256 begins with a byte under the bound.
Of the books six, by their title's.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path

BOUNDS = json.loads((Path(__file__).parent.parent / "evaluate" / "held-back.json").read_text())
ARTICLES = frozenset(BOUNDS["squad"])


def is_held_back_premise(premise: str) -> bool:
    return sha256(premise.encode()).digest()[0] < BOUNDS["mnli_below"]


def is_held_back_book(title: str) -> bool:
    return sha256(title.encode()).digest()[0] < BOUNDS["books_below"]


def normal(text: str) -> str:
    """What is compared: neither case nor punctuation makes another sentence."""
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


def unlike(rows: Iterable[dict], kept: Iterable[str], text: Callable[[dict], str]) -> list[dict]:
    """The rows whose text is none of those that are kept back, in whatever letters."""
    known = {normal(each) for each in kept}
    return [row for row in rows if normal(text(row)) not in known]


class Runs:
    """Knows the runs of `length` words of some texts, to leave out others that repeat one: two copies of an encyclopedia's page
    differ in punctuation and case."""

    def __init__(self, texts: Iterable[str], length: int) -> None:
        self.length = length
        self.known = {run for text in texts for run in self._of(text)}

    def share(self, text: str) -> bool:
        return any(run in self.known for run in self._of(text))

    def _of(self, text: str) -> Iterator[int]:
        words = re.findall(r"[a-z0-9]+", text.lower())
        for i in range(len(words) - self.length + 1):
            yield hash(tuple(words[i : i + self.length]))
