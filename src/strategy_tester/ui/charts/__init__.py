"""Charts of prices and equity: level-of-detail pyramids below, own painters above, pyqtgraph's scene around them."""
