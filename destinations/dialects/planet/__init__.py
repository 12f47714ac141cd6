"""Planet's Destinations API: buckets and containers of one organisation, which is the tenant of the caller's key."""
