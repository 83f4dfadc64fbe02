"""domain.service: which role works within which service, and who may hold what."""

import pytest

from app.domain.roles import CUSTOMER_ROLES, XOSERVE_ROLES, Role
from app.domain.service import (
    GIVEN_SERVICES,
    SERVICE_OF,
    SERVICES_OF_KIND,
    Service,
    grantable_services,
    holdable_roles,
    holdable_services,
    keeper_role,
    services_for,
)


def test_every_role_works_within_one_service_and_access_control_is_given_to_nobody() -> None:
    assert set(SERVICE_OF) == set(Role)
    assert set(SERVICE_OF.values()) == set(Service)
    assert [service.label for service in GIVEN_SERVICES] == ["Contacts", "Reports", "Documents"]
    assert services_for(frozenset({Role.LSO, Role.MEMBER})) == {Service.CONTACTS}


@pytest.mark.parametrize("kind", SERVICES_OF_KIND)
def test_no_kind_of_organisation_mixes_customer_roles_with_xoserves(kind) -> None:
    roles = holdable_roles(kind)
    assert roles <= (XOSERVE_ROLES if kind == "CDSP" else CUSTOMER_ROLES)
    assert keeper_role(kind) in roles
    assert services_for(roles) == holdable_services(kind)


def test_agencies_and_providers_have_no_reports_and_unknown_kinds_nothing() -> None:
    assert Role.REPORT_READER in holdable_roles("SHIPPER")
    for kind in ("MRA", "UIP"):
        assert holdable_roles(kind) == CUSTOMER_ROLES - {Role.REPORT_READER}
    assert holdable_roles("") == holdable_services("") == frozenset()


def test_whoever_may_give_a_role_may_give_its_service() -> None:
    assert grantable_services(frozenset({Role.LSO})) == set(GIVEN_SERVICES)
    assert grantable_services(frozenset({Role.MEMBER, Role.MANAGER})) == frozenset()
