"""What the tasks' examples teach, token by token. `python -m unittest discover -s ../test/recipes`"""

import random
import string
import unittest
from collections import Counter
from collections.abc import Callable
from operator import itemgetter
from types import SimpleNamespace
from unittest.mock import patch

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

from recipes import classification, spans, tagging, taught, together
from recipes.classification import Target
from recipes.held_back import unlike
from recipes.minilm_ner import known
from recipes.train import Example
from recipes.vocabulary import SPECIAL, trim

CHARACTERS = [*string.ascii_lowercase, *(f"##{letter}" for letter in string.ascii_lowercase), "(", ")"]
WORDS = ["the", "lives", "in", "york", "##shire"]
TAGS = {"O": 0, "B-PER": 1, "I-PER": 2, "B-LOC": 3, "I-LOC": 4}


def tokenizer() -> Tokenizer:
    ids = {piece: i for i, piece in enumerate([*SPECIAL, *CHARACTERS, *WORDS])}
    made = Tokenizer(WordPiece(ids, unk_token="[UNK]"))
    made.normalizer, made.pre_tokenizer = BertNormalizer(lowercase=True), BertPreTokenizer()
    made.add_special_tokens(list(SPECIAL))
    made.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[(token, ids[token]) for token in ("[CLS]", "[SEP]")]
    )
    return made


class Tagged(unittest.TestCase):
    row = {"words": ["Yorkshire", "lives", "in", "The", "Yorkshire"], "tags": ["B-PER", "O", "O", "B-LOC", "I-LOC"]}

    def test_the_pieces_of_a_word_go_on_and_special_tokens_do_not_count(self) -> None:
        [example] = tagging.to_examples(tokenizer(), [self.row], TAGS)
        none = tagging.NONE
        # [CLS] york ##shire lives in the york ##shire [SEP]
        self.assertEqual(example.target, [none, 1, 2, 0, 0, 3, 4, 4, none])
        self.assertEqual(len(example.ids), len(example.target))

    def test_a_long_row_is_cut_with_its_tags(self) -> None:
        [example] = tagging.to_examples(tokenizer(), [self.row], TAGS, longest=3)
        self.assertEqual((len(example.ids), example.target), (3, [tagging.NONE, 1, 2]))


class Taught(unittest.TestCase):
    def test_first_pieces_are_taught_what_is_said_and_later_ones_to_go_on(self) -> None:
        text = taught.Text("(Yorkshire) lives", [(1, 10), (12, 17)])
        said = torch.tensor([[0.125, 0.5, 0.125, 0.25, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0]])
        [example] = taught.to_examples(tokenizer(), [text], [said])
        nothing = [0.0] * len(TAGS)
        # [CLS] ( york ##shire ) lives [SEP]: what is of no word weighs nothing.
        later = [taught.LATER * share for share in (0.125, 0.0, 0.625, 0.0, 0.25)]
        self.assertEqual(example.target.said.tolist(), [nothing, nothing, said[0].tolist(), later, nothing, said[1].tolist(), nothing])
        self.assertEqual(example.target.firsts.tolist(), [0, 1, 2, 2, 4, 5, 6])

    def test_pieces_of_a_word_learn_to_agree_with_its_first_and_the_first_does_not_with_them(self) -> None:
        text = taught.Text("Yorkshire lives", [(0, 9), (10, 15)])
        examples = taught.to_examples(tokenizer(), [text], [torch.tensor([[0.0, 1.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0]])])
        # [CLS] york ##shire lives [SEP]: the first piece is a person's, and the second a place's.
        logits = torch.zeros(1, 5, len(TAGS))
        logits[0, 1, TAGS["B-PER"]] = logits[0, 2, TAGS["I-LOC"]] = 3.0
        logits.requires_grad_()

        def taught_by(agreement: float) -> tuple[torch.Tensor, torch.Tensor]:
            loss = taught.loss_of(agreement)(lambda **_: SimpleNamespace(logits=logits), examples)
            return loss.detach(), torch.autograd.grad(loss, logits)[0][0]

        (plain, before), (loss, after) = taught_by(0.0), taught_by(0.5)
        goal = examples[0].target.said.float()
        torch.testing.assert_close(plain, -(goal * logits[0].log_softmax(-1)).sum() / goal.sum())
        self.assertGreater(loss, plain)
        torch.testing.assert_close(after[[0, 1, 3, 4]], before[[0, 1, 3, 4]])
        self.assertLess(after[2, TAGS["I-PER"]], before[2, TAGS["I-PER"]])
        self.assertGreater(after[2, TAGS["I-LOC"]], before[2, TAGS["I-LOC"]])

    def test_a_model_teaches_its_later_pieces_what_it_says_of_the_first_and_sharper(self) -> None:
        text = taught.Text("(Yorkshire)", [(1, 10)])
        examples = taught.to_examples(tokenizer(), [text], [torch.tensor([[0.0, 0.0, 0.0, 1.0, 0.0]])])
        # [CLS] ( york ##shire ) [SEP]: the first piece leans to a person, whatever it is taught.
        said = torch.full((1, 6, len(TAGS)), 0.1)
        said[0, 2] = torch.tensor([0.2, 0.3, 0.1, 0.3, 0.1])
        before = lambda **_: SimpleNamespace(logits=said.log())  # noqa: E731
        logits = torch.zeros(1, 6, len(TAGS))
        loss = taught.loss_of_itself(before)(lambda **_: SimpleNamespace(logits=logits), examples)
        torch.testing.assert_close(loss, torch.tensor(len(TAGS)).log())
        sharp = torch.tensor([0.2**3, 0.0, 0.4**3, 0.0, 0.4**3])
        least = said.clone()
        least[0, 3] = sharp / sharp.sum() + 1e-9
        entropy = sum(-(p * p.clamp(min=1e-9).log()).sum() for p in (said[0, 2], least[0, 3])) / 2
        reached = taught.loss_of_itself(before)(lambda **_: SimpleNamespace(logits=least.log()), examples)
        torch.testing.assert_close(reached, entropy, atol=1e-4, rtol=1e-4)


class Others(unittest.TestCase):
    rows = [
        {"words": ["Anna", "Berg", "of", "Bonn"], "tags": ["B-PER", "I-PER", "O", "B-LOC"]},
        {"words": ["in", "New", "York", "City", "Tom"], "tags": ["O", "B-LOC", "I-LOC", "I-LOC", "B-PER"]},
    ]

    def test_names_give_way_to_others_of_their_type(self) -> None:
        names = {kind: {" ".join(row["words"][a:b]) for row in self.rows for a, b, k in tagging.spans(row["tags"]) if k == kind} for kind in ("PER", "LOC")}
        seen = set()
        for seed in range(20):
            for row, drawn in zip(self.rows, tagging.with_others(self.rows, 1.0, random.Random(seed)), strict=True):
                found = sorted(tagging.spans(drawn["tags"]))
                self.assertEqual([kind for _, _, kind in found], [kind for _, _, kind in sorted(tagging.spans(row["tags"]))])
                for start, end, kind in found:
                    self.assertIn(" ".join(drawn["words"][start:end]), names[kind])
                self.assertEqual([w for w, t in zip(drawn["words"], drawn["tags"], strict=True) if t == "O"], [w for w, t in zip(row["words"], row["tags"], strict=True) if t == "O"])
                seen.add(" ".join(drawn["words"]))
        self.assertIn("Tom of New York City", seen)

    def test_none_does_without_a_share(self) -> None:
        self.assertEqual(tagging.with_others(self.rows, 0.0, random.Random(1)), self.rows)

    def test_tags_of_other_sets_are_told_as_wikianns(self) -> None:
        tags = ["I-PER", "I-PER", "O", "I-LOC", "I-ORG", "B-creative-work", "B-corporation", "I-corporation", "I-MISC"]
        found = known({"words": ["w"] * len(tags), "tags": tags})
        self.assertEqual(found["tags"], ["B-PER", "I-PER", "O", "B-LOC", "B-ORG", "O", "B-ORG", "I-ORG", "O"])


class Together(unittest.TestCase):
    def test_an_epoch_shows_one_draw_of_each_sentence_and_all_else(self) -> None:
        draws = [[Example([draw, i]) for i in range(9)] for draw in range(3)]
        always = [Example([9, i]) for i in range(4)]
        shown = together.shown(together.Said(draws, always))
        found = shown(random.Random(1))
        self.assertEqual([e.ids[1] for e in found[:9]], list(range(9)))
        self.assertEqual({e.ids[0] for e in found[:9]}, {0, 1, 2})
        self.assertEqual(found[9:], always)
        self.assertNotEqual(found, shown(random.Random(2)))


class Classified(unittest.TestCase):
    logits = torch.tensor([[0.0, 2.0], [1.0, 0.0]])

    def loss(self, of: Callable, targets: list[Target]) -> float:
        return float(of(lambda **_: SimpleNamespace(logits=self.logits), [Example([1], target) for target in targets]))

    def test_labels(self) -> None:
        costs = -self.logits.log_softmax(-1)
        self.assertAlmostEqual(self.loss(classification.loss(), [Target(0), Target(1)]), float(costs[0, 0] + costs[1, 1]) / 2, places=5)

    def test_a_teacher_speaks_of_all_and_labels_where_there_are_any(self) -> None:
        teacher = torch.tensor([[2.0, 0.0], [0.0, 0.0]])
        soft = [4 * float(((t / 2).softmax(-1) * ((t / 2).log_softmax(-1) - (s / 2).log_softmax(-1))).sum()) for t, s in zip(teacher, self.logits, strict=True)]
        hard = -float(self.logits[0].log_softmax(-1)[0])
        found = self.loss(classification.loss(2.0, 0.25), [Target(0, teacher[0]), Target(None, teacher[1])])
        self.assertAlmostEqual(found, (0.25 * hard + 0.75 * sum(soft)) / 2, places=5)


class Spans(unittest.TestCase):
    def test_each_window_points_at_the_answer_or_at_cls_where_it_is_cut(self) -> None:
        context = " ".join(string.ascii_lowercase[:16])
        # [CLS] q [SEP], eight letters, [SEP]; three of them again in the next.
        windows = ("a b c d e f g h", "f g h i j k l m", "k l m n o p")
        for answer in ("a", "g h", "h i", "k l", "p"):
            row = {"question": "q", "context": context, "answers": [{"text": answer, "start": context.index(answer)}]}
            with self.subTest(answer), patch.multiple(spans, LONGEST=12, STRIDE=3):
                examples = spans.to_examples(tokenizer(), [row])
                self.assertEqual(len(examples), len(windows))
                for example, window in zip(examples, windows, strict=True):
                    start, end, (first, stop), words, _ = example.target
                    self.assertEqual(context[words[first][0] : words[stop - 1][1]], window)
                    if answer in window:
                        self.assertEqual(context[words[start][0] : words[end][1]], answer)
                    else:
                        self.assertEqual((start, end), (0, 0))

    def test_answers_are_whole_words_and_equal_ones_add_up(self) -> None:
        row = {"question": "q", "context": "in Yorkshire lives The yorkshire", "answers": [{"text": "in", "start": 0}]}
        [example] = spans.to_examples(tokenizer(), [row])
        # [CLS] q [SEP] in york ##shire lives the york ##shire [SEP]: alone each Yorkshire is less likely than "in", and together they are not.
        start, end = (torch.full((1, len(example.ids)), -20.0) for _ in range(2))
        for logits, places in ((start, (3, 4, 9)), (end, (3, 4, 9))):
            logits[0, list(places)] = torch.tensor([0.36, 0.34, 0.3]).log()
        [found] = spans.answers(lambda **_: SimpleNamespace(start_logits=start, end_logits=end), [example])
        self.assertEqual(found, (row, "Yorkshire"))


class KeptBack(unittest.TestCase):
    def test_neither_letters_nor_marks_make_another_text(self) -> None:
        rows = [{"text": text} for text in ("BAD .", "bad", "not bad", "Cool", "")]
        self.assertEqual([row["text"] for row in unlike(rows, ["bad .", "cool ?"], itemgetter("text"))], ["not bad", ""])


class Trimmed(unittest.TestCase):
    def test_every_text_in_latin_letters_can_still_be_written(self) -> None:
        whole = tokenizer()
        small, kept = trim(whole, Counter({"york": 9, "##shire": 8, "the": 7}), len(SPECIAL) + len(CHARACTERS) + 2)
        self.assertEqual(small.get_vocab_size(), len(kept))
        read = small.encode("The Yorkshire lives")
        self.assertEqual(read.tokens, ["[CLS]", "t", "##h", "##e", "york", "##shire", "l", "##i", "##v", "##e", "##s", "[SEP]"])
        # The row of the embeddings that each id takes is that of the same piece.
        self.assertEqual([kept[i] for i in read.ids], [whole.token_to_id(piece) for piece in read.tokens])


if __name__ == "__main__":
    unittest.main()
