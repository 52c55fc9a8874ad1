"""Measures a sentiment graph with onnxruntime, row by row, as the service runs it, and prints what it gets wrong.

    python -m recipes.evaluate --checkpoint checkpoints/minilm-sst2 --fp32 /some/minilm-sst2.fp32.onnx
"""

from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from .arguments import compared
from .data import Data


class Classifier:
    """An ONNX classifier on one thread."""

    def __init__(self, graph: Path, tokenizer: Tokenizer) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        self.tokenizer = tokenizer

    def logits(self, texts: list[str] | list[tuple[str, str]]) -> np.ndarray:
        """Logits of one padded batch, [texts, labels]."""
        encodings = self.tokenizer.encode_batch(texts)
        longest = max(len(e.ids) for e in encodings)

        def padded(of) -> np.ndarray:
            return np.array([of(e) + [0] * (longest - len(e.ids)) for e in encodings], dtype=np.int64)

        feeds = {
            "input_ids": padded(lambda e: e.ids),
            "attention_mask": padded(lambda e: e.attention_mask),
            "token_type_ids": padded(lambda e: e.type_ids),
        }
        return self.session.run(["logits"], feeds)[0]

    def predict(self, texts: list[str] | list[tuple[str, str]], batch: int = 1) -> np.ndarray:
        """The label's index for each text. An int8 graph takes one scale over a batch, so `batch` can move it."""
        parts = [self.logits(texts[i : i + batch]).argmax(-1) for i in range(0, len(texts), batch)]
        return np.concatenate(parts)


def main() -> None:
    args = compared(__doc__)
    rows = Data(args.data).rows("text-classification/sst2.dev")
    texts = [row["text"] for row in rows]
    gold = np.array([row["label"] == "POSITIVE" for row in rows]).astype(int)
    tokenizer = Tokenizer.from_file(str(args.checkpoint / "tokenizer.json"))
    int8 = Classifier(args.checkpoint / "model.onnx", tokenizer)
    single = int8.predict(texts)
    print(f"int8 {np.mean(single == gold):.4f} of {len(rows)}, label flips in batches of 8: {sum(single != int8.predict(texts, 8))}")
    if args.fp32:
        exact = Classifier(args.fp32, tokenizer).predict(texts)
        print(f"fp32 {np.mean(exact == gold):.4f}, label flips from fp32 to int8: {sum(single != exact)}")
    for text, label, found in zip(texts, gold, single, strict=True):
        if label != found:
            print(f"wrong, should be {'POSITIVE' if label else 'NEGATIVE'}: {text}")


if __name__ == "__main__":
    main()
