"""A bucket on Amazon S3."""

from connectors.base import Connector, Section, Steps, Values
from connectors.fields import ChoiceField, PatternField, TextField
from connectors.probes import aws, s3
from connectors.probes.object_names import ObjectNameField

STORAGE_CLASSES = (
    "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE",
    "OUTPOSTS", "GLACIER_IR", "SNOW", "EXPRESS_ONEZONE", "FSX_OPENZFS",
)  # fmt: skip


class AwsS3(Connector):
    """A bucket on Amazon S3."""

    type = "aws_s3"
    label = "Amazon S3"
    family = "object storage"
    steps = s3.STEPS
    effect = s3.EFFECT
    rights = (
        "`s3:PutObject` and `s3:DeleteObject` on the objects below the prefix. `s3:ListBucket` lets a check tell a "
        "missing bucket from one that may not be listed; without it that step is skipped. In a bucket that keeps "
        "versions, `s3:DeleteObjectVersion` lets a check remove the version it wrote."
    )
    tested = "Against a real SeaweedFS server, over the endpoint setting: there is no Amazon S3 to run in a test."

    class Config(Section):
        bucket = PatternField(
            r"(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
            "This must be 3 to 63 small letters, digits, hyphens and single dots, and not look like an IP address.",
            label="Bucket",
            help_text="The name of the bucket.",
        )
        region = aws.ServerRegionField(help_text="The AWS region the bucket was created in, such as us-west-2.")
        prefix = s3.PrefixField(required=False)
        test_object = ObjectNameField()
        key_template = TextField(
            required=False,
            max_length=2000,
            label="Object key template",
            help_text="How whatever writes here names its objects. A check does not use it.",
        )
        storage_class = ChoiceField(
            choices=STORAGE_CLASSES,
            required=False,
            label="Storage class",
            help_text="The storage class of what is written; the bucket's own default when left out.",
        )
        server_side_encryption = ChoiceField(
            choices=("AES256",),
            required=False,
            label="Server-side encryption",
            help_text="Asked for with every write. AES256 is SSE-S3; left out, the bucket's own default applies.",
        )
        endpoint = s3.EndpointField(
            required=False,
            label="Endpoint",
            help_text="Only for access other than over Amazon's public endpoint, such as a VPC endpoint.",
        )

    class Credentials(aws.SessionKeys):
        pass

    def target(self, config: Values) -> str:
        return f"{config['bucket']} in {config['region']}"

    def host(self, config: Values) -> str:
        return _bucket(config).service

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        await s3.check(_bucket(config), aws.Keys.of(credentials), steps)


def _bucket(config: Values) -> s3.Bucket:
    asked = {"x-amz-storage-class": "storage_class", "x-amz-server-side-encryption": "server_side_encryption"}
    own, region = config.get("endpoint"), config["region"]
    return s3.Bucket(
        name=config["bucket"],
        region=region,
        endpoint=own or f"https://s3.{region}.{aws.domain(region)}",
        # Amazon's certificate covers one label before its host name; other endpoints may have no such names at all.
        path_style=bool(own) or "." in config["bucket"],
        prefix=config.get("prefix", ""),
        test_object=config.get("test_object", ""),
        headers={header: config[name] for header, name in asked.items() if config.get(name)},
        hint=f"If that is not it, check that “{region}” is the bucket's region.",
    )
