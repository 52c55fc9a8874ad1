"""What each logits processor of transformers 4.57 makes of small random scores.

    python processors.py [--goldens ../../test/fixtures/seeded-writing]

One case a line: {"processor", "options", "ids", "scores", "expected"}: `ids` is the text so far, `options` are named as on the wire, with
what else the processor has to know (eos_token_id, prompt_length, max_length); minus infinity is null.
"""

import argparse
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from transformers import generation as g

PIECES = 20
HERE = Path(__file__).parent
Options = dict[str, Any]


def asked(rng: random.Random) -> Iterator[tuple[str, Options, list[int]]]:
    """Processors, options and histories."""
    for penalty in (0.5, 0.8, 1.2, 2.0, 5.0):
        for length in (1, 4, 12):
            yield "RepetitionPenalty", {"repetition_penalty": penalty}, _history(rng, length)
    for size in (1, 2, 3, 5):
        for length in (1, 2, 3, 8, 20):
            yield "NoRepeatNGram", {"no_repeat_ngram_size": size}, _history(rng, length, 4)
    words = [[[3], [7]], [[1, 2], [2, 1, 3], [0]], [[0, 1], [1, 1], [2, 0, 1, 3], [19]], [[5], [5, 6]], [[2], [3, 2]]]
    for bad in words:
        for ends in (None, [2], [2, 5]):
            for length in (1, 2, 3, 9):
                yield "NoBadWords", {"bad_words_ids": bad, "eos_token_id": ends}, _history(rng, length, 4)
    for tokens in ([0], [4, 11, 19], list(range(19))):
        yield "SuppressTokens", {"suppress_tokens": tokens}, _history(rng, 3)
    for ends in ([2], [2, 5]):
        for length in (3, 4, 5):
            yield "MinLength", {"min_length": 5, "eos_token_id": ends}, _history(rng, length)
            yield "MinLength", {"min_length": 4, "eos_token_id": ends}, _history(rng, length)
            yield "MinNewTokensLength", {"min_new_tokens": 2, "prompt_length": 2, "eos_token_id": ends}, _history(rng, length)
    for length in (1, 2, 5):
        yield "ForcedBOS", {"forced_bos_token_id": 9}, _history(rng, length)
    for end in (2, [2, 5]):
        for length in (3, 4, 5):
            yield "ForcedEOS", {"forced_eos_token_id": end, "max_length": 5}, _history(rng, length)
    for temperature in (0.1, 0.7, 1.5, 10.0):
        yield "Temperature", {"temperature": temperature}, _history(rng, 2)
    for top_k in (1, 2, 7, 20, 50):
        yield "TopK", {"top_k": top_k}, _history(rng, 2)
    for _ in range(3):
        for top_p in (0.0, 0.05, 0.3, 0.5, 0.9, 0.99):
            yield "TopP", {"top_p": top_p}, _history(rng, 2)
        for typical_p in (0.05, 0.2, 0.5, 0.9, 0.99):
            yield "Typical", {"typical_p": typical_p}, _history(rng, 2)
    for _ in range(10):
        yield "LogitNormalization", {}, _history(rng, 2)


MAKE: dict[str, Callable[[Options], g.LogitsProcessor]] = {
    "RepetitionPenalty": lambda o: g.RepetitionPenaltyLogitsProcessor(o["repetition_penalty"]),
    "NoRepeatNGram": lambda o: g.NoRepeatNGramLogitsProcessor(o["no_repeat_ngram_size"]),
    "NoBadWords": lambda o: g.NoBadWordsLogitsProcessor(o["bad_words_ids"], o["eos_token_id"]),
    "SuppressTokens": lambda o: g.SuppressTokensLogitsProcessor(o["suppress_tokens"]),
    "MinLength": lambda o: g.MinLengthLogitsProcessor(o["min_length"], o["eos_token_id"]),
    "MinNewTokensLength": lambda o: g.MinNewTokensLengthLogitsProcessor(o["prompt_length"], o["min_new_tokens"], o["eos_token_id"]),
    "ForcedBOS": lambda o: g.ForcedBOSTokenLogitsProcessor(o["forced_bos_token_id"]),
    "ForcedEOS": lambda o: g.ForcedEOSTokenLogitsProcessor(o["max_length"], o["forced_eos_token_id"]),
    "Temperature": lambda o: g.TemperatureLogitsWarper(o["temperature"]),
    "TopK": lambda o: g.TopKLogitsWarper(o["top_k"]),
    "TopP": lambda o: g.TopPLogitsWarper(o["top_p"]),
    "Typical": lambda o: g.TypicalLogitsWarper(o["typical_p"]),
    "LogitNormalization": lambda o: g.LogitNormalization(),
}


def _history(rng: random.Random, length: int, among: int = PIECES) -> list[int]:
    return [rng.randrange(among) for _ in range(length)]


def _scores(rng: random.Random, name: str, number: int) -> list[float | None]:
    """Every fifth with tokens that are out already, every seventh with two that are equal and best, but where the order of such hangs on a sort."""
    scores: list[float | None] = [round(rng.gauss(0, 3), 3) for _ in range(PIECES)]
    if number % 7 == 6 and name not in ("TopP", "Typical"):
        scores[3] = scores[12] = 9.0
    if number % 5 == 4:
        scores[1] = scores[8] = None
    return scores


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--goldens", type=Path, default=HERE.parent.parent / "test/fixtures/seeded-writing")
    args = flags.parse_args()
    rng = random.Random(5)
    lines = []
    for number, (name, options, ids) in enumerate(asked(rng)):
        scores = _scores(rng, name, number)
        known = torch.tensor([[float("-inf") if score is None else score for score in scores]])
        made = MAKE[name](options)(torch.tensor([ids]), known)[0].tolist()
        expected = [None if score == float("-inf") else round(score, 5) for score in made]
        case = {"processor": name, "options": {key: value for key, value in options.items() if value is not None}, "ids": ids, "scores": scores, "expected": expected}
        lines.append(json.dumps(case, separators=(",", ":")))
    (args.goldens / "processors.json").write_text('{"cases":[\n' + ",\n".join(lines) + "\n]}\n")
    print(f"{len(lines)} cases")


if __name__ == "__main__":
    main()
