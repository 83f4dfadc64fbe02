"""Every table; import models from here."""

from app.models.acting_session import ActingSession
from app.models.approval import Approval
from app.models.audit_event import AuditEvent
from app.models.audit_seal import AuditSeal
from app.models.base import SHARED, AccessOwned, Model, OrganisationOwned
from app.models.calendar_entry import CalendarEntry
from app.models.contact import Contact, Message
from app.models.contact_type import ContactType, ContactTypeRaiser, DataItem, OutcomeCode, Target
from app.models.counter import Counter
from app.models.deputy import Deputy
from app.models.job import Job
from app.models.notification import Notification
from app.models.organisation import Organisation, OrganisationKind
from app.models.outgoing_mail import OutgoingMail
from app.models.request_key import RequestKey
from app.models.review import Review, ReviewAnswer
from app.models.saved_view import SavedView
from app.models.sign_in import RecoveryCode, SecondFactor, SignInLimit, SignInLink
from app.models.support_request import SupportRequest
from app.models.upload import Upload, UploadChunk, UploadFile
from app.models.user import Grant, ServiceGrant, User, UserSession

__all__ = [
    "SHARED", "AccessOwned", "ActingSession", "Approval", "AuditEvent", "AuditSeal", "CalendarEntry", "Contact",
    "ContactType", "ContactTypeRaiser", "Counter", "DataItem", "Deputy", "Grant", "Job", "Message", "Model",
    "Notification", "Organisation", "OrganisationKind", "OrganisationOwned", "OutcomeCode", "OutgoingMail",
    "RecoveryCode", "RequestKey", "Review", "ReviewAnswer", "SavedView", "SecondFactor", "ServiceGrant", "SignInLimit",
    "SignInLink",
    "SupportRequest", "Target", "Upload", "UploadChunk", "UploadFile", "User", "UserSession",
]  # fmt: skip
