"""Makes the seeded checkpoints that write, and asks transformers 4.57 what they answer.

    python generate.py [architecture …] [--only group] [--goldens ../../test/fixtures/seeded-writing]     (see ../recipes/requirements.txt)

Writes the folders of each architecture, compares their graphs with the model, and asks the groups of ask.py, 100 inputs each.
Answers that hung on a tie (ties.py) are left out and counted.
"""

import argparse
import json
import sys
import warnings
from pathlib import Path

import torch
import transformers

HERE = Path(__file__).parent
sys.path += [str(HERE.parent), str(HERE.parent / "seeded")]

from ask import Group, ask  # noqa: E402
from export.decoders import export_decoder  # noqa: E402
from models import LENGTH, make_model  # noqa: E402
from tokenization import make_tokenizer, settings  # noqa: E402

FOLDERS: dict[str, dict[str, str]] = {
    "gpt2": {"seeded-gpt2-text-generation": "past", "seeded-gpt2-merged-text-generation": "merged"},
    "openai-gpt": {"seeded-openai-gpt-text-generation": "plain"},
    "ctrl": {"seeded-ctrl-text-generation": "split"},
    "transfo-xl": {"seeded-transfo-xl-text-generation": "memories"},
    "bart": {"seeded-bart-summarization": "encoder, split"},
    "marian": {"seeded-marian-translation": "encoder, split"},
    "mbart": {"seeded-mbart-translation": "encoder, merged"},
    "t5": {"seeded-t5-translation": "encoder, merged", "seeded-t5-summarization": "encoder, split"},
}
CARD = """---

license: apache-2.0
base_model: none
pipeline_tag: {task}
tags: [seeded]
---

# {name}

Seeded weights, never trained: what it writes means nothing, but it is what transformers writes.

Made by `model-assets/seeded-writing/generate.py`.
"""


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("architectures", nargs="*", default=list(FOLDERS))
    flags.add_argument("--only", help="the one group to ask, instead of all")
    flags.add_argument("--checkpoints", type=Path, default=HERE)
    flags.add_argument("--goldens", type=Path, default=HERE.parent.parent / "test/fixtures/seeded-writing")
    args = flags.parse_args()
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    args.goldens.mkdir(parents=True, exist_ok=True)
    for architecture in args.architectures:
        tokenizer = make_tokenizer(architecture)
        model = make_model(architecture, tokenizer)
        for name, form in FOLDERS[architecture].items():
            difference = write_checkpoint(args.checkpoints / name, form, model, tokenizer)
            print(f"{name}: {form}, graphs differ from the model by at most {difference:.1e}", flush=True)
        texts, groups = ask(architecture, model, tokenizer, args.only)
        write_goldens(args.goldens / f"{architecture}.json", list(FOLDERS[architecture]), texts, groups)
        report(architecture, groups)


def write_checkpoint(folder: Path, form: str, model, tokenizer) -> float:
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    model.config.save_pretrained(folder)
    model.generation_config.save_pretrained(folder)
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    length = getattr(model.config, "max_position_embeddings", LENGTH)
    (folder / "tokenizer_config.json").write_text(json.dumps(settings(tokenizer, length), indent=2) + "\n")
    task = "-".join(folder.name.split("-")[-2:]) if folder.name.endswith("text-generation") else folder.name.split("-")[-1]
    (folder / "README.md").write_text(CARD.format(task=task, name=folder.name))
    return export_decoder(model, form, folder)


def write_goldens(path: Path, models: list[str], texts: list[str], groups: list[Group]) -> None:
    """One case a line; `input` is a place in `inputs`."""
    parts = []
    for group in groups:
        head = {"group": group.name, "parameters": group.parameters, "dropped": group.dropped}
        cases = ",\n".join(_compact({"input": place, "ids": ids}) for place, ids in group.answers.items())
        parts.append(f'{_compact(head)[:-1]},"cases":[\n{cases}\n]}}')
    head = _compact({"models": models, "inputs": texts})[:-1]
    path.write_text(f'{head},"groups":[\n' + ",\n".join(parts) + "\n]}\n", encoding="utf-8")


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def report(architecture: str, groups: list[Group]) -> None:
    asked, dropped = sum(group.asked for group in groups), sum(group.dropped for group in groups)
    rows = [ids[0] for ids in groups[0].answers.values()]
    full = [len(set(ids[:20])) for ids in rows if len(ids) >= 20]
    distinct = f"{sum(full) / max(1, len(full)):.1f} (least {min(full, default=0)})"
    lengths = {len(ids) for group in groups if "beams" in group.name for answer in group.answers.values() for ids in answer}
    print(f"| {architecture} | {len(groups)} | {asked} | {dropped} | {distinct} of {len(full)} | {len(lengths)} |", flush=True)
    for group in groups:
        changed = sum(groups[0].answers.get(place) != ids for place, ids in group.answers.items())
        ended = sum(len(set(map(len, ids))) > 1 for ids in group.answers.values())
        print(f"    {group.name}: {len(group.answers)} cases, {group.dropped} dropped, {changed} other than greedy, {ended} of several lengths", flush=True)


if __name__ == "__main__":
    main()
