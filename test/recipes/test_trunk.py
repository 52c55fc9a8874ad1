"""What the trunk and its student read and never read, and that it is trained once. `python -m unittest discover -s ../test/recipes`"""

import random
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from unittest.mock import patch

import torch
from transformers import BertConfig, BertForMaskedLM, BertForSequenceClassification, PreTrainedModel

from recipes import minilm_mlm, origin, reading, trunk
from recipes.data import Data
from recipes.held_back import ARTICLES, is_held_back_premise
from recipes.reading import Reading

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
        for fewer in (patch.multiple(trunk, PROSE=3, REVIEWS=1), patch.multiple(minilm_mlm, PROSE=1, TALK=1)):
            fewer.start()
            self.addCleanup(fewer.stop)

    def test_of_every_kind_and_nothing_that_is_measured_with(self) -> None:
        texts = " ".join(trunk.texts_of(Made(), random.Random(1)))  # type: ignore[arg-type]
        kinds = ("squad20-dev", "qamr", "scitldr.train", "rte.train", "Of text/books", "tatoeba", "banking77", "snli-dev", "sst2.train")
        self.assertEqual([kind for kind in kinds if kind not in texts], [])
        self.assertEqual([kept for kept in ("sixty", "kept back") if kept in texts], [])
        self.assertEqual([is_held_back_premise(f"the kept premise {i}") for i in PREMISES], [False, True])
        self.assertEqual([f"the kept premise {i}" in texts for i in PREMISES], [True, False])

    def test_the_student_reads_facts_books_and_talk_and_nothing_that_is_measured_with(self) -> None:
        texts = " ".join(minilm_mlm.texts_of(Made(), random.Random(1)))  # type: ignore[arg-type]
        kinds = ("squad20-dev", "qamr", "scitldr.train", "rte.train", "wikiann-en.train", "Of text/books", "tatoeba")
        self.assertEqual([kind for kind in kinds if kind not in texts], [])
        self.assertEqual([kept for kept in ("sixty", "kept back", "snli", "imdb") if kept in texts], [])

    def test_a_copy_is_left_out_before_a_passage_is_cut_through_it(self) -> None:
        copy = f"{'Much is told of them here. ' * 40}{MEASURED.replace('sixty is', 'sixty. Is')}"
        rows = Made().rows
        data = SimpleNamespace(rows=lambda name: [{"context": copy, "title": "Rivers"}] if name == "question-answering/squad20-dev" else rows(name))
        read = Reading(data)  # type: ignore[arg-type]
        self.assertEqual([passage for passage in read.facts(random.Random(1)) if "Much is told" in passage], [])
        self.assertEqual(read.together({copy, "Another."}, random.Random(1)), ["Another."])

    def test_a_copy_across_sentences_of_a_book_or_a_review_is_left_out_too(self) -> None:
        copy = f"{'Much is told of them here. ' * 40}{MEASURED.replace('sixty is', 'sixty. Is')}"
        kinds = {"text/books": [{"title": "Book 1", "text": "x" * reading.START + copy}], "text/imdb-unlabelled": [{"text": copy}]}
        rows = Made().rows
        read = Reading(SimpleNamespace(rows=lambda name: kinds.get(name) or rows(name)))  # type: ignore[arg-type]
        for passages in (read.books(), read.reviews()):
            self.assertTrue(any("Much is told" in passage for passage in passages))
            self.assertFalse(any("sixty" in passage for passage in passages))

    def test_no_phrase_of_films_that_is_measured_with(self) -> None:
        rows, phrase = Made().rows, "a film of more than a dozen words, which is one of those that are measured with"
        others = [{"text": phrase.replace("film", "book"), "label": "NEGATIVE"}]
        data = SimpleNamespace(rows=lambda name: {"text-classification/sst2.dev": [{"text": f"{phrase.upper()} ."}], "text-classification/sst2.train": [{"text": phrase}, *others]}.get(name) or rows(name))
        short = " ".join(trunk.short_of(Reading(data), random.Random(1)))  # type: ignore[arg-type]
        self.assertEqual([kind in short for kind in ("a film of", "a book of")], [False, True])

    def test_no_book_that_is_kept_back(self) -> None:
        read = " ".join(Reading(Made()).books())  # type: ignore[arg-type]
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


def begin(kind: type, seed: int = 1, **config: object) -> PreTrainedModel:
    """In place of all-MiniLM-L6-v2, with more pieces than the trunk."""
    torch.manual_seed(seed)
    return kind(BertConfig(vocab_size=80, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, **config))


class Trained(unittest.TestCase):
    def test_a_trunk_is_trained_once_and_found_again(self) -> None:
        pieces = tokenizer()
        made = model(pieces.get_vocab_size())
        trainings = []

        def train(data: Data, work: Path) -> tuple[dict, str]:
            trainings.append(work)
            return made.state_dict(), pieces.to_str()

        with TemporaryDirectory() as folder, patch.object(trunk, "_train", train), patch.object(origin, "load", begin):
            for _ in range(2):
                read, own = trunk.trained(None, Path(folder))  # type: ignore[arg-type]
                self.assertEqual(own.get_vocab(), pieces.get_vocab())
                ids = torch.tensor([[4, 9, 11]])
                torch.testing.assert_close(read(ids).logits, made(ids).logits)
        self.assertEqual(len(trainings), 1)


    def test_another_task_begins_as_the_trunk_with_a_head_of_its_own(self) -> None:
        pieces = tokenizer()
        made = model(pieces.get_vocab_size())
        with TemporaryDirectory() as folder, patch.object(trunk, "_train", lambda *_: (made.state_dict(), pieces.to_str())), patch.object(origin, "load", begin):
            begun, own = trunk.start(BertForSequenceClassification, None, Path(folder) / "new", num_labels=2)  # type: ignore[arg-type]
        self.assertEqual(own.get_vocab(), pieces.get_vocab())
        ids = torch.tensor([[2, 5, 3]])
        torch.testing.assert_close(begun.eval().bert(ids).last_hidden_state, made.bert(ids).last_hidden_state)
        self.assertEqual(begun(ids).logits.shape, (1, 2))


if __name__ == "__main__":
    unittest.main()
