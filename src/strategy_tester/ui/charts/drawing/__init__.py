"""Drawing on charts: what is drawn, how it looks and is hit, and the tool that makes and moves it."""
