"""The translation checkpoint: French to English, a Marian model of four layers that read and two that write, trained from nothing; again with more
of the names that must be copied; and twice with English sentences of which a model of the other direction made poor French, for the words that
Tatoeba hardly has. What ships lies between the second part and the last.

    python -m recipes.marian_fr_en --work /some/folder --out checkpoints/marian-fr-en

Resumes where it was interrupted.
"""

import copy
import json
import random
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import sacrebleu
import torch
from tokenizers import Tokenizer
from transformers import MarianMTModel

from . import back, byte_pieces, rewriting
from .arguments import arguments
from .by_steps import Schedule, run
from .data import Data
from .export_writing import write_checkpoint
from .pairs import Names, Pair, documentation, held_back, letters, shown, taught
from .rewriting import LENGTH, PIECES, SPECIAL
from .wanting import Wanting, found

FIRST = Schedule(steps=1_700, learning_rate=2e-3, warmup=200)
SECOND = Schedule(steps=1_500, learning_rate=1e-3, warmup=100, seed=23)
REVERSE = Schedule(steps=290, learning_rate=1.5e-3, warmup=30, seed=31)
THIRD = Schedule(steps=250, learning_rate=6e-4, warmup=15, seed=37)
FOURTH = Schedule(steps=170, learning_rate=2.2e-4, warmup=15, seed=41)
SYNTHETIC = {THIRD: 0.45, FOURTH: 0.25}
"""Share of the pairs whose French a model wrote."""
WAY = 0.75
"""From the second part to the last, that the weights go which ship: what the second knew better is kept (Wortsman et al. 2022)."""
NAMED = {FIRST: 0.35, SECOND: 0.7, REVERSE: 0.35, THIRD: 0.7, FOURTH: 0.7}
"""Share of the pairs with a name that get others."""
TOKENS = {FIRST: 3_000, SECOND: 3_000, REVERSE: 1_500, THIRD: 1_800, FOURTH: 1_800}
"""Of a batch."""
DRAWN = 30_000
"""Pairs of an epoch of the reverse model, and of one of the last parts; sentences that are translated."""


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
        _run(model, tokenizer, partial(shown, pairs, names, NAMED[schedule]), schedule, args.work / state)
    wanting = Wanting([pair.en for pair in pairs], _without(found(data), kept))
    worth = [wanting.worth(pair.en) for pair in pairs]
    kept_fr = {letters(pair.fr) for pair in kept}
    made = [pair for pair in synthetic(model, tokenizer, pairs, worth, names, wanting, args.work) if letters(pair.fr) not in kept_fr]
    worth_made = [wanting.worth(pair.en) for pair in made]

    def mixed(schedule: Schedule, rng: random.Random) -> list[Pair]:
        drawn = rng.choices(made, worth_made, k=round(DRAWN * SYNTHETIC[schedule]))
        return shown([*rng.sample(pairs, DRAWN - len(drawn)), *drawn], names, NAMED[schedule], rng)

    before = copy.deepcopy(model.state_dict())
    for schedule, state in (THIRD, "third.pt"), (FOURTH, "fourth.pt"):
        _run(model, tokenizer, partial(mixed, schedule), schedule, args.work / state)
    after = model.state_dict()
    model.load_state_dict({name: torch.lerp(value, after[name], WAY) for name, value in before.items()})
    settings = byte_pieces.settings(LENGTH, eos_token=SPECIAL[0], pad_token=SPECIAL[1], source_lang="fr", target_lang="en")
    print(f"the graphs in 32-bit floats are in {write_checkpoint(model, tokenizer, settings, args.out)}")
    said = rewriting.write(model, tokenizer, [pair.fr for pair in kept], num_beams=1, max_new_tokens=100)
    print(f"kept back, fp32, greedily: sacreBLEU {sacrebleu.corpus_bleu(said, [[pair.en for pair in kept]]).score:.2f}")


def synthetic(
    model: MarianMTModel, tokenizer: Tokenizer, pairs: Sequence[Pair], worth: Sequence[float], names: Names, wanting: Wanting, work: Path,
) -> list[Pair]:
    """English sentences that have what the pairs lack, each with the French of a model that begins as `model` and learns the pairs turned round.
    Made once."""
    path = work / "synthetic.json"
    if not path.exists():
        reverse = copy.deepcopy(model)

        def turned(rng: random.Random) -> list[tuple[str, str]]:
            return [(pair.en, pair.fr) for pair in shown(rng.choices(pairs, worth, k=DRAWN), names, NAMED[REVERSE], rng)]

        _run(reverse, tokenizer, turned, REVERSE, work / "reverse.pt")
        chosen = wanting.chosen(DRAWN, random.Random(REVERSE.seed))
        made = json.dumps(back.translated(reverse, tokenizer, chosen, pairs), ensure_ascii=False)
        # In its place only when it is whole.
        beside = path.with_suffix(".tmp")
        beside.write_text(made)
        beside.replace(path)
    return [Pair(*each) for each in json.loads(path.read_text())]


def _run(
    model: MarianMTModel,
    tokenizer: Tokenizer,
    shown_by: Callable[[random.Random], Sequence[tuple[str, str]]],
    schedule: Schedule,
    state: Path,
) -> None:
    run(model, rewriting.batches(shown_by, tokenizer, TOKENS[schedule], schedule.seed), rewriting.loss_of, schedule, state)


def _without(kinds: Sequence[Sequence[str]], kept: Sequence[Pair]) -> list[list[str]]:
    """What is kept back is in no training, in whatever case and punctuation."""
    there = {letters(pair.en) for pair in kept}
    return [[text for text in kind if letters(text) not in there] for kind in kinds]


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
