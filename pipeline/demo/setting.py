"""How the demo trains: a small CycleGAN that is done in minutes on two cores."""

from train.options import TrainOptions

DEMO_TRAINING = TrainOptions(
    steps=4000,
    time_budget="6m",
    size=64,
    load_size=72,
    ema=0.995,
    generator="resnet-3",
    width=16,
    predict="change",
    discriminator_layers=2,
    discriminator_width=32,
    cycle_weight=3.0,
    threads=2,
)
"""Steps decide, the time budget is only a hard stop; two threads everywhere, since the weights depend on their number."""
