"""Logging through structlog: one line per event, with the request's id, without secrets."""

import re
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

SECRET_KEY = re.compile(
    r"pass(word|wd|phrase)?|secret|token|credential|authorization|cookie|private|signature|api_?key|access_?key|dsn",
    re.IGNORECASE,
)
REDACTED = "[redacted]"

# Loggers of drivers that print addresses with credentials in them, or one line per failed check.
SILENCED = (
    "aio_pika", "aiormq", "aiohttp.access", "aiohttp.client", "asyncio", "asyncssh", "botocore", "psycopg.pool",
)  # fmt: skip
# One line per message, several a second, of nothing an operator acts on.
QUIET = ("celery.app.trace", "celery.beat", "celery.worker.strategy", "kombu", "urllib3")


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace the value of every key that sounds secret, however deep."""
    return {key: _without_secrets(key, value) for key, value in event.items()}


def _without_secrets(key: object, value: Any) -> Any:
    if isinstance(key, str) and SECRET_KEY.search(key):
        return REDACTED
    if isinstance(value, dict):
        return {inner: _without_secrets(inner, item) for inner, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_secrets(None, item) for item in value]
    return value


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact,
    ]


def _renderer(log_format: str) -> list[Processor]:
    if log_format == "console":
        # Its usual choice shows local variables where the package `rich` happens to be installed.
        return [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]


def logging_config(log_format: str, level: str) -> dict[str, Any]:
    """Django's LOGGING; as a side effect `structlog.get_logger` writes to the same place.

    Exceptions are rendered without local variables, which may hold secrets.
    """
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [structlog.stdlib.ExtraAdder(), *_shared()],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *_renderer(log_format),
                ],
            },
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            # Every answer has a line of its own already; here only those of 500 and above, with their traceback.
            "django.request": {"level": "ERROR"},
            **{name: {"level": "CRITICAL"} for name in SILENCED},
            **{name: {"level": "WARNING"} for name in QUIET},
        },
    }
