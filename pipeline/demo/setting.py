"""How the demo trains: a small CycleGAN that is done in minutes on two cores."""

from train.options import TrainOptions

DEMO_TRAINING = TrainOptions(
    steps=1600,
    time_budget="7m",
    size=64,
    load_size=96,
    ema=0.995,
    generator="resnet-3",
    width=16,
    predict="change",
    discriminator_layers=3,
    discriminator_width=32,
    learning_rate=4e-4,
    cycle_weight=3.0,
    cycle_weight_b="8",
    cycle_reach_b="0.375",
    threads=2,
)
"""Steps decide and the time budget is a hard stop; two threads always, since the weights depend on their number.

The generator sees scenes at a third of their size and its change is enlarged (train/enlarge.py): a step takes 0.08 s
on two cores. Chosen on scenes of seeds from 900000 alone, 105 + 105 to train on and 20 twins of each of two sets to
measure, 40 of three from the third row on; in bf16, after so many steps of so long a plan:

    scaled to  judge  cycle B  steps    foliage    of the means  PSNR outside  worst      spill      kernel distance
    72         2      3        1,200 *  0.39-0.40  0.29-0.31     23.3-23.8     20.6-20.8  0.06-0.08  0.06
    96         2      3        1,040 *  0.41-0.43  0.30-0.34     27.7-29.1     22.7-23.5  0.03       0.01-0.03
    96         2      3        1,800    0.36-0.37  0.24-0.26     24.1-24.4     20.9-21.8  0.03       0.02-0.03
    96         2      3        2,600    0.35-0.36  0.23-0.26     23.8-24.5     19.7-20.8  0.03       0.02-0.04
    96         3      3        2,600    0.34-0.36  0.23-0.25     24.2-25.0     20.6-21.5  0.03       0.01-0.04
    96         3      3        1,600    0.41       0.31          26.0-26.9     21.7-22.3  0.04-0.05  0.01-0.04
    96         3      8        1,700    0.41-0.42  0.30-0.31     27.8-28.2     22.8-24.7  0.02       0.01-0.04
    96         3      15       1,700    0.49-0.50  0.36-0.40     28.4-29.0     22.9-24.8  0.04-0.06  0.01-0.07

Foliage errors and kernel distance are shares of what doing nothing has; "judge" are the discriminators' layers; * of a
longer plan. More steps bring blossom closer and the street further away, the worst street (a lawn that turns pink with
the trees beside it) most of all. What keeps the lawn is B's cycle: the leaf that the other generator makes of a street
in blossom comes back as the street it was, lawn and all; its weight helps up to some three times A's. Weights of B's
identity loss of 2 and 10 in place of 5, and a generator of width 24, changed nothing beyond chance. A change made at 72
and enlarged glows around crowns and turns trunks pink; made at 96 both are less.
Whole demos of 2,600 steps, seeds 1, 2, 3 and 27: foliage 0.35-0.41, of the means 0.23-0.29, PSNR 27.7, 27.1, 26.1 and
23.4, worst 20.1, 21.4, 22.2 and 17.0, spill 0.02-0.06, kernel distance 0.00-0.03: one training in four went further.
Before that, with plans of 3,000 steps: cycle weight 10, a discriminator of width 16 and bicubic enlarging left 0.50 of
the foliage error where 72 left 0.45; crops of 96 pixels at full size had changed nothing after 600.
"""
