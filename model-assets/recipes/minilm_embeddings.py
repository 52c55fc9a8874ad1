"""The embedding checkpoint: all-MiniLM-L6-v2 with a trimmed vocabulary, taught by itself and tuned on sentence pairs.

    python -m recipes.minilm_embeddings --work /some/folder --out checkpoints/minilm-embeddings

Four layers and 12,000 pieces stay of it; then the model learns to place 60,000 sentences of many kinds where the whole one places
them, and, every fifth step, to give pairs of STS-B the similarity that people gave them. Resumes where it was interrupted.
"""

import itertools
import random
import time
from pathlib import Path

import torch
from scipy.stats import spearmanr
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import BertModel, get_linear_schedule_with_warmup

from . import origin
from .arguments import arguments
from .data import Data, sentences
from .export_onnx import write_checkpoint
from .precision import autocast
from .train import Example, collate
from .vocabulary import count_pieces, trim, trim_embeddings

PIECES = 12_000
LAYERS = (0, 1, 3, 5)
"""Of the six of the whole model."""
SENTENCES = 60_000
BATCH = 64
LEARNING_RATE = 8e-5
PAIRS_EVERY = 5
PAIRS_WEIGHT = 4.0
LONGEST = 96
SEED = 29


def main() -> None:
    args = arguments(__doc__)
    data = Data(args.data)
    whole = origin.tokenizer()
    teacher = origin.load(BertModel, add_pooling_layer=False)
    dev = data.rows("feature-extraction/stsb.dev")
    print(f"teacher: {similarity(teacher, whole, dev):.4f}", flush=True)

    held_back = {normal(row[side]) for row in dev for side in "ab"}
    texts = corpus(data, held_back)
    pairs = [row for row in data.rows("feature-extraction/stsb.train") if not {normal(row["a"]), normal(row["b"])} <= held_back]
    books = (row["text"][:10_000] for row in data.rows("text/books"))
    counts = count_pieces(whole, itertools.chain(texts, texts, books))
    trimmed, kept = trim(whole, counts, PIECES)
    student = origin.load(BertModel, add_pooling_layer=False)
    trim_embeddings(student, kept)
    origin.keep_layers(student, LAYERS)
    print(f"trimmed only: {similarity(student, trimmed, dev):.4f}", flush=True)

    train(student, teacher, whole, trimmed, texts, pairs, args.work / "embeddings.pt",
          lambda: similarity(student, trimmed, dev))
    print(f"student: {similarity(student, trimmed, dev):.4f}")
    print(f"the fp32 graph is {write_checkpoint(student, trimmed, args.out)}")


def normal(text: str) -> str:
    return " ".join(text.lower().split())


def corpus(data: Data, held_back: set[str]) -> list[str]:
    """Questions, captions, comments, requests, encyclopedia and prose, a sample of each, in an order of chance. Sentences of the
    development set, some of which stand in other sets too, are left out."""
    rng = random.Random(SEED)

    def some(texts, count: int) -> list[str]:
        found = sorted({text for text in texts if 10 <= len(text) <= 300 and normal(text) not in held_back})
        return rng.sample(found, min(count, len(found)))

    def of(name: str, *keys: str):
        return (row[key] for row in data.rows(name) for key in keys)

    def prose(name: str, characters: int):
        return (s for row in data.rows(name) for s in sentences(row["text"][:characters]))

    result = [
        *some(of("feature-extraction/stsb.train", "a", "b"), 12_000),
        *some(of("natural-language-inference/snli-dev", "premise", "hypothesis"), 12_000),
        *some(of("question-answering/squad11-dev", "question"), 8_000),
        *some(of("question-answering/qamr", "context", "question"), 20_000),
        *some((" ".join(row["words"]) for row in data.rows("token-classification/wikiann-en.train")), 12_000),
        *some(of("zero-shot-classification/clinc150.train", "text"), 8_000),
        *some(of("zero-shot-classification/banking77.train", "text"), 5_000),
        *some(of("zero-shot-classification/goemotions.train", "text"), 13_000),
        *some(prose("text/imdb-unlabelled", 2_000), 15_000),
        *some(prose("text/books", 20_000), 15_000),
    ]
    rng.shuffle(result)
    return result[:SENTENCES]


def embed(model: BertModel, tokenizer: Tokenizer, texts: list[str]) -> torch.Tensor:
    """Mean over the tokens, scaled to length 1: [texts, size]."""
    inputs = collate([Example(e.ids[:LONGEST]) for e in tokenizer.encode_batch(texts)])
    with autocast():
        hidden = model(**inputs).last_hidden_state
    weights = inputs["attention_mask"].unsqueeze(-1).float()
    return functional.normalize((hidden.float() * weights).sum(1) / weights.sum(1), dim=-1)


def similarity(model: BertModel, tokenizer: Tokenizer, rows: list[dict]) -> float:
    """Spearman's rank correlation of the cosines with what people said."""
    model.eval()
    cosines = []
    with torch.no_grad():
        for start in range(0, len(rows), 100):
            part = rows[start : start + 100]
            a, b = (embed(model, tokenizer, [row[side] for row in part]) for side in "ab")
            cosines += (a * b).sum(-1).tolist()
    return float(spearmanr(cosines, [row["score"] for row in rows]).statistic)


def train(student, teacher, whole, trimmed, texts: list[str], pairs: list[dict], state: Path, evaluate) -> None:
    torch.manual_seed(SEED)
    teacher.eval()
    order = [texts[i : i + BATCH * 50] for i in range(0, len(texts), BATCH * 50)]
    batches = [sorted(pool, key=len)[i : i + BATCH] for pool in order for i in range(0, len(pool), BATCH)]
    rng = random.Random(SEED)
    rng.shuffle(batches)
    optimizer = torch.optim.AdamW(student.parameters(), lr=LEARNING_RATE, weight_decay=0.01, fused=True)
    schedule = get_linear_schedule_with_warmup(optimizer, len(batches) // 20, len(batches))
    done = 0
    if state.exists():
        saved = torch.load(state, weights_only=False)
        student.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        done = saved["done"]
    started, begun = time.monotonic(), done
    for step, batch in enumerate(batches):
        picked = rng.sample(pairs, BATCH)
        if step < done:
            continue
        student.train()
        with torch.no_grad():
            goal = embed(teacher, whole, batch)
        loss = (1 - (embed(student, trimmed, batch) * goal).sum(-1)).mean()
        if step % PAIRS_EVERY == 0:
            a, b = (embed(student, trimmed, [row[side] for row in picked]) for side in "ab")
            wanted = torch.tensor([row["score"] / 5 for row in picked])
            loss = loss + PAIRS_WEIGHT * functional.mse_loss((a * b).sum(-1), wanted)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        done = step + 1
        if done % 100 == 0:
            pace = (done - begun) / (time.monotonic() - started)
            print(f"step {done}/{len(batches)} loss {loss.item():.4f} {(len(batches) - done) / pace / 60:.1f} min left", flush=True)
        if done % 500 == 0 or done == len(batches):
            print(f"step {done}: {evaluate():.4f}", flush=True)
            temporary = state.with_suffix(".tmp")
            torch.save({"model": student.state_dict(), "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict(), "done": done}, temporary)
            temporary.replace(state)


if __name__ == "__main__":
    main()
