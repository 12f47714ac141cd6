"""What a browser may load into our pages (Content Security Policy): nothing from another host, no inline script."""

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

# Answers of the APIs, the portal, pages about errors.
PAGE = {
    "default-src": [NONE],
    "img-src": [SELF],
    "style-src": [SELF],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}
SCRIPTED = PAGE | {"script-src": [SELF], "connect-src": [SELF], "font-src": [SELF], "img-src": [SELF, "data:"]}
# The theme of the admin writes its colours into the page, and compiles the expressions in its attributes.
ADMIN = SCRIPTED | {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}
# Swagger UI writes styles into its elements.
DOCS = SCRIPTED | {"style-src": [SELF, UNSAFE_INLINE]}
