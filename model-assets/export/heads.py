"""Which class of transformers serves a task for an architecture, and in which form its graph is written."""

from dataclasses import dataclass

from transformers.models.auto import modeling_auto as auto

ARCHITECTURES = {
    "albert": "ALBERT", "bert": "BERT", "distilbert": "DistilBERT", "electra": "ELECTRA", "roberta": "RoBERTa",
    "ctrl": "CTRL", "openai-gpt": "GPT", "gpt2": "GPT-2", "transfo-xl": "Transformer-XL",
    "bart": "BART", "mbart": "mBART", "marian": "Marian", "t5": "T5",
}
"""`model_type` to the name of the architecture."""
ENCODERS = ("albert", "bert", "distilbert", "electra", "roberta")
ENCODER_DECODERS = ("bart", "mbart", "marian", "t5")

CLASSES = {
    "feature-extraction": auto.MODEL_MAPPING_NAMES,
    "fill-mask": auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    "question-answering": auto.MODEL_FOR_QUESTION_ANSWERING_MAPPING_NAMES,
    "text-classification": auto.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES,
    "token-classification": auto.MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES,
    "zero-shot-classification": auto.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES,
    "text-generation": auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    "summarization": auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
    "translation": auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
}
TASKS = tuple(CLASSES)
WRITING = ("text-generation", "summarization", "translation")
_ASKS_FOR_A_DECODER = {("t5", "feature-extraction"): "T5EncoderModel", ("marian", "feature-extraction"): None}
"""The pipeline gives no decoder_input_ids, and these classes do not make them of the input, as BART's do."""
_FORMS = {"openai-gpt": "plain", "ctrl": "merged", "transfo-xl": "memories"}
"""Of decoders.py, for those of which one graph does not take a past of any length."""


class NoHead(ValueError):
    """transformers has no class that would serve the task."""


@dataclass(frozen=True)
class Head:
    model_type: str
    task: str
    class_name: str

    @property
    def form(self) -> str | None:
        """Of decoders.py; null for what is one graph without a cache that reads.py writes."""
        if self.task not in WRITING:
            return None
        if self.task == "text-generation":
            return _FORMS.get(self.model_type, "past")
        return "encoder, merged"


def find_head(model_type: str, task: str) -> Head:
    if model_type not in ARCHITECTURES:
        raise NoHead(f"model_type is {model_type}; this exports {', '.join(ARCHITECTURES)}")
    if task not in CLASSES:
        raise NoHead(f"there is no task {task}; there are {', '.join(TASKS)}")
    name = CLASSES[task].get(model_type)
    if name is None:
        raise NoHead(f"transformers has no class of {ARCHITECTURES[model_type]} for {task}; it has some for {', '.join(tasks_of(model_type))}")
    served = _ASKS_FOR_A_DECODER.get((model_type, task), name)
    if served is None:
        raise NoHead(f"{name} asks for decoder_input_ids, which the pipeline does not give")
    return Head(model_type, task, served)


def tasks_of(model_type: str) -> list[str]:
    return [task for task in TASKS if model_type in CLASSES[task] and _ASKS_FOR_A_DECODER.get((model_type, task), "") is not None]


def guess_task(model_type: str, architectures: list[str]) -> str:
    """A task that the class named in config.json is for; of several, the one it is mostly published for. Raises where there is none."""
    languages = model_type in ("mbart", "marian")
    for task in [*sorted(WRITING, reverse=languages), *TASKS]:
        if task in tasks_of(model_type) and find_head(model_type, task).class_name in architectures:
            return task
    raise NoHead(f"config.json names {', '.join(architectures) or 'no class'}; say --task, one of {', '.join(tasks_of(model_type))}")
