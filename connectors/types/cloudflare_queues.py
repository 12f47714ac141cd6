"""A queue of Cloudflare Queues."""

from typing import Any

from connectors.base import Connector, Section, Steps, Values
from connectors.fields import HeaderSecretField, PatternField
from connectors.probes.cloudflare import MALFORMED_TOKEN, Account, Reply
from connectors.problems import CheckFailed

SIGN_IN, FIND, SEND = "sign in", "find queue", "send an empty batch"
# Cloudflare's documentation leaves open whether it takes a batch without messages: only if it does is anything proven.
EMPTY = b'{"messages":[]}'


class IdField(PatternField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"[0-9a-f]{32}", "This must be 32 digits and letters from a to f.", **kwargs)


class CloudflareQueues(Connector):
    """A queue of Cloudflare Queues."""

    type = "cloudflare_queues"
    label = "Cloudflare Queues"
    family = "message brokers"
    steps = ("resolve", "connect", "tls", SIGN_IN, FIND, SEND)
    effect = (
        "Reads the queue's settings and sends a batch without messages, so nothing is left in the queue. Where "
        "Cloudflare does not take such a batch, it stays unproven that messages may be sent, and the step is skipped."
    )
    rights = "An API token with the permission Queues Write (“Queues: Edit”) in the account."
    tested = (
        "Against a stand-in for Cloudflare's API that verifies the token and the requests: there is no Cloudflare to "
        "run in a test."
    )

    class Config(Section):
        account_id = IdField(label="Account ID", help_text="The ID of the Cloudflare account, from its overview page.")
        queue_id = IdField(label="Queue ID", help_text="The ID of the queue, from its page; not the queue's name.")

    class Credentials(Section):
        api_token = HeaderSecretField(
            reveal=4,
            max_length=1024,
            label="API token",
            help_text="An API token of a user or of the account, which may edit queues.",
        )

    def target(self, config: Values) -> str:
        return str(config["queue_id"])

    def host(self, config: Values) -> str:
        return f"api.cloudflare.com/{config['account_id']}"  # what limits requests is not the machine

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        account, path = Account(config["account_id"], credentials["api_token"]), f"queues/{config['queue_id']}"
        with steps(SIGN_IN):
            queue = await account.ask("GET", path, steps)
            if queue.codes & MALFORMED_TOKEN:
                raise CheckFailed("denied", "This is not an API token of Cloudflare.", _ENTER)
            if queue.refused:
                _judge_token(await account.token_status())
        with steps(FIND):
            _judge(queue, "read")
            if not queue.good or queue.result.get("queue_id") != config["queue_id"]:
                message = f"Cloudflare does not answer as it does for a queue (status {queue.status})."
                raise CheckFailed("protocol", message, "Check again later, and check both IDs.")
        with steps(SEND):
            if not await _takes_nothing(account, path):
                steps.skip(SEND, "Cloudflare takes no batch without messages, so it is unproven that any may be sent.")


async def _takes_nothing(account: Account, path: str) -> bool:
    try:
        reply = await account.ask("POST", f"{path}/messages/batch", body=EMPTY)
    except CheckFailed as failure:
        if failure.code != "remote":
            raise
        return False  # it has just answered a usual request: an unusual one that fails proves nothing
    _judge(reply, "send to")
    return reply.good


def _judge_token(status: str) -> None:
    if status in {"disabled", "expired"}:
        message = f"The API token is {status}."
        raise CheckFailed("denied", message, "Enter another API token, or make this one valid again at Cloudflare.")
    if status != "active":
        raise CheckFailed("denied", "Cloudflare does not accept the API token.", _ENTER)


def _judge(reply: Reply, what: str) -> None:
    """Raise `CheckFailed` for what an answer about a queue says is wrong."""
    if reply.refused:
        message = f"The API token is valid, but it may not {what} this queue."
        raise CheckFailed("forbidden", message, _PERMIT)
    if reply.codes & _FULL:
        raise CheckFailed("quota", "The queue is full or overloaded.", "Let its consumers catch up, or purge it.")
    if reply.codes & _DISABLED:
        raise CheckFailed("forbidden", "Queues are not enabled in this account.", "Enable them at Cloudflare.")
    if reply.status == 404 or reply.codes & _MISSING:
        remedy = "Check the queue ID, which is not the queue's name, and that the queue is in this account."
        raise CheckFailed("not_found", "There is no such queue in this account.", remedy)


_MISSING, _DISABLED, _FULL = frozenset({7003, 10104, 11000}), frozenset({11002}), frozenset({10250, 10251})
_ENTER = "Enter the whole API token again, or make a new one that may edit queues; a global API key does not do."
_PERMIT = (
    "Give the token the permission Queues Write (“Queues: Edit”) in this account, and check the account ID and the "
    "addresses from which the token may be used."
)
