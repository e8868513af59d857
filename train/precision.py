"""The numbers that the networks' passes are computed in: float32, or 16 bits where the machine is faster with them."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

_TYPES = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Precision:
    """How a run computes: `dtype` within its networks' passes (None: the weights' own), and the scaler that fp16 needs.

    Weights, optimizers, losses and gradients stay float32; autocast rounds inside the networks alone. The gradients of
    fp16 would vanish below its smallest number: they are scaled up, and a step whose gradients overflow is left out
    (arXiv 1710.03740, section 3.2). The scaler's state belongs to a checkpoint.
    """

    device_type: str = "cpu"
    dtype: torch.dtype | None = None
    scaler: torch.amp.GradScaler | None = None

    def passes(self) -> AbstractContextManager[object]:
        """Within it, networks compute in `dtype`; what they return has the type of their input again."""
        return torch.autocast(self.device_type, self.dtype) if self.dtype else nullcontext()

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of a loss, scaled where that is needed. Not within `passes`."""
        torch.autograd.backward(self.scaler.scale(loss) if self.scaler else loss)

    def apply(self, optimizer: torch.optim.Optimizer) -> None:
        """Change the optimizer's weights by their gradients, and forget these."""
        if self.scaler:
            self.scaler.step(optimizer)
        else:
            optimizer.step()
        optimizer.zero_grad()

    def end_step(self) -> None:
        """After both optimizers: a scale that grows or falls by whether a gradient overflowed."""
        if self.scaler:
            self.scaler.update()

    def state(self) -> dict[str, Any]:
        """Plain numbers, none without a scaler."""
        return self.scaler.state_dict() if self.scaler else {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` gave. Raises RuntimeError for another kind of state."""
        if self.scaler:
            self.scaler.load_state_dict(dict(state))


FLOAT32 = Precision()


def precision_of(name: str, device_type: str) -> Precision:
    """The precision fp32, bf16 or fp16 on a "cpu" or "cuda" device; fp16 has a scaler."""
    scaler = torch.amp.GradScaler(device_type) if name == "fp16" else None
    return Precision(device_type, _TYPES[name], scaler)
