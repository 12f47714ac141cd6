"""A data store of AWS HealthLake."""

from connectors.base import Connector, Section, Steps, Values
from connectors.fields import PatternField
from connectors.probes import aws
from connectors.probes.aws import datastores


class AwsHealthLake(Connector):
    """A FHIR data store of AWS HealthLake."""

    type = "aws_healthlake"
    label = "AWS HealthLake"
    family = "FHIR stores"
    steps = datastores.STEPS
    effect = (
        "Leaves nothing in the data store: it asks to create a resource that says nothing of what it is, which "
        "HealthLake refuses to everyone, and to those who may not create resources for that reason first."
    )
    rights = (
        "`healthlake:CreateResource` on the data store. `healthlake:DescribeFHIRDatastore` lets a check see that it is "
        "active, and `healthlake:GetCapabilities` read its capability statement; without them these steps are skipped."
    )
    tested = (
        "Against a HealthLake of the tests' own that verifies signatures: no emulator has one, and there is no Amazon "
        "to run in a test. That HealthLake itself judges rights before resources, as the check expects, could not be "
        "tried."
    )

    class Config(Section):
        datastore_id = PatternField(
            r"[A-Za-z0-9_-]+",
            "This may hold letters, digits, hyphens and underscores only.",
            max_length=32,
            label="Data store ID",
            help_text="The ID of the data store, which Amazon made: 32 letters and digits.",
        )
        region = aws.ServerRegionField(help_text="The AWS region of the data store, such as us-west-2.")
        endpoint = aws.OwnEndpointField()

    class Credentials(aws.SessionKeys):
        pass

    def target(self, config: Values) -> str:
        return f"{config['datastore_id']} in {config['region']}"

    def host(self, config: Values) -> str:
        return _api(config).service

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        await datastores.check(_api(config), aws.Keys.of(credentials), _store(config), steps)


def _api(config: Values) -> aws.Api:
    return aws.Api("healthlake", "HealthLake", "1.0", config["region"], config.get("endpoint", ""))


def _store(config: Values) -> aws.Resource:
    id_, region = config["datastore_id"], config["region"]
    return aws.Resource(
        kind="data store",
        name=id_,
        arn=f"arn:{aws.partition(region)}:healthlake:{region}:*:datastore/fhir/{id_}",
        right="healthlake:CreateResource",
        look=aws.Look(datastores.FIND, "DescribeFHIRDatastore", {"DatastoreId": id_}, _unfit),
    )


def _unfit(result: Values) -> aws.Fault | None:
    properties = result.get("DatastoreProperties")
    status = properties.get("DatastoreStatus") if isinstance(properties, dict) else None
    return None if status in _FIT else _FAULTS.get(f"{status}", aws.NOT_AMAZON)


_FIT = ("ACTIVE", "UPDATING", "UPDATE_FAILED")
_GOING = aws.Fault("not_found", "The data store “{name}” is deleted.", "Choose or create another data store.")
_FAULTS = {
    "CREATING": aws.Fault(
        "remote", "The data store “{name}” is still being created.", "Wait half an hour and check again."
    ),
    "CREATE_FAILED": aws.Fault(
        "not_found", "The data store “{name}” could not be created.", "Choose or create another data store."
    ),
    "DELETING": _GOING,
    "DELETED": _GOING,
}
