"""How people read the audit trail. Whoever records more adds the words for it: tests hold that none is missing."""

# By the last part of an action.
DONE = {
    "create": "Added",
    "update": "Changed",
    "delete": "Deleted",
    "sign_in": "Signed in",
    "sign_out": "Signed out",
    "sign_in_failed": "Sign-in refused",
    "issue": "Issued",
    "revoke": "Revoked",
    "renew_secret": "Client secret made anew",
    "let_in": "Partner let in",
}
KINDS = {
    "tenant": "Tenant",
    "environment": "Environment",
    "membership": "Membership",
    "api_key": "API key",
    "key_pair": "Key pair",
    "partner": "Partner",
    "user": "User",
    "group": "Group",
}
