"""Where the files of a lakehouse are."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from connectors.base import Values
from connectors.probes.object_names import named
from connectors.probes.onelake.fields import is_guid

#: OneLake as a storage account; workspaces are its containers.
SERVICE = "https://onelake.blob.fabric.microsoft.com"


@dataclass(frozen=True, slots=True)
class Lakehouse:
    workspace: str
    name: str
    #: The path of what a check writes, below the folder of the lakehouse's files.
    file: str

    @classmethod
    def of(cls, config: Values) -> "Lakehouse":
        file = f"{config.get('prefix', '')}{named(config.get('test_object'))}"
        return cls(config["workspace"], config["lakehouse"], file)

    @property
    def service(self) -> str:
        """The host, with its port when that is not the usual one."""
        return urlsplit(SERVICE).netloc.lower()

    @property
    def words(self) -> dict[str, str]:
        return {"service": self.service, "workspace": self.workspace, "lakehouse": self.name}

    @property
    def workspace_url(self) -> str:
        return f"{SERVICE}/{_encoded(self.workspace)}"

    @property
    def files_url(self) -> str:
        """The folder that every lakehouse has. A name is followed by what kind of thing it names, a GUID is not."""
        return f"{self.workspace_url}/{self.name}{'' if is_guid(self.name) else '.Lakehouse'}/Files"

    @property
    def file_url(self) -> str:
        return f"{self.files_url}/{_encoded(self.file)}"


def _encoded(path: str) -> str:
    return quote(path, safe="/~")
