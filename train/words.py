"""The words that users of aitorzip's program know, put into ours; they mean what they mean there."""

from collections.abc import Mapping

from pipeline.errors import UsageError
from pipeline.language import _

SAME: Mapping[str, str] = {"lr": "learning_rate", "batchsize": "batch_size", "n_cpu": "num_workers"}
"""Their words that are another spelling of an option of ours. `--size` and `--cuda` are spelled alike."""

SPELLED: Mapping[str, str] = {"batchsize": "batchSize"}
"""How a word is written where its name, which has no capitals, is not it."""

EPOCHS, DECAY_EPOCH = 200, 100
"""What `--n_epochs` and `--decay_epoch` are there when they are left out."""

_CHANNELS = 3


def translated(words: Mapping[str, object]) -> dict[str, object]:
    """The values of our options that the given words of theirs mean, by our options' names.

    `words` holds what was said, by the names of their options. Raises UsageError for what cannot be meant here.
    """
    for name in ("input_nc", "output_nc"):
        if words.get(name, _CHANNELS) != _CHANNELS:
            raise UsageError(
                _(
                    "--{word} {value}: images have 3 channels here, red, green and blue; grey ones are made into such"
                    " while they are read. Leave the option out.",
                    word=name,
                    value=words[name],
                )
            )
    if words.get("epoch", 0) != 0:
        raise UsageError(
            _(
                "--epoch {value}: there it moves the schedule of a training whose weights begin anew. To go on with a"
                " run, weights and all: pipeline train --resume.",
                value=words["epoch"],
            )
        )
    values = {ours: words[theirs] for theirs, ours in SAME.items() if theirs in words}
    if "n_epochs" in words or "decay_epoch" in words:
        values |= schedule(_whole(words.get("n_epochs", EPOCHS)), _whole(words.get("decay_epoch", DECAY_EPOCH)))
    return values


def schedule(n_epochs: int, decay_epoch: int) -> dict[str, object]:
    """So many epochs in all, of which the learning rate falls from the epoch `decay_epoch`, counted from 0.

    There the rate is multiplied by 1 - max(0, epoch - decay_epoch) / (n_epochs - decay_epoch), which has no meaning
    where the fall would begin at the end or later: UsageError.
    """
    if not 0 <= decay_epoch < n_epochs:
        raise UsageError(
            _(
                "--n_epochs {n_epochs} --decay_epoch {decay_epoch}: the learning rate falls from the epoch"
                " --decay_epoch until the end, so that must lie from 0 to before --n_epochs. Say both, such as"
                " --n_epochs {n_epochs} --decay_epoch {half}.",
                n_epochs=n_epochs,
                decay_epoch=decay_epoch,
                half=n_epochs // 2,
            )
        )
    return {"epochs": decay_epoch, "decay_epochs": n_epochs - decay_epoch}


def refuse_twice(given: Mapping[str, object], meant: Mapping[str, object], said: frozenset[str]) -> None:
    """Raise UsageError where an option was said in our words and in theirs.

    `given` holds their words, `meant` what they mean in ours, `said` the names of our options on the command line.
    """
    twice = next((name for name in meant if name in said), None)
    if twice is None:
        return
    theirs = next((word for word, ours in SAME.items() if ours == twice and word in given), "n_epochs/--decay_epoch")
    raise UsageError(
        _(
            "--{theirs} and --{ours} say the same. Give one of them.",
            theirs=SPELLED.get(theirs, theirs),
            ours=twice.replace("_", "-"),
        )
    )


def _whole(value: object) -> int:
    assert isinstance(value, int)
    return value
