"""How the admin looks; what the callables give is in destinations/admin/look.py."""

UNFOLD = {
    "SITE_TITLE": "Landfall",
    "SITE_HEADER": "Landfall",
    "SITE_URL": None,
    "SITE_ICON": "destinations.admin.look.icon",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "destinations.admin.look.icon"}],
    "STYLES": ["destinations.admin.look.stylesheet"],
    "SCRIPTS": ["destinations.admin.look.script"],
    "LOGIN": {"image": "destinations.admin.look.login_image", "form": "tenants.signing_in.SignInForm"},
    "DASHBOARD_CALLBACK": "destinations.admin.dashboard.dashboard",
    "SIDEBAR": {"navigation": "destinations.admin.look.navigation"},
    "BORDER_RADIUS": "8px",
    "COLORS": {
        "primary": {
            "50": "oklch(97.5% .013 230)",
            "100": "oklch(95% .028 230)",
            "200": "oklch(90% .055 230)",
            "300": "oklch(83% .095 230)",
            "400": "oklch(73% .125 232)",
            "500": "oklch(62% .13 234)",
            "600": "oklch(51% .12 236)",
            "700": "oklch(45% .105 237)",
            "800": "oklch(38% .085 238)",
            "900": "oklch(33% .07 239)",
            "950": "oklch(25% .055 240)",
        },
    },
}
