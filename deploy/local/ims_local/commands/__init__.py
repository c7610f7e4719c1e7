"""The commands of `ims`, one module for each group; `cli.py` registers them."""
