"""Who may do what: one table. Nothing else in the service knows a role's name."""

from enum import StrEnum


class Role(StrEnum):
    """A role is given to a user by a grant; the first six are customer roles, those from advocate on are Xoserve's.

    Deputy is what an LSO's deputy is for as long as that lasts; no grant gives it.
    """

    VIEWER = "viewer"
    MEMBER = "member"
    SUPERVISOR = "supervisor"
    REPORT_READER = "report_reader"
    DOCUMENT_READER = "document_reader"
    LSO = "lso"
    DEPUTY = "deputy"
    ADVOCATE = "advocate"
    LEAD_ADVOCATE = "lead_advocate"
    MANAGER = "manager"
    XOSERVE_LSO = "xoserve_lso"
    ADMINISTRATOR = "administrator"

    @property
    def label(self) -> str:
        """The role as people say it."""
        return LABELS.get(self, self.value.replace("_", " ").capitalize())


LABELS = {Role.LSO: "LSO", Role.DEPUTY: "Deputy LSO", Role.XOSERVE_LSO: "Xoserve LSO"}


class Permission(StrEnum):
    """`<resource>:<action>`; each is named once, on the verb or page that needs it."""

    ACCESS_ACT = "access:act"
    ACCESS_GRANT = "access:grant"
    ACCOUNT_OWN = "account:own"
    APPROVAL_DECIDE = "approval:decide"
    ALL_ORGANISATIONS = "organisation:all"
    AUDIT_READ = "audit:read"
    CONTACT_ANSWER = "contact:answer"
    CONTACT_ASK = "contact:ask"
    CONTACT_CLAIM = "contact:claim"
    CONTACT_EXPORT = "contact:export"
    CONTACT_RAISE = "contact:raise"
    CONTACT_READ = "contact:read"
    CONTACT_RESOLVE = "contact:resolve"
    CONTACT_WITHDRAW = "contact:withdraw"
    CONTACT_TYPE_CHANGE = "contact_type:change"
    CONTACT_TYPE_READ = "contact_type:read"
    DEPUTY_APPOINT = "deputy:appoint"
    FIGURES_READ = "figures:read"
    ORGANISATION_CHANGE = "organisation:change"
    ORGANISATION_READ = "organisation:read"
    REVIEW_START = "review:start"
    SERVICE_WATCH = "service:watch"
    SUPPORT_WORK = "support:work"
    UPLOAD_READ = "upload:read"
    USER_CHANGE = "user:change"
    USER_READ = "user:read"
    WORK_OVERSEE = "work:oversee"


P = Permission

EVERYONE = frozenset({P.ACCOUNT_OWN})
_VIEW = EVERYONE | {P.CONTACT_READ, P.CONTACT_EXPORT, P.CONTACT_TYPE_READ}
_RAISE = _VIEW | {P.CONTACT_RAISE, P.CONTACT_ANSWER, P.CONTACT_WITHDRAW, P.UPLOAD_READ}
_PEOPLE = EVERYONE | {P.USER_READ, P.USER_CHANGE, P.ACCESS_GRANT, P.AUDIT_READ, P.ORGANISATION_READ}
_STAFF = EVERYONE | {
    P.ALL_ORGANISATIONS,
    P.CONTACT_READ,
    P.CONTACT_EXPORT,
    P.CONTACT_TYPE_READ,
    P.ORGANISATION_READ,
    P.UPLOAD_READ,
}
_WORK = _STAFF | {P.CONTACT_CLAIM, P.CONTACT_ASK, P.CONTACT_RESOLVE}

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEW,
    Role.MEMBER: _RAISE,
    Role.SUPERVISOR: _RAISE | {P.WORK_OVERSEE},
    Role.REPORT_READER: EVERYONE,
    Role.DOCUMENT_READER: EVERYONE,
    Role.LSO: _PEOPLE | {P.DEPUTY_APPOINT, P.APPROVAL_DECIDE, P.REVIEW_START},
    # At most: an LSO may leave out any of the powers below, and a deputy has no deputies. Nor do they decide about
    # approvals: whoever asks would choose who approves.
    Role.DEPUTY: _PEOPLE,
    Role.ADVOCATE: _WORK,
    Role.LEAD_ADVOCATE: _WORK | {P.WORK_OVERSEE},
    Role.MANAGER: _STAFF | {P.AUDIT_READ, P.USER_READ, P.FIGURES_READ, P.WORK_OVERSEE},
    # Reads every organisation's access, and changes one organisation's while acting for it (ON_BEHALF).
    Role.XOSERVE_LSO: EVERYONE
    | {P.USER_READ, P.AUDIT_READ, P.ORGANISATION_READ, P.ALL_ORGANISATIONS, P.ACCESS_ACT, P.SUPPORT_WORK},
    Role.ADMINISTRATOR: _STAFF
    | _PEOPLE
    | {
        P.APPROVAL_DECIDE,
        P.CONTACT_TYPE_CHANGE,
        P.ORGANISATION_CHANGE,
        P.REVIEW_START,
        P.SERVICE_WATCH,
        P.SUPPORT_WORK,
    },
}

# What somebody may do while they act for one organisation that is not theirs; its other rows are out of their reach.
ON_BEHALF = _PEOPLE | {P.ACCESS_ACT, P.APPROVAL_DECIDE, P.REVIEW_START}

CUSTOMER_ROLES = frozenset(
    {Role.VIEWER, Role.MEMBER, Role.SUPERVISOR, Role.REPORT_READER, Role.DOCUMENT_READER, Role.LSO}
)
XOSERVE_ROLES = frozenset(Role) - CUSTOMER_ROLES - {Role.DEPUTY}

# What a holder of the left role may give to or take from other people. An LSO hands out the roles of
# the Contacts, Reports and Documents services without working contacts, so "holds" is said here and
# not derived from GRANTS. For some of it they need a second pair of eyes (domain.approvals).
GRANTABLE: dict[Role, frozenset[Role]] = {
    Role.LSO: CUSTOMER_ROLES,
    Role.DEPUTY: CUSTOMER_ROLES - {Role.LSO},
    Role.XOSERVE_LSO: CUSTOMER_ROLES,
    Role.ADMINISTRATOR: CUSTOMER_ROLES | XOSERVE_ROLES,
}

# Whoever works for Xoserve or decides about other people's access: a second factor is asked of them, and their
# sessions end sooner when unused. Deputies are known by what they may do.
CLOSELY_GUARDED = XOSERVE_ROLES | {Role.LSO}


def is_closely_guarded(roles: frozenset[Role], permissions: frozenset[Permission]) -> bool:
    """Whether somebody with these roles and permissions needs a second factor and shorter sessions."""
    return bool(roles & CLOSELY_GUARDED) or Permission.USER_CHANGE in permissions


class Power(StrEnum):
    """A part of an LSO's work that a deputy may be given or not; looking after accounts they always have."""

    GRANTS = "grants"
    ACTIVITY = "activity"

    @property
    def label(self) -> str:
        """The power as a choice in a form."""
        return {"grants": "Give and withdraw services and roles", "activity": "Read the activity list"}[self.value]


_OF_POWER = {Power.GRANTS: frozenset({P.ACCESS_GRANT}), Power.ACTIVITY: frozenset({P.AUDIT_READ})}


def permissions_of_deputy(powers: frozenset[Power]) -> frozenset[Permission]:
    """What a deputy with these powers may do besides what their own roles allow."""
    return GRANTS[Role.DEPUTY].difference(*(held for power, held in _OF_POWER.items() if power not in powers))


def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    """Everything these roles allow together; signing in at all allows one's own account."""
    return EVERYONE.union(*(GRANTS[role] for role in roles))


def grantable_by(roles: frozenset[Role]) -> frozenset[Role]:
    """The roles a holder of these may give or take."""
    return frozenset().union(*(GRANTABLE.get(role, frozenset()) for role in roles))
