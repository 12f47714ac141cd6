"""How the native API describes itself; drf-spectacular reads this by way of the settings."""

SPECTACULAR_SETTINGS = {
    "TITLE": "Landfall",
    "DESCRIPTION": (
        "Register destinations, keep their secrets, check them for real.\n\n"
        "Times are RFC 3339 in UTC. Lists have `items` and `next`, the `cursor` of the page after. Every refusal is a "
        "problem (RFC 9457) whose `errors` name each fault: 400 for a request that cannot be read or parameters that "
        "cannot be obeyed, 422 for a body whose content is not valid, 404 also for what you may not see."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "TAGS": [
        {"name": name}
        for name in (
            "destinations",
            "checks",
            "destination-types",
            "auth-credentials",
            "auth-strategies",
            "tenants",
            "api-keys",
            "audit",
        )
    ],
    "PATH_CONVERTER_OVERRIDES": {"segment": str},
    "PREPROCESSING_HOOKS": ["destinations.api.schema.native_only"],
    "POSTPROCESSING_HOOKS": ["destinations.api.schema.add_components"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Its validator badge would ask a host outside.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
}
