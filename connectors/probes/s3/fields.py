"""The fields that only types that speak S3 declare."""

from typing import Any

from connectors.fields import PatternField


class BucketField(PatternField):
    """The name of a bucket where services allow more than Amazon does."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]*",
            "This may hold letters, digits, hyphens, underscores and single dots, and begins with a letter or digit.",
            label="Bucket",
            help_text="The name of the bucket.",
            **kwargs,
        )


class PrefixField(PatternField):
    """The beginning of every object's name, of which S3 allows 1024 bytes in all."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            # Clients and proxies rewrite paths with dot segments, and then the signature no longer fits.
            r"(?!(?:.*/)?\.\.?/)[^\x00-\x1f\x7f]*",
            "This must not hold control characters, nor “.” or “..” as a part of the path.",
            max_length=240,
            label="Prefix",
            help_text="The beginning of every object's name. End it with / for a folder.",
            **kwargs,
        )
