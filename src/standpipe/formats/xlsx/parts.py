"""The parts of a workbook around its rows: ECMA-376, as little of it as is needed."""

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum
from xml.sax.saxutils import escape

from standpipe.core.columns import Column, LogicalType

ROW_END = "</row>"
SHEET_END = b"</sheetData></worksheet>"

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

# Dates and times are numbers that look like numbers unless the column is wide enough.
_WIDTHS = {LogicalType.DATE: 12, LogicalType.TIMESTAMP: 24, LogicalType.TIMESTAMPTZ: 24}
_NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


class Style(IntEnum):
    """The looks of a cell, by their place in the styles below."""

    GENERAL = 0
    DATE = 1
    DATETIME = 2
    DATETIME_MS = 3
    TIME = 4
    TIME_MS = 5
    HEADER = 6

    def __format__(self, spec: str) -> str:
        """Write the number."""
        return format(self.value, spec)


_PATTERNS = {
    Style.DATE: "yyyy\\-mm\\-dd",
    Style.DATETIME: "yyyy\\-mm\\-dd\\ hh:mm:ss",
    Style.DATETIME_MS: "yyyy\\-mm\\-dd\\ hh:mm:ss.000",
    Style.TIME: "hh:mm:ss",
    Style.TIME_MS: "hh:mm:ss.000",
}
_FIRST_PATTERN = 164  # those below are Excel's own


def first_parts() -> Iterator[tuple[str, bytes]]:
    """Yield names and bytes of what can be written before the first row.

    A package is known by its first part.
    """
    yield (
        "_rels/.rels",
        _relationships(
            f'<Relationship Id="rId1" Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/>'
        ),
    )
    yield "xl/styles.xml", _styles()


def last_parts(sheets: int) -> Iterator[tuple[str, bytes]]:
    """Yield names and bytes of what counts the sheets."""
    numbers = range(1, sheets + 1)
    targets = "".join(
        f'<Relationship Id="rId{n}" Type="{_DOCUMENT}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    styles = f'<Relationship Id="rId{sheets + 1}" Type="{_DOCUMENT}/styles" Target="styles.xml"/>'
    yield "xl/_rels/workbook.xml.rels", _relationships(targets + styles)
    listed = "".join(f'<sheet name="{_sheet(n)}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    yield (
        "xl/workbook.xml",
        _bytes(
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>{listed}</sheets></workbook>'
        ),
    )
    yield "[Content_Types].xml", _content_types(numbers)


def sheet_name(number: int) -> str:
    """Return the path of a sheet inside the package."""
    return f"xl/worksheets/sheet{number}.xml"


def sheet_head(columns: Sequence[Column], names: Sequence[str] | None) -> bytes:
    """Return a sheet up to its first row of data; the header, if there is one, stays in sight."""
    pane = row = ""
    if names is not None:
        pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        row = f"<row>{''.join(map(_header_cell, names))}{ROW_END}"
    view = f'<sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
    return _bytes(f'<worksheet xmlns="{_MAIN}">{view}{_widths(columns)}<sheetData>{row}')


def xml_text(text: str) -> str:
    """Return text for XML; what XML cannot hold is written as Excel does, ``_x0000_``."""
    literal = _ESCAPE.sub("_x005F_", text)
    return escape(_NOT_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", literal))


def _sheet(number: int) -> str:
    return "result" if number == 1 else f"result {number}"


def _header_cell(name: str) -> str:
    text = f'<t xml:space="preserve">{xml_text(name)}</t>'
    return f'<c s="{Style.HEADER}" t="inlineStr"><is>{text}</is></c>'


def _widths(columns: Sequence[Column]) -> str:
    cols = "".join(
        f'<col min="{n}" max="{n}" width="{_WIDTHS[column.logical_type]}" customWidth="1"/>'
        for n, column in enumerate(columns, start=1)
        if column.logical_type in _WIDTHS
    )
    return f"<cols>{cols}</cols>" if cols else ""


def _styles() -> bytes:
    patterns = "".join(
        f'<numFmt numFmtId="{_FIRST_PATTERN + style}" formatCode="{pattern}"/>'
        for style, pattern in _PATTERNS.items()
    )
    looks = "".join(
        f'<xf numFmtId="{_FIRST_PATTERN + style if style in _PATTERNS else 0}"'
        f' fontId="{int(style is Style.HEADER)}" fillId="0" borderId="0" xfId="0"'
        ' applyNumberFormat="1" applyFont="1"/>'
        for style in Style
    )
    font = '<sz val="11"/><name val="Calibri"/>'
    return _bytes(
        f'<styleSheet xmlns="{_MAIN}">'
        f'<numFmts count="{len(_PATTERNS)}">{patterns}</numFmts>'
        f'<fonts count="2"><font>{font}</font><font><b/>{font}</font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        "</cellStyleXfs>"
        f'<cellXfs count="{len(Style)}">{looks}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        "</styleSheet>"
    )


def _content_types(numbers: Sequence[int]) -> bytes:
    parts = {
        "/xl/workbook.xml": "sheet.main",
        "/xl/styles.xml": "styles",
        **{f"/{sheet_name(n)}": "worksheet" for n in numbers},
    }
    overrides = "".join(
        f'<Override PartName="{name}" ContentType="{_TYPE}.{kind}+xml"/>'
        for name, kind in parts.items()
    )
    rels = "application/vnd.openxmlformats-package.relationships+xml"
    return _bytes(
        f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="{rels}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def _relationships(inside: str) -> bytes:
    return _bytes(f'<Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>')


def _bytes(xml: str) -> bytes:
    return (_XML + xml).encode()
