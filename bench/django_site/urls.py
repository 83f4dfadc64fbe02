"""Two sites with one list each."""

from django.contrib import admin
from django.urls import path

from bench.django_site.admin import tuned_site

urlpatterns = [path("admin/", admin.site.urls), path("tuned/", tuned_site.urls)]
