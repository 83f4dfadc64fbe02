"""`python -m bench.django_site.importing FILE`: one import with django-import-export; prints seconds."""

import json
import os
import sys
import time
from datetime import timedelta
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.django_site.settings"
django.setup()

import tablib  # noqa: E402
from django.utils import timezone  # noqa: E402
from import_export import fields, resources, widgets  # noqa: E402

from bench.django_site.models import Contact, User  # noqa: E402
from bench.worlds.workbooks import TYPE_CODE, headings  # noqa: E402
from bench.worlds.world import MEMBER  # noqa: E402

_WIDGETS: dict[str, Any] = {
    "PERIOD_START": widgets.DateWidget,
    "PERIOD_END": widgets.DateWidget,
    "START_READING": widgets.IntegerWidget,
    "END_READING": widgets.IntegerWidget,
    "ENERGY_KWH": widgets.DecimalWidget,
}
_OWN_COLUMNS = {"MPRN": "mprn", "OWN_REFERENCE": "own_reference"}
_ANSWERS = {code: _OWN_COLUMNS.get(code, code.lower()) for code in headings() if code != "OWN_REFERENCE"}


class ContactResource(resources.ModelResource):
    """A row of the file as a contact: columns through widgets, the rest filled in before saving.

    It looks nothing up and writes no events: no repeats are found, and one bad row undoes all.
    """

    class Meta:
        """The settings its manual names for large files."""

        model = Contact
        import_id_fields = ()
        force_init_instance = True
        use_bulk = True
        batch_size = 1000
        skip_diff = True
        use_transactions = True

    def __init__(self) -> None:
        super().__init__()
        self.fields = {
            name: fields.Field(column_name=label, attribute=name, widget=_WIDGETS.get(code, widgets.CharWidget)())
            for code, label in headings().items()
            for name in [_OWN_COLUMNS.get(code, code.lower())]
        }
        self.member = User.objects.get(user_id=MEMBER)
        last = Contact.objects.order_by("-id").values_list("id", flat=True).first()
        self.number = (last or 0) + 1
        self.now = timezone.now()

    def get_import_order(self) -> list[str]:
        """Every column of the file."""
        return list(self.fields)

    def before_save_instance(self, instance: Any, row: Any, **_: Any) -> None:
        """What the file does not say."""
        self.number += 1
        answers = {code: str(getattr(instance, name)) for code, name in _ANSWERS.items()}
        instance.pk, instance.reference = self.number, f"X{self.number}"
        instance.type_code, instance.status, instance.is_open = TYPE_CODE, "logged", True
        instance.channel, instance.version = "spreadsheet", 1
        instance.organisation_id, instance.raised_by_name = self.member.organisation_id, self.member.name
        instance.summary = answers["DESCRIPTION"][:120]
        instance.answers, instance.words = answers, f"{answers['DESCRIPTION']} {instance.own_reference}"
        instance.raised_at, instance.due_on = self.now, (self.now + timedelta(days=10)).date()


def main(file: str) -> None:
    """Import, and say how it went."""
    before = Contact.objects.count()
    started = time.perf_counter()
    with open(file, "rb") as stream:  # noqa: PTH123 - as its manual has it
        rows = tablib.Dataset().load(stream, format="xlsx")
    loaded = time.perf_counter()
    result = ContactResource().import_data(rows, raise_errors=True)
    ended = time.perf_counter()
    assert not result.has_errors() and not result.has_validation_errors()
    stages = {"read": loaded - started, "import": ended - loaded}
    added = Contact.objects.count() - before
    print(json.dumps({"stages": stages, "rows": added}))


if __name__ == "__main__":
    main(*sys.argv[1:])
