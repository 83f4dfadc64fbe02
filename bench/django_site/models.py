"""Our tables as Django models; none is managed."""

from django.db import models

from app.domain.lifecycle import HOLDERS, Status


class Organisation(models.Model):
    """A party of the industry."""

    short_code = models.CharField(max_length=3)
    numeric_id = models.BigIntegerField()
    name = models.CharField(max_length=120)
    kind_code = models.CharField(max_length=8)
    is_active = models.BooleanField()

    class Meta:
        managed = False
        db_table = "organisation"

    def __str__(self) -> str:
        return self.name


class User(models.Model):
    """A person of the service, who is not a person of this site."""

    user_id = models.CharField(max_length=32)
    name = models.CharField(max_length=120)
    email = models.CharField(max_length=254)
    is_active = models.BooleanField()
    organisation = models.ForeignKey(Organisation, models.CASCADE)

    class Meta:
        managed = False
        db_table = "user"

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """One query or case."""

    reference = models.CharField(max_length=12)
    type_code = models.CharField("type", max_length=4)
    status = models.CharField(max_length=24, choices=[(status.value, status.label) for status in Status])
    is_open = models.BooleanField()
    channel = models.CharField(max_length=12)
    mprn = models.CharField("MPRN", max_length=10, null=True)
    own_reference = models.CharField(max_length=30, null=True)
    summary = models.CharField(max_length=120)
    fingerprint = models.CharField(max_length=32, default="")
    answers = models.JSONField()
    words = models.TextField()
    raised_at = models.DateTimeField("raised")
    raised_by_name = models.CharField(max_length=120)
    assignee = models.ForeignKey(User, models.CASCADE, null=True)
    assignee_name = models.CharField("assignee", max_length=120, null=True)
    due_on = models.DateField("due")
    asked_on = models.DateField(null=True)
    closed_at = models.DateTimeField(null=True)
    outcome_code = models.CharField(max_length=12, null=True)
    upload_id = models.BigIntegerField(null=True)
    upload_row = models.IntegerField(null=True)
    version = models.IntegerField()
    organisation = models.ForeignKey(Organisation, models.CASCADE)

    class Meta:
        managed = False
        db_table = "contact"

    def __str__(self) -> str:
        return self.reference

    def holder(self) -> str:
        """The party whose turn it is."""
        return HOLDERS[Status(self.status)].value
