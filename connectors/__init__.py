#: Of the product, as destinations see it; the same as in pyproject.toml.
VERSION = "0.1.0"
