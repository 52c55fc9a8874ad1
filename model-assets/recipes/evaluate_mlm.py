"""Measures a fill-mask graph with onnxruntime, text by text, at the places of WikiText-2's development set.

    python -m recipes.evaluate_mlm --checkpoint checkpoints/minilm-mlm --fp32 /some/minilm-mlm.fp32.onnx
"""

from pathlib import Path

import torch
from tokenizers import Tokenizer

from . import masks, origin
from .arguments import compared
from .data import Data
from .evaluate_squad import Graph
from .train import Example, collate


def main() -> None:
    args = compared(__doc__)
    tokenizer = Tokenizer.from_file(str(args.checkpoint / "tokenizer.json"))
    places = masks.choose_places(Data(args.data).rows("text/wikitext-2.dev"), origin.tokenizer().get_vocab())
    known = sum(tokenizer.token_to_id(word) is not None for _, word in places)
    print(f"{known} of the {len(places)} words are known")
    int8 = measure("int8", args.checkpoint / "model.onnx", tokenizer, places)
    if args.fp32:
        exact = measure("fp32", args.fp32, tokenizer, places)
        print(f"first answers that differ from fp32 to int8: {sum(a[0] != b[0] for a, b in zip(int8, exact, strict=True))}")


def measure(name: str, path: Path, tokenizer: Tokenizer, places: list[tuple[str, str]]) -> list[list[int]]:
    """The five likeliest ids for each place."""
    graph, mask = Graph(path), tokenizer.token_to_id("[MASK]")
    found = []
    for encoding in tokenizer.encode_batch([text for text, _ in places]):
        logits = graph(**collate([Example(encoding.ids)])).logits[0, encoding.ids.index(mask)]
        found.append(torch.topk(logits, 5).indices.tolist())
    words = [tokenizer.token_to_id(word) for _, word in places]
    five, first = (sum(word in ids[:n] for ids, word in zip(found, words, strict=True)) / len(places) for n in (5, 1))
    print(f"{name} top-5 {five:.4f}, top-1 {first:.4f} of {len(places)}", flush=True)
    return found


if __name__ == "__main__":
    main()
