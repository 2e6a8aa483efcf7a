"""Throws generated requests at every documented operation: no server error, and answers as documented."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from recaller.settings import Settings, use_settings
from tests.support.api import PAGE_HEADERS, bearer_for, mounted_api
from tests.support.households import Household

# Long by nature: on a busy machine longer than the usual limit for one test.
pytestmark = pytest.mark.timeout(3600)

EXAMPLES = 8
# Made-up passwords, tokens and households are refused by what these are for.
ALWAYS_REFUSED = {"POST /auth/sign-in", "POST /auth/refresh", "POST /auth/tenant"}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
_numbers = itertools.count(1)


@dataclass
class Target:
    schema: BaseSchema
    household: Household


@pytest.fixture
def target(database: Settings, household: Household) -> Iterator[Target]:
    use_settings(database.model_copy(update={"api_requests_per_minute": 1_000_000, "trusted_proxy_hops": 1}))
    yield Target(schemathesis.openapi.from_asgi("/api/v1/openapi.json", mounted_api()), household)
    use_settings(database)


def headers_for(target: Target) -> dict[str, str]:
    """Each request has a session of its own, since requests end sessions, and an address, since tries are counted."""
    number = next(_numbers)
    return {
        **PAGE_HEADERS,
        "Authorization": f"Bearer {bearer_for(target.household)}",
        "X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
    }


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_no_generated_request_breaks_the_api(target: Target) -> None:
    failures: list[str] = []
    answers: dict[str, list[int]] = defaultdict(list)
    for found, mode in itertools.product(target.schema.get_all_operations(), GenerationMode):
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def try_operation(case: schemathesis.Case) -> None:
            # A path with a line break in it doesn't reach the API: the mount above answers that it's unknown.
            assume("\n" not in unquote("".join(map(str, case.path_parameters.values()))))
            case.headers.pop("Authorization", None)
            if len(answers[case.operation.label]) % 2:
                # Every other one is for the caller's own household, so that it comes further than the wall.
                case.headers.pop("x-tenant-id", None)
            # With `fields=` an answer has the fields that were asked for, not those of the schema.
            checks = CHECKS[:-1] if "fields" in case.query else CHECKS
            answer = case.call_and_validate(headers=headers_for(target), checks=checks)
            answers[case.operation.label].append(answer.status_code)

        try:
            try_operation()
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE  # an operation without input can't be asked wrongly
        except (FailureGroup, AssertionError) as failure:
            failures.append(f"{operation.label}: {failure}")
    assert not failures, "\n\n".join(failures)
    reached = {label for label, statuses in answers.items() if set(statuses) - {401, 403, 429}}
    assert set(answers) - reached <= ALWAYS_REFUSED
