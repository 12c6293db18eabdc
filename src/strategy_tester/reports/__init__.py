"""Files that leave the program: CSV reports. Imports services and domain."""
