"""Which part of a heat map is in sight: times to the left of an edge, prices below another, and how large they are."""

from dataclasses import dataclass

from strategy_tester.numeric.heat_columns import HeatView
from strategy_tester.ui.panels.heat_map.model import COLUMN_MS, HeatModel

SCALES = ((1, 8), (1, 4), (1, 2), (1, 1), (2, 1), (3, 1), (4, 1), (6, 1), (8, 1), (12, 1))
"""Pixels of a slot and columns merged in it, from far away to close."""
ROW_HEIGHTS = (0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)
"""Pixels of a bucket."""
_FREE_SHARE = 0.04
_CALM = 0.3


@dataclass
class Sight:
    """Scales and edges of what is in sight.

    Attributes:
        scale: Index in SCALES.
        row_scale: Index in ROW_HEIGHTS.
        right: Column number at the right edge while time does not follow.
        top: Bucket at the top edge.
        follows_time: Whether the newest column stays at the right.
        follows_price: Whether the middle of the market stays in sight.
        is_placed: Whether the scale of prices was chosen for this market.
    """

    scale: int = 4
    row_scale: int = 5
    right: int = 0
    top: float = 0.0
    follows_time: bool = True
    follows_price: bool = True
    is_placed: bool = False

    @property
    def slot_width(self) -> int:
        """Pixels of a slot."""
        return SCALES[self.scale][0]

    @property
    def merged(self) -> int:
        """Columns in a slot."""
        return SCALES[self.scale][1]

    @property
    def row_height(self) -> float:
        """Pixels of a bucket."""
        return ROW_HEIGHTS[self.row_scale]

    def place(self, model: HeatModel, height: int) -> None:
        """Choose a scale of prices at which the better half of the book is in sight."""
        levels = model.levels
        reach = float(levels.ask_ticks[-1] - levels.bid_ticks[-1]) / model.group
        fitting = [index for index, size in enumerate(ROW_HEIGHTS) if reach * size <= height * 2.2]
        self.row_scale = fitting[-1] if fitting else 0
        self.is_placed = True
        self.center(model, height)

    def center(self, model: HeatModel, height: int) -> None:
        """The middle of the market in the middle."""
        self.top = model.levels.middle_ticks / model.group + height / self.row_height / 2.0

    def view(self, model: HeatModel, width: int, height: int) -> HeatView:
        """What kernels paint: the market is followed as far as that is wanted."""
        if model.levels.has_both_sides and model.group:
            if not self.is_placed:
                self.place(model, height)
            middle = model.levels.middle_ticks / model.group
            away = abs(middle - (self.top - height / self.row_height / 2.0)) * self.row_height
            if self.follows_price and away > height * _CALM:
                self.center(model, height)
        slots = -(-width // self.slot_width)
        if self.follows_time:
            self.right = model.newest
            free = max(1, round(slots * _FREE_SHARE))
        else:
            free = 0
        # Slots begin at whole multiples of what they merge: else columns would change slots as time goes on.
        last_slot = self.right // self.merged + free
        left = (last_slot - slots + 1) * self.merged
        return HeatView(left, model.oldest, model.newest, self.slot_width, self.merged, self.top, self.row_height)

    def zoom_time(self, steps: int) -> bool:
        """Closer (positive) or further; whether anything changed."""
        scale = min(max(self.scale + steps, 0), len(SCALES) - 1)
        changed, self.scale = scale != self.scale, scale
        return changed

    def zoom_price(self, steps: int, height: int, y: float) -> bool:
        """Closer or further around a row of pixels; whether anything changed."""
        row_scale = min(max(self.row_scale + steps, 0), len(ROW_HEIGHTS) - 1)
        if row_scale == self.row_scale:
            return False
        bucket = self.top - y / self.row_height
        if self.follows_price:
            bucket, y = self.top - height / 2.0 / self.row_height, height / 2.0
        self.row_scale = row_scale
        self.top = bucket + y / self.row_height
        return True

    def pan(self, slots: int, buckets: float) -> None:
        """Move what is in sight: to the past and to higher prices for positive numbers."""
        if slots:
            self.right -= slots * self.merged
            self.follows_time = False
        if buckets:
            self.top += buckets
            self.follows_price = False

    def follow(self) -> None:
        """The newest column and the middle of the market in sight, from now on."""
        self.follows_time = self.follows_price = True

    def time_ms(self, view: HeatView, x: float) -> int:
        """Market time at a column of pixels."""
        return round((view.left + x / view.slot_width * view.merged) * COLUMN_MS)
