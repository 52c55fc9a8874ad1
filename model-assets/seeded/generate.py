"""Makes the seeded checkpoints, and asks the pipelines of transformers 4.57 what they answer.

    python generate.py [--checkpoints .] [--goldens ../../test/fixtures/seeded]        (see ../recipes/requirements.txt)

Writes one folder for each architecture and task, and for each task the answers to 40 inputs for each option and architecture, which
makes 200 for each option. Cases whose order hangs on less than 1e-4 are left out and counted.
"""

import argparse
import json
import sys
import warnings
from pathlib import Path

import transformers
from transformers import pipeline

from ask import ASKERS, Case
from models import ARCHITECTURES, HEADS, LENGTH, make_model, make_tokenizer

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent))

from export.read import export_reader  # noqa: E402

CARD = """---

license: apache-2.0
base_model: none
pipeline_tag: {task}
tags: [seeded]
---

# {name}

Seeded weights, never trained: what it answers means nothing, but it is what transformers answers.

Made by `model-assets/seeded/generate.py`.
"""


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--checkpoints", type=Path, default=HERE)
    flags.add_argument("--goldens", type=Path, default=HERE.parent.parent / "test/fixtures/seeded")
    args = flags.parse_args()
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    args.goldens.mkdir(parents=True, exist_ok=True)
    for task in HEADS:
        cases: list[Case] = []
        dropped = 0
        for number, architecture in enumerate(ARCHITECTURES):
            tokenizer = make_tokenizer(architecture)
            model = make_model(architecture, task, tokenizer, seed=7 + number)
            write_checkpoint(args.checkpoints, architecture, task, model, tokenizer)
            pipe = pipeline(task, model=model, tokenizer=tokenizer, device="cpu")
            asked = list(ASKERS[task](pipe, architecture))
            kept = [case for case in asked if not case.close]
            dropped += len(asked) - len(kept)
            cases += kept
        text = ",\n".join(json.dumps(case.to_json(), ensure_ascii=False, separators=(",", ":")) for case in cases)
        (args.goldens / f"{task}.json").write_text(f'{{"dropped":{dropped},"cases":[\n{text}\n]}}\n', encoding="utf-8")
        print(f"{task}: {sum(len(c.inputs) for c in cases)} inputs in {len(cases)} cases, {dropped} cases dropped", flush=True)


def write_checkpoint(root: Path, architecture: str, task: str, model, tokenizer) -> None:
    name = f"seeded-{architecture}-{task}"
    folder = root / name
    folder.mkdir(exist_ok=True)
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(folder)
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    keep = ("model_max_length", "clean_up_tokenization_spaces", "mask_token", "pad_token", "tokenizer_class")
    settings = {key: str(value) if key.endswith("_token") else value for key, value in tokenizer.init_kwargs.items() if key in keep}
    settings |= {"mask_token": str(tokenizer.mask_token), "pad_token": str(tokenizer.pad_token), "model_max_length": LENGTH}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    (folder / "README.md").write_text(CARD.format(task=task, name=name))
    export_reader(model, task, tokenizer.model_input_names, folder / "model.onnx")


if __name__ == "__main__":
    main()
