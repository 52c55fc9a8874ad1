"""What follows from what, by a model that reads each of two texts alone, as all-MiniLM-L6-v2 has learned to read, and then compares them.

    python -m recipes.apart --work /some/folder --out checkpoints/minilm-nli

It is too large to ship, and no BERT. It is wrong where a model that reads both texts as one is right, so that both together are better
than either: this prints how much, beside the checkpoint in `--out`. Resumes where it was interrupted.

Pieces of one text are aligned with those of the other (Parikh et al. 2016, arXiv:1606.01933), and beside what is found there the
vectors of both texts are compared as a whole (Reimers and Gurevych 2019, arXiv:1908.10084).
"""

from collections.abc import Iterable, Sequence

import torch
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional
from transformers import BertModel

from . import origin
from .arguments import arguments
from .data import Data
from .evaluate import Classifier
from .held_back import is_held_back_premise
from .minilm_nli import LABELS
from .train import Example, Plan, collate, predictions, train
from .vocabulary import load_tokenizer

LEARN = Plan(epochs=3, learning_rate=1e-4, batch=16, seed=2)
"""A batch of 16 premises is some 48 pairs."""
HEAD, HEAD_RATE = ("seen", "asked", "compared", "judged"), 7.0
"""What is drawn anew, and how much faster than the encoder it learns."""
LONGEST = 80
FIXED = 3
"""Layers that stay as they are. What the last of them says is compared too, beside what the last of all does."""
COMPARED = 256
"""Units of a comparison."""


class Apart(nn.Module):
    def __init__(self, seed: int = LEARN.seed) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.encoder = origin.load(BertModel)
        for part in (self.encoder.embeddings, self.encoder.encoder.layer[:FIXED]):
            part.requires_grad_(False)
        width = self.encoder.config.hidden_size
        self.seen = nn.Sequential(nn.Dropout(0.2), nn.Linear(2 * width, COMPARED), nn.GELU())
        self.asked = nn.Linear(COMPARED, COMPARED)
        self.compared = nn.Sequential(nn.Dropout(0.2), nn.Linear(4 * COMPARED, COMPARED), nn.GELU())
        found = 4 * COMPARED + 4 * width
        self.judged = nn.Sequential(
            nn.LayerNorm(found), nn.Dropout(0.3), nn.Linear(found, COMPARED), nn.GELU(), nn.Dropout(0.3), nn.Linear(COMPARED, len(LABELS)),
        )

    def forward(self, premises: Sequence[Example], of: Sequence[int], hypotheses: Sequence[Example]) -> torch.Tensor:
        """Logits [hypotheses, labels]. `of` says which of the premises, each of which is read once, a hypothesis belongs to."""
        a, a_mask = (each[list(of)] for each in self._read(premises))
        b, b_mask = self._read(hypotheses)
        u, v = (_whole(states[..., : states.shape[-1] // 2], mask) for states, mask in ((a, a_mask), (b, b_mask)))
        a, b = self.seen(a), self.seen(b)
        scores = self.asked(a) @ self.asked(b).transpose(1, 2) / COMPARED**0.5
        parts = [*self._compare(a, b, scores, a_mask, b_mask), *self._compare(b, a, scores.transpose(1, 2), b_mask, a_mask)]
        return self.judged(torch.cat([*parts, u, v, (u - v).abs(), u * v], -1))

    def _read(self, texts: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor]:
        """What the last layer and the last fixed one say of each piece, [texts, pieces, 2 * width], and which pieces there are."""
        fed = collate(texts)
        states = self.encoder(**fed, output_hidden_states=True).hidden_states
        return torch.cat([states[-1], states[FIXED]], -1), fed["attention_mask"].float()

    def _compare(self, ours: torch.Tensor, theirs: torch.Tensor, scores: torch.Tensor, mask: torch.Tensor, other: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Each piece of a text with what it is aligned with in the other one: the mean and the greatest of what is found, [texts, units]."""
        aligned = scores.masked_fill(other[:, None] == 0, -1e4).softmax(-1) @ theirs
        found = self.compared(torch.cat([ours, aligned, ours - aligned, ours * aligned], -1))
        return _mean(found, mask), found.masked_fill(mask[..., None] == 0, -1e4).amax(1)


def _mean(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)


def _whole(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The vector of a text as the encoder was trained to give it, but as long as other states are."""
    return functional.normalize(_mean(states, mask), dim=-1) * states.shape[-1] ** 0.5


def to_examples(tokenizer: Tokenizer, rows: Sequence[dict]) -> list[Example]:
    """Premises, each with the hypotheses that it has in `rows` and their labels: pairs of an example and an index."""
    asked: dict[str, list[dict]] = {}
    for row in rows:
        asked.setdefault(row["premise"], []).append(row)

    def read(texts: Iterable[str]) -> list[Example]:
        return [Example(e.ids[:LONGEST]) for e in tokenizer.encode_batch(list(texts))]

    def told(of: Sequence[dict]) -> list[tuple[Example, int]]:
        return list(zip(read(row["hypothesis"] for row in of), (LABELS[row["label"]] for row in of), strict=True))

    return [premise._replace(target=told(of)) for premise, of in zip(read(asked), asked.values(), strict=True)]


def ask(model: Apart, premises: Sequence[Example]) -> torch.Tensor:
    """Logits of all hypotheses of all premises, in their order: [hypotheses, labels]."""
    of = [i for i, premise in enumerate(premises) for _ in premise.target]
    return model(premises, of, [hypothesis for premise in premises for hypothesis, _ in premise.target])


def labels_of(premises: Sequence[Example]) -> torch.Tensor:
    return torch.tensor([label for premise in premises for _, label in premise.target])


def loss_of(model: Apart, batch: Sequence[Example]) -> torch.Tensor:
    return functional.cross_entropy(ask(model, batch).float(), labels_of(batch))


def say(model: Apart, premises: Sequence[Example]) -> torch.Tensor:
    """Probabilities of what `ask` asks."""
    model.eval()
    of = predictions(premises, lambda batch: ask(model, batch).float().softmax(-1).split([len(premise.target) for premise in batch]), size=24)
    return torch.cat(of)


def main() -> None:
    args = arguments(__doc__)
    data = Data(args.data)
    mnli, snli = ([row for row in data.rows(f"natural-language-inference/{name}") if row["label"] in LABELS] for name in ("mnli-dev", "snli-dev"))
    # The hypotheses of a premise stand together, as they are asked.
    dev = sorted((row for row in mnli if is_held_back_premise(row["premise"])), key=lambda row: row["premise"])
    pieces, model = origin.tokenizer(), Apart()
    learned = to_examples(pieces, [row for row in (*mnli, *snli) if not is_held_back_premise(row["premise"])])
    train(model, learned, LEARN, args.work / "apart.pt", loss_of, None, faster=dict.fromkeys(HEAD, HEAD_RATE))

    beside = Classifier(args.out / "model.onnx", load_tokenizer(args.out / "tokenizer.json"))
    theirs = torch.cat([torch.tensor(beside.logits([(row["premise"], row["hypothesis"])])) for row in dev]).softmax(-1)
    judged = to_examples(pieces, dev)
    ours, right = say(model, judged), labels_of(judged)
    for name, said in (("apart", ours), (args.out.name, theirs), ("the mean of both", (ours + theirs) / 2)):
        print(f"{name}: {(said.argmax(-1) == right).float().mean():.4f} of {len(right)}")


if __name__ == "__main__":
    main()
