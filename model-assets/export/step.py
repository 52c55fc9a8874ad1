"""Graphs that write, one token further with each step, under onnxruntime: all forms of decoders.py, told by the names of their inputs."""

from pathlib import Path

import numpy as np
import onnxruntime
from transformers import PreTrainedModel

from .decoders import FIRST, LATER, MERGED, heads_of


class Steps:
    def __init__(self, folder: Path, suffix: str, model: PreTrainedModel) -> None:
        def open_(name: str) -> onnxruntime.InferenceSession:
            return onnxruntime.InferenceSession(str(folder / f"{Path(name).stem}{suffix}.onnx"), providers=["CPUExecutionProvider"])

        self.model = model
        self.encoder = open_("encoder_model.onnx") if model.config.is_encoder_decoder else None
        first = next(name for name in ("model.onnx", MERGED, FIRST) if (folder / f"{Path(name).stem}{suffix}.onnx").exists())
        self.first = open_(first)
        self.later = open_(LATER) if first == FIRST else self.first

    def start(self, source: np.ndarray | None) -> None:
        """`source`: [1, tokens], of an encoder."""
        self.ids = np.zeros((1, 0), np.int64)
        self.kept: dict[str, np.ndarray] = {}
        self.source = None
        if self.encoder is not None and source is not None:
            self.mask = np.ones_like(source)
            (self.source,) = self.encoder.run(["last_hidden_state"], {"input_ids": source, "attention_mask": self.mask})

    def step(self, tokens: np.ndarray) -> np.ndarray:
        """Reads tokens; the scores of what comes next, [vocabulary]."""
        fresh = tokens[None].astype(np.int64)
        length = self.ids.shape[1]
        self.ids = np.concatenate([self.ids, fresh], 1)
        decoder = self.later if length else self.first
        inputs = [each.name for each in decoder.get_inputs()]
        remembers = decoder is not self.first or any(name.startswith(("past_key_values", "mems")) for name in inputs)
        read = fresh if remembers else self.ids
        known = {
            "input_ids": read,
            "attention_mask": np.ones_like(self.ids),
            "position_ids": np.arange(self.ids.shape[1] - read.shape[1], self.ids.shape[1])[None],
            "use_cache_branch": np.array([length > 0]),
            "encoder_hidden_states": self.source,
            "encoder_attention_mask": getattr(self, "mask", None),
        }
        feeds = {name: known[name] if name in known else self.kept.get(name, self._nothing(name)) for name in inputs}
        answers = dict(zip((each.name for each in decoder.get_outputs()), decoder.run(None, feeds), strict=True))
        for name, value in answers.items():
            # A merged file gives empty ones of the source with a past: those of the first step stay.
            if name != "logits" and not (length and ".encoder." in name):
                self.kept[name.replace("present", "past_key_values").replace("new_mems", "mems")] = value
        return answers["logits"][0, -1]

    def _nothing(self, name: str) -> np.ndarray:
        config = self.model.config
        if name.startswith("mems"):
            return np.zeros((config.mem_len, 1, config.d_model), np.float32)
        heads, size = heads_of(self.model)
        return np.zeros((1, heads, 0, size), np.float32)
