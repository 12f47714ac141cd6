"""A bucket on Google Cloud Storage."""

from collections.abc import Iterator

from connectors.base import Connector, Section, Steps, Values
from connectors.fields import PatternField
from connectors.probes import google
from connectors.probes.google import storage
from connectors.probes.object_names import ObjectNameField
from connectors.probes.s3 import PrefixField
from connectors.problems import Problem


class GoogleCloudStorage(Connector):
    """A bucket on Google Cloud Storage."""

    type = "google_cloud_storage"
    label = "Google Cloud Storage"
    family = "object storage"
    steps = storage.STEPS
    effect = (
        "Writes an object of a few bytes, named .landfall-check- and a random number, and removes it again. A bucket "
        "with soft delete keeps it as it keeps everything that is removed."
    )
    rights = (
        "`storage.objects.create` and `storage.objects.delete` on the bucket, as in the role Storage Object User "
        "(`roles/storage.objectUser`). `storage.buckets.get` lets a check tell a missing bucket before it writes; "
        "without it that step is skipped."
    )
    tested = (
        "Against a Cloud Storage emulator, behind a stand-in for Google's sign-in that verifies signatures and tokens: "
        "there is no Google Cloud to run in a test."
    )

    class Config(Section):
        bucket = PatternField(
            r"(?!.*\.\.)(?!.*[a-z0-9_-]{64})(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]",
            "This must be 3 to 63 small letters, digits, hyphens and underscores, up to 222 with single dots between, "
            "and not look like an IP address.",
            label="Bucket",
            help_text="The name of the bucket.",
        )
        prefix = PrefixField(required=False)
        test_object = ObjectNameField()
        endpoint = google.EndpointField()

    class Credentials(Section):
        service_account_json = google.ServiceAccountField()

    def validate(self, config: Values, credentials: Values) -> Iterator[Problem]:
        return storage.SERVICE.problems(config, credentials)

    def target(self, config: Values) -> str:
        return f"gs://{config['bucket']}/{config.get('prefix', '')}"

    def host(self, config: Values) -> str:
        return storage.SERVICE.host(config)

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        session = await storage.SERVICE.enter(config, credentials, steps)
        prefix, name = config.get("prefix", ""), config.get("test_object", "")
        await storage.check(config["bucket"], prefix, session, steps, test_object=name)
