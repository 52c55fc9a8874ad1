"""What is no number is no small difference: it is refused wherever answers are compared."""

import contextlib
import io
import sys
import unittest
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

ASSETS = Path(__file__).parents[2] / "model-assets"
sys.path[:0] = [str(ASSETS), str(ASSETS / "seeded-heads")]

from models import make_model, make_tokenizer, save  # noqa: E402

from export.__main__ import export  # noqa: E402
from export.differences import Report  # noqa: E402

MESSAGE = "the graph or the model answers numbers that are not finite"


def setUpModule() -> None:
    warnings.filterwarnings("ignore")


class NotFinite(unittest.TestCase):
    def test_in_a_report(self) -> None:
        plain = np.array([[0.5, 1.0]], np.float32)
        for odd in (np.nan, np.inf, -np.inf):
            for found, expected in [(plain * odd, plain), (plain, plain * odd), (plain * odd, plain * odd)]:
                with self.subTest(odd=odd), self.assertRaisesRegex(ValueError, f"^labels: {MESSAGE}"):
                    Report("labels").add(found, expected)

    def test_a_checkpoint(self) -> None:
        tokenizer = make_tokenizer("bert")
        model = make_model("bert", "text-classification", tokenizer)
        with torch.no_grad():
            model.classifier.bias[1] = torch.nan
        with TemporaryDirectory() as temporary, contextlib.redirect_stdout(io.StringIO()):
            source = Path(temporary, "in")
            save(model, tokenizer, source)
            with self.assertRaisesRegex(ValueError, f"^model.onnx, logits: {MESSAGE}"):
                export(source, Path(temporary, "out"))


if __name__ == "__main__":
    unittest.main()
