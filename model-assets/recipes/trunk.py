"""The six layers of all-MiniLM-L6-v2, which learned to say what a text is about, taught anew to say which word stands where.

It reads encyclopedias, news and abstracts, prose that looks like them, reviews, talk, and the texts that are put beside one another to ask
what follows. Nothing that fill-mask, sentiment, zero-shot and questions are measured with is in it; of Tatoeba all English sentences are, those too that
translation is measured with. What all-MiniLM-L6-v2 knows of questions, of names and of what follows is lost meanwhile: as a start for
other tasks the trunk is no better, and for those three worse, than that (see their cards). Beside it, it is wrong in other sentences: minilm-sst2 has both
as teachers.
"""

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import Linear, Parameter
from transformers import BertForMaskedLM

from . import following, masks, origin
from .data import Data, sentences
from .held_back import unlike
from .keep import kept
from .origin import Model
from .reading import Reading
from .train import Plan, train
from .vocabulary import count_pieces, trim, trim_embeddings

FOLDER = "trunk"
"""In what is given as `--work`: recipes of several checkpoints find it there."""
PIECES = 16_000
LONGEST = 128
FACTS, LIKE_FACTS, PROSE, REVIEWS = 3, 60_000, 10_000, 45_000
"""How often facts are read, each time cut elsewhere; passages of prose that looks like them, of any prose, and of reviews."""
RATE = 0.3
LEARN = Plan(epochs=1, learning_rate=6e-4, batch=32, half=True)


def trained(data: Data, work: Path) -> tuple[BertForMaskedLM, Tokenizer]:
    """The trunk and its pieces. Resumes in `work` where it was interrupted, and is trained once."""
    work.mkdir(parents=True, exist_ok=True)
    state, vocabulary = kept(work / "trunk.kept", lambda: _train(data, work))
    tokenizer = Tokenizer.from_str(vocabulary)
    model = origin.load(BertForMaskedLM, hidden_dropout_prob=0.0)
    # Which pieces does not matter: all weights are replaced by those of as many.
    trim_head(model, range(tokenizer.get_vocab_size()))
    model.load_state_dict(state)
    return model.eval(), tokenizer


def start(kind: type[Model], data: Data, work: Path, **config: Any) -> tuple[Model, Tokenizer]:
    """A model of `kind` that begins as the trunk, and the trunk's pieces; what its head adds is drawn anew."""
    read, tokenizer = trained(data, work)
    model = origin.load(kind, **config)
    trim_embeddings(model, range(tokenizer.get_vocab_size()))
    # It was not read with: the pooler stays what it was.
    model.base_model.load_state_dict(read.base_model.state_dict(), strict=False)
    return model, tokenizer


def trim_head(model: BertForMaskedLM, rows: Sequence[int]) -> None:
    """Keeps these pieces, in that order, in the embeddings and in the head, which is tied to them."""
    head = model.cls.predictions
    bias = head.bias.data[list(rows)]
    trim_embeddings(model, rows)
    head.decoder = Linear(head.decoder.in_features, len(rows))
    head.bias = head.decoder.bias = Parameter(bias)
    model.tie_weights()


def _train(data: Data, work: Path) -> tuple[dict[str, Tensor], str]:
    texts = texts_of(data, random.Random(17))
    whole = origin.tokenizer()
    counts = pieces(whole, data, texts)
    tokenizer, rows = trim(whole, counts, PIECES)
    model = origin.load(BertForMaskedLM, hidden_dropout_prob=0.0)
    trim_embeddings(model, rows)
    masks.start_head(model, tokenizer, counts)
    examples = masks.to_examples(tokenizer, texts, LONGEST)
    places = masks.choose_places(data.rows("text/wikitext-2.dev"), whole.get_vocab())
    print(f"{len(examples)} passages, {sum(len(e.ids) for e in examples)} tokens", flush=True)
    train(model, examples, LEARN, work / "trunk.pt", masks.loss(tokenizer, RATE), lambda: masks.top5(model, tokenizer, places))
    return model.state_dict(), tokenizer.to_str()


def texts_of(data: Data, rng: random.Random) -> list[str]:
    read = Reading(data)
    facts = [read.facts(rng) for _ in range(FACTS)]
    books = read.books()
    like = masks.most_like(books, facts[0], LIKE_FACTS)
    return [*itertools.chain(*facts), *like, *rng.sample(books, PROSE), *rng.sample(read.reviews(), REVIEWS), *short_of(read, rng)]


def short_of(read: Reading, rng: random.Random) -> Iterator[str]:
    """Texts that stand alone, several of a kind in a passage."""
    data = read.data
    films = unlike(data.rows("text-classification/sst2.train"), (row["text"] for row in data.rows("text-classification/sst2.dev")), lambda row: row["text"])
    learned = following.Following(data).learned
    kinds = [
        {row["text"] for row in films if row["text"].count(" ") > 12},
        *({text for row in learned[name] for text in (row["premise"], row["hypothesis"])} for name in ("mnli-dev", "snli-dev", "joci.train")),
        *({row["text"] for row in data.rows(f"zero-shot-classification/{name}")} for name in following.TOPICS),
    ]
    for kind in kinds:
        yield from read.together(kind, rng)
    yield from read.talk(rng)


def pieces(whole: Tokenizer, data: Data, texts: Sequence[str]) -> Counter[str]:
    """How often each piece is met. Reviews count in full besides, and SST-2 three times, whatever of them is read."""
    counts = count_pieces(whole, texts)
    reviews = (s for row in data.rows("text/imdb-unlabelled") for s in sentences(row["text"]))
    for piece, count in count_pieces(whole, reviews).items():
        counts[piece] += count
    for piece, count in count_pieces(whole, (row["text"] for row in data.rows("text-classification/sst2.train"))).items():
        counts[piece] += 3 * count
    return counts
