"""Regions, and the partitions they belong to: parts of Amazon's cloud with names and accounts of their own."""

REGION = r"[a-z]{2,4}(-[a-z]+)+-[0-9]+"


def partition(region: str) -> str:
    """The partition as it stands in resource names."""
    return _of(region)[0]


def domain(region: str) -> str:
    """What the host names of the partition's services end with."""
    return _of(region)[1]


def _of(region: str) -> tuple[str, str]:
    return next((names for start, names in _PARTITIONS.items() if region.startswith(start)), ("aws", "amazonaws.com"))


_PARTITIONS = {
    "cn-": ("aws-cn", "amazonaws.com.cn"),
    "us-gov-": ("aws-us-gov", "amazonaws.com"),
    "eusc-": ("aws-eusc", "amazonaws.eu"),
    "us-iso-": ("aws-iso", "c2s.ic.gov"),
    "us-isob-": ("aws-iso-b", "sc2s.sgov.gov"),
    "eu-isoe-": ("aws-iso-e", "cloud.adc-e.uk"),
    "us-isof-": ("aws-iso-f", "csp.hci.ic.gov"),
}
