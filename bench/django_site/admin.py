"""The contact list as a Django developer would write it, and the same with what its manual offers for large tables."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from bench.django_site.models import Contact

# Ours shows staff no "with", and customers neither organisation nor assignee; both sides show the same.
_STAFF_HIDES, _CUSTOMER_HIDES = {"holder"}, {"organisation", "assignee_name"}


class ContactAdmin(admin.ModelAdmin):
    """What the manual leads one to write."""

    list_display = ("reference", "type_code", "mprn", "summary", "organisation", "status", "holder", "assignee_name",
                    "due_on", "raised_at")  # fmt: skip
    list_select_related = ("organisation",)
    list_per_page = 50
    search_fields = ("reference", "mprn", "summary")
    ordering = ("-id",)

    def get_list_display(self, request: HttpRequest) -> list[str]:
        """The columns ours shows to this person."""
        hidden = _CUSTOMER_HIDES if _organisation_of(request) else _STAFF_HIDES
        return [name for name in self.list_display if name not in hidden]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """A customer's own contacts, or all."""
        rows = super().get_queryset(request)
        organisation = _organisation_of(request)
        return rows.filter(organisation_id=organisation) if organisation else rows


class TunedContactAdmin(ContactAdmin):
    """The second count and the wide columns left out."""

    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The same rows without what no column shows."""
        return super().get_queryset(request).defer("answers", "words")


def _organisation_of(request: HttpRequest) -> int | None:
    """A customer is called "organisation-<id>"."""
    name = request.user.get_username()
    return int(name.rpartition("-")[2]) if name.startswith("organisation-") else None


tuned_site = admin.AdminSite("tuned")
admin.site.register(Contact, ContactAdmin)
tuned_site.register(Contact, TunedContactAdmin)
