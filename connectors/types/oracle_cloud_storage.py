"""A bucket on Oracle Cloud Infrastructure Object Storage."""

from connectors.base import Connector, Section, Steps, Values
from connectors.fields import ServerPartField
from connectors.probes import s3
from connectors.probes.object_names import ObjectNameField

_ALLOW = "Let a policy allow {right} on the bucket “{{bucket}}” to a group of the user who owns the key."


class OracleCloudStorage(Connector):
    """A bucket on Oracle Cloud Infrastructure Object Storage, over its Amazon S3 Compatibility API."""

    type = "oracle_cloud_storage"
    label = "Oracle Cloud Storage"
    family = "object storage"
    steps = s3.STEPS
    effect = s3.EFFECT
    rights = (
        "A customer secret key of a user whom a policy allows `OBJECT_CREATE` and `OBJECT_DELETE` on the objects of "
        "the bucket. `OBJECT_INSPECT` lets a check tell a missing bucket from one that may not be listed; without it "
        "that step is skipped, or fails where Oracle calls a bucket missing that the user may not see."
    )
    tested = "Against a real SeaweedFS server, over the endpoint setting: there is no Oracle service to run in a test."

    class Config(Section):
        bucket = s3.BucketField(max_length=256)
        region = ServerPartField(
            r"[a-z]{2,}(-[a-z]+)+-[0-9]+",
            "This must be the identifier of an Oracle region, such as us-ashburn-1.",
            max_length=40,
            label="Region",
            help_text="The identifier of the region the bucket is in, such as us-ashburn-1.",
        )
        namespace = ServerPartField(
            r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?",
            "This must be the Object Storage namespace: up to 63 small letters, digits, hyphens and underscores.",
            label="Namespace",
            help_text="The Object Storage namespace of the tenancy; the page of the tenancy shows it.",
        )
        prefix = s3.PrefixField(required=False)
        test_object = ObjectNameField()
        endpoint = s3.EndpointField(
            required=False,
            label="Endpoint",
            help_text="Only for regions outside Oracle's public cloud, such as a government's, and for private "
            "endpoints: the URL without the bucket. Left out, it is made of the namespace and the region.",
        )

    class Credentials(s3.AccessKeys):
        pass

    def target(self, config: Values) -> str:
        return f"{config['bucket']} in {config['region']}"

    def host(self, config: Values) -> str:
        return s3.service(_endpoint(config))

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        bucket = s3.Bucket(
            name=config["bucket"],
            region=config["region"],
            endpoint=_endpoint(config),
            path_style=True,  # the service knows no other
            prefix=config.get("prefix", ""),
            test_object=config.get("test_object", ""),
            hint=f"If that is not it, check the namespace “{config['namespace']}” and the region "
            f"“{config['region']}”, and that the user who owns the key may see the bucket.",
            allow={
                s3.WRITE: _ALLOW.format(right="OBJECT_CREATE"),
                s3.REMOVE: _ALLOW.format(right="OBJECT_DELETE"),
            },
        )
        await s3.check(bucket, s3.Keys(credentials["access_key_id"], credentials["secret_access_key"]), steps)


def _endpoint(config: Values) -> str:
    own: str | None = config.get("endpoint")
    return own or f"https://{config['namespace']}.compat.objectstorage.{config['region']}.oraclecloud.com"
