"""What is learned where a word was taken out. `python -m unittest discover -s ../test/recipes`"""

import unittest
from types import SimpleNamespace

import torch
from torch.nn import functional

from recipes import masks
from recipes.train import Example

from test_examples import tokenizer


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
