"""What the quantized graphs are asked where no texts are given: plain English, a few marks and names, short and long."""

from pathlib import Path

TEXTS = [
    "The bridge was closed for repairs until the end of the year.",
    "I have never read a better introduction to the subject.",
    "The food was cold, the waiter rude, and the bill wrong.",
    "Maria Lopez joined the Vienna office of Northwind Shipping in March 2019.",
    "Water boils at a lower temperature on a mountain than at the sea.",
    "Is there a train from Lyon to Geneva after nine in the evening?",
    "She put the letters into a drawer, locked it, and gave the key to her brother.",
    "The new engine uses a third less fuel; it is also much quieter.",
    "Nobody expected the small team from Ghent to win the cup.",
    "The committee will publish its report on the flood next Tuesday.",
    "It is a slow film, but the last twenty minutes are worth the wait.",
    "Prices rose by 2.4% in May, after a fall of 0.3% in April.",
    "Please send the signed form to the address below before Friday.",
    "The old library has more than forty thousand books, most of them in Latin.",
    "Rain.",
    "When the snow melts, the river carries stones the size of a house down to the plain, and the villages along it wait behind their walls "
    "of willow and clay until the water has gone down again.",
]
QUESTIONS = [
    ("Where is the office?", TEXTS[3]),
    ("Who joined the company?", TEXTS[3]),
    ("When will the report be published?", TEXTS[9]),
    ("How many books does the library have?", TEXTS[13]),
    ("Where did the team come from?", TEXTS[8]),
    ("What did she lock?", TEXTS[6]),
    ("How much did prices rise in May?", TEXTS[11]),
    ("What does the river carry?", TEXTS[15]),
]
HYPOTHESES = ["This example is about travel.", "This example is about money.", "This example is about books."]


def read_texts(path: Path | None) -> list[tuple[str, ...]] | None:
    """One text a line; two, such as a question and its context, have a tab between them. None where no file is given."""
    if path is None:
        return None
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not lines:
        raise ValueError(f"{path} has no text; one a line is wanted")
    return [tuple(line.split("\t", 1)) for line in lines]


def texts_of(task: str, given: list[tuple[str, ...]] | None) -> list[tuple[str, ...]]:
    if given is None:
        if task == "question-answering":
            return list(QUESTIONS)
        if task == "zero-shot-classification":
            return [(text, hypothesis) for text in TEXTS for hypothesis in HYPOTHESES]
        return [(text,) for text in TEXTS]
    if task == "question-answering" and any(len(texts) < 2 for texts in given):
        raise ValueError("question-answering wants a question and a context in each line, with a tab between them")
    if task == "zero-shot-classification":
        return [texts if len(texts) == 2 else (*texts, hypothesis) for texts in given for hypothesis in (HYPOTHESES if len(texts) == 1 else [""])]
    return given
