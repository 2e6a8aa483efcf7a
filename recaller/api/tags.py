"""Tags: free labels on transactions, made when first used."""

from __future__ import annotations

from fastapi import APIRouter

from recaller.api.dependencies import CurrentScope
from recaller.api.schemas import COMMON_PROBLEMS, Fields
from recaller.infra.work import work
from recaller.services import tags
from recaller.services.tags import TagView

router = APIRouter(prefix="/tags", tags=["tags"], responses=COMMON_PROBLEMS)


@router.get("", response_model=tuple[TagView, ...])
def list_tags(scope: CurrentScope, fields: Fields) -> object:
    """Return the household's tags by name; a transaction makes new ones by naming them."""
    with work(scope, read_only=True) as w:
        return fields.reply(tags.list_tags(w))
