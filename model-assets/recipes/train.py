"""Trains a model on examples of any task, and resumes where it was interrupted. The tasks bring their own loss."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
from torch.nn import Module
from transformers import PreTrainedModel, get_linear_schedule_with_warmup

from .copies import Half, Mean
from .precision import autocast


class Example(NamedTuple):
    ids: list[int]
    target: Any = None
    """What the task's loss compares with: a class, tags, a span."""
    types: list[int] = []
    """Segment of each token; none: all 0."""


Shown = Callable[[random.Random], Sequence[Example]]
"""What an epoch shows; as many examples each time."""
Loss = Callable[[PreTrainedModel, Sequence[Example]], torch.Tensor]
"""The mean loss of a batch."""


@dataclass(frozen=True)
class Plan:
    epochs: int
    learning_rate: float
    batch: int = 64
    seed: int = 17
    half: bool = False
    """Whether losses are taken with a copy of the weights in bfloat16, and only their steps in 32 bits: twice as fast as casting
    weights and activations wherever they are used."""
    mean: float = 0.0
    """Decay of the running mean of the weights, which is then what is evaluated and kept; 0: the weights themselves."""


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


def collate(examples: Sequence[Example]) -> dict[str, torch.Tensor]:
    """Token ids, attention mask and segments, each [batch, longest], padded with 0: keyword arguments of a model."""
    longest = max(len(e.ids) for e in examples)
    ids, mask, types = (torch.zeros(len(examples), longest, dtype=torch.long) for _ in range(3))
    for row, example in enumerate(examples):
        ids[row, : len(example.ids)] = torch.tensor(example.ids)
        mask[row, : len(example.ids)] = 1
        types[row, : len(example.types)] = torch.tensor(example.types, dtype=torch.long)
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}


def predictions(examples: Sequence[Example], of: Callable[[Sequence[Example]], Sequence[Any]], size: int = 64) -> list[Any]:
    """`of(batch)` for batches of like length, without gradients; the results in the order of the examples."""
    order = sorted(range(len(examples)), key=lambda i: len(examples[i].ids))
    result: dict[int, Any] = {}
    with torch.no_grad(), autocast():
        for start in range(0, len(order), size):
            part = order[start : start + size]
            result |= zip(part, of([examples[i] for i in part]), strict=True)
    return [result[i] for i in range(len(examples))]


def backward(model: PreTrainedModel, loss_of: Loss, batch: Sequence[Example]) -> torch.Tensor:
    """Adds the gradient of a batch's loss, and returns the loss."""
    model.train()
    with autocast():
        loss = loss_of(model, batch)
    loss.backward()
    return loss


def train(
    model: Module, examples: Sequence[Example] | Shown, plan: Plan, state: Path,
    loss_of: Loss, evaluate: Callable[[], float] | None, faster: Mapping[str, float] = MappingProxyType({}),
) -> None:
    """Trains in place, in what `precision` says. `loss_of(model, batch)` is the mean loss of a batch; `evaluate()` gives a score after each
    epoch, and the weights of the best epoch stay in the model; without it, those of the last. `faster` are factors of the learning rate, by
    the name of a part of the model.

    Everything needed to go on is saved in `state` every 300 steps and after each epoch. Chance is seeded step by step, so that a
    resumed run draws what an uninterrupted one would have drawn. ValueError where `state` is of another training, by its plan and its steps.
    """

    def epoch_of(number: int) -> list[list[Example]]:
        rng = random.Random(plan.seed + number)
        return batches(examples(rng) if callable(examples) else examples, plan.batch, rng)

    per_epoch = len(epoch_of(0))
    steps = per_epoch * plan.epochs
    optimizer = torch.optim.AdamW(list(_groups(model, plan.learning_rate, faster)), fused=True)
    schedule = get_linear_schedule_with_warmup(optimizer, steps // 20, steps)
    mean = Mean(model, plan.mean) if plan.mean else None
    best, done = None, 0
    if state.exists():
        saved = torch.load(state, weights_only=False)
        if (saved.get("plan"), saved.get("steps")) != (plan, steps):
            raise ValueError(f"{state} is of another training than {plan} in {steps} steps: remove it, or give another --work")
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        best, done = saved["best"], saved["done"]
        if mean:
            mean.ours = saved["mean"]

    half = Half(model) if plan.half else None

    def save() -> None:
        temporary = state.with_suffix(".tmp")
        torch.save({"plan": plan, "steps": steps, "model": model.state_dict(), "optimizer": optimizer.state_dict(),
                    "schedule": schedule.state_dict(), "mean": mean and mean.ours, "best": best, "done": done}, temporary)
        temporary.replace(state)

    started, begun = time.monotonic(), done
    for epoch in range(plan.epochs):
        for index, batch in enumerate(epoch_of(epoch)):
            if epoch * per_epoch + index < done:
                continue
            torch.manual_seed(plan.seed * 1_000_003 + done)
            optimizer.zero_grad()
            loss = half.backward(loss_of, batch) if half else backward(model, loss_of, batch)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            if half:
                half.follow()
            done += 1
            if mean:
                mean.follow(done)
            if done % 50 == 0:
                pace = (done - begun) / (time.monotonic() - started)
                print(f"step {done}/{steps} loss {loss.item():.3f} {(steps - done) / pace / 60:.1f} min left", flush=True)
            if done % 300 == 0:
                save()
        if done == (epoch + 1) * per_epoch and (best is None or best[1] < done):
            model.eval()
            with mean.in_place() if mean else nullcontext():
                score = evaluate() if evaluate else float(epoch + 1)
                if evaluate:
                    print(f"epoch {epoch + 1}: {score:.4f}", flush=True)
                if best is None or score > best[0]:
                    best = (score, done, {k: v.clone() for k, v in model.state_dict().items()})
            save()
    if best:
        model.load_state_dict(best[2])
    model.eval()


def _groups(model: Module, rate: float, faster: Mapping[str, float]) -> Iterator[dict]:
    """The parameters as an optimizer takes them; only matrices decay."""
    for factor in sorted({1.0, *faster.values()}):
        own = [p for name, p in model.named_parameters() if faster.get(name.split(".")[0], 1.0) == factor]
        yield {"params": [p for p in own if p.ndim > 1], "weight_decay": 0.01, "lr": rate * factor}
        yield {"params": [p for p in own if p.ndim <= 1], "weight_decay": 0.0, "lr": rate * factor}
