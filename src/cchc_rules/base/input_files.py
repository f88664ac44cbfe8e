"""Files that are read: within a bound, and remembered for a run, so that no output replaces one."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from cchc_rules.base.messages import Figures, Phrase
from cchc_rules.base.problem import CchcError, Problem, quoted
from cchc_rules.base.text import readable_name


@dataclass
class InputRecord:
    """The files that were read in a run."""

    identities: set[tuple[int, int]] = field(default_factory=set)
    """Device and number of each file: the same whatever path or link leads to it."""

    pipes: dict[str, bytes] = field(default_factory=dict)
    """What came through pipes, by their names. A pipe can be read only once, while a submission is
    read twice: for the rule set that it names, and for its figures.
    """


_RECORD: ContextVar[InputRecord | None] = ContextVar("files read", default=None)


@contextmanager
def recorded() -> Iterator[InputRecord]:
    """Remember the files that are read inside.

    >>> with recorded():
    ...     note_input(Path(__file__))
    ...     is_input(Path(__file__))
    True
    """
    record = InputRecord()
    before = _RECORD.set(record)
    try:
        yield record
    finally:
        _RECORD.reset(before)


def note_input(path: Path) -> None:
    """Remember that a file is read; outside of `recorded` nothing is remembered.

    `read_bytes` does so itself: only those who open files in another way have to.
    """
    record = _RECORD.get()
    identity = _identity(path)
    if record is not None and identity is not None:
        record.identities.add(identity)


def is_input(path: Path) -> bool:
    """Whether a path leads to a file that was read in this run, by whatever name or link."""
    record = _RECORD.get()
    return record is not None and _identity(path) in record.identities


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file on a disk from all others, None for none and for pipes."""
    # ValueError: a name with a null character, which no file can have.
    try:
        file = path.stat()
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(file.st_mode):
        return None
    return file.st_dev, file.st_ino


def is_file(path: Path, *, or_pipe: bool = False) -> bool:
    """Whether a path leads to a file (or to a pipe or a device, where asked for).

    Unlike `Path.is_file`, it does not raise for a name that no file can have.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    if stat.S_ISREG(mode):
        return True
    is_pipe = stat.S_ISFIFO(mode)
    is_device = stat.S_ISCHR(mode)
    return or_pipe and (is_pipe or is_device)


def is_folder(path: Path) -> bool:
    """Whether a path leads to a folder; does not raise for a name that no folder can have."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def read_bytes(
    path: Path, most: int, refusal: type[CchcError], *, or_pipe: bool = False
) -> bytes:
    """Return the bytes of a file.

    A pipe or a device is read only with `or_pipe`: named on a command line it is meant, named
    inside a file it could keep a run waiting for ever.

    Args:
        path: the file.
        most: how many bytes it may have.
        refusal: the error that says so where it has more, or cannot be read.
        or_pipe: whether a pipe or a device is read as well.
    """
    record = _RECORD.get()
    name = str(path)
    if record is not None and name in record.pipes:
        return record.pipes[name]
    # Reading one byte more than allowed shows that there is too much, without reading all of it.
    # The size of a pipe is not known beforehand.
    try:
        data = _read(path, most + 1, or_pipe=or_pipe)
    except (OSError, ValueError) as error:
        raise refusal([unreadable(path, error)]) from None
    if len(data) > most:
        arguments = {"most": Figures(most)}
        problem = Problem("file-too-large", (), arguments, readable_name(path))
        raise refusal([problem])
    if record is not None and not is_file(path):
        record.pipes[name] = data
    return data


def _read(path: Path, most: int, *, or_pipe: bool) -> bytes:
    mode = path.stat().st_mode
    # A folder is left to `open`, whose words for it are better.
    is_folder_path = stat.S_ISDIR(mode)
    if not is_folder_path and not is_file(path, or_pipe=or_pipe):
        raise OSError(errno.ENXIO, os.strerror(errno.ENXIO))
    with path.open("rb") as file:
        note_input(path)
        return file.read(most)


def unreadable(path: Path, error: OSError | ValueError) -> Problem:
    """Return the problem that a file cannot be opened, with the reason in words.

    >>> missing = FileNotFoundError(errno.ENOENT, "No such file")
    >>> unreadable(Path("units.csv"), missing).what("en")
    'The file “units.csv” cannot be opened: there is no such file or folder.'
    """
    name = readable_name(path)
    arguments = {"path": quoted(name, 200), "reason": system_reason(error)}
    return Problem("file-unreadable", (), arguments, name)


SYSTEM_REASONS = {
    "not-found": (errno.ENOENT, errno.ENOTDIR),
    "folder": (errno.EISDIR,),
    "not-allowed": (errno.EACCES, errno.EPERM, errno.EROFS),
    "disk-full": (errno.ENOSPC, getattr(errno, "EDQUOT", None), errno.EFBIG),
    "name-too-long": (errno.ENAMETOOLONG,),
    "bad-name": (errno.EINVAL,),
    "link-loop": (errno.ELOOP,),
    "not-a-file": (errno.ENXIO,),
    "exists": (errno.EEXIST,),
    "closed": (errno.EBADF, errno.EPIPE),
    "too-many-open": (errno.EMFILE, errno.ENFILE),
    "disk-fault": (errno.EIO,),
}
"""What the operating system may say, and the numbers by which it says so."""

_REASON_OF = {
    code: reason for reason, codes in SYSTEM_REASONS.items() for code in codes
}


def system_reason(error: OSError | ValueError) -> str:
    """Return why the operating system refuses, to be said in any language.

    >>> system_reason(OSError(errno.ENOENT, "No such file")).said("en")
    'there is no such file or folder'
    """
    if not isinstance(error, OSError):
        return Phrase("system.bad-name")
    reason = _REASON_OF.get(error.errno)
    if reason is not None:
        return Phrase(f"system.{reason}")
    # The rare ones by their short name, such as ETXTBSY, which can be looked up.
    name = errno.errorcode.get(error.errno or 0, type(error).__name__)
    return Phrase("system.other", name=name)
