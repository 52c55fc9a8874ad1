"""What the processors and warpers that transformers 4.57 makes of many options together, in its order, do to small random scores.

    python chains.py [--goldens ../../test/fixtures/seeded-writing]

One case a line: {"parameters", "renormalize", "promptLength", "ids", "scores", "expected"}: `parameters` are those of the wire,
`renormalize` is `renormalize_logits` of a checkpoint, `ids` is the text so far, whose first `promptLength` are the prompt; minus infinity
is null. Two tokens end a text, 2 and 5.
"""

import argparse
import copy
import json
import random
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel

PIECES = 30
ENDS = [2, 5]
CASES = 150
RENORMALIZED = 40
"""Cases more, in beams: draws are the same whether or not scores are logarithms of probabilities."""
HERE = Path(__file__).parent

CHOICES: dict[str, list[Any]] = {
    "repetition_penalty": [0.7, 1.3, 2.0],
    "no_repeat_ngram_size": [1, 2, 3],
    "bad_words_ids": [[[3], [7, 1]], [[1, 2], [2], [0]], [[4]]],
    "suppress_tokens": [[0, 11], [2, 19, 25]],
    "min_length": [4, 7],
    "min_new_tokens": [2, 5],
    "forced_bos_token_id": [9],
    "forced_eos_token_id": [5, [2, 5]],
}
SAMPLING: dict[str, list[Any]] = {
    "temperature": [0.5, 0.8, 1.7],
    "top_k": [0, 3, 10],
    "top_p": [0.3, 0.7, 0.95],
    "typical_p": [0.3, 0.8],
}


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--goldens", type=Path, default=HERE.parent.parent / "test/fixtures/seeded-writing")
    args = flags.parse_args()
    model = GPT2LMHeadModel(GPT2Config(vocab_size=PIECES, n_layer=1, n_head=1, n_embd=4))
    rng = random.Random(7)
    cases = [case(model, rng) for _ in range(CASES)] + [case(model, rng, renormalize=True) for _ in range(RENORMALIZED)]
    lines = [json.dumps(each, separators=(",", ":")) for each in cases]
    (args.goldens / "chains.json").write_text('{"cases":[\n' + ",\n".join(lines) + "\n]}\n")


def case(model: GPT2LMHeadModel, rng: random.Random, renormalize: bool = False) -> dict[str, Any]:
    parameters = pick(CHOICES, rng)
    if renormalize:
        parameters["num_beams"] = 3
    elif rng.random() < 0.6:
        # What the wire leaves open is 50 and 1 in both, but a bound of 50 binds nothing here.
        parameters |= {"do_sample": True} | pick(SAMPLING, rng)
        # Two ends that are forced score alike, and then it hangs on a sort which of them top_p leaves.
        if isinstance(parameters.get("forced_eos_token_id"), list):
            parameters["forced_eos_token_id"] = ENDS[0]
    prompt_length = rng.choice([1, 3])
    ids = [rng.randrange(6) for _ in range(prompt_length + rng.randrange(6))]
    parameters["max_new_tokens"] = max(rng.choice([len(ids) - prompt_length + 1, 8]), parameters.get("min_new_tokens", 0))
    scores = torch.round(torch.randn(1, PIECES, generator=torch.Generator().manual_seed(rng.randrange(10**6))) * 3, decimals=3)
    expected = chain(model, {**parameters, "renormalize_logits": renormalize}, prompt_length)(torch.tensor([ids]), scores.clone())
    numbers = [None if value == float("-inf") else round(value, 5) for value in expected[0].tolist()]
    return {"parameters": parameters, "renormalize": renormalize, "promptLength": prompt_length, "ids": ids,
            "scores": [round(value, 3) for value in scores[0].tolist()], "expected": numbers}


def pick(choices: dict[str, list[Any]], rng: random.Random) -> dict[str, Any]:
    names = rng.sample(sorted(choices), rng.randint(2, 4))
    return {name: rng.choice(choices[name]) for name in names}


def chain(model: GPT2LMHeadModel, parameters: dict[str, Any], prompt_length: int):
    """As `generate` makes it: lengths first, for they change one another."""
    config = GenerationConfig(eos_token_id=ENDS, pad_token_id=0, **copy.deepcopy(parameters))
    model._prepare_special_tokens(config, False, device=torch.device("cpu"))
    config = model._prepare_generated_length(
        generation_config=config, has_default_max_length=True, has_default_min_length="min_length" not in parameters,
        model_input_name="input_ids", inputs_tensor=torch.zeros(1, prompt_length), input_ids_length=prompt_length,
    )
    return model._get_logits_processor(
        generation_config=config, input_ids_seq_length=prompt_length, encoder_input_ids=None,
        prefix_allowed_tokens_fn=None, logits_processor=[], device="cpu",
    )


if __name__ == "__main__":
    main()
