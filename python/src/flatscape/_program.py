"""The program: where it lies, and how it is run."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path

from ._errors import Error

# Says which program to run, before all places where it is looked for.
VARIABLE = "FLATSCAPE"
# What the program puts before its own sentences.
PREFIX = "flatscape: "


def program() -> Path:
    """Find the program: the one that `FLATSCAPE` names, the one that came with this package, or the one on the PATH."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        if not os.access(chosen, os.X_OK) or Path(chosen).is_dir():
            raise Error(f"{VARIABLE} is `{chosen}`, expected the path of the program")
        return Path(chosen)
    for folder in _folders():
        path = folder / f"flatscape{sysconfig.get_config_var('EXE') or ''}"
        if path.is_file():
            return path
    found = shutil.which("flatscape")
    if found is None:
        raise Error(f"the program `flatscape` is not there, expected it beside this package, on the PATH or in {VARIABLE}")
    return Path(found)


def _folders() -> Iterator[Path]:
    """Where installers put programs: those of this environment, of the user, and beside a package of `pip --target`."""
    yield Path(sysconfig.get_path("scripts"))
    user = "osx_framework_user" if sys.platform == "darwin" and sys.flags.no_user_site == 0 else f"{os.name}_user"
    if user in sysconfig.get_scheme_names():
        yield Path(sysconfig.get_path("scripts", scheme=user))
    yield Path(__file__).parent.parent / "bin"


def run(arguments: Sequence[str | os.PathLike[str]], progress: bool) -> None:
    """Run the program to its end; what it says goes to `sys.stderr` where `progress` says so.

    Raises `Error` with the program's own sentence where it fails. Ctrl-C is handed on, so that the program writes what it
    has by then.
    """
    # A group of its own: a terminal would send Ctrl-C to both, and the second one stops the program at once.
    with subprocess.Popen(
        [program(), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as process:
        assert process.stderr is not None, "it was asked for"
        last, held = "", ""
        try:
            for line in process.stderr:
                last = line.strip() or last
                # A sentence may turn out to be the error, which is raised and not printed.
                ready, held = (held, line) if line.startswith(PREFIX) else (held + line, "")
                if progress and ready:
                    print(ready, end="", file=sys.stderr, flush=True)
        except BaseException:
            if process.poll() is None and os.name == "posix":
                process.send_signal(signal.SIGINT)
            for _ in process.stderr:
                pass
            raise
    if process.returncode != 0:
        raise Error(sentence(last, process.returncode))
    if progress and held:
        print(held, end="", file=sys.stderr, flush=True)


def sentence(last: str, code: int) -> str:
    """Tell what the program says in its last line; where it says nothing, how it ended."""
    if last.startswith(PREFIX):
        return last[len(PREFIX) :]
    return f"the program was ended by signal {-code}" if code < 0 else f"the program failed with exit code {code}: {last}"
