"""What forms are made from, and the words for what WTForms finds wrong."""

from typing import Any

from flask_admin.form import BaseForm as StockRowForm
from flask_wtf import FlaskForm
from wtforms import DateField, Field

_ENTER, _CHOOSE, _NUMBER = "Fill in this field.", "Choose one of the options.", "Enter a whole number."
_EXTENSION, _DECIMAL = "Choose a file of another kind.", "Enter a number, such as 12.5."
_UNCHANGEABLE = "This cannot be changed here. Reload the page."
_EXPIRED = "This page was open too long. Reload it and try again."

# WTForms' and Flask-Admin's own sentences, and ours.
WORDS = {
    "This field is required.": _ENTER,
    "Invalid input.": "Write this another way.",
    "Field must be equal to %(other_name)s.": "Enter the same in both fields.",
    "Field must be at least %(min)d character long.": "Use at least %(min)d character.",
    "Field must be at least %(min)d characters long.": "Use at least %(min)d characters.",
    "Field cannot be longer than %(max)d character.": "Use at most %(max)d character.",
    "Field cannot be longer than %(max)d characters.": "Use at most %(max)d characters.",
    "Field must be exactly %(max)d character long.": "Use exactly %(max)d character.",
    "Field must be exactly %(max)d characters long.": "Use exactly %(max)d characters.",
    "Field must be between %(min)d and %(max)d characters long.": "Use %(min)d to %(max)d characters.",
    "Number must be at least %(min)s.": "Enter a number not below %(min)s.",
    "Number must be at most %(max)s.": "Enter a number not above %(max)s.",
    "Number must be between %(min)s and %(max)s.": "Enter a number from %(min)s to %(max)s.",
    "Date must be at least %(min)s.": "Enter a day not before %(min)s.",
    "Date must be at most %(max)s.": "Enter a day not after %(max)s.",
    "Date must be between %(min)s and %(max)s.": "Enter a day from %(min)s to %(max)s.",
    "Invalid email address.": "Write the e-mail address like name@example.com.",
    "Invalid IP address.": "Write the network address like 192.0.2.1.",
    "Invalid Mac address.": "Write the hardware address like 00:00:5e:00:53:01.",
    "Invalid URL.": "Write the web address like https://www.example.com.",
    "Invalid UUID.": "Write the whole identifier, with its hyphens.",
    "Invalid value, must be one of: %(values)s.": "Enter one of: %(values)s.",
    "Invalid value, can't be any of: %(values)s.": "Enter something other than: %(values)s.",
    "This field cannot be edited.": _UNCHANGEABLE,
    "This field is disabled and cannot have a value.": _UNCHANGEABLE,
    "Not a valid choice.": _CHOOSE,
    "Not a valid choice": _CHOOSE,
    "Invalid Choice: could not coerce.": _CHOOSE,
    "Invalid Choice: could not coerce": _CHOOSE,
    "Invalid choice(s): one or more data inputs could not be coerced.": "Choose from the options.",
    "'%(value)s' is not a valid choice for this field.": "Choose from the options; %(value)s is not one of them.",
    "'%(value)s' are not valid choices for this field.": "Choose from the options; %(value)s are not among them.",
    "At least %(num)d item is required": "Choose at least one.",
    "At least %(num)d items are required": "Choose at least %(num)d.",
    "Not a valid integer value.": _NUMBER,
    "Not a valid decimal value.": _DECIMAL,
    "Not a valid float value.": _DECIMAL,
    "Not a valid date value.": "Write the day like 2026-11-23.",
    "Not a valid datetime value.": "Write the day and time like 2026-11-23 14:05.",
    "Not a valid time value.": "Write the time like 14:05.",
    "Not a valid week value.": "Write the week like 2026-W48.",
    "Invalid JSON": "Write this as JSON.",
    "Not a valid ISO currency code (e.g. USD, EUR, CNY).": "Enter a currency code, such as GBP.",
    'Not a valid color (e.g. "red", "#f00", "#ff0000").': "Enter a colour, such as #ff0000.",
    "File does not have an approved extension.": _EXTENSION,
    "File does not have an approved extension: {extensions}": "Choose a file of one of these kinds: {extensions}",
    "Invalid CSRF Token.": _EXPIRED,
    "CSRF token missing.": _EXPIRED,
    "CSRF failed.": _EXPIRED,
    "CSRF token expired.": _EXPIRED,
}


class _Words:
    """Our sentence for each of WTForms', as a translation into plain English."""

    def gettext(self, text: str) -> str:
        return WORDS.get(text, text)

    def ngettext(self, one: str, many: str, n: int) -> str:
        return self.gettext(one if n == 1 else many)


class _PlainEnglish:
    """The part of a form's Meta that chooses the words."""

    def get_translations(self, form: object) -> _Words:
        return _Words()


class _Days:
    """The part of a form that shows days: today, put in when it was opened, is not put back where it was taken out."""

    meta: Any
    _fields: dict[str, Field]

    def process(self, formdata: Any = None, *args: Any, **kwargs: Any) -> None:
        super().process(formdata, *args, **kwargs)  # type: ignore[misc]
        sent = self.meta.wrap_formdata(self, formdata)
        for field in self._fields.values():
            if sent and isinstance(field, DateField) and field.name not in sent:
                field.data = None


class _OneSentence:
    """The part of a form that says the first thing that is wrong with a field, which often explains the others."""

    _fields: dict[str, Field]

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        is_valid = bool(super().validate(*args, **kwargs))  # type: ignore[misc]
        for field in self._fields.values():
            if isinstance(field.errors, list | tuple):
                field.errors = field.errors[:1]
        return is_valid


class BaseForm(_OneSentence, _Days, FlaskForm):
    """What every form is made from that is not made from a model."""

    class Meta(_PlainEnglish, FlaskForm.Meta):
        pass


class RowForm(_OneSentence, _Days, StockRowForm):
    """What every form is made from that Flask-Admin makes from a model."""

    class Meta(_PlainEnglish, StockRowForm.Meta):
        pass
