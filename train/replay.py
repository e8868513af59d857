"""Earlier translations that the discriminators see again (arXiv 1703.10593, section 4; after Shrivastava et al.)."""

import numpy as np
import torch
from torch import Tensor

from train.data import generator_for


class Replay:
    """Up to `size` translated images; once full, half of the new ones are answered with an older one.

    What is swapped is decided by (seed, stream, step) alone, so the images are the whole state that a resume needs.
    """

    def __init__(self, size: int, seed: int, stream: int) -> None:
        self.size = size
        self._seed = seed
        self._stream = stream
        self._images: list[Tensor] = []

    def swap(self, images: Tensor, step: int) -> Tensor:
        """The images [N, 3, H, W] that the discriminator shall judge at `step`, detached from any gradient."""
        if not self.size:
            return images.detach()
        random = generator_for(self._seed, self._stream, step)
        return torch.stack([self._one(image, random) for image in images.detach()])

    def _one(self, image: Tensor, random: np.random.Generator) -> Tensor:
        if len(self._images) < self.size:
            self._images.append(image.clone())
            return image
        if random.random() < 0.5:
            return image
        index = int(random.integers(self.size))
        older, self._images[index] = self._images[index], image.clone()
        return older

    def state(self) -> Tensor:
        """All kept images as one tensor [K, 3, H, W]; an empty tensor when there is none."""
        return torch.stack(self._images) if self._images else torch.empty(0)

    def restore(self, state: Tensor) -> None:
        """Take back what `state` gave."""
        self._images = [image.clone() for image in state]
