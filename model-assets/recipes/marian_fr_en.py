"""The translation checkpoint: French to English, a Marian model of four layers that read and two that write, trained from nothing, then again with
more of the names that must be copied.

    python -m recipes.marian_fr_en --work /some/folder --out checkpoints/marian-fr-en

Resumes where it was interrupted.
"""

import random
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import sacrebleu
import torch
from tokenizers import Tokenizer

from . import byte_pieces, rewriting
from .arguments import arguments
from .by_steps import Schedule, run
from .data import Data
from .export_writing import write_checkpoint
from .pairs import Names, Pair, documentation, held_back, shown, taught
from .rewriting import LENGTH, PIECES, SPECIAL

FIRST = Schedule(steps=1_700, learning_rate=2e-3, warmup=200)
SECOND = Schedule(steps=1_500, learning_rate=1e-3, warmup=100, seed=23)
NAMED = {FIRST: 0.35, SECOND: 0.7}
"""Share of the pairs with a name that get others."""
TOKENS = 3_000
"""Of a batch."""


def main() -> None:
    args = arguments(__doc__)
    data = Data(args.data)
    rows = data.rows("translation/tatoeba.fr-en")
    kept = held_back(rows)
    pairs = [*taught(rows, kept), *documentation(data.rows("translation/python-docs.fr-en"))]
    names = Names([row["text"] for row in data.rows("text/books")])
    tokenizer = learn_pieces(args.work / "tokenizer.json", pairs, names)
    torch.manual_seed(FIRST.seed)
    model = rewriting.new_model()
    print(f"{len(pairs)} pairs, {sum(p.numel() for p in model.parameters()):,} weights", flush=True)
    for schedule, state in (FIRST, "first.pt"), (SECOND, "second.pt"):
        batches = rewriting.batches(partial(shown, pairs, names, NAMED[schedule]), tokenizer, TOKENS, schedule.seed)
        run(model, batches, rewriting.loss_of, schedule, args.work / state)
    settings = byte_pieces.settings(LENGTH, eos_token=SPECIAL[0], pad_token=SPECIAL[1])
    print(f"the graphs in 32-bit floats are in {write_checkpoint(model, tokenizer, settings, args.out)}")
    said = rewriting.write(model, tokenizer, [pair.fr for pair in kept], num_beams=1, max_new_tokens=100)
    print(f"kept back, fp32, greedily: sacreBLEU {sacrebleu.corpus_bleu(said, [[pair.en for pair in kept]]).score:.2f}")


def learn_pieces(path: Path, pairs: Sequence[Pair], names: Names) -> Tokenizer:
    """Those of both languages together; learned once, for its trainer breaks ties by chance."""
    if not path.exists():
        texts = {text for pair in shown(pairs, names, NAMED[FIRST], random.Random(1)) for text in pair}
        tokenizer = byte_pieces.learn(sorted(texts), PIECES, SPECIAL, first_space=True)
        byte_pieces.end_with(tokenizer, SPECIAL[0])
        tokenizer.save(str(path), pretty=False)
    return Tokenizer.from_file(str(path))


if __name__ == "__main__":
    main()
