"""What the pipelines of transformers 4.57 answer: texts, with the defaults, prefixes and languages that each sets.

    python pipelines.py [--goldens ../../test/fixtures/seeded-writing]

One case a line: {"task", "model", "inputs", "parameters", "expected"}. Transformer-XL is not among them: no pipeline of 4.57 takes it.
"""

import argparse
import contextlib
import io
import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import pipeline

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "seeded"))

from ask import inputs  # noqa: E402
from corpus import passage, random, sentences  # noqa: E402
from models import make_model  # noqa: E402
from ties import Watch, close_greedy  # noqa: E402
from tokenization import make_tokenizer  # noqa: E402

GREEDY = {"do_sample": False, "max_new_tokens": 12}
WRITING: list[dict[str, Any]] = [
    GREEDY,
    {**GREEDY, "return_full_text": False},
    {**GREEDY, "num_beams": 4, "num_return_sequences": 3},
    {**GREEDY, "prefix": "The engine was "},
    {**GREEDY, "prefix": "The engine was ", "return_full_text": False},
]
TIDY = {"clean_up_tokenization_spaces": True}
BEAMS: list[dict[str, Any]] = [{}, {"max_new_tokens": 9}, {"max_new_tokens": 14, **TIDY}, {"num_beams": 1, "max_new_tokens": 16}, {"num_return_sequences": 2, "max_new_tokens": 11}]
LENGTHS: list[dict[str, Any]] = [{"max_length": 20, "min_length": 12}, {"num_return_sequences": 2, "max_length": 12}]
"""Asked only of checkpoints with a `max_length` of their own: for others, T5's `task_specific_params` among
them, the pipeline's 256 new tokens hide it, which is a slip of 4.57: whoever says how long a text may be, means it."""
LANGUAGES = [{"src_lang": "en_XX", "tgt_lang": "fr_XX"}, {"src_lang": "fr_XX", "tgt_lang": "ro_RO"}, {"src_lang": "de_DE", "tgt_lang": "en_XX"}]


def asked() -> Iterator[tuple[str, str, str, list[str], list[dict[str, Any]]]]:
    """Task, architecture, model, texts and parameters."""
    for architecture in ("gpt2", "openai-gpt", "ctrl"):
        yield "text-generation", architecture, f"seeded-{architecture}-text-generation", inputs(architecture)[:12], WRITING
    rng = random.Random(9)
    passages = [passage(rng, 1 + i % 3) for i in range(10)]
    yield "summarization", "bart", "seeded-bart-summarization", passages, [*BEAMS, *LENGTHS]
    yield "summarization", "t5", "seeded-t5-summarization", passages, BEAMS[1:]
    texts = sentences(10, 77)
    for task in ("translation", "translation_en_to_fr", "translation_en_to_de"):
        yield task, "t5", "seeded-t5-translation", texts, BEAMS[1:]
    yield "translation", "marian", "seeded-marian-translation", inputs("marian")[:10], [*BEAMS, *LENGTHS]
    yield "translation", "mbart", "seeded-mbart-translation", texts, [{"num_beams": 4, **own, **LANGUAGES[i % 3]} for i, own in enumerate(BEAMS)]


class Listener:
    """Stands before `generate`, and hears whether an answer hung on a tie."""

    def __init__(self, model) -> None:
        self.model, self.usual, self.close = model, model.generate, False
        model.generate = self

    def __call__(self, *tensors, **options):
        with Watch(self.model) as watch:
            answer = self.usual(*tensors, **options, return_dict_in_generate=True, output_scores=True)
        config = options["generation_config"]
        beams, returned = (options.get(name, getattr(config, name)) for name in ("num_beams", "num_return_sequences"))
        self.close = watch.hung_on_a_tie(returned) if beams > 1 else close_greedy(answer.scores)
        return answer.sequences


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--goldens", type=Path, default=HERE.parent.parent / "test/fixtures/seeded-writing")
    args = flags.parse_args()
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    lines, dropped = [], 0
    for task, architecture, name, texts, options in asked():
        # Anew for each: a pipeline takes the prefixes out of the configuration that it is given.
        tokenizer = make_tokenizer(architecture)
        model = make_model(architecture, tokenizer)
        pipe = pipeline(task, model=model, tokenizer=tokenizer, device="cpu")
        listener = Listener(model)
        for parameters in options:
            for text in texts:
                with contextlib.redirect_stdout(io.StringIO()):
                    answer = pipe(text, **parameters)
                dropped += listener.close
                if not listener.close:
                    case = {"task": task, "model": name, "inputs": text, "parameters": parameters, "expected": answer}
                    lines.append(json.dumps(case, ensure_ascii=False, separators=(",", ":")))
        print(f"{task}, {name}: {len(lines)} cases so far, {dropped} dropped", flush=True)
    (args.goldens / "pipelines.json").write_text(f'{{"dropped":{dropped},"cases":[\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
