"""How words are written is told beside their pieces. `python -m unittest discover -s ../test/recipes`"""

import unittest

import torch
from transformers import BertConfig, BertForTokenClassification

from recipes import capitals, origin, taught
from recipes.capitals import CAPITAL, CAPITALS, MIXED, NUMBER, SMALL
from recipes.precision import autocast
from recipes.taught import Teacher, spaced


def small(segments: int) -> BertForTokenClassification:
    torch.manual_seed(3)
    size = origin.tokenizer().get_vocab_size()
    config = BertConfig(vocab_size=size, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, type_vocab_size=segments, num_labels=3)
    return BertForTokenClassification(config).eval()


class Letters(unittest.TestCase):
    def test_ways_of_writing(self) -> None:
        ways = {"paris": SMALL, "-": SMALL, "Paris": CAPITAL, "A": CAPITAL, "McDonald": CAPITAL, "NATO": CAPITALS, "U2B": CAPITALS, "iPhone": MIXED, "4K": MIXED, "1984": NUMBER}
        self.assertEqual({word: capitals.written(word) for word in ways}, ways)

    def test_all_pieces_of_a_word_are_told_how_the_word_is_written(self) -> None:
        text = "zürich: Wuppertalers in NATO 1984"
        encoding = origin.tokenizer().encode(text)
        self.assertGreater(sum(word == 2 for word in encoding.word_ids), 1)
        of_words = [SMALL, SMALL, CAPITAL, SMALL, CAPITALS, NUMBER]
        self.assertEqual(capitals.letters(encoding, text), [SMALL if word is None else of_words[word] for word in encoding.word_ids])


class Told(unittest.TestCase):
    def test_small_letters_are_read_as_before_and_others_are_not(self) -> None:
        model = small(segments=2)
        ids = torch.tensor([[101, 3000, 102]])
        before = model(ids).logits
        capitals.tell_letters(model)
        torch.testing.assert_close(model(ids).logits, before)
        self.assertEqual(len({round(float(model(ids, token_type_ids=torch.full_like(ids, kind)).logits.sum()), 6) for kind in range(5)}), 5)

    def test_a_teacher_reads_its_segments(self) -> None:
        model, tokenizer, text = small(segments=5), origin.tokenizer(), spaced(["Anna", "of", "NATO"])
        [said] = taught.said_by([Teacher(model, tokenizer, capitals.letters)], [text])
        encoding = tokenizer.encode(text.text)
        types = torch.tensor([capitals.letters(encoding, text.text)])
        with autocast():
            own = model(torch.tensor([encoding.ids]), token_type_ids=types).logits.float().softmax(-1)[0]
        firsts = [encoding.char_to_token(start) for start, _ in text.places]
        torch.testing.assert_close(said, own[firsts].detach())
        [plain] = taught.said_by([Teacher(model, tokenizer)], [text])
        self.assertFalse(torch.allclose(said, plain))
        [both] = taught.said_by([Teacher(model, tokenizer), Teacher(model, tokenizer, capitals.letters)], [text])
        torch.testing.assert_close(both, (said + plain) / 2)

    def test_a_text_that_is_cut_has_as_many_segments_as_pieces(self) -> None:
        [said] = taught.said_by([Teacher(small(segments=5), origin.tokenizer(), capitals.letters)], [spaced(["Anna"] * 9)], longest=4)
        self.assertEqual(said.sum(-1).gt(0).tolist(), [True] * 3 + [False] * 6)


if __name__ == "__main__":
    unittest.main()
