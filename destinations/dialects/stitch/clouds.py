"""The properties of warehouses in clouds that are objects, or say several things in one text."""

import json
import re
from urllib.parse import urlsplit

from destinations.dialects.stitch.codecs import Fault, Native, Port
from destinations.dialects.stitch.properties import PORT, TEXT, Values, matching, objects

ACCOUNT_KEY = objects(
    type=TEXT,
    project_id=TEXT,
    private_key=TEXT,
    private_key_id=TEXT,
    client_email={"type": "string", "format": "email"},
    client_id=TEXT,
    auth_uri={"type": "string", "format": "uri"},
    token_uri={"type": "string", "format": "uri"},
    auth_provider_x509_cert_url={"type": "string", "format": "uri"},
    client_x509_cert_url={"type": "string", "format": "uri"},
)
STAGING_AREA = objects(scheme=matching("^s3$"), bucket_name=matching(r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9.]$"))
SSH_CONFIG = {
    "anyOf": [
        objects(ssh=matching("^true$"), ssh_host=TEXT, ssh_port=PORT, ssh_user=TEXT),
        objects(ssh=matching("^false$")),
    ]
}


class AccountKey:
    """The key of a service account, which tells the project as well."""

    names = ("service_account_credentials", "project_id")
    natives = ("credentials.service_account_json", "config.project_id")

    def read(self, values: Values, stored: Values) -> Native:
        given = values[self.names[0]]
        return dict(zip(self.natives, (json.dumps(given), given["project_id"]), strict=True))

    def show(self, native: Values) -> Native:
        held = zip(self.names, self.natives, strict=True)
        return {name: native[path] for name, path in held if native.get(path) is not None}


class JdbcUrl:
    """What Databricks shows for the driver: `jdbc:spark://host:port/schema;httpPath=…` and settings of the driver.

    It comes back as it was sent as long as it means what is stored. Those of its settings that are secrets are refused,
    for it is shown; the token has a property of its own.
    """

    names = ("jdbc_url",)
    natives = ("config.host", "config.port", "config.schema", "config.http_path", "extra.jdbc_url")
    SECRETS = frozenset({"pwd", "auth_accesstoken", "auth_client_secret", "auth_refreshtoken", "password"})

    def read(self, values: Values, stored: Values) -> Native:
        url = values[self.names[0]]
        settings = self._settings(url)
        if any(settings.get(name, "").strip("<>") not in ("", "personal-access-token") for name in self.SECRETS):
            raise Fault("This must not hold the token: send it as access_token.", *self.names)
        try:
            place = urlsplit(url.partition(";")[0].removeprefix("jdbc:"))
            host, port, schema = place.hostname, place.port or 443, place.path.strip("/") or "default"
        except ValueError:
            host = None
        if not host or not settings.get("httppath") or "@" in place.netloc:
            raise Fault(
                "This must be like jdbc:spark://HOST:443/default;…;httpPath=PATH, without secrets.", *self.names
            )
        return dict(zip(self.natives, (host, port, schema, settings["httppath"], url), strict=True))

    def show(self, native: Values) -> Native:
        kept = native.get("extra.jdbc_url")
        meant = [native[path] for path in self.natives[:-1]]
        if kept and list(self.read({"jdbc_url": kept}, {}).values())[:-1] == meant:
            return {self.names[0]: kept}
        host, port, schema, path = meant
        told = f"transportMode=http;ssl=1;httpPath={path};AuthMech=3;UID=token"
        return {self.names[0]: f"jdbc:spark://{host}:{port}/{schema};{told}"}

    def _settings(self, url: str) -> dict[str, str]:
        pairs = (part.partition("=") for part in url.split(";")[1:])
        return {name.strip().lower(): value.strip() for name, _, value in pairs}


class StagingArea:
    names = ("staging_area",)
    natives = ("config.staging_bucket",)

    def read(self, values: Values, stored: Values) -> Native:
        return {self.natives[0]: values[self.names[0]]["bucket_name"]}

    def show(self, native: Values) -> Native:
        bucket = native.get(self.natives[0])
        return {self.names[0]: {"scheme": "s3", "bucket_name": bucket}} if bucket else {}


class SshConfig:
    """A tunnel, in one object."""

    names = ("ssh_config",)
    natives = ("config.ssh_host", "config.ssh_port", "config.ssh_user")

    def read(self, values: Values, stored: Values) -> Native:
        given = values[self.names[0]]
        if given["ssh"] == "false":
            return dict.fromkeys(self.natives) | {"config.ssh_host_key": None}
        port = Port(self.names[0]).native(given["ssh_port"])
        return dict(zip(self.natives, (given["ssh_host"], port, given["ssh_user"]), strict=True))

    def show(self, native: Values) -> Native:
        given = {path.removeprefix("config."): native.get(path) for path in self.natives}
        told = {name: str(value) for name, value in given.items() if value is not None}
        return {self.names[0]: {"ssh": "true", **told} if told else {"ssh": "false"}}


class Endpoint:
    """A URL, shown in two parts; nothing that has it can be written through this API."""

    names = ("endpoint", "port")
    natives = ("config.endpoint",)

    def read(self, values: Values, stored: Values) -> Native:
        return {self.natives[0]: f"{values['endpoint']}:{values['port']}"}

    def show(self, native: Values) -> Native:
        parts = urlsplit(native[self.natives[0]])
        port = parts.port or {"https": 443}.get(parts.scheme, 80)
        base = re.sub(r":\d+$", "", parts.netloc)
        return {"endpoint": f"{parts.scheme}://{base}{parts.path}", "port": str(port)}
