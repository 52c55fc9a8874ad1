"""The embedding checkpoint's recipe: what it leaves out, how it is resumed, the files beside its graph. `python -m unittest discover -s ../test/recipes`"""

import json
import unittest
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from transformers import BertConfig, BertModel

from recipes.export_onnx import write_modules
from recipes.held_back import normal
from recipes.minilm_embeddings import Pair, loss, taught
from recipes.train import Example, Plan, train

CHECKPOINT = Path(__file__).parents[2] / "model-assets" / "checkpoints" / "minilm-embeddings"
PLAN = Plan(epochs=2, learning_rate=0.01, batch=4)
STEPS = 15
"""Of an epoch."""


class Interrupted(Exception):
    pass


def model(seed: int) -> BertModel:
    torch.manual_seed(seed)
    config = BertConfig(vocab_size=30, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, max_position_embeddings=16)
    return BertModel(config, add_pooling_layer=False)


class LeftOut(unittest.TestCase):
    def test_a_pair_goes_where_one_of_its_sentences_is_held_back(self) -> None:
        held_back = {normal("A man is riding a horse.")}
        rows = [
            {"a": "a man is riding  a horse", "b": "A plane takes off."},
            {"a": "A plane takes off.", "b": "A man is riding a (horse)!"},
            {"a": "A plane takes off.", "b": "A man is riding a bike."},
        ]
        self.assertEqual(taught(rows, held_back), rows[2:])


class Trained(unittest.TestCase):
    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.examples = [Example([1 + i % 29, 1 + i % 7, 3], target=Example([2, 1 + i % 29])) for i in range(60)]
        sides = [Example([i, 3]) for i in range(1, 30)]
        self.pairs = [Pair(a, b, 0.1 * (i % 10)) for i, (a, b) in enumerate(zip(sides, reversed(sides), strict=True))]

    def run_until(self, name: str, stop: int) -> torch.Tensor:
        student, loss_of, taken = model(1), loss(model(2), self.pairs), 0

        def stopping(of: BertModel, batch: Sequence[Example]) -> torch.Tensor:
            nonlocal taken
            taken += 1
            if taken > stop:
                raise Interrupted
            return loss_of(of, batch)

        train(student, self.examples, PLAN, self.folder / name, stopping, None)
        return student.get_input_embeddings().weight

    def test_interrupted_it_ends_with_the_same_weights(self) -> None:
        whole = self.run_until("whole", 1_000)
        with self.assertRaises(Interrupted):
            self.run_until("interrupted", STEPS + 5)
        self.assertTrue(torch.equal(self.run_until("interrupted", 1_000), whole))

    def test_sentences_are_shown_in_each_step_and_pairs_in_some(self) -> None:
        student, loss_of = model(1), loss(model(2), self.pairs)
        student.eval()
        lost = set()
        for seed in range(40):
            torch.manual_seed(seed)
            lost.add(round(loss_of(student, self.examples[:4]).item(), 4))
        # All pairs are shown where they are as few: the same sentences have one loss without them, and another with them.
        self.assertEqual(len(lost), 2)


class Files(unittest.TestCase):
    def test_they_are_those_of_the_checkpoint(self) -> None:
        with TemporaryDirectory() as folder:
            write_modules(Path(folder), 384)
            for name in ("modules.json", "1_Pooling/config.json"):
                self.assertEqual(json.loads((Path(folder) / name).read_text()), json.loads((CHECKPOINT / name).read_text()))


if __name__ == "__main__":
    unittest.main()
