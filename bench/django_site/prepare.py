"""`python -m bench.django_site.prepare NAME...`: Django's own tables and people; prints their session keys as JSON."""

import json
import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.django_site.settings"


def prepare(names: list[str]) -> dict[str, str]:
    """A session key for each name, as signing in would give it."""
    django.setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    people, keys = get_user_model().objects, {}
    for name in names:
        person = people.filter(username=name).first() or people.create_superuser(name, password=name)
        session = SessionStore()
        session[SESSION_KEY] = str(person.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = person.get_session_auth_hash()
        session.save()
        keys[name] = str(session.session_key)
    return keys


if __name__ == "__main__":
    print(json.dumps(prepare(sys.argv[1:])))
