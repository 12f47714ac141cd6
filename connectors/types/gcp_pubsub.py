"""A topic of Google Cloud Pub/Sub."""

from collections.abc import Iterator

from connectors.base import Connector, Section, Steps, Values
from connectors.fields import PatternField
from connectors.probes import google
from connectors.probes.google import topics
from connectors.problems import Problem


class GcpPubsub(Connector):
    """A topic of Google Cloud Pub/Sub."""

    type = "gcp_pubsub"
    label = "Google Pub/Sub"
    family = "message brokers"
    steps = topics.STEPS
    effect = "Asks whether the account may publish to the topic; publishes nothing."
    rights = (
        "`pubsub.topics.publish` on the topic, as in the role Pub/Sub Publisher (`roles/pubsub.publisher`). "
        "`pubsub.topics.get` lets a check tell a missing topic from one that may not be published to; without it that "
        "step is skipped."
    )
    tested = (
        "Against a stand-in for Google's sign-in and for Pub/Sub that verifies signatures and tokens: there is no "
        "Google Cloud to run in a test."
    )

    class Config(Section):
        project_id = google.ProjectField(label="Project", help_text="The ID of the project that has the topic.")
        topic = PatternField(
            r"(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,254}",
            "This must be 3 to 255 letters, digits and -._~+%, begin with a letter, and not begin with goog.",
            label="Topic",
            help_text="The ID of the topic, without projects/ and topics/ before it.",
        )
        endpoint = google.EndpointField()

    class Credentials(Section):
        service_account_json = google.ServiceAccountField(reveal=4)

    def validate(self, config: Values, credentials: Values) -> Iterator[Problem]:
        return topics.SERVICE.problems(config, credentials)

    def target(self, config: Values) -> str:
        return f"{config['project_id']}/{config['topic']}"

    def host(self, config: Values) -> str:
        return topics.SERVICE.host(config)

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        session = await topics.SERVICE.enter(config, credentials, steps)
        await topics.check(config["project_id"], config["topic"], session, steps)
