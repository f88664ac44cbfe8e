"""Files that are written: whole or not at all, never in the place of what was read; reasons in words."""

import errno
import os
import threading
from pathlib import Path

import pytest

from cchc_rules.base.input_files import (
    SYSTEM_REASONS,
    is_file,
    is_folder,
    is_input,
    read_bytes,
    recorded,
    system_reason,
)
from cchc_rules.base.messages import Phrase, message
from cchc_rules.base.output_files import (
    OutputError,
    OutputIsInputError,
    create_text,
    rewrite_bytes,
    whole_file,
    whole_files,
    write_bytes,
    write_text,
)
from cchc_rules.base.problem import RulesError
from cchc_rules.base.text import readable_name

posix = pytest.mark.skipif(os.name != "posix", reason="links and pipes of Unix")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


class TestWholeFiles:
    def test_a_new_file(self, tmp_path):
        write_text(tmp_path / "r.txt", "điểm\n")
        assert (tmp_path / "r.txt").read_bytes() == "điểm\n".encode()
        assert names(tmp_path) == ["r.txt"]

    def test_a_failure_leaves_what_was_there(self, tmp_path):
        path = tmp_path / "r.txt"
        path.write_bytes(b"old")

        def stopped():
            with whole_file(path) as part:
                part.write_bytes(b"half of the ne")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            stopped()
        assert path.read_bytes() == b"old"
        assert names(tmp_path) == ["r.txt"]

    def test_a_full_disk_leaves_what_was_there(self, tmp_path, monkeypatch):
        path = tmp_path / "r.txt"
        path.write_bytes(b"old")

        def full(_):
            raise OSError(errno.ENOSPC, "full")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OutputError) as raised:
            write_bytes(path, b"new")
        assert (raised.value.errno, raised.value.path) == (errno.ENOSPC, path)
        assert path.read_bytes() == b"old"
        assert names(tmp_path) == ["r.txt"]

    def test_several_files_all_or_none(self, tmp_path):
        good = tmp_path / "good.csv"
        bad = tmp_path / "none" / "bad.csv"
        with pytest.raises(OutputError), whole_files(good, bad):
            pass
        assert names(tmp_path) == []

    def test_two_at_once_do_not_share_a_name(self, tmp_path):
        path = tmp_path / "r.txt"
        with whole_file(path) as one, whole_file(path) as other:
            assert one != other
            one.write_bytes(b"one")
            other.write_bytes(b"other")
        assert path.read_bytes() == b"one"  # the one that is finished last
        assert names(tmp_path) == ["r.txt"]

    def test_the_mode_of_the_file_stays(self, tmp_path):
        path = tmp_path / "r.txt"
        path.write_bytes(b"old")
        path.chmod(0o640)
        mode = path.stat().st_mode
        write_bytes(path, b"new")
        assert path.stat().st_mode == mode

    @posix
    def test_a_link_is_not_followed(self, tmp_path):
        target = tmp_path / "target.txt"
        target.write_bytes(b"precious")
        (tmp_path / "link.txt").symlink_to(target)
        write_bytes(tmp_path / "link.txt", b"new")
        assert target.read_bytes() == b"precious"
        assert (tmp_path / "link.txt").read_bytes() == b"new"

    @pytest.mark.parametrize("name", ["", "none/r.txt", "x" * 300, "a\0b"])
    def test_what_cannot_be_written_is_an_error_of_its_own(self, tmp_path, name):
        with pytest.raises(OutputError):
            write_bytes(tmp_path / name, b"")

    def test_half_a_character_does_not_stop_the_writing(self, tmp_path):
        write_text(tmp_path / "r.txt", "r\udcff")
        assert (tmp_path / "r.txt").read_bytes() == b"r?"


class TestStreams:
    @posix
    def test_a_pipe_gets_the_whole(self, tmp_path):
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        got = []
        reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
        reader.start()
        write_bytes(pipe, b"report")
        reader.join(10)
        assert got == [b"report"]
        assert names(tmp_path) == ["pipe"]

    @posix
    def test_a_full_device_is_told(self):
        full = os.path.join(os.sep, "dev", "full")
        if not os.path.exists(full):
            pytest.skip("no such device")
        with pytest.raises(OutputError) as raised:
            write_bytes(Path(full), b"x")
        assert raised.value.errno == errno.ENOSPC


class TestCreating:
    def test_nothing_is_written_over(self, tmp_path):
        create_text(tmp_path / "a.toml", "new")
        with pytest.raises(FileExistsError):
            create_text(tmp_path / "a.toml", "other")
        assert (tmp_path / "a.toml").read_text() == "new"
        assert names(tmp_path) == ["a.toml"]

    @posix
    def test_a_link_to_nowhere_is_taken_for_a_file(self, tmp_path):
        (tmp_path / "a.toml").symlink_to(tmp_path / "planted")
        with pytest.raises(FileExistsError):
            create_text(tmp_path / "a.toml", "new")
        assert not (tmp_path / "planted").exists()


class TestInputs:
    def test_what_was_read_is_not_written_over(self, tmp_path):
        path = tmp_path / "in.json"
        path.write_bytes(b"{}")
        with recorded():
            read_bytes(path, 10, RulesError)
            assert is_input(path)
            with pytest.raises(OutputIsInputError):
                write_bytes(tmp_path / "." / "in.json", b"report")
            rewrite_bytes(path, b"[]")  # `fmt` lays out the very file that it read
        assert path.read_bytes() == b"[]"
        assert not is_input(path)

    @posix
    def test_by_a_link_neither(self, tmp_path):
        path = tmp_path / "in.json"
        path.write_bytes(b"{}")
        os.link(path, tmp_path / "hard.json")
        (tmp_path / "soft.json").symlink_to(path)
        with recorded():
            read_bytes(path, 10, RulesError)
            for name in ("hard.json", "soft.json"):
                with pytest.raises(OutputIsInputError):
                    write_bytes(tmp_path / name, b"report")

    def test_outside_a_run_nothing_is_remembered(self, tmp_path):
        path = tmp_path / "in.json"
        path.write_bytes(b"{}")
        read_bytes(path, 10, RulesError)
        write_bytes(path, b"new")
        assert path.read_bytes() == b"new"

    @posix
    def test_a_pipe_is_read_only_where_it_is_meant(self, tmp_path):
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        with pytest.raises(RulesError) as raised:
            read_bytes(pipe, 10, RulesError)
        assert raised.value.problems[0].code == "file-unreadable"
        assert is_file(pipe, or_pipe=True)
        assert not is_file(pipe)

    @posix
    def test_what_came_through_a_pipe_can_be_read_again(self):
        reader, writer = os.pipe()
        os.write(writer, b"once")
        os.close(writer)
        pipe = Path(f"/dev/fd/{reader}")
        if not pipe.exists():
            pytest.skip("no /dev/fd")
        with recorded():
            texts = [read_bytes(pipe, 10, RulesError, or_pipe=True) for _ in range(2)]
        os.close(reader)
        assert texts == [b"once", b"once"]

    @pytest.mark.parametrize("name", ["x" * 300, "a\0b", "none"])
    def test_a_name_that_cannot_be_is_no_file(self, tmp_path, name):
        assert not is_file(tmp_path / name)
        assert not is_folder(tmp_path / name)
        with pytest.raises(RulesError):
            read_bytes(tmp_path / name, 10, RulesError)


class TestReasons:
    @pytest.mark.parametrize(
        ("number", "vi", "en"),
        [
            (
                errno.ENOENT,
                "không có tệp hoặc thư mục này",
                "there is no such file or folder",
            ),
            (
                errno.EISDIR,
                "đây là thư mục, không phải tệp",
                "it is a folder, not a file",
            ),
            (errno.EACCES, "không có quyền", "permission is denied"),
            (
                errno.ENOSPC,
                "đĩa đã đầy, hoặc tệp quá lớn",
                "the disk is full, or the file too large",
            ),
        ],
    )
    def test_in_both_languages(self, number, vi, en):
        reason = system_reason(OSError(number, "English of the system"))
        for lang, words in (("vi", vi), ("en", en)):
            said = message(lang, "cli.unwritable", path="x", reason=reason)
            assert words in said
            assert "English of the system" not in said

    def test_an_unknown_one_by_its_name(self):
        reason = system_reason(OSError(errno.EXDEV, "whatever"))
        assert isinstance(reason, Phrase)
        assert reason.said("vi") == "hệ điều hành báo lỗi EXDEV"

    def test_no_number_has_two_reasons(self):
        numbers = [one for codes in SYSTEM_REASONS.values() for one in codes if one]
        assert len(numbers) == len(set(numbers))

    @posix
    def test_a_name_that_is_no_utf8_can_be_written(self):
        assert readable_name(Path(os.fsdecode(b"r\xff.toml"))) == "r\ufffd.toml"
