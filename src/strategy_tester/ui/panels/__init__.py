"""The panels of the window, one package each: `view_model.py` (QtCore only) and `view.py`."""
