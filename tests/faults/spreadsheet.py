"""What LibreOffice finds in the files that we export: texts, numbers and dates, and nothing that it would run."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from random import Random

from tests.faults.hostile_rosters import FORMATS, people

PATIENCE = 300
RUNS = "table:formula="
"""How a cell that is worked out is marked in LibreOffice's own flat XML."""
CONTROL = "control"
"""A file that does hold a formula, so that finding none means something."""


def opened(folder: Path) -> dict[str, int]:
    """Have LibreOffice open every file in a folder; return how many cells of each it would run."""
    program = shutil.which("soffice")
    assert program, "LibreOffice is missing; run: apt-get install libreoffice-calc-nogui"
    made = folder / "opened"
    command = [program, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless"]
    files = [str(path) for path in sorted(folder.iterdir()) if path.is_file()]
    command += ["--convert-to", "fods", "--outdir", str(made), *files]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    return {path.stem: path.read_text("utf-8").count(RUNS) for path in sorted(made.iterdir())}


def exported_and_opened(kind: str, bases: int, seed: int) -> tuple[dict[str, float], list[str]]:
    """Export so many practices full of hostile texts as csv or xlsx, and open them; return counts and what would run."""
    random = Random(seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / f"{CONTROL}.csv").write_text("name,user id\nAna,=1+1\n", "utf-8")
        for number in range(bases):
            with (folder / f"{kind}{number}.{kind}").open("wb") as stream:
                FORMATS[kind](people(random), stream)
        found = opened(folder)
    faults = [] if found.pop(CONTROL, 0) == 1 else ["the formula of the control was not found"]
    faults += [f"{name}: {cells} cells would run" for name, cells in found.items() if cells]
    if len(found) != bases:
        faults.append(f"{kind}: {bases} files were written, {len(found)} opened")
    return {kind: len(found)}, faults
