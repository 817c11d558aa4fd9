"""Lists of staff that are damaged as files are: in their bytes, their cells, or the XML inside a workbook; and read."""

from __future__ import annotations

import io
import re
import resource
import time
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from reminder.errors import UsageError
from reminder.roster.model import Field
from reminder.roster.reading import read_people, read_table
from reminder.roster.table import with_samples

if TYPE_CHECKING:
    from collections.abc import Callable

TESTS = Path(__file__).resolve().parents[1]
TODAY = date(2026, 12, 1)
OUTCOMES = ("read", "refused")
MOST_SECONDS, MOST_MIB = 10, 256
"""What reading one file may take."""

HOSTILE = (
    *(
        "",
        "\0",
        "-1",
        "1e999",
        "nan",
        "4294967295",
        "1000000000000",
        "99999999999999999999",
        "0x41",
        "\ufeff",
        "\ud800",
        "\u202e",
        "\x1b[2J",
        '"',
        "'",
    ),
    *(
        "=1+1",
        "@SUM(A1)",
        "2026-02-30",
        "13/13/2026",
        "00000",
        "60000",
        "a@b@c",
        "=?utf-8?q?x?=",
        "\r\nBcc: x@y.example",
    ),
    *(
        "name",
        "email",
        "password",
        ",,,,",
        ";",
        "\t",
        "x" * 300,
        "&#0;",
        "&#xD800;",
        "&amp;",
        "&lol;",
        "<",
        "]]>",
        "<!--",
    ),
    *("XFD1048577", "A0", "A99999999999", "s", "b", "e", "d", "inlineStr", "shared", '<!DOCTYPE x [<!ENTITY l "l">]>'),
    *("<c/>", "</row>", "<row>", "<f>1</f>", '<c r="ZZZ9"><v>1</v></c>', 'table:number-columns-repeated="99999999"'),
)
"""What stands where it should not: in a cell, an attribute, between two tags."""

TOKENS = re.compile(rb"<[^>]*>|[^<]+")
VALUES = re.compile(rb'"[^"]*"')
BESIDE = TESTS / "unit/roster"
KINDS: dict[str, tuple[Path, ...]] = {
    "csv": tuple(sorted((TESTS / "samples").glob("roster*.csv"))),
    "xlsx": (TESTS / "samples/roster.xlsx",),
    "ods": (BESIDE / "libreoffice.ods",),
    "xls": (BESIDE / "old-excel.xls",),
}
"""What is damaged: lists as practices send them, and one as LibreOffice and one as an old Excel writes it."""
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1252", "utf-7")


def shortened(data: bytes, random: Random) -> bytes:
    """Return the beginning of a text file, and two of the lines that follow: a long list costs time and shows no more."""
    head, rest = (lines := data.splitlines(keepends=True))[:4], lines[4:]
    return b"".join(head + random.sample(rest, 2))


def damaged_bytes(data: bytes, random: Random) -> bytes:
    """Return the data with a byte or a few changed, left out or put in."""
    made = bytearray(data)
    for _ in range(random.choice([1, 3, 20])):
        place = random.randrange(len(made) + 1)
        kind = random.randrange(5)
        if kind == 0:
            made[place : place + 1] = random.randbytes(1)
        elif kind == 1:
            del made[place : place + random.randrange(1, 50)]
        elif kind == 2:
            made[place:place] = random.randbytes(4)
        elif kind == 3:
            made[place : place + 4] = b"\xff\xff\xff\xff"
        else:
            made[place:place] = _hostile(random)
    return bytes(made)


def damaged_cells(data: bytes, random: Random) -> bytes:
    """Return a text file with cells exchanged, doubled, lost or made hostile, its delimiter or encoding another one."""
    rows = [line.split(",") for line in data.decode("cp1252").splitlines()]
    for _ in range(random.choice([1, 3, 10])):
        row = random.choice(rows)
        place = random.randrange(len(row) + 1)
        kind = random.randrange(5)
        if kind == 0:
            row[place : place + 1] = [random.choice(HOSTILE)]
        elif kind == 1:
            row.insert(place, random.choice(random.choice(rows) or [""]))
        elif kind == 2:
            del row[place : place + random.randrange(1, 4)]
        elif kind == 3:
            rows.insert(random.randrange(len(rows)), list(row))
        else:
            random.shuffle(row)
    text = random.choice(["\n", "\r\n", "\r"]).join(random.choice([",", ",", ";", "\t", "|"]).join(row) for row in rows)
    return text.encode(random.choice(ENCODINGS), "replace")


def damaged_xml(data: bytes, random: Random) -> bytes:
    """Return XML in which tags or texts are lost, doubled, exchanged, or values are hostile."""
    tokens = TOKENS.findall(data)
    for _ in range(random.choice([1, 1, 3, 10])):
        place, other = random.randrange(len(tokens)), random.randrange(len(tokens))
        kind = random.randrange(6)
        if kind == 0:
            tokens[place] = b""
        elif kind == 1:
            tokens[place] *= random.choice([2, 2, 50])
        elif kind == 2:
            tokens[place], tokens[other] = tokens[other], tokens[place]
        elif kind == 3:
            tokens[place] += _hostile(random)
        else:
            values = list(VALUES.finditer(tokens[place]))
            if values:
                start, end = random.choice(values).span()
                tokens[place] = tokens[place][: start + 1] + _hostile(random) + tokens[place][end - 1 :]
            elif not tokens[place].startswith(b"<"):
                tokens[place] = _hostile(random)
    return b"".join(tokens)


def damaged_book(data: bytes, random: Random) -> bytes:
    """Return a zipped workbook one part of which is damaged inside, lost, or another's."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name, other = (random.choice([part for part in parts if part.endswith((".xml", ".rels"))]) for _ in range(2))
    kind = random.randrange(10)
    if kind == 0:
        del parts[name]
    elif kind == 1:
        parts[name] = parts[other]
    elif kind == 2:
        parts[name] = damaged_bytes(parts[name], random)
    elif parts[name]:
        parts[name] = damaged_xml(parts[name], random)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return stream.getvalue()


def _hostile(random: Random) -> bytes:
    return random.choice(HOSTILE).encode("utf-8", "surrogatepass")


WAYS: dict[str, tuple[Callable[[bytes, Random], bytes], ...]] = {
    "csv": (damaged_bytes, damaged_cells),
    "xlsx": (damaged_bytes, damaged_book, damaged_book, damaged_book),
    "ods": (damaged_bytes, damaged_book, damaged_book, damaged_book),
    "xls": (damaged_bytes,),
}


def read_or_refused(data: bytes) -> str:
    """Read a file as an import does, and say what became of it: `read`, `refused`, or else what is wrong with that."""
    try:
        table = read_table(data, file_name="list")
        with_samples(table)
        roster = read_people(table, file_name="list", today=TODAY)
    except UsageError as error:
        return "refused" if str(error).isprintable() and str(error).startswith("list: ") else f"says {str(error)!r}"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        return f"raises {error!r}"
    for one in roster.rejected:
        if one.row < 1 or one.column not in set(Field) or not one.problem.isprintable():
            return f"rejects without a place: {one}"
    return "read"


def damaged(kind: str, files: int, seed: int) -> tuple[dict[str, float], list[str]]:
    """Damage and read so many files of a kind; return counts, the most time and memory, and what was wrong."""
    random, counts, faults = Random(seed), Counter[str](), list[str]()
    sources, slowest, before = [path.read_bytes() for path in KINDS[kind]], 0.0, most_memory()
    for number in range(files):
        source = random.choice(sources)
        data = random.choice(WAYS[kind])(shortened(source, random) if kind == "csv" else source, random)
        began = time.process_time()
        outcome = read_or_refused(data)
        slowest = max(slowest, time.process_time() - began)
        counts[f"{kind} {outcome if outcome in OUTCOMES else 'wrong'}"] += 1
        if outcome not in OUTCOMES:
            faults.append(f"{kind} {number}: {outcome}")
    grown = most_memory() - before
    if slowest > MOST_SECONDS:
        faults.append(f"{kind}: one file took {slowest:.1f} s")
    if grown > MOST_MIB:
        faults.append(f"{kind}: {grown:.0f} MiB were taken")
    return {**counts, "slowest_ms": round(slowest * 1000), "grown_mib": round(grown)}, faults


def most_memory() -> float:
    """Return the most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
