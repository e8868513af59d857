"""What can go wrong that is not a bug: the exception tree and its exit codes.

    PipelineError                 1   never raised itself
    ├── UsageError                2   an option, a recipe or an argument that cannot be meant
    ├── NoResultsError            3   the search engine answered, and had nothing
    ├── CaptchaError              4   the search engine asks for a human
    ├── LayoutChangedError        5   the search page no longer looks as this version knows it
    ├── OfflineError              6   nothing can be reached
    ├── BrowserError              7   the browser or its driver is missing, too old, or died
    ├── DatasetLockedError        8   another command works on the dataset
    ├── UnusableError             9   a dataset, catalogue or checkpoint that cannot be used
    ├── CudaError                10   CUDA was asked for and cannot be used
    └── DiskError                74   a full disk, missing permission, too many open files (EX_IOERR of sysexits.h)
    Terminated                  143   SIGTERM; SIGINT stays Python's KeyboardInterrupt and gives 130

Every message names the thing, its value and the remedy, in the user's language.
"""

EXIT_INTERRUPTED = 130


class PipelineError(Exception):
    """Something the user can act upon; the command line prints its message and leaves with `exit_code`."""

    exit_code = 1


class UsageError(PipelineError):
    exit_code = 2


class OptionError(UsageError):
    """A value of one option that its stage refuses.

    `option` is the field's name, so that the command line can say where the value came from
    (a flag, an environment variable or a key of the recipe file).
    """

    def __init__(self, option: str, value: object, allowed: str) -> None:
        super().__init__(f"{option} = {value!r}: {allowed}")
        self.option = option
        self.value = value
        self.allowed = allowed


class NoResultsError(PipelineError):
    exit_code = 3


class CaptchaError(PipelineError):
    exit_code = 4


class LayoutChangedError(PipelineError):
    exit_code = 5


class OfflineError(PipelineError):
    exit_code = 6


class BrowserError(PipelineError):
    exit_code = 7


class DatasetLockedError(PipelineError):
    exit_code = 8


class UnusableError(PipelineError):
    exit_code = 9


class CudaError(PipelineError):
    exit_code = 10


class DiskError(PipelineError):
    exit_code = 74


class Terminated(KeyboardInterrupt):
    """SIGTERM, raised in the main thread so that everything drains as it does after Ctrl-C."""

    exit_code = 143
