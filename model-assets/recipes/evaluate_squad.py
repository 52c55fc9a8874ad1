"""Measures a question-answering graph with onnxruntime, window by window, on the articles of SQuAD that were kept back. Answers are picked
as the service picks them, so that its figures may stand beside these.

    python -m recipes.evaluate_squad --checkpoint checkpoints/minilm-squad --fp32 /some/minilm-squad.fp32.onnx
"""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import onnxruntime
import torch
from tokenizers import Tokenizer

from . import spans
from .arguments import compared
from .data import Data
from .held_back import ARTICLES
from .train import Example


class Graph:
    """An ONNX graph on one thread, called as its PyTorch model is."""

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.outputs = [output.name for output in self.session.get_outputs()]

    def __call__(self, **inputs: torch.Tensor) -> SimpleNamespace:
        found = self.session.run(self.outputs, {name: tensor.numpy() for name, tensor in inputs.items()})
        return SimpleNamespace(**dict(zip(self.outputs, map(torch.from_numpy, found), strict=True)))


def main() -> None:
    args = compared(__doc__)
    rows = [row for row in Data(args.data).rows("question-answering/squad11-dev") if row["title"] in ARTICLES]
    examples = spans.to_examples(Tokenizer.from_file(str(args.checkpoint / "tokenizer.json")), rows)
    int8 = measure("int8", args.checkpoint / "model.onnx", examples)
    if args.fp32:
        exact = measure("fp32", args.fp32, examples)
        print(f"answers that differ from fp32 to int8: {sum(a != b for (_, a), (_, b) in zip(int8, exact, strict=True))}")


def measure(name: str, path: Path, examples: Sequence[Example]) -> list[tuple[dict, str]]:
    """Each question and its answer."""
    found = spans.answers(Graph(path), examples, 1)
    f1 = sum(max(spans.overlap(text, a["text"]) for a in row["answers"]) for row, text in found) / len(found)
    exact = sum(any(spans.normal(text) == spans.normal(a["text"]) for a in row["answers"]) for row, text in found) / len(found)
    print(f"{name} F1 {f1:.4f}, exact {exact:.4f} of {len(found)}", flush=True)
    return found


if __name__ == "__main__":
    main()
