"""What a person recognises a destination by, and where its vendor shows it, in Outpost's words."""

from urllib.parse import quote_plus, urlsplit

from destinations.dialects.outpost.fields import Values


def sqs_page(config: Values) -> str:
    host = urlsplit(config["queue_url"]).hostname or ""
    parts = host.split(".")
    if parts[0] != "sqs" or len(parts) < 3 or ".amazonaws.com/" not in config["queue_url"]:
        return ""
    region = parts[1]
    home = f"https://{region}.console.aws.amazon.com/sqs/v3/home?region={region}"
    return f"{home}#/queues/{quote_plus(config['queue_url'])}"


def bus_page(config: Values) -> str:
    bus, region = config.get("event_bus_name", "default"), config["region"]
    if ":" in bus:
        return ""
    return f"https://{region}.console.aws.amazon.com/events/home?region={region}#/eventbus/{bus}"


def source(config: Values, _topics: list[str]) -> str:
    known = config.get("source_id")
    return str(config.get("source_name") or (f"Hookdeck source ID: {known}" if known else "Hookdeck"))


def source_page(config: Values) -> str:
    return f"https://dashboard.hookdeck.com/sources/{config['source_id']}" if "source_id" in config else ""


def first_broker(config: Values, _topics: list[str]) -> str:
    return f"{config['bootstrap_servers'].split(',')[0]} / {config['topic']}"


def pubsub_page(config: Values) -> str:
    return f"https://console.cloud.google.com/cloudpubsub/topic/detail/{config['topic']}?project={config['project_id']}"


def bucket_page(config: Values) -> str:
    return f"https://s3.console.aws.amazon.com/s3/buckets/{config['bucket']}?region={config['region']}"


def queue_page(config: Values) -> str:
    return f"https://dash.cloudflare.com/{config['account_id']}/queues/{config['queue_id']}"


def exchange(config: Values, topics: list[str]) -> str:
    return f"{config['exchange']} -> {', '.join(topics)}"
