"""What is learned of what follows from what: the labels, the data, and topics put as zero-shot asks."""

import random
from collections.abc import Sequence

from .data import Data
from .held_back import is_held_back_premise, normal

Pair = tuple[str, str]
"""A premise and a hypothesis."""
LABELS = {"entailment": 0, "neutral": 1, "contradiction": 2}
NOT_ENTAILED = 3
"""Label of data that tells two cases only: neutral or contradiction."""
SETS = ("mnli-dev", "snli-dev", "joci.train", "rte.train", "scitail-dev")
TOPICS = ("clinc150.train", "banking77.train", "goemotions.train")
TOPIC_ROWS = 4_000
"""Of each set of topics; half with the right label."""
TEMPLATES = ("This example is {}.", "This example is about {}.", "This text is about {}.", "The topic is {}.")


class Following:
    """Rows of premise, hypothesis and label, by the set."""

    def __init__(self, data: Data) -> None:
        rows = {name: [row for row in data.rows(f"natural-language-inference/{name}") if row["label"] != "-"] for name in SETS}
        self.dev = [row for row in rows["mnli-dev"] if is_held_back_premise(row["premise"])]
        """Never learned from, nor is anything chosen by it."""
        self.held_back = {normal(text) for pair in pairs(self.dev) for text in pair}
        """All texts of `dev`, as they are compared."""
        self.learned = {name: [row for row in of if self.held_back.isdisjoint(map(normal, *pairs([row])))] for name, of in rows.items()}


def label(row: dict) -> int:
    return LABELS.get(row["label"], NOT_ENTAILED)


def pairs(rows: Sequence[dict]) -> list[Pair]:
    return [(row["premise"], row["hypothesis"]) for row in rows]


def topics(data: Data, rng: random.Random) -> list[dict]:
    """Texts with their own label, which follows, or with another, which does not."""
    result = []
    for name in TOPICS:
        rows = data.rows(f"zero-shot-classification/{name}")
        names = sorted({row["label"] for row in rows})
        for i, row in enumerate(rng.sample(rows, TOPIC_ROWS)):
            right = i % 2 == 0
            topic = row["label"] if right else rng.choice([other for other in names if other != row["label"]])
            said = rng.choice(TEMPLATES).format(topic.replace("_", " "))
            result.append({"premise": row["text"], "hypothesis": said, "label": "entailment" if right else "not_entailment"})
    return result
