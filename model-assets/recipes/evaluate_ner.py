"""Measures an entity graph with onnxruntime on WikiANN-en's development set, over pieces, and beside its fp32 graph.

    python -m recipes.evaluate_ner --checkpoint checkpoints/minilm-ner --fp32 /some/minilm-ner.fp32.onnx
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer

from . import tagging
from .arguments import compared
from .data import Data
from .evaluate_squad import Graph
from .minilm_ner import NAMES, TAGS
from .train import Example, collate


def main() -> None:
    args = compared(__doc__)
    tokenizer = Tokenizer.from_file(str(args.checkpoint / "tokenizer.json"))
    examples = tagging.to_examples(tokenizer, Data(args.data).rows("token-classification/wikiann-en.dev"), TAGS)
    int8 = measure("int8", args.checkpoint / "model.onnx", examples)
    if args.fp32:
        exact = measure("fp32", args.fp32, examples)
        different = sum(a != b for one, other in zip(int8, exact, strict=True) for a, b in zip(one, other, strict=True))
        print(f"tags of pieces that differ from fp32 to int8: {different} of {sum(map(len, int8))}")


def measure(name: str, path: Path, examples: Sequence[Example]) -> list[list[int]]:
    """The likeliest tag of each piece that counts, sentence by sentence."""
    graph = Graph(path)
    said = [torch.as_tensor(graph(**collate([example])).logits[0]).argmax(-1).tolist() for example in examples]
    found = tagging.f1_of(said, examples, NAMES)
    print(f"{name}: F1 {100 * found:.2f} of entities, over pieces")
    return [[tag for tag, goal in zip(tags, example.target, strict=True) if goal != tagging.NONE] for tags, example in zip(said, examples, strict=True)]


if __name__ == "__main__":
    main()
