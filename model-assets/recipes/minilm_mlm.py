"""The fill-mask checkpoint: all-MiniLM-L6-v2 with a trimmed vocabulary, taught to say which word was taken out.

    python -m recipes.minilm_mlm --work /some/folder --out checkpoints/minilm-mlm

It reads what there is of encyclopedias, news and abstracts, and prose that looks like them. Passages that share eight
words in a row with the text that is measured with are left out. Resumes where it was interrupted.
"""

import itertools
import random
from collections.abc import Callable, Iterable

from transformers import BertForMaskedLM

from . import masks, origin
from .arguments import arguments
from .data import Data, sentences
from .export_onnx import few, write_checkpoint
from .held_back import ARTICLES, Runs
from .train import Plan, train
from .vocabulary import count_pieces, trim, trim_embeddings, trim_positions

PIECES = 10_000
LAYERS = (0, 1, 2)
"""Of the six: where what is read is what costs, three read twice as much in the same time."""
LONGEST = 192
"""Tokens of a row. What is asked may be longer, up to `POSITIONS`, as for the model that all starts from."""
POSITIONS = 256
REPEATED = 1
LIKE_FACTS, PROSE, TALK = 3_000, 500, 500
"""Passages: of prose that looks like an encyclopedia, of any prose, and of everyday sentences."""
RATE = 0.35
LEARN = Plan(epochs=1, learning_rate=8e-4, batch=20, half=True)


def main() -> None:
    args = arguments(__doc__)
    data = Data(args.data)
    rng = random.Random(17)
    dev = data.rows("text/wikitext-2.dev")
    measured = Runs((row["text"] for row in dev), 8)
    facts, told, said = (
        [passage for passage in some if not measured.share(passage)] for some in (facts_of(data, rng), prose_of(data), talk_of(data, rng))
    )
    like_facts = masks.most_like(told, facts, LIKE_FACTS)
    texts = [*facts * REPEATED, *like_facts, *rng.sample(told, PROSE), *said[:TALK]]

    whole = origin.tokenizer()
    counts = count_pieces(whole, texts)
    trimmed, kept = trim(whole, counts, PIECES)
    model = origin.load(BertForMaskedLM, hidden_dropout_prob=0.0)
    origin.keep_layers(model, LAYERS)
    trim_embeddings(model, kept)
    trim_positions(model, POSITIONS)
    masks.start_head(model, trimmed, counts)

    examples, places = masks.to_examples(trimmed, texts, LONGEST), masks.choose_places(dev, whole.get_vocab())
    print(f"{len(examples)} passages, {sum(len(e.ids) for e in examples)} tokens", flush=True)
    train(model, examples, LEARN, args.work / "mlm.pt", masks.loss(trimmed, RATE), lambda: masks.top5(model, trimmed, places))
    print(f"the fp32 graph is {write_checkpoint(model, trimmed, args.out, few(examples), least=1024)}")


def facts_of(data: Data, rng: random.Random) -> list[str]:
    """Passages of encyclopedias, news and abstracts."""
    paragraphs = {
        row["context"] for name in ("squad11-dev", "squad20-dev") for row in data.rows(f"question-answering/{name}")
        if row["title"] not in ARTICLES
    }
    paragraphs |= {row["premise"] for name in ("rte.train", "scitail-dev") for row in data.rows(f"natural-language-inference/{name}")}
    paragraphs |= {row["document"] for row in data.rows("summarization/scitldr.train")}
    single = {row["context"] for row in data.rows("question-answering/qamr")}
    single |= {" ".join(row["words"]) for name in ("wikiann-en.train", "wikigold") for row in data.rows(f"token-classification/{name}")}
    single |= {row["a"] for row in data.rows("feature-extraction/msr-paraphrase.train")}
    return [*cut(sorted(paragraphs), lambda: rng.choice((30, 60, 90, 120))), *together(single, 60, rng)]


def prose_of(data: Data) -> list[str]:
    """Passages of books and reviews, without their short ends."""
    texts = (row["text"][5_000:65_000] for row in data.rows("text/books"))
    texts = itertools.chain(texts, (row["text"] for row in data.rows("text/imdb-unlabelled")))
    return [passage for passage in cut(texts, lambda: 90) if passage.count(" ") > 45]


def talk_of(data: Data, rng: random.Random) -> list[str]:
    """Everyday sentences."""
    return together({row["en"] for row in data.rows("translation/tatoeba.fr-en")}, 20, rng)


def cut(texts: Iterable[str], words: Callable[[], int]) -> list[str]:
    """Passages of at most `words()` words, which is asked for every text."""
    return [passage for text in texts for passage in masks.passages(sentences(text), words())]


def together(single: set[str], words: int, rng: random.Random) -> list[str]:
    """Sentences that stand alone, several in a passage."""
    return list(masks.passages(rng.sample(sorted(single), len(single)), words))


if __name__ == "__main__":
    main()
