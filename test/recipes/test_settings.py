"""What is exported opens in transformers as the tokenizer that it was trained with. `python -m unittest discover -s ../test/recipes`"""

import tempfile
import unittest
from pathlib import Path

from transformers import AutoTokenizer

from recipes import cased
from recipes.export_onnx import write_settings

TEXT = "Été in MUNICH, été in Munich"


class Settings(unittest.TestCase):
    def test_a_cased_tokenizer_stays_cased(self) -> None:
        tokenizer = cased.learn([TEXT, "Munich MUNICH in In Ete ete"], 100)
        with tempfile.TemporaryDirectory() as folder:
            tokenizer.save(f"{folder}/tokenizer.json")
            write_settings(tokenizer, Path(folder), 64)
            opened = AutoTokenizer.from_pretrained(folder)
        self.assertEqual(opened(TEXT)["input_ids"], tokenizer.encode(TEXT).ids)
        self.assertNotEqual(opened(TEXT)["input_ids"], opened(TEXT.lower())["input_ids"])
        self.assertEqual(opened.model_max_length, 64)


if __name__ == "__main__":
    unittest.main()
