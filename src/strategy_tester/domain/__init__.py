"""The words of the program: frozen values and protocols. Imports the standard library and numpy."""
