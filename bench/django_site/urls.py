"""Two sites with one list each."""

from bench.django_site.admin import tuned_site
from django.contrib import admin
from django.urls import path

urlpatterns = [path("admin/", admin.site.urls), path("tuned/", tuned_site.urls)]
