"""The one style sheet, generated from a theme. Distances are steps of the font's rhythm, never fixed pixels."""

from strategy_tester.ui.theme import Theme, step


def style_sheet(theme: Theme) -> str:
    """Qt style sheet of the whole program."""
    return "\n".join(part(theme) for part in (_ground,))


def _ground(theme: Theme) -> str:
    return f"""
QToolTip {{ background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.line}; padding: {step(1)}px; }}
"""
