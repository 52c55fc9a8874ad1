"""Whether an answer of `generate` hung on a tie: on two scores less than `CLOSE` apart of which one was taken and the other was not.

Greedy: the two best of each step. Beams: the last candidate that goes on and the first that does not; an ending candidate on one side of
the first `num_beams` and its neighbour on the other; the last finished text that is kept and the first that is not, and the order of
those that are returned; and the comparison that ends the search. Two candidates that both go on may change places without a trace.
"""

from typing import Any

import torch
from transformers import PreTrainedModel

CLOSE = 1e-4
NEVER = -1e8
"""Scores below this are those of beams that do not exist yet."""


def close_greedy(scores: tuple[torch.Tensor, ...]) -> bool:
    best = [step[0].topk(2).values for step in scores]
    # Where nothing is left to choose from, the difference is no number.
    return any(not float(first - second) >= CLOSE for first, second in best)


class Watch:
    """Looks on while a model searches with beams."""

    def __init__(self, model: PreTrainedModel) -> None:
        self.model, self.close = model, False
        self.top = self.finished = torch.empty(0)

    def __enter__(self) -> "Watch":
        for name in ("_get_top_k_continuations", "_get_running_beams_for_next_iteration", "_update_finished_beams", "_check_early_stop_heuristic"):
            setattr(self.model, name, self._seen(getattr(self, name), getattr(self.model, name)))
        return self

    def __exit__(self, *_: object) -> None:
        for name in ("_get_top_k_continuations", "_get_running_beams_for_next_iteration", "_update_finished_beams", "_check_early_stop_heuristic"):
            delattr(self.model, name)

    @staticmethod
    def _seen(look, usual):
        def both(**values: Any):
            answer = usual(**values)
            look(values, answer)
            return answer

        return both

    def hung_on_a_tie(self, returned: int) -> bool:
        """Asked at the end; `returned`: how many texts were."""
        return self.close or any(self._near(a, b) for a, b in zip(self.finished[:returned].tolist(), self.finished[1:].tolist()))

    @staticmethod
    def _near(a: float, b: float) -> bool:
        return min(a, b) > NEVER and abs(a - b) < CLOSE

    def _get_top_k_continuations(self, values: dict[str, Any], _answer: Any) -> None:
        self.top = values["accumulated_log_probs"][0].topk(values["beams_to_keep"] + 1).values

    def _get_running_beams_for_next_iteration(self, values: dict[str, Any], _answer: Any) -> None:
        beams, ends = values["num_beams"], values["next_token_hits_stopping_criteria"][0].tolist()
        scores, beyond = self.top.tolist()[:-1], self.top.tolist()[-1]
        going_on = [score for score, end in zip(scores, ends, strict=True) if not end] + ([] if all(ends) else [beyond])
        if len(going_on) > beams:
            self.close |= self._near(going_on[beams - 1], going_on[beams])
        for i in range(beams):
            for j in range(beams, len(scores)):
                self.close |= (ends[i] or ends[j]) and self._near(scores[i], scores[j])

    def _update_finished_beams(self, values: dict[str, Any], answer: Any) -> None:
        length = values["cur_len"] + 1 - values["decoder_prompt_len"]
        scores = values["topk_log_probs"][0] / length ** values["length_penalty"]
        full = bool(values["is_sent_finished"].all()) and values["early_stopping"] is True
        usable = values["next_token_hits_stopping_criteria"][0] & values["top_num_beam_mask"] & (not full)
        usable &= bool(values["is_early_stop_heuristic_unsatisfied"].all())
        merged = torch.cat((values["beam_scores"][0], scores[usable])).sort(descending=True).values
        beams = values["num_beams"]
        if len(merged) > beams:
            self.close |= self._near(float(merged[beams - 1]), float(merged[beams]))
        self.finished = answer[1][0]

    def _check_early_stop_heuristic(self, values: dict[str, Any], _answer: Any) -> None:
        if not values["is_sent_finished"].all():
            return
        whole = values["early_stopping"] == "never" and values["length_penalty"] > 0.0
        length = (values["max_length"] if whole else values["cur_len"]) - values["decoder_prompt_len"]
        best = float(values["running_beam_scores"][0, 0]) / length ** values["length_penalty"]
        self.close |= self._near(best, float(values["beam_scores"].min()))
