"""The two staircases of a depth chart written into the pixels of a picture."""

from strategy_tester.numeric.jit import kernel


@kernel
def paint_staircase(pixels, places, tops, direction, colors, thickness):
    """Fill below a staircase and draw its edge.

    Args:
        pixels: The picture.
        places: Columns where the steps are, best price first.
        tops: Row of the staircase from each step on.
        direction: 1 for a side that goes to the right, -1 for one that goes to the left.
        colors: Color of the area and of the edge.
        thickness: Of the edge, pixels.
    """
    height, width = pixels.shape
    count = places.shape[0]
    before = height
    for index in range(count):
        start = int(places[index])
        end = int(places[index + 1]) if index + 1 < count else start + direction
        top = min(max(int(tops[index]), 0), height - 1)
        first, last = (start, max(end - 1, start)) if direction > 0 else (min(end + 1, start), start)
        for row in range(top, height):
            color = colors[1] if row < top + thickness else colors[0]
            for column in range(max(first, 0), min(last, width - 1) + 1):
                pixels[row, column] = color
        # The rise of the step.
        left = start if direction > 0 else start - thickness + 1
        for row in range(top, min(before, height)):
            for column in range(max(left, 0), min(left + thickness, width)):
                pixels[row, column] = colors[1]
        before = top + thickness
