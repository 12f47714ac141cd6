"""The API of Stitch Connect, versions 3 and 4: what its clients need to manage destinations."""
