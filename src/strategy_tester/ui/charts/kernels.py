"""The drawing kernels, fetched at their first use: the start of the program does not wait for the compiler.

Here and not in each function that draws, because an import statement costs as much as a kernel, frame after frame.
"""

from functools import cached_property


class _Kernels:
    @cached_property
    def pyramid(self):
        """Levels of detail."""
        from strategy_tester.numeric import pyramid

        return pyramid

    @cached_property
    def columns(self):
        """From series to pixel columns."""
        from strategy_tester.numeric import pixel_columns

        return pixel_columns

    @cached_property
    def shapes(self):
        """From pixel columns to shapes."""
        from strategy_tester.numeric import pixel_shapes

        return pixel_shapes

    @cached_property
    def bars(self):
        """Hollow candles and bars with ticks."""
        from strategy_tester.numeric import pixel_bars

        return pixel_bars

    @cached_property
    def guides(self):
        """Grids and dashes."""
        from strategy_tester.numeric import pixel_guides

        return pixel_guides

    @cached_property
    def raster(self):
        """From shapes to pixels."""
        from strategy_tester.numeric import pixel_raster

        return pixel_raster

    @cached_property
    def averages(self):
        """Heikin-Ashi."""
        from strategy_tester.numeric import heikin_ashi

        return heikin_ashi


KERNELS = _Kernels()
"""The one set of them."""
