"""The page on which an admin lets a partner's application into an account, or does not."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.views import View

from destinations.dialects.portal import page
from destinations.dialects.stitch.failures import NOWHERE, answer
from tenants import partners, principals
from tenants.models import Partner, Tenant
from tenants.redirects import answered, origin

LISTED = 100  # accounts that are offered; whoever is admin of more names one


class Sent(forms.Form):
    client_id = forms.CharField(max_length=64, strip=False)
    redirect_uri = forms.CharField(max_length=2000, required=False, strip=False)
    state = forms.CharField(max_length=4000, required=False, strip=False)
    account = forms.CharField(max_length=255, required=False)


@dataclass(frozen=True)
class Asked:
    """`redirect_uri` is one that is registered, and so a place to send anybody to."""

    partner: Partner
    redirect_uri: str
    state: str
    account: str

    @classmethod
    def of(cls, query: QueryDict) -> "Asked | None":
        """None for what no registered partner can have asked."""
        sent = Sent(query)
        if not sent.is_valid():
            return None
        values: dict[str, str] = sent.cleaned_data
        partner = Partner.objects.filter(pk=values.pop("client_id")).first()
        if partner is None:
            return None
        uri = values.pop("redirect_uri") or partner.redirect_uris[0]
        return cls(partner, uri, **values) if uri in partner.redirect_uris else None

    def redirect(self, **told: str) -> HttpResponse:
        return HttpResponseRedirect(answered(self.redirect_uri, **told, state=self.state))


class AuthorizationView(View):
    """Opening the page changes nothing. Whoever is not signed in does that first and comes back."""

    def get(self, request: HttpRequest) -> HttpResponse:
        asked = Asked.of(request.GET)
        if asked is None:
            return _unknown(request)
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        return _question(request, asked, request.user)

    def post(self, request: HttpRequest) -> HttpResponse:
        asked = Asked.of(request.POST)
        if asked is None:
            return _unknown(request)
        if request.POST.get("answer") != "allow":
            return asked.redirect(error="access_denied")
        if not request.user.is_authenticated:
            return redirect_to_login(f"{request.path}?{_query(asked)}", reverse("admin:login"))
        try:
            account = _administered(request.user).get(pk=asked.account)
            code = partners.consent(asked.partner, account, request.user, asked.redirect_uri)
        except (Tenant.DoesNotExist, partners.NoConsent):
            return _question(request, asked, request.user, "Choose an account that you are an admin of.")
        return asked.redirect(code=code)

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return answer(NOWHERE)


def _administered(user: User) -> "QuerySet[Tenant]":
    """The accounts that somebody may let others into."""
    tenants = principals.of_user(user).administered
    return Tenant.objects.all() if tenants is None else Tenant.objects.filter(pk__in=tenants)


def _question(request: HttpRequest, asked: Asked, user: User, problem: str = "") -> HttpResponse:
    accounts = list(_administered(user)[: LISTED + 1])
    context = {
        "asked": asked,
        "accounts": accounts if len(accounts) <= LISTED else None,
        "nobody": not accounts,
        "only": accounts[0] if len(accounts) == 1 else None,
        "here": f"{request.path}?{_query(asked)}",
        "problem": problem,
    }
    response = page(request, "landfall/consent.html", context, 400 if problem else 200)
    # Browsers hold the redirect that answers a form to where its page may send forms.
    response._csp_update = {"form-action": [origin(asked.redirect_uri)]}  # type: ignore[attr-defined]
    return response


def _unknown(request: HttpRequest) -> HttpResponse:
    """Whoever asked so is not to be trusted with anybody's browser."""
    return page(request, "landfall/consent.html", {}, 400)


def _query(asked: Asked) -> str:
    query = QueryDict(mutable=True)
    query.update({"client_id": asked.partner.pk, "redirect_uri": asked.redirect_uri})
    if asked.state:
        query["state"] = asked.state
    return query.urlencode()
