"""Users, groups and sign-ins, which are Django's own: whatever changes them is recorded by Django's signals."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import get_hasher, identify_hasher
from django.contrib.auth.models import Group, User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver

from tenants import audit, services
from tenants.changes import columns, differences, secret_differences
from tenants.trail import Subject

# Not who somebody is, but what he did last.
APART = ("last_login", "password")


@receiver(user_logged_in)
def signed_in(user: User, **_: Any) -> None:
    audit.record("user.sign_in", user, security=True)


@receiver(user_logged_out)
def signed_out(user: User | None, **_: Any) -> None:
    if user is not None:
        audit.record("user.sign_out", user, security=True)


@receiver(user_login_failed)
def refused(credentials: dict[str, Any], **_: Any) -> None:
    """A name that is nobody's is not kept: people type passwords there."""
    name = str(credentials.get(User.USERNAME_FIELD, "")).replace("\x00", "")
    found = get_user_model().objects.filter(username=name).first()
    audit.record("user.sign_in_failed", found or Subject("user", "", "an unknown name"), security=True)


@receiver(pre_save, sender=User)
@receiver(pre_save, sender=Group)
def remember(sender: type[Model], instance: Any, **_: Any) -> None:
    stored = None if instance._state.adding else sender._default_manager.filter(pk=instance.pk).first()
    instance._before = stored


@receiver(post_save, sender=User)
@receiver(post_save, sender=Group)
def saved(instance: Any, created: bool, update_fields: frozenset[str] | None, **_: Any) -> None:
    before, subject = instance.__dict__.pop("_before", None), Subject.of(instance)
    told = differences(columns(before, APART), columns(instance, APART))
    if not _is_rehash(before, instance, update_fields):
        told += secret_differences(_password(before), _password(instance), f"/{subject.kind}/{subject.id}")
    if told or created:
        audit.record(f"{subject.kind}.{'create' if created else 'update'}", subject, changes=told, security=True)
    if getattr(before, "is_superuser", False) and not instance.is_superuser:
        services.end_keys(instance)


@receiver(pre_delete, sender=User)
def leaving(instance: User, **_: Any) -> None:
    """Whoever goes is a member no more, and his programs are shut out: the tenants are told so.

    Nobody issues a key for him meanwhile: Django would only take his name off it, and it would go on.
    """
    User.objects.select_for_update().filter(pk=instance.pk).first()
    for key in instance.api_keys.filter(revoked=None):
        services.revoke_key(key)
    audit.record_many("membership.delete", instance.memberships.select_related("tenant"), security=True)
    audit.record_many("key_pair.delete", instance.key_pairs.all(), security=True)


@receiver(post_delete, sender=User)
@receiver(post_delete, sender=Group)
def deleted(instance: Any, **_: Any) -> None:
    subject = Subject.of(instance)
    audit.record(f"{subject.kind}.delete", subject, security=True)


@receiver(m2m_changed, sender=User.groups.through)
@receiver(m2m_changed, sender=User.user_permissions.through)
@receiver(m2m_changed, sender=Group.permissions.through)
def granted(sender: Any, instance: Any, action: str, pk_set: set[int] | None, model: type[Model], **_: Any) -> None:
    """Which groups somebody is in, and what he may do to users and groups."""
    if action not in ("post_add", "post_remove", "pre_clear"):
        return
    subject, field = Subject.of(instance), str(model._meta.verbose_name_plural)
    names = ", ".join(sorted(map(str, model._default_manager.filter(pk__in=pk_set or ()))))
    before, after = (None, names) if action == "post_add" else (names or "all", None)
    audit.record(
        f"{subject.kind}.update", subject, changes=[{"field": field, "before": before, "after": after}], security=True
    )


def _is_rehash(before: Any, after: Any, update_fields: frozenset[str] | None) -> bool:
    """Whether Django stores the same password anew, when it was just entered and its hash is not as hashes are by now.

    What tells it from a new one: Django says with `_password` which was set.
    """
    if before is None or update_fields != frozenset(["password"]) or after._password is not None:
        return False
    return _is_outdated(before.password) is True and _is_outdated(after.password) is False


def _is_outdated(encoded: str) -> bool | None:
    """None for what no password fits."""
    try:
        hasher, preferred = identify_hasher(encoded), get_hasher()
    except ValueError:
        return None
    return hasher.algorithm != preferred.algorithm or preferred.must_update(encoded)


def _password(user: Any) -> dict[str, str]:
    return {"password": user.password} if isinstance(user, User) else {}
