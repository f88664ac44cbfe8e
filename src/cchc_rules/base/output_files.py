"""Files that are written: whole or not at all, and never in the place of a file that was read.

A file is written beside its place under a name that nobody can guess, brought to the disk, and
renamed. A run that fails, is stopped or finds the disk full therefore leaves what stood there as it
was, and two runs with one output never mix their bytes: the one that finishes last stands there.

A pipe or a device (`/dev/stdout`, `>(sort)`) cannot be replaced. It gets its bytes when all of them
are there.
"""

import errno
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cchc_rules.base.input_files import is_input

# Names of streams that the process already holds. Opened by name, a redirected one would be
# truncated, or its link in /dev replaced; a copy of the descriptor goes on where it stands.
_DESCRIPTOR = re.compile(r"/dev/fd/(\d+)|/proc/self/fd/(\d+)")
_STANDARD = {"/dev/stdout": 1, "/dev/stderr": 2}

# How much is sent into a stream at a time.
_COPY_BYTES = 1 << 20


class OutputError(OSError):
    """A file cannot be written. `path` is the file, None for standard output."""

    def __init__(self, number: int | None, path: Path | None) -> None:
        """Make the error of a number of `errno`, None where no number is known."""
        self.path = path
        code = number
        if code is None:
            code = errno.EIO
        name = None
        if path is not None:
            name = str(path)
        super().__init__(code, os.strerror(code), name)


class OutputIsInputError(OutputError):
    """A file that was read would be written over."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EEXIST, path)


@contextmanager
def writing(path: Path | None) -> Iterator[None]:
    """Raise what goes wrong inside as an `OutputError` about this file.

    Args:
        path: the file that is written inside, None for standard output.
    """
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(_number(error), path) from error


def _number(error: OSError) -> int | None:
    """Return the number of an error; libraries in Rust have it in their words only."""
    if error.errno is not None:
        return error.errno
    match = re.search(r"os error (\d+)", str(error))
    if match is None:
        return None
    return int(match[1])


@contextmanager
def whole_files(*paths: Path) -> Iterator[tuple[Path, ...]]:
    """Yield for each file the path to write to; when all went well, put all of them in place.

    Raises `OutputError` where one cannot be written, `OutputIsInputError` where one was read in
    this run (see `input_files.recorded`). Then none of them is changed.
    """
    outputs = [_Output(path) for path in paths]
    # All are begun before any is written, and all are finished before any is put in place, so that
    # almost everything that can go wrong does so before anything has changed.
    try:
        for output in outputs:
            output.begin()
        yield tuple(output.part for output in outputs)
        for output in outputs:
            output.finish()
        # Streams first: sending can still fail, renaming hardly ever does.
        for output in sorted(outputs, key=lambda output: not output.is_stream):
            output.put_in_place()
    finally:
        for output in outputs:
            output.discard()


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield the path to write to; when all went well, put the file in its place.

    >>> with whole_file(Path(tempfile.mkdtemp()) / "index.txt") as part:
    ...     _ = part.write_text("82.56")
    """
    with whole_files(path) as (part,):
        yield part


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file. Raises `OutputError`.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_bytes(folder / "report.txt", b"82.56")
    >>> [file.name for file in folder.iterdir()]
    ['report.txt']
    """
    with whole_file(path) as part, writing(path):
        part.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write a whole text file: UTF-8, line ends `\\n`. Raises `OutputError`.

    >>> file = Path(tempfile.mkdtemp()) / "report.txt"
    >>> write_text(file, "Chỉ số 82,56\\n")
    >>> file.read_bytes()
    b'Ch\\xe1\\xbb\\x89 s\\xe1\\xbb\\x91 82,56\\n'
    """
    write_bytes(path, utf8(text))


def rewrite_bytes(path: Path, data: bytes) -> None:
    """Write a file that was read anew, whole; a link stays, and what it leads to is replaced.

    Raises `OutputError`.
    """
    output = _Output(path.resolve(), may_be_input=True)
    try:
        output.begin()
        with writing(path):
            output.part.write_bytes(data)
        output.finish()
        output.put_in_place()
    finally:
        output.discard()


def create_text(path: Path, text: str) -> None:
    """Write a whole text file where there is none yet, else raise `FileExistsError`.

    Raises `OutputError` where it cannot be written.
    """
    output = _Output(path)
    try:
        # A link that leads nowhere counts as a file, too: it is somebody's.
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        output.begin()
        with writing(path):
            output.part.write_bytes(utf8(text))
        output.finish()
        _link_or_rename(output.part, path)
    finally:
        output.discard()


def utf8(text: str) -> bytes:
    """Return a text as UTF-8; half of a surrogate pair, which has no UTF-8, becomes `?`.

    >>> utf8("Xã \\ud800")
    b'X\\xc3\\xa3 ?'
    """
    return text.encode("utf-8", errors="replace")


def _link_or_rename(part: Path, path: Path) -> None:
    """Give a finished file its name, and take that of nobody else.

    A second name for the file (a hard link) fails where the name is taken, in one step. Some file
    systems have none; there a file that appears in this very moment would be replaced.
    """
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:
        with writing(path):
            part.rename(path)


class _Output:
    """One file on its way to its place."""

    def __init__(self, path: Path, *, may_be_input: bool = False) -> None:
        self.path = path
        # Where it is written first; the path itself as long as nothing is begun.
        self.part = path
        self.may_be_input = may_be_input
        self.is_stream = False
        # The permissions of the file that it replaces, which it keeps.
        self.mode: int | None = None

    def begin(self) -> None:
        """Make the empty file to write to. Nobody else can have made it, nor a link of its name."""
        with writing(self.path):
            self._look()
            self._refuse_input()
            # Chosen before it is made: a signal in between still finds a name to remove.
            name = f".cchc-{secrets.token_hex(8)}.part"
            self.part = self._folder() / name
            # O_EXCL: only where nothing has that name yet, not even a link.
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0)
            descriptor = os.open(self.part, flags, 0o666)
            os.close(descriptor)

    def _folder(self) -> Path:
        """Return where the file is written first; beside it, so that it can be renamed."""
        if self.is_stream:
            return Path(tempfile.gettempdir())
        return self.path.parent

    def _look(self) -> None:
        """Learn what stands in the place: nothing, a file, a stream; refuse a folder."""
        if "\0" in str(self.path):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        if _descriptor(self.path) is not None:
            self.is_stream = True
            return
        try:
            there = self.path.stat()
        except FileNotFoundError:
            return
        if stat.S_ISDIR(there.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(there.st_mode):
            self.is_stream = True
            return
        # Renaming needs rights to the folder only, so a protected file must be asked itself.
        if not os.access(self.path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        # Reading, writing, running; not the bits that lend the owner's rights.
        self.mode = stat.S_IMODE(there.st_mode) & 0o777

    def _refuse_input(self) -> None:
        if not self.may_be_input and is_input(self.path):
            raise OutputIsInputError(self.path)

    def finish(self) -> None:
        """Bring what was written to the disk, so that no power cut leaves an empty file."""
        with writing(self.path):
            if self.mode is not None:
                self.part.chmod(self.mode)
            with self.part.open("rb+") as file:
                os.fsync(file.fileno())
            # Asked once more: what was read while this was written is known only now.
            self._refuse_input()

    def put_in_place(self) -> None:
        """Let the finished file take its place, or send its bytes into the stream.

        To rename is one step: whoever opens the file finds the old one or the new, never a part.
        """
        with writing(self.path):
            if self.is_stream:
                self._send()
                return
            self.part.replace(self.path)
            _sync_folder(self.path.parent)

    def _send(self) -> None:
        # Whoever reads a pipe may stop when it has enough (`head`): that is no failure.
        with (
            suppress(BrokenPipeError),
            self.part.open("rb") as source,
            os.fdopen(_opened_stream(self.path), "wb") as stream,
        ):
            shutil.copyfileobj(source, stream, _COPY_BYTES)

    def discard(self) -> None:
        """Remove what was not put in place."""
        if self.part != self.path:
            with suppress(OSError):
                self.part.unlink()


def _descriptor(path: Path) -> int | None:
    """Return the number of a stream that this process holds, where a path names one."""
    name = str(path)
    if name in _STANDARD:
        return _STANDARD[name]
    match = _DESCRIPTOR.fullmatch(name)
    if match is None:
        return None
    return int(match[1] or match[2])


def _opened_stream(path: Path) -> int:
    """Return a descriptor to write into a stream with; whoever asked for it closes it."""
    descriptor = _descriptor(path)
    if descriptor is not None:
        return os.dup(descriptor)
    # A terminal that is written to must not become the one that controls this process.
    flags = os.O_WRONLY | getattr(os, "O_NOCTTY", 0)
    return os.open(path, flags)


def _sync_folder(folder: Path) -> None:
    """Bring a renaming to the disk, where the system can (Windows cannot open folders)."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
