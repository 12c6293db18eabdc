"""The key sheet as a document: black on white, for the printer and for PDF."""

from html import escape
from pathlib import Path

from PySide6.QtCore import QMarginsF
from PySide6.QtGui import QFont, QPageLayout, QPageSize, QPdfWriter, QTextDocument
from PySide6.QtWidgets import QApplication

from strategy_tester.ui.i18n import tr
from strategy_tester.ui.key_sheet.lines import KeyLine

_GAP = "&nbsp;" * 4
_STYLE = """
h1 { font-size: 16pt; margin-bottom: 2px; color: #1B2230; }
h2 { font-size: 11pt; margin-top: 14px; margin-bottom: 4px; color: #1B62C4; }
p { color: #5B6475; margin-top: 0; }
td { padding: 3px 6px; border-bottom: 1px solid #D8DDE6; font-size: 9pt; color: #1B2230; }
td.keys { font-weight: 600; white-space: nowrap; }
"""


def key_document(groups: list[tuple[str, list[KeyLine]]], preset: str) -> QTextDocument:
    """All groups one under the other; `preset` is its title in the language in use."""
    document = QTextDocument()
    font = QFont(QApplication.font())
    font.setPointSizeF(9.0)
    document.setDefaultFont(font)
    document.setDefaultStyleSheet(_STYLE)
    parts = [f"<h1>{escape(tr('Keys of Bybit Strategy Tester'))}</h1>", f"<p>{escape(preset)}</p>"]
    for title, lines in groups:
        parts.append(f"<h2>{escape(title)}</h2><table width='100%' cellspacing='0'>")
        parts += [
            f"<tr><td width='62%'>{escape(line.title)}</td>"
            f"<td class='keys' width='38%'>{_GAP.join(map(escape, line.keys))}</td></tr>"
            for line in lines
        ]
        parts.append("</table>")
    document.setHtml("".join(parts))
    return document


def write_pdf(document: QTextDocument, path: Path) -> None:
    """Write the document on A4 pages.

    Raises:
        OSError: the file cannot be written.
    """
    with path.open("wb"):  # QPdfWriter does not say why it cannot write
        pass
    writer = QPdfWriter(str(path))
    writer.setResolution(300)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(15, 15, 15, 15), QPageLayout.Unit.Millimeter)
    writer.setTitle(tr("Keys of Bybit Strategy Tester"))
    document.print_(writer)
