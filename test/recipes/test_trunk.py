"""What the trunk reads and never reads, and what its student is told. `python -m unittest discover -s ../test/recipes`"""

import random
import unittest
from types import SimpleNamespace
from unittest.mock import patch

import torch
from torch.nn import functional
from transformers import BertConfig, BertForMaskedLM

from recipes import masks, minilm_mlm, reading, trunk
from recipes.held_back import ARTICLES, is_held_back_premise
from recipes.train import Example

from test_examples import tokenizer

FACT = "An encyclopedia says that the river number {} is long, and that it flows to the sea."
MEASURED = FACT.format("sixty")
BOOKS = 200
PREMISES = (1, 28)
"""One that may be read, and one that is kept back."""


class Made:
    """As `Data`: every set has a text of its own, one that is measured with, and for SQuAD an article that is kept back."""

    def rows(self, name: str) -> list[dict]:
        if name == "text/wikitext-2.dev":
            return [{"text": f"= Rivers =\n{MEASURED.upper()}"}]
        if name == "text/books":
            return [{"title": f"Book {i}", "text": "x" * reading.START + f" Of {name} {i} this is told, and of much beside it. " * 6} for i in range(BOOKS)]
        # Too long to stand in a passage with another.
        own = f"The text of {name} speaks of {' and '.join(f'thing {i}' for i in range(40))}, which nobody has measured."
        texts = [own, MEASURED]
        pairs = [{"premise": p, "hypothesis": f"{p} Indeed.", "label": "neutral"} for p in (*texts, *(f"the kept premise {i}" for i in PREMISES if "rte" not in name and "scitail" not in name))]
        rows = {"natural-language-inference": pairs, "token-classification": [{"words": t.split()} for t in texts]}
        keyed = ("text", "context", "document", "a", "en")
        kept = {**dict.fromkeys(keyed, f"An article that is kept back, in {name}."), "title": next(iter(ARTICLES))}
        return rows.get(name.split("/")[0]) or [*({**dict.fromkeys(keyed, t), "title": "Rivers", "label": "joy"} for t in texts), *([kept] if "squad" in name else [])]


class Read(unittest.TestCase):
    def setUp(self) -> None:
        fewer = patch.multiple(trunk, PROSE=3, REVIEWS=1)
        fewer.start()
        self.addCleanup(fewer.stop)

    def test_of_every_kind_and_nothing_that_is_measured_with(self) -> None:
        texts = " ".join(trunk.texts_of(Made(), random.Random(1)))  # type: ignore[arg-type]
        kinds = ("squad20-dev", "qamr", "scitldr.train", "rte.train", "Of text/books", "tatoeba", "banking77", "snli-dev", "sst2.train")
        self.assertEqual([kind for kind in kinds if kind not in texts], [])
        self.assertEqual([kept for kept in ("sixty", "kept back") if kept in texts], [])
        self.assertEqual([is_held_back_premise(f"the kept premise {i}") for i in PREMISES], [False, True])
        self.assertEqual([f"the kept premise {i}" in texts for i in PREMISES], [True, False])

    def test_no_book_that_is_kept_back(self) -> None:
        read = " ".join(reading.books_of(Made()))  # type: ignore[arg-type]
        kept = [i for i in range(BOOKS) if reading.is_held_back_book(f"Book {i}")]
        self.assertTrue(kept)
        self.assertEqual([i for i in range(BOOKS) if f"text/books {i} " not in read], kept)


def model(pieces: int) -> BertForMaskedLM:
    torch.manual_seed(pieces)
    config = BertConfig(vocab_size=pieces, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, hidden_dropout_prob=0.0)
    made = BertForMaskedLM(config).eval()
    torch.nn.init.normal_(made.cls.predictions.bias)
    return made


class Trimmed(unittest.TestCase):
    kept = [4, 2, 9, 11]

    def test_a_head_says_of_what_is_kept_what_it_said(self) -> None:
        whole = model(12)
        said = whole(torch.tensor([[4, 9]])).logits[..., self.kept]
        trunk.trim_head(whole, self.kept)
        torch.testing.assert_close(whole(torch.tensor([[0, 2]])).logits, said)
        self.assertIs(whole.cls.predictions.decoder.weight, whole.get_input_embeddings().weight)

    def test_a_teacher_with_more_pieces_speaks_of_the_students(self) -> None:
        teacher, places = model(12), torch.tensor([[False, True]])
        right = teacher(torch.tensor([[4, 9]])).logits[0, 1, self.kept].softmax(-1)
        said = minilm_mlm.says(teacher, self.kept)({"input_ids": torch.tensor([[0, 2]])}, places)
        torch.testing.assert_close(said, right[None], atol=0.01, rtol=0.02)  # The teacher may speak in bfloat16.


class Told(unittest.TestCase):
    def loss(self, told: float, says: torch.Tensor) -> torch.Tensor:
        pieces = tokenizer()
        ids = pieces.encode("the in").ids
        bert = SimpleNamespace(hidden=torch.zeros(1, len(ids), len(pieces.get_vocab())))
        bert.hidden[..., 7] = 2.0

        def read(**inputs: torch.Tensor) -> SimpleNamespace:
            self.shown = inputs["input_ids"]
            return SimpleNamespace(last_hidden_state=bert.hidden)

        student = SimpleNamespace(bert=read, cls=lambda hidden: hidden)
        return masks.loss(pieces, 1.1, lambda inputs, places: says.expand(int(places.sum()), -1), told)(student, [Example(ids)])  # type: ignore[arg-type]

    def test_the_word_and_what_the_teacher_holds_likely(self) -> None:
        pieces = tokenizer()
        size = pieces.get_vocab_size()
        likely = functional.one_hot(torch.tensor(7), size).float()
        said = torch.zeros(size)
        said[7] = 2.0
        costs = -said.log_softmax(-1)
        word, alike = float(costs[pieces.token_to_id("the")]), float(costs[7])
        for told in (0.0, 0.25, 1.0):
            self.assertAlmostEqual(float(self.loss(told, likely)), (1 - told) * word + told * alike, places=5)
        mask = pieces.token_to_id("[MASK]")
        self.assertEqual(self.shown[0, 1:3].tolist(), [mask, mask])


if __name__ == "__main__":
    unittest.main()
