"""The one application of the site."""

from django.apps import AppConfig


class Site(AppConfig):
    """Our tables under the label "cms"."""

    name = "bench.django_site"
    label = "cms"
