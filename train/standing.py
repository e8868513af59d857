"""Where a project's training stands: what `pipeline run` may skip, and what it goes on with."""

from pathlib import Path

from pipeline.records import DOMAINS, Domain, Split
from train.data import image_files, read_image_lines
from train.options import TrainOptions
from train.resuming import same_run, settled_runs
from train.rundir import RunDir, RunSettings, read_settings


def latest_run(runs_dir: Path, dataroot: Path, options: TrainOptions) -> RunDir | None:
    """The newest run that was started on this folder with these options, but for those that may change."""
    wanted = RunSettings(str(dataroot.resolve()), options)
    found = [run for run, settings in settled_runs(runs_dir) if same_run(settings, wanted)]
    return found[-1] if found else None


def is_trained(run: RunDir, dataroot: Path) -> bool:
    """Whether a run is finished, on the images that lie in the folder now."""
    return run.finished and has_images(run, dataroot)


def has_images(run: RunDir, dataroot: Path) -> bool:
    """Whether a run has the images that lie in the folder now, or has not yet written down which it has."""
    return not run.images.is_file() or set(read_image_lines(run.images)) == _names(run, dataroot, "train")


def is_tested(run: RunDir, dataroot: Path) -> bool:
    """Whether the run's test folder holds the translations of the images that lie in the folder now."""
    translated = {(domain, path.stem) for domain in DOMAINS for path in (run.test / f"real_{domain}").glob("*.png")}
    return run.test_sheet.is_file() and translated == _names(run, dataroot, "test")


def _names(run: RunDir, dataroot: Path, split: Split) -> set[tuple[Domain, str]]:
    with image_files(dataroot, split, read_settings(run).options.folders) as files:
        return {(domain, Path(file.name).stem) for domain in DOMAINS for file in files[domain]}
