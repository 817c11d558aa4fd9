from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import xlsxwriter

from reminder.errors import UsageError
from reminder.roster import archive, ods_xml, sheet_xml, workbook_grid, xls_records
from reminder.roster.archive import unpacked
from reminder.roster.ole import CompoundFile
from reminder.roster.reading import read_roster

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reminder.roster.model import Roster

    ReadXlsx = Callable[..., Roster]

TODAY = date(2026, 12, 1)
OLD_EXCEL = Path(__file__).with_name("old-excel.xls").read_bytes()
"""Written by xlwt: a title, a formula, a password column, a merged practice, a total row, a second sheet."""
NAME = "Workbook".encode("utf-16-le")
"""Under this name the directory of a compound file lists the cells; length, start and size follow."""
HEADER = ["name", "email", "role", "user id", "last reset"]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return stream.getvalue()


def xlsx(sheet: str, texts: str = "") -> bytes:
    """Return a bare workbook with one sheet; `sheet` is its XML below the root."""
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return zipped(
        {
            "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" Type="{office}/officeDocument"'
            ' Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{office}"><sheets>'
            '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" '
            f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" '
            f'Type="{office}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
            "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{texts}</sst>',
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}">{sheet}</worksheet>',
        }
    )


def with_stream(name: str, **numbers: int) -> bytes:
    """Return the old workbook with the directory's entry for its cells changed."""
    data, place = bytearray(OLD_EXCEL), OLD_EXCEL.index(NAME)
    coded = name.encode("utf-16-le")
    data[place : place + 64] = coded.ljust(64, b"\0")
    data[place + 64 : place + 66] = (len(coded) + 2).to_bytes(2, "little")
    for offset, key in ((116, "start"), (120, "size"), (124, "more")):
        if key in numbers:
            data[place + offset : place + offset + 4] = numbers[key].to_bytes(4, "little")
    return bytes(data)


def text_cells(*texts: str) -> str:
    return "<row>" + "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in texts) + "</row>"


ANA = text_cells("name", "email", "role") + text_cells("Ana Gil", "ana@lakeside.example", "AO")


def ods(rows: str, **parts: str) -> bytes:
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="S">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content,
            "META-INF/manifest.xml": '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        }
        | {name.replace("__", "/") + ".xml": part for name, part in parts.items()}
    )


def ods_row(*texts: str, name_formula: str = "", rows: int = 1) -> str:
    cells = [
        f"<table:table-cell office:value-type='string'><text:p>{text}</text:p></table:table-cell>" for text in texts
    ]
    if name_formula:
        cells[0] = cells[0].replace("<table:table-cell", f"<table:table-cell table:formula='{name_formula}'")
    return f"<table:table-row table:number-rows-repeated='{rows}'>{''.join(cells)}</table:table-row>"


ODS_HEADER = ods_row("name", "email", "role", "last reset")
ODS_DATE = "<table:table-cell office:value-type='date' office:date-value='2026-10-05'><text:p>10/5/26</text:p></table:table-cell>"


def read(data: bytes, name: str = "roster.xlsx") -> Roster:
    return read_roster(data, file_name=name, today=TODAY)


def test_real_dates_and_numbers_of_a_workbook_are_read(read_xlsx: ReadXlsx) -> None:
    roster = read_xlsx(
        [
            HEADER,
            ["Ana Gil", "ana@lakeside.example", "AO", 1234567, datetime(2026, 10, 5, 8, 30)],  # noqa: DTZ001 - a cell
            ["Bob Hale", "bob@lakeside.example", "SEU", "00042", "10/6/2026"],
        ]
    )

    assert [(row.user_id, row.reset_on) for row in roster.rows] == [
        ("1234567", date(2026, 10, 5)),
        ("00042", date(2026, 10, 6)),
    ]


def test_rows_are_numbered_as_the_spreadsheet_shows_them(read_xlsx: ReadXlsx) -> None:
    roster = read_xlsx([[], [], ["", *HEADER], [], ["", "Ana Gil", "ana@lakeside.example", "AO"], ["", "Bo"]])

    assert [row.row for row in roster.rows] == [5]
    assert [(fault.row, fault.column) for fault in roster.rejected] == [(6, "email"), (6, "role")]


def test_a_name_that_is_a_formula_is_refused_even_with_a_stored_result() -> None:
    stream = io.BytesIO()
    workbook = xlsxwriter.Workbook(stream)
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, ["last", "first", "email", "role", "days left"])
    sheet.write_row(1, 0, ["Gil", "Ana", "ana@lakeside.example", "AO"])
    sheet.write_formula(1, 4, "=60-43", None, 17)
    sheet.write_row(2, 1, ["Bob", "bob@lakeside.example", "AO"])
    sheet.write_formula(2, 0, '=HYPERLINK("http://evil.example","Hale")', None, "Hale")
    workbook.close()

    roster = read(stream.getvalue())

    assert [(row.name, row.days_left) for row in roster.rows] == [("Ana Gil", 17)]
    assert [(fault.row, fault.column, fault.value) for fault in roster.rejected] == [(3, "name", "Hale")]
    assert "is a formula" in roster.rejected[0].problem


def test_a_formula_without_a_stored_result_is_not_taken_for_an_empty_cell() -> None:
    header = text_cells("name", "email", "role", "days left")
    person = text_cells("Ana Gil", "ana@lakeside.example", "AO")[: -len("</row>")] + "<c><f>60-43</f></c></row>"

    roster = read(xlsx(f"<sheetData>{header}{person}</sheetData>"))

    assert [(fault.row, fault.column) for fault in roster.rejected] == [(2, "days_left")]
    assert "without a stored result" in roster.rejected[0].problem


def test_a_formula_that_failed_is_not_taken_for_an_empty_cell() -> None:
    header = text_cells("name", "email", "role", "last reset")
    person = (
        text_cells("Ana Gil", "ana@lakeside.example", "AO")[: -len("</row>")]
        + '<c t="e"><f>A99</f><v>#REF!</v></c></row>'
    )

    roster = read(xlsx(f"<sheetData>{header}{person}</sheetData>"))

    assert [(fault.row, fault.column) for fault in roster.rejected] == [(2, "last_reset")]


def test_a_cell_merged_over_several_rows_counts_for_each() -> None:
    stream = io.BytesIO()
    workbook = xlsxwriter.Workbook(stream)
    sheet = workbook.add_worksheet()
    sheet.merge_range("A1:D1", "Staff of the clinic")
    sheet.write_row(1, 0, ["practice", "name", "email", "role"])
    for row, name in enumerate(("Ana", "Bob", "Cy"), start=2):
        sheet.write_row(row, 1, [name, f"{name}@lakeside.example", "AO"])
    sheet.merge_range("A3:A4", "North")
    sheet.merge_range("A5:A900", "South")
    sheet.merge_range("D3:D5", "AO")
    sheet.write_string("D4", "SEU")
    workbook.close()

    assert [row.practice for row in read(stream.getvalue()).rows] == ["North", "North", "South"]


def test_the_first_visible_sheet_with_a_header_is_read() -> None:
    stream = io.BytesIO()
    workbook = xlsxwriter.Workbook(stream)
    cover, old, staff, more = (workbook.add_worksheet(name) for name in ("Cover", "Old", "Staff", "More"))
    cover.write_string(0, 0, "Read me")
    for sheet in (old, staff, more):
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, [sheet.name, "ana@lakeside.example", "AO"])
    old.hide()
    cover.activate()
    workbook.close()

    roster = read(stream.getvalue())

    assert [row.name for row in roster.rows] == ["Staff"]
    assert roster.notes == ("sheet 'Staff' was read, not 'Cover', 'More'",)


@pytest.mark.parametrize("name", ["roster.csv", "roster.xls", "-"])
def test_the_kind_of_file_is_told_by_its_content(name: str) -> None:
    assert len(read(xlsx(f"<sheetData>{ANA}</sheetData>"), name).rows) == 1


def test_an_ods_file_is_read_with_its_dates_and_formulas() -> None:
    end = "</table:table-row>"
    ana = ods_row("Ana Gil", "ana@lakeside.example", "AO").replace(end, ODS_DATE + end)
    bob = ods_row("Bob", "bob@lakeside.example", "AO", name_formula="of:=1+1")
    tail = "<table:table-row table:number-rows-repeated='1048570'><table:table-cell table:number-columns-repeated='16384'/></table:table-row>"

    roster = read(
        ods(ODS_HEADER + "<table:table-row table:number-rows-repeated='2'/>" + ana + bob + tail), "roster.ods"
    )

    assert [(row.row, row.name, row.reset_on) for row in roster.rows] == [(4, "Ana Gil", date(2026, 10, 5))]
    assert [(fault.row, fault.column) for fault in roster.rejected] == [(5, "name")]


def test_an_xls_file_is_read_with_its_titles_formulas_and_merged_cells() -> None:
    roster = read(OLD_EXCEL, "roster.xls")

    assert [
        (row.row, row.name, row.user_id, row.practice, row.reset_on, row.days_left, row.as_of) for row in roster.rows
    ] == [
        (4, "Ana Gil", "12345", "Lakeside North", None, 20, date(2026, 11, 30)),
        (5, "Bob Hale", "00042", "Lakeside North", date(2026, 10, 5), None, None),
    ]
    assert [(fault.row, fault.column, fault.value) for fault in roster.rejected] == [
        (6, "name", ""),
        (7, "last_reset", ""),
    ]
    assert "Winter2026" not in repr(roster)


@pytest.mark.parametrize(
    ("sheet", "problem"),
    [
        ('<sheetData><row r="200001"><c r="A200001"><v>1</v></c></row></sheetData>', "row 200,001"),
        ('<sheetData><row r="1"><c r="GS1"><v>1</v></c></row></sheetData>', "column 201"),
        ('<sheetData><row r="1"><c r="XFD1048576"><v>1</v></c></row></sheetData>', "row 1,048,576"),
        ('<sheetData><row r="100000"><c r="AO100000"><v>1</v></c></row></sheetData>', "100,000 rows by 41 columns"),
        ("<sheetData><row>" + "<c><v>1</v></c>" * 201 + "</row></sheetData>", "column 201"),
        ('<x:sheetData xmlns:x="x"><x:c r="XFD1"/></x:sheetData>', "column 16,384"),
        ("<sheetData><c", "damaged"),
    ],
)
def test_a_far_cell_does_not_fill_the_memory(sheet: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        read(xlsx(sheet))


@pytest.mark.parametrize("place", ["A200000", "GR1", "T200000", "AN100000"])
def test_a_cell_at_the_edge_is_near_enough(place: str) -> None:
    sheet_xml.check_xlsx_extent(f'<sheetData><c r="{place}"><v>1</v></c></sheetData>'.encode())


def test_a_document_type_is_refused() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><worksheet><f>&b;</f></worksheet>'

    with pytest.raises(UsageError, match="document type"):
        sheet_xml.xlsx_formulas(bomb.encode())


@pytest.mark.parametrize("uses", [999, 1001])
def test_a_long_text_used_over_and_over_is_refused(uses: int) -> None:
    cells = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, uses + 1))
    data = xlsx(f"<sheetData>{cells}</sheetData>", f"<si><t>{'x' * 99_980}</t></si>")

    with pytest.raises(UsageError, match="no header row" if uses < 1000 else "same long text too many times"):
        read(data)


def test_a_long_text_used_once_among_many_short_ones_is_fine() -> None:
    cells = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>{row > 1:d}</v></c></row>' for row in range(1, 1_100))
    data = xlsx(f"<sheetData>{cells}</sheetData>", f"<si><t>{'x' * 99_980}</t></si><si><t>short</t></si>")

    with pytest.raises(UsageError, match="no header row"):
        read(data)


def test_an_old_workbook_without_a_header_is_searched_to_its_last_sheet() -> None:
    with pytest.raises(UsageError, match="no header row"):
        read(OLD_EXCEL.replace(b"E-Mail", b"Letter").replace(b"Name", b"Nome").replace(b"Role", b"Rank"))


def test_a_zip_bomb_is_refused_by_what_really_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    small = zipped({"xl/workbook.xml": b"0" * (21 * 1024 * 1024)})
    with pytest.raises(UsageError, match="unpacks to far more"):
        unpacked(small)

    monkeypatch.setattr(archive, "MAX_UNPACKED", 1000)
    assert len(unpacked(zipped({"a.xml": b"0" * 1000}))["a.xml"]) == 1000
    with pytest.raises(UsageError, match="unpacks to far more"):
        unpacked(zipped({"a.xml": b"0" * 1001}))


def test_a_zip_file_of_too_many_parts_is_refused() -> None:
    assert len(unpacked(zipped({f"{number}.xml": "" for number in range(2000)}))) == 2000
    with pytest.raises(UsageError, match="more than 2,000 parts"):
        unpacked(zipped({f"{number}.xml": "" for number in range(2001)}))


def test_pictures_and_macros_are_not_even_unpacked() -> None:
    assert unpacked(zipped({"a.xml": "x", "xl/media/picture.png": b"0" * 1000, "xl/vbaProject.bin": b"0"})) == {
        "a.xml": b"x"
    }


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (ods_row("x", rows=200_001), "row 200,001"),
        ("<table:table-row table:number-rows-repeated='200000'/>" + ods_row("x"), "row 200,001"),
        (
            ods_row("x").replace("<table:table-cell", "<table:table-cell table:number-columns-repeated='201'"),
            "column 201",
        ),
        (ods_row(*"x" * 21, rows=200_000), "200,000 rows by 21 columns"),
        ("<table:table-row", "damaged"),
    ],
)
def test_a_repeated_cell_of_an_ods_file_does_not_fill_the_memory(rows: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        read(ods(rows))


def test_repeated_cells_of_an_ods_file_keep_the_places_of_formulas() -> None:
    row = ods_row("a", name_formula="of:=1", rows=3).replace(
        "table-cell ", "table-cell table:number-columns-repeated='2' ", 1
    )

    sheet = ods_xml.ods_sheets(unpacked(ods(row)))["S"]

    assert sheet.formulas == {(row, column) for row in range(3) for column in range(2)}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (zipped({"word/document.xml": "x"}), "a zip file without a workbook"),
        (b"PK\x03\x04 and nothing", "damaged or protected"),
        (xlsx(f"<sheetData>{ANA}</sheetData>")[:-300], "damaged or protected"),
        (zipped({"xl/workbook.xml": "<workbook"}), "damaged"),
        (zipped({"xl/workbook.xml": "<workbook/>"}), "."),
        (zipped({"content.xml": "<x/>"}), "."),
        (ods(ODS_HEADER, **{"META-INF__manifest": "<x encryption-data=''/>"}), "protected by a password"),
        (OLD_EXCEL[:3000], "damaged"),
        (OLD_EXCEL[:8] + b"\0" * 2000, "damaged"),
        (OLD_EXCEL.replace("Workbook".encode("utf-16-le"), "Xorkbook".encode("utf-16-le")), "no workbook"),
        (OLD_EXCEL.replace(b"\x85\0\x0d\0", b"\x85\0\2\0"), "damaged"),
        (with_stream("EncryptedPackage"), "protected by a password"),
        (with_stream("Workbook", start=5_000), "damaged"),
        (with_stream("Workbook", size=100), "damaged"),
    ],
)
def test_a_workbook_that_cannot_be_opened_is_one_clear_error(data: bytes, problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as refused:
        read(data)

    assert str(refused.value).startswith("roster.xlsx: ")


def test_a_compound_file_may_keep_its_tables_in_further_sectors() -> None:
    """The numbers of the tables' sectors are moved from the header to a sector of their own at the end."""
    moved = bytearray(OLD_EXCEL)
    last = len(moved) // 512 - 1
    moved += moved[76:80] + b"\xff" * 504 + b"\xfe\xff\xff\xff"
    moved[76:80] = b"\xff" * 4
    moved[68:72] = last.to_bytes(4, "little")

    assert CompoundFile(bytes(moved)).stream("Workbook") == CompoundFile(OLD_EXCEL).stream("Workbook")
    moved[-4:] = last.to_bytes(4, "little")
    assert "Workbook" in CompoundFile(bytes(moved)), "a sector that names itself as the next one ends, too"


@pytest.mark.parametrize("count", [0xFFFFFFFF, 10**12])
def test_what_a_table_of_texts_says_of_its_size_is_not_believed(count: int) -> None:
    parts = unpacked(xlsx(f"<sheetData>{ANA}</sheetData>", "<si><t>x</t></si>"))
    promised = {name: part.replace(b"<sst", b'<sst uniqueCount="%d"' % count) for name, part in parts.items()}

    assert promised != parts
    assert [row.name for row in read(zipped(promised)).rows] == ["Ana Gil"]


def test_an_interrupt_is_no_damage() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workbook_grid._calling(interrupted)


def test_merged_cells_are_filled_as_long_as_they_fit_a_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.BytesIO()
    workbook = xlsxwriter.Workbook(stream)
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, ["name", "email", "role", "practice"])
    for row in range(1, 5):
        sheet.write_row(row, 0, [f"Ana {'ABCDE'[row]}", f"ana{row}@lakeside.example", "AO"])
    sheet.merge_range("D2:D3", "North")
    sheet.merge_range("D4:D5", "South")
    workbook.close()
    monkeypatch.setattr(workbook_grid, "MAX_AREA", 1)

    assert [row.practice for row in read(stream.getvalue()).rows] == ["North", "North", "South", None]


def record(kind: int, body: bytes) -> bytes:
    return kind.to_bytes(2, "little") + len(body).to_bytes(2, "little") + body


def test_a_protected_xls_file_is_told_from_a_damaged_one() -> None:
    with pytest.raises(UsageError, match="protected by a password"):
        xls_records._sheets(bytearray(record(0x2F, b"\0" * 6)))


def test_formatting_behind_a_text_and_the_start_of_a_further_record_are_stepped_over() -> None:
    formatted = b"\1\0\x0c" + b"\2\0" + b"\3\0\0\0" + b"a" + b"f" * 8 + b"e" * 3
    first = bytes(4) + (4).to_bytes(4, "little") + formatted[:-2]

    assert xls_records._text_lengths([first, b"ee" + b"\2\0\0bc", b"\1\0\1d\0", b"\3\0\0efg"]) == [1, 2, 1, 3]


def test_a_long_text_used_over_and_over_in_an_xls_file_is_refused() -> None:
    """Two texts: a short one, then one of 60,000 characters that goes on in a second record, wide from there on."""
    table = bytes(4) + (2).to_bytes(4, "little") + b"\1\0\0a" + (60_000).to_bytes(2, "little") + b"\0" + b"x" * 8_000
    texts = record(0xFC, table) + record(0x3C, b"\1" + b"x\0" * 4_000) + record(0x3C, b"\0" + b"x" * 48_000)
    place = 8 + 4 + len(texts) + 4

    def stream(uses: int) -> bytearray:
        cells = b"".join(record(0xFD, row.to_bytes(2, "little") + bytes(4) + b"\1\0\0\0") for row in range(uses))
        return bytearray(record(0x85, place.to_bytes(4, "little") + bytes(4)) + texts + record(0x0A, b"") + cells)

    assert xls_records._text_lengths([table, b"\1" + b"x\0" * 4_000, b"\0" + b"x" * 48_000]) == [1, 60_000]
    assert xls_records._sheets(stream(1_666))[0].rows == 1_666
    with pytest.raises(UsageError, match="same long text"):
        xls_records._sheets(stream(1_667))
