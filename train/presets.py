"""The documented settings of published CycleGANs, by name: what `--preset` sets where the user says nothing."""

from collections.abc import Mapping

PRESETS = ("paper", "aitorzip", "official", "aladdinpersson", "tensorflow")

_PAPER: Mapping[str, object] = {
    "generator": "resnet-9",
    "width": 64,
    "predict": "image",
    "upsample": "transpose",
    "discriminator": "patch",
    "discriminator_layers": 3,
    "discriminator_width": 64,
    "gan_loss": "lsgan",
    "cycle_weight": 10.0,
    "identity_weight": 5.0,
    "replay_size": 50,
    "learning_rate": 2e-4,
    "beta1": 0.5,
    "batch_size": 1,
    "epochs": 100,
    "decay_epochs": 100,
    "load_size": 0,
    "ema": 0.0,
}
"""arXiv 1703.10593, sections 4, 5.2 and 7. The others differ from it in what `_DIFFERENT` says."""

_DIFFERENT: Mapping[str, Mapping[str, object]] = {
    "paper": {},
    "aitorzip": {"num_workers": 8, "checkpoint_epochs": 1},
    "official": {"num_workers": 4, "checkpoint_epochs": 5, "sample_every": 400},
    "aladdinpersson": {
        "learning_rate": 1e-5,
        "identity_weight": 0.0,
        "replay_size": 0,
        "epochs": 10,
        "decay_epochs": 0,
        "num_workers": 4,
        "checkpoint_epochs": 1,
        "sample_every": 200,
    },
    "tensorflow": {
        "generator": "unet-256",
        "gan_loss": "vanilla",
        "replay_size": 0,
        "epochs": 40,
        "decay_epochs": 0,
        "checkpoint_epochs": 5,
        "sample_epochs": 1,
    },
}
"""The defaults of their programs as published: aitorzip/PyTorch-CycleGAN, junyanz/pytorch-CycleGAN-and-pix2pix,
aladdinpersson/Machine-Learning-Collection, and TensorFlow's tutorial at tensorflow.org/tutorials/generative/cyclegan.
"""

_UNCROPPED = ("aladdinpersson",)  # scales to --size and takes no random crop of it


def preset_values(name: str, size: int) -> Mapping[str, object]:
    """The option values of a preset of PRESETS for images of `size` pixels; none for ""."""
    if not name:
        return {}
    return {**_PAPER, **_DIFFERENT[name], **({"load_size": size} if name in _UNCROPPED else {})}
