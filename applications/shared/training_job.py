"""One training of an application, from its settings to its export."""

from trainers import files


def open_run(out, export_dir, settings, steps, resume, overwrite, strategy):
    """A `runs.Run` whose folders are there, and which has said where it stands.

    Raises:
        ValueError: as `runs.Run`, and for folders that cannot be made.
    """
    from trainers import devices, runs

    if out not in export_dir.parents and devices.is_chief(strategy):
        files.ensure_folder(export_dir, "export_dir")
    run = runs.Run(out, settings, steps, resume, overwrite, strategy)
    if run.finished and run.is_chief:
        print(f"{out} is finished, {run.figures['steps']} steps are done: nothing is changed.")
        return run
    for path in run.damaged:
        print(f"{path} is damaged: it is passed over.")
    if resume and run.is_chief:
        print(f"{out}: {f'going on at step {run.done}' if run.done else 'nothing yet, beginning'}.")
    return run
