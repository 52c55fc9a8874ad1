"""Reads the data that recipes train on: gzipped JSON lines, one object a row."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path


class Data:
    """A folder of data sets. `rows("text/books")` reads `text/books.jsonl.gz` in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def rows(self, name: str) -> list[dict]:
        with gzip.open(self.folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]


def sentences(text: str) -> Iterator[str]:
    """Splits prose at sentence ends; good enough to cut reviews into pieces of the length that users send."""
    for sentence in re.split(r"(?<=[.!?])\s+", text.replace("<br />", " ").replace("\n", " ")):
        if sentence := sentence.strip():
            yield sentence
