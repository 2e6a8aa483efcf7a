"""Categories: the income and expense accounts, in a tree of two levels."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from recaller.api.dependencies import CurrentScope
from recaller.api.idempotency import Once
from recaller.api.schemas import COMMON_PROBLEMS, NO_NUL, Body, Fields, IfMatch, Version
from recaller.infra.work import work
from recaller.services import categories
from recaller.services.categories import CategoryView

router = APIRouter(prefix="/categories", tags=["categories"], responses=COMMON_PROBLEMS)

Name = Annotated[
    str, Field(min_length=1, max_length=categories.MAX_NAME, pattern=NO_NUL, examples=["Groceries"])
]
Icon = Annotated[str, Field(pattern=r"^[a-z0-9\-]{1,40}$", examples=["shopping-cart"])]
Parent = Annotated[UUID | None, Field(description="A category of the top level and the same kind.")]


class NewCategory(Body):
    """A category to create; without a parent it stands at the top level."""

    name: Name
    kind: Literal["income", "expense"]
    parent_id: Parent = None
    icon: Icon = "tag"


class CategoryEdit(Body):
    """A category's name, place and icon as a whole."""

    name: Name
    parent_id: Parent = None
    icon: Icon = "tag"
    version: Version | None = None


@router.get("", response_model=tuple[CategoryView, ...])
def list_categories(
    scope: CurrentScope,
    fields: Fields,
    hidden: Annotated[bool, Query(description="Hidden categories, too.")] = False,
) -> object:
    """Return the categories, income first, each parent followed by its children."""
    with work(scope, read_only=True) as w:
        return fields.reply(categories.list_categories(w, hidden=hidden))


@router.post("", status_code=201, response_model=CategoryView)
def create_category(body: NewCategory, scope: CurrentScope, once: Once) -> object:
    """Create a category; 409 when its name is taken there."""
    with work(scope) as w:
        return once.reply(w, lambda: categories.create_category(w, **body.model_dump()), status=201)


@router.get("/{category_id}", response_model=CategoryView)
def get_category(category_id: UUID, scope: CurrentScope, fields: Fields, response: Response) -> object:
    """Return one category; its version is in the ETag, too."""
    with work(scope, read_only=True) as w:
        view = categories.get_category(w, category_id)
        response.headers["ETag"] = f'"{view.version}"'
        return fields.reply(view)


@router.put("/{category_id}")
def edit_category(
    category_id: UUID, body: CategoryEdit, scope: CurrentScope, if_match: IfMatch
) -> CategoryView:
    """Rename or move a category.

    Needs the `version` that was edited, in the body or in If-Match; 409 when it isn't the current one.
    """
    with work(scope) as w:
        return categories.edit_category(
            w,
            category_id,
            name=body.name,
            parent_id=body.parent_id,
            icon=body.icon,
            version=if_match.of(body.version),
        )


@router.delete("/{category_id}", status_code=204)
def delete_category(category_id: UUID, scope: CurrentScope) -> None:
    """Delete a category without transactions and sub-categories; 409 for any other."""
    with work(scope) as w:
        categories.delete_category(w, category_id)


@router.post("/{category_id}/hide")
def hide_category(category_id: UUID, scope: CurrentScope) -> CategoryView:
    """Take a category out of the pickers; its transactions keep it."""
    with work(scope) as w:
        return categories.hide_category(w, category_id, hidden=True)


@router.post("/{category_id}/show")
def show_category(category_id: UUID, scope: CurrentScope) -> CategoryView:
    """Bring a hidden category back."""
    with work(scope) as w:
        return categories.hide_category(w, category_id, hidden=False)
