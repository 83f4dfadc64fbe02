"""The services people are given, which role works within which, and what each kind of organisation may hold."""

from enum import StrEnum

from app.domain.roles import CUSTOMER_ROLES, EVERYONE, GRANTS, XOSERVE_ROLES, Permission, Role, grantable_by


class Service(StrEnum):
    """A part of the whole that is given and withdrawn on its own; a role counts only while its service is given."""

    CONTACTS = "contacts"
    REPORTS = "reports"
    DOCUMENTS = "documents"
    ACCESS_CONTROL = "access_control"

    @property
    def label(self) -> str:
        """The service as people say it."""
        return "Access Control" if self is Service.ACCESS_CONTROL else self.value.capitalize()


# Everyone has Access Control from the start, so it is neither given nor withdrawn and no role in it can go to sleep.
GIVEN_TO_EVERYONE = Service.ACCESS_CONTROL
GIVEN_SERVICES = tuple(service for service in Service if service is not GIVEN_TO_EVERYONE)

SERVICE_OF: dict[Role, Service] = {
    Role.VIEWER: Service.CONTACTS,
    Role.MEMBER: Service.CONTACTS,
    Role.SUPERVISOR: Service.CONTACTS,
    Role.REPORT_READER: Service.REPORTS,
    Role.DOCUMENT_READER: Service.DOCUMENTS,
    Role.LSO: Service.ACCESS_CONTROL,
    Role.DEPUTY: Service.ACCESS_CONTROL,
    Role.ADVOCATE: Service.CONTACTS,
    Role.LEAD_ADVOCATE: Service.CONTACTS,
    Role.MANAGER: Service.CONTACTS,
    Role.XOSERVE_LSO: Service.ACCESS_CONTROL,
    Role.ADMINISTRATOR: Service.ACCESS_CONTROL,
}

# What only the service Contacts opens to people of customer organisations.
CONTACTS_PERMISSIONS = (
    frozenset[Permission]().union(*(GRANTS[role] for role in CUSTOMER_ROLES if SERVICE_OF[role] is Service.CONTACTS))
    - EVERYONE
)

# The roles that run an organisation's access; each organisation must have somebody in its own at all times.
KEEPER_ROLES = frozenset({Role.LSO, Role.ADMINISTRATOR})

# What each kind of organisation may hold; whoever only reads meters or connects premises has no reports of ours.
_CUSTOMER = frozenset({Service.CONTACTS, Service.REPORTS, Service.DOCUMENTS, Service.ACCESS_CONTROL})
SERVICES_OF_KIND: dict[str, frozenset[Service]] = {
    "SHIPPER": _CUSTOMER,
    "GT": _CUSTOMER,
    "IGT": _CUSTOMER,
    "DMSP": _CUSTOMER,
    "MRA": _CUSTOMER - {Service.REPORTS},
    "UIP": _CUSTOMER - {Service.REPORTS},
    "CDSP": frozenset({Service.CONTACTS, Service.ACCESS_CONTROL}),
}
_ONLY_XOSERVE = "CDSP"


def holdable_services(kind: str) -> frozenset[Service]:
    """The services that people of an organisation of this kind may be given; none for an unknown kind."""
    return SERVICES_OF_KIND.get(kind, frozenset()) - {GIVEN_TO_EVERYONE}


def holdable_roles(kind: str) -> frozenset[Role]:
    """The roles that people of an organisation of this kind may be given."""
    services = SERVICES_OF_KIND.get(kind, frozenset())
    fitting = XOSERVE_ROLES if kind == _ONLY_XOSERVE else CUSTOMER_ROLES
    return frozenset(role for role in fitting if SERVICE_OF[role] in services)


def keeper_role(kind: str) -> Role:
    """The role that runs the access of an organisation of this kind."""
    return Role.ADMINISTRATOR if kind == _ONLY_XOSERVE else Role.LSO


def grantable_services(roles: frozenset[Role]) -> frozenset[Service]:
    """The services a holder of these roles may give or withdraw: those in which they may give a role."""
    return frozenset(SERVICE_OF[role] for role in grantable_by(roles)) - {GIVEN_TO_EVERYONE}


def services_for(roles: frozenset[Role]) -> frozenset[Service]:
    """The services that must be given for these roles to count."""
    return frozenset(SERVICE_OF[role] for role in roles) - {GIVEN_TO_EVERYONE}


if SERVICE_OF.keys() != frozenset(Role):
    raise RuntimeError(f"roles of no service, or the other way round: {SERVICE_OF.keys() ^ frozenset(Role)}")
