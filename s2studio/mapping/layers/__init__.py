"""How the layers of a deep network are cut into tiles, which PE takes which, and where their bytes lie."""
