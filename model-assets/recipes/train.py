"""Fine-tunes a sequence classifier on labels, on a teacher's logits, or on both; resumes where it was interrupted."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
import random
import time

import torch
from torch.nn import functional
from transformers import PreTrainedModel, get_linear_schedule_with_warmup


class Example(NamedTuple):
    ids: list[int]
    label: int | None
    """Class, or None where only the teacher speaks."""
    teacher: torch.Tensor | None
    """Teacher's logits, shape [labels]."""


@dataclass(frozen=True)
class Plan:
    epochs: int
    learning_rate: float
    batch: int = 64
    temperature: float = 2.0
    label_weight: float = 0.5
    """Share of the labels in the loss where there is a teacher too."""
    seed: int = 17


def batches(examples: Sequence[Example], size: int, rng: random.Random) -> list[list[Example]]:
    """Random batches of like length, so that little is padded: sorted within pools of 50 batches."""
    order = list(examples)
    rng.shuffle(order)
    pool = size * 50
    result = []
    for start in range(0, len(order), pool):
        part = sorted(order[start : start + pool], key=lambda e: len(e.ids))
        result += [part[i : i + size] for i in range(0, len(part), size)]
    rng.shuffle(result)
    return result


def collate(examples: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and attention mask, both [batch, longest], padded with 0."""
    longest = max(len(e.ids) for e in examples)
    ids = torch.zeros(len(examples), longest, dtype=torch.long)
    mask = torch.zeros(len(examples), longest, dtype=torch.long)
    for row, example in enumerate(examples):
        ids[row, : len(example.ids)] = torch.tensor(example.ids)
        mask[row, : len(example.ids)] = 1
    return ids, mask


def loss_of(logits: torch.Tensor, batch: Sequence[Example], plan: Plan) -> torch.Tensor:
    """Cross-entropy with the labels and KL divergence from the teacher (Hinton et al. 2015, arXiv:1503.02531)."""
    logits = logits.float()
    labels = torch.tensor([-100 if e.label is None else e.label for e in batch])
    hard = functional.cross_entropy(logits, labels, reduction="sum", ignore_index=-100)
    taught = [row for row, example in enumerate(batch) if example.teacher is not None]
    if not taught:
        return hard / len(batch)
    t = plan.temperature
    goal = functional.softmax(torch.stack([batch[row].teacher for row in taught]) / t, -1)
    soft = functional.kl_div(functional.log_softmax(logits[taught] / t, -1), goal, reduction="sum") * t * t
    return (plan.label_weight * hard + (1 - plan.label_weight) * soft) / len(batch)


def train(model: PreTrainedModel, examples: Sequence[Example], plan: Plan, state: Path, evaluate) -> None:
    """Trains in place. `evaluate(model)` gives a score after each epoch; the best epoch's weights stay in the model.

    Everything needed to go on is saved in `state` every 500 steps and after each epoch.
    """
    torch.manual_seed(plan.seed)
    per_epoch = len(batches(examples, plan.batch, random.Random(0)))
    steps = per_epoch * plan.epochs
    decayed = [p for p in model.parameters() if p.ndim > 1]
    plain = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=plan.learning_rate, fused=True)
    schedule = get_linear_schedule_with_warmup(optimizer, steps // 20, steps)
    best, done = None, 0
    if state.exists():
        saved = torch.load(state, weights_only=False)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        best, done = saved["best"], saved["done"]

    def save() -> None:
        temporary = state.with_suffix(".tmp")
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(),
                    "schedule": schedule.state_dict(), "best": best, "done": done}, temporary)
        temporary.replace(state)

    started, begun = time.monotonic(), done
    for epoch in range(plan.epochs):
        for index, batch in enumerate(batches(examples, plan.batch, random.Random(plan.seed + epoch))):
            if epoch * per_epoch + index < done:
                continue
            model.train()
            ids, mask = collate(batch)
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(input_ids=ids, attention_mask=mask).logits
            loss = loss_of(logits, batch, plan)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            done += 1
            if done % 100 == 0:
                pace = (done - begun) / (time.monotonic() - started)
                print(f"step {done}/{steps} loss {loss.item():.3f} {(steps - done) / pace / 60:.1f} min left", flush=True)
            if done % 500 == 0:
                save()
        if done == (epoch + 1) * per_epoch:
            score = evaluate(model)
            print(f"epoch {epoch + 1}: {score:.4f}", flush=True)
            if best is None or score > best[0]:
                best = (score, {k: v.clone() for k, v in model.state_dict().items()})
            save()
    if best:
        model.load_state_dict(best[1])
