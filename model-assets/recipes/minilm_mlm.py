"""The fill-mask checkpoint: half the layers of the trunk, taught by it to say which word was taken out.

    python -m recipes.minilm_mlm --work /some/folder --out checkpoints/minilm-mlm

The trunk (`trunk.py`) has six layers and more pieces, too many to ship beside the other checkpoints. Its student reads what there is of
encyclopedias, news and abstracts four times, and prose that looks like them, and learns both which word it was and what the trunk holds
likely. What shares eight words in a row with the text that is measured with is left out (`reading.py`). Resumes where it was interrupted.
"""

import copy
import itertools
import random
from collections.abc import Callable

import torch
from transformers import BertForMaskedLM

from . import masks, origin, trunk
from .arguments import arguments
from .data import Data
from .export_onnx import few, write_checkpoint
from .precision import COMPUTED
from .reading import Reading
from .train import Plan, train
from .vocabulary import count_pieces, trim, trim_positions

PIECES = 11_000
LAYERS = (0, 2, 5)
"""Of the trunk's six, those that its student begins with (Sanh et al. 2019, arXiv:1910.01108)."""
LONGEST = 160
"""Tokens of a row. What is asked may be longer, up to `POSITIONS`, as for the model that all starts from."""
POSITIONS = 256
FACTS, LIKE_FACTS, PROSE, TALK = 4, 36_000, 4_000, 2_000
"""How often facts are read; passages of prose that looks like them, of any prose, and of everyday sentences."""
RATE = 0.3
TOLD = 0.5
"""What the trunk says weighs, beside the word."""
LEARN = Plan(epochs=1, learning_rate=8e-4, batch=32, half=True)


def main() -> None:
    args = arguments(__doc__)
    data = Data(args.data)
    teacher, pieces = trunk.trained(data, args.work.parent / trunk.FOLDER)

    texts = texts_of(data, random.Random(23))
    tokenizer, rows = trim(pieces, count_pieces(pieces, texts), PIECES)
    model = copy.deepcopy(teacher)
    origin.keep_layers(model, LAYERS)
    trunk.trim_head(model, rows)
    trim_positions(model, POSITIONS)
    examples = masks.to_examples(tokenizer, texts, LONGEST)
    places = masks.choose_places(data.rows("text/wikitext-2.dev"), origin.tokenizer().get_vocab())
    print(f"{len(examples)} passages, {sum(len(e.ids) for e in examples)} tokens", flush=True)
    taught = masks.loss(tokenizer, RATE, says(teacher, rows), TOLD)
    train(model, examples, LEARN, args.work / "student.pt", taught, lambda: masks.top5(model, tokenizer, places))
    print(f"the fp32 graph is {write_checkpoint(model, tokenizer, args.out, few(examples), least=1024)}")


def texts_of(data: Data, rng: random.Random) -> list[str]:
    read = Reading(data)
    facts = [read.facts(rng) for _ in range(FACTS)]
    books = read.books()
    like_facts = masks.most_like(books, facts[0], LIKE_FACTS)
    return [*itertools.chain(*facts), *like_facts, *rng.sample(books, PROSE), *rng.sample(read.talk(rng), TALK)]


def says(teacher: BertForMaskedLM, rows: list[int]) -> Callable[[dict[str, torch.Tensor], torch.Tensor], torch.Tensor]:
    """What a model with more pieces says of texts in the pieces of `rows`, as probabilities [places, pieces]. It computes in `COMPUTED` from now on."""
    model, own = teacher.to(COMPUTED), torch.tensor(rows)

    def say(inputs: dict[str, torch.Tensor], places: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            hidden = model.bert(**{**inputs, "input_ids": own[inputs["input_ids"]]}).last_hidden_state[places]
            return model.cls(hidden)[:, own].float().softmax(-1)

    return say


if __name__ == "__main__":
    main()
