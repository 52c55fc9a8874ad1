"""Measures an embedding graph with onnxruntime on STS-B dev, text by text, and prints the pairs that it judges worst.

    python -m recipes.evaluate_embeddings --checkpoint checkpoints/minilm-embeddings --fp32 /some/minilm-embeddings.fp32.onnx
"""

from pathlib import Path

import numpy as np
import onnxruntime
from scipy.stats import rankdata, spearmanr
from tokenizers import Tokenizer

from .arguments import compared
from .data import Data


class Embedder:
    """An ONNX encoder on one thread; mean over the tokens, scaled to length 1."""

    def __init__(self, graph: Path, tokenizer: Tokenizer) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        self.tokenizer = tokenizer

    def embed(self, text: str) -> np.ndarray:
        encoding = self.tokenizer.encode(text)
        feeds = {"input_ids": encoding.ids, "attention_mask": encoding.attention_mask, "token_type_ids": encoding.type_ids}
        hidden = self.session.run(None, {name: np.array([values], dtype=np.int64) for name, values in feeds.items()})[0][0]
        mean = hidden.mean(0)
        return mean / np.linalg.norm(mean)

    def cosines(self, rows: list[dict], a: str = "a", b: str = "b") -> np.ndarray:
        return np.array([self.embed(row[a]) @ self.embed(row[b]) for row in rows])


def main() -> None:
    args = compared(__doc__)
    rows = Data(args.data).rows("feature-extraction/stsb.dev")
    gold = np.array([row["score"] for row in rows])
    tokenizer = Tokenizer.from_file(str(args.checkpoint / "tokenizer.json"))
    cosines = Embedder(args.checkpoint / "model.onnx", tokenizer).cosines(rows)
    print(f"int8 {spearmanr(cosines, gold).statistic:.4f} of {len(rows)} pairs")
    if args.fp32:
        exact = Embedder(args.fp32, tokenizer).cosines(rows)
        print(f"fp32 {spearmanr(exact, gold).statistic:.4f}, cosines differ by {np.abs(exact - cosines).mean():.4f} on average, {np.abs(exact - cosines).max():.4f} at most")
    distance = np.abs(rankdata(cosines) - rankdata(gold))
    for i in np.argsort(-distance)[:8]:
        print(f"people {gold[i]:.1f} of 5, cosine {cosines[i]:.2f}: {rows[i]['a']} | {rows[i]['b']}")


if __name__ == "__main__":
    main()
