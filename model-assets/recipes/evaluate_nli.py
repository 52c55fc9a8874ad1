"""Measures a zero-shot graph with onnxruntime, pair by pair, on the tenth of MNLI that was kept back.

    python -m recipes.evaluate_nli --checkpoint checkpoints/minilm-nli --fp32 /some/minilm-nli.fp32.onnx
"""


import numpy as np
from tokenizers import Tokenizer

from .arguments import compared
from .data import Data
from .evaluate import Classifier
from .following import LABELS
from .held_back import is_held_back_premise


def main() -> None:
    args = compared(__doc__)
    rows = [row for row in Data(args.data).rows("natural-language-inference/mnli-dev") if is_held_back_premise(row["premise"])]
    pairs = [(row["premise"], row["hypothesis"]) for row in rows]
    gold = np.array([LABELS[row["label"]] for row in rows])
    tokenizer = Tokenizer.from_file(str(args.checkpoint / "tokenizer.json"))
    int8 = Classifier(args.checkpoint / "model.onnx", tokenizer)
    single = int8.predict(pairs)
    print(f"int8 {np.mean(single == gold):.4f} of {len(rows)}, label flips in batches of 8: {sum(single != int8.predict(pairs, 8))}")
    if args.fp32:
        exact = Classifier(args.fp32, tokenizer).predict(pairs)
        print(f"fp32 {np.mean(exact == gold):.4f}, label flips from fp32 to int8: {sum(single != exact)}")


if __name__ == "__main__":
    main()
