"""Ways to sign in with keys that a cloud knows."""

import json
from collections.abc import Iterator
from functools import partial

from connectors.base import Section, Values
from connectors.fields import HeaderSecretField, PatternField, SecretField, TextField
from connectors.probes import aws, google, snowflake
from connectors.probes.google.account import PrivateKeyField, TokenUriField
from connectors.strategies.base import Offer, Strategy


class AwsSigv4(Strategy):
    """An access key of Amazon Web Services, with which requests are signed."""

    name = "aws_sigv4"
    label = "AWS access key"
    hint = "It serves types of Amazon Web Services, and webhooks and OTLP if it says for which service and region."

    class Config(Section):
        access_key_id = PatternField(
            r"[!-~]+",
            "This may hold printable ASCII characters only, and no blanks.",
            max_length=256,
            label="Access key ID",
            help_text="The public half of the key, such as AKIA…",
        )
        service = PatternField(
            r"[a-z0-9-]{1,64}",
            "This must be the code of an AWS service, such as s3.",
            required=False,
            label="Service",
            help_text="The service that it is meant for, such as s3 or execute-api. A webhook needs it, and OTLP.",
        )
        region = aws.RegionField(
            required=False,
            help_text="The region that it is meant for, such as us-west-2. A webhook needs it, and OTLP.",
        )

    class Credentials(Section):
        secret_access_key = SecretField(
            max_length=256, label="Secret access key", help_text="The secret half of the key."
        )
        session_token = HeaderSecretField(
            required=False,
            max_length=8192,
            label="Session token",
            help_text="Belongs to temporary keys only. Checks fail when it expires.",
        )

    def offers(self, config: Values, credentials: Values, place: Values) -> Iterator[Offer]:
        own = {"access_key_id": config["access_key_id"], **credentials}
        yield Offer(own)
        if "service" in config and "region" in config:
            sign = aws.Keys.of(own).signed
            yield Offer({}, sign=partial(sign, name=config["service"], region=config["region"]))


class KeyPair(Strategy):
    """A user and the private half of a key pair, which signs the tokens that the user signs in with."""

    name = "key_pair"
    label = "Key pair"
    hint = "It serves Snowflake."

    class Config(Section):
        username = TextField(max_length=255, label="User name", help_text="The user to sign in as.")

    class Credentials(Section):
        private_key = snowflake.PrivateKeyField(
            max_length=16384,
            label="Private key",
            help_text="The RSA key whose public half the user has, as PEM text without passphrase.",
        )

    def offers(self, config: Values, credentials: Values, place: Values) -> Iterator[Offer]:
        yield Offer({"username": config["username"], "private_key": credentials["private_key"]})


class GoogleServiceAccount(Strategy):
    """A key of a service account of Google Cloud, which signs the tokens that are exchanged for access."""

    name = "google_service_account"
    label = "Google service account"
    hint = "It serves types of Google Cloud."

    class Config(Section):
        client_email = PatternField(
            r"[^\s@]+@[^\s@]+",
            "This must be the e-mail address of the service account.",
            max_length=255,
            label="Service account",
            help_text="The e-mail address of the service account.",
        )
        private_key_id = TextField(
            required=False, max_length=255, label="Key ID", help_text="The ID of the key, if it is known."
        )
        token_uri = TokenUriField()

    class Credentials(Section):
        private_key = PrivateKeyField()

    def offers(self, config: Values, credentials: Values, place: Values) -> Iterator[Offer]:
        key = {"type": "service_account", **config, "private_key": credentials["private_key"]}
        yield Offer({google.account.NAME: json.dumps(key)})


class GoogleWif(Strategy):
    """Workload identity federation: where a token is exchanged, without the token. Kept for whoever delivers."""

    name = "google_wif"
    label = "Google workload identity federation"
    usable = False
    hint = (
        "It holds no token to exchange, and Landfall itself has no identity that Google could trust. For checks attach "
        "a Google service account instead."
    )

    class Config(Section):
        audience = TextField(required=False, max_length=2000, label="Audience", help_text="Of the identity pool.")
        token_url = TextField(required=False, max_length=2000, label="Token URL", help_text="Of the token exchange.")
        sts_scope = TextField(required=False, max_length=2000, label="Exchange scope", help_text="Asked for first.")
        scope = TextField(required=False, max_length=2000, label="Scope", help_text="Of the access token.")
        service_account_impersonation_url = TextField(
            required=False, max_length=2000, label="Impersonation URL", help_text="Of the service account to become."
        )
        lifetime = TextField(required=False, max_length=40, label="Lifetime", help_text="Of the access token.")
        delegates = TextField(required=False, max_length=8192, label="Delegates", help_text="The chain of delegation.")
        options = TextField(required=False, max_length=8192, label="Options", help_text="What else is passed on.")

    def offers(self, config: Values, credentials: Values, place: Values) -> Iterator[Offer]:
        yield Offer({google.account.NAME: ""})
        yield Offer({"headers": {}})
