"""Runs LibreOffice over workbooks: what their formulas come to, computed afresh."""

import csv
import io
import os
import re
import shutil
import subprocess
import zipfile

import pytest

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
AT_ONCE = 2
FILTER = (
    "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
)
"""Every sheet as a file, in UTF-8, numbers with all their digits."""


def needed():
    """Skip where there is no LibreOffice, unless the environment says that there must be one (CCHC_OFFICE=1)."""
    if SOFFICE is None:
        if os.environ.get("CCHC_OFFICE") == "1":
            pytest.fail("CCHC_OFFICE=1, and there is no soffice")
        pytest.skip("no LibreOffice (soffice) here")


def blank(content):
    """The workbook without what its formulas came to, so that nothing can be taken over."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            data = old.read(name)
            if name.startswith("xl/worksheets/"):
                text = re.sub(
                    r"</f><v>.*?</v>", "</f><v></v>", data.decode(), flags=re.DOTALL
                )
                data = text.encode()
            new.writestr(name, data)
    return out.getvalue()


def computed(contents, folder):
    """The workbooks as LibreOffice computes them: by name, each a mapping from its sheets to rows of texts."""
    (folder / "in").mkdir(parents=True)
    for name, content in contents.items():
        (folder / "in" / f"{name}.xlsx").write_bytes(content)
    names = sorted(contents)
    runs = [
        _convert(names[at::AT_ONCE], folder, at)
        for at in range(AT_ONCE)
        if names[at::AT_ONCE]
    ]
    for run in runs:
        _, said = run.communicate(timeout=300)
        assert run.returncode == 0, said
    return {name: _sheets(name, folder / "out") for name in names}


def resaved(content, folder):
    """A workbook as LibreOffice saves it again."""
    needed()
    (folder / "form.xlsx").write_bytes(content)
    command = [
        SOFFICE,
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "xlsx",
    ]
    command += ["--outdir", str(folder / "out"), str(folder / "form.xlsx")]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return (folder / "out" / "form.xlsx").read_bytes()


def _convert(names, folder, at):
    profile = (folder / f"profile{at}").as_uri()
    files = [str(folder / "in" / f"{name}.xlsx") for name in names]
    command = [
        SOFFICE,
        f"-env:UserInstallation={profile}",
        "--headless",
        "--convert-to",
        FILTER,
    ]
    command += ["--outdir", str(folder / "out"), *files]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def _sheets(name, folder):
    found = {}
    for path in folder.glob(f"{name}-*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            found[path.stem.removeprefix(f"{name}-")] = list(csv.reader(file))
    assert found, name
    return found
