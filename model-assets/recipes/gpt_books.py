"""The text-generation checkpoint: a GPT-2 of four layers, trained from nothing on books.

    python -m recipes.gpt_books --work /some/folder --out checkpoints/gpt-books

Resumes where it was interrupted.
"""

import torch
from tokenizers import Tokenizer
from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel

from . import byte_pieces, head, passages
from .arguments import arguments
from .by_steps import Schedule, run
from .data import Data
from .export_writing import write_checkpoint
from .held_back import is_held_back_book

PIECES = 8_000
BEGIN, SPECIAL = 0, "<|endoftext|>"
LENGTH = 512
SIZE = {"n_embd": 256, "n_layer": 4, "n_head": 4, "n_positions": LENGTH}
SCHEDULE = Schedule(steps=5_200, learning_rate=3e-3, warmup=100, weight_decay=0.05)
ROWS = 6
WRITING = {"do_sample": True, "temperature": 0.5, "top_p": 0.9, "repetition_penalty": 1.15}
"""A small model's unlikely pieces are mostly wrong, and its likeliest ones go round in circles."""
EXPLAINED = 2
"""How often what is not a book comes: with it, every fifteenth token is of our own time."""


def main() -> None:
    args = arguments(__doc__)
    data = Data(args.data)
    books = data.rows("text/books")
    explained = passages.explanations(data.rows("translation/python-docs.fr-en"), data.rows("summarization/scitldr.train"))
    texts = [*passages.parts(books), *explained * EXPLAINED]
    tokenizer = learn_pieces(args.work / "tokenizer.json", texts)
    ids = passages.encode(texts, tokenizer, args.work / "tokens.npz")
    kept = [window for row in books if is_held_back_book(row["title"]) for window in passages.windows(row["text"])]
    torch.manual_seed(SCHEDULE.seed)
    model = new_model()
    print(f"{len(texts)} parts, {sum(map(len, ids)):,} tokens, {sum(p.numel() for p in model.parameters()):,} weights", flush=True)

    def told(done: int) -> None:
        model.eval()
        print(f"step {done}: {bits_per_byte(model, tokenizer, kept[::5]):.4f} bits a byte on every fifth window kept back", flush=True)
        model.train()

    run(model, passages.batches(ids, BEGIN, LENGTH, ROWS, SCHEDULE.seed), loss_of, SCHEDULE, args.work / "state.pt", told)
    settings = byte_pieces.settings(LENGTH, bos_token=SPECIAL, eos_token=SPECIAL)
    print(f"the graph in 32-bit floats is in {write_checkpoint(model, tokenizer, settings, args.out)}")
    print(f"kept back, fp32: {bits_per_byte(model, tokenizer, kept):.4f} bits a byte")


def learn_pieces(path, texts: list[str]) -> Tokenizer:
    """Learned once from every fourth part, for its trainer breaks ties by chance."""
    if not path.exists():
        byte_pieces.learn(texts[::4], PIECES, [SPECIAL], first_space=False).save(str(path), pretty=False)
    return Tokenizer.from_file(str(path))


def new_model() -> GPT2LMHeadModel:
    config = GPT2Config(
        vocab_size=PIECES, bos_token_id=BEGIN, eos_token_id=BEGIN, activation_function="gelu", resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, attn_implementation="sdpa", **SIZE,
    )
    model = GPT2LMHeadModel(config)
    model.generation_config = GenerationConfig(bos_token_id=BEGIN, eos_token_id=BEGIN, **WRITING)
    return model


def loss_of(model: GPT2LMHeadModel, batch: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of every token told those before it in its row; none for one that begins a text."""
    hidden = model.transformer(batch[:, :-1], use_cache=False).last_hidden_state
    wanted = batch[:, 1:]
    told = wanted != BEGIN
    return head.loss_of(hidden[told], model.lm_head.weight, wanted[told])


def bits_per_byte(model: GPT2LMHeadModel, tokenizer: Tokenizer, texts: list[str]) -> float:
    """Of texts that each begin anew."""
    nats = 0.0
    with torch.no_grad():
        for text in texts:
            ids = torch.tensor([[BEGIN, *tokenizer.encode(text).ids][: LENGTH + 1]])
            nats += loss_of(model, ids).item() * (ids[:, 1:] != BEGIN).sum().item()
    return nats / torch.log(torch.tensor(2.0)).item() / sum(len(text.encode()) for text in texts)


if __name__ == "__main__":
    main()
