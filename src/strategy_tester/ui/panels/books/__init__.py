"""What the panels of the order book share: what they listen to, their head, and pixels written by kernels."""
