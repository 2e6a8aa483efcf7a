"""The REST surface, mounted under /api/v1: thin routers over the same services as the pages.

A router is one module with an `APIRouter` named `router`, listed in `app.ROUTERS`. Its endpoints are plain `def`,
so that a slow one keeps only its own thread busy, and look like this:

    @router.get("", response_model=Page[TagView])
    def list_tags(scope: CurrentScope, fields: Fields, page: Paging) -> object:
        '''Return the household's tags by name.'''
        with work(scope, read_only=True) as w:
            return fields.reply(services.list_tags(w, page.limit, page.cursor))

    @router.post("", status_code=201, response_model=TagView)
    def create_tag(body: NewTag, scope: CurrentScope, once: Once) -> object:
        '''Create a tag; with an Idempotency-Key once only.'''
        with work(scope) as w:
            return once.reply(w, lambda: services.create_tag(w, body.name), status=201)

`CurrentScope` has checked the credential, the CSRF header, the tenant hint and the rate limit. Bodies are pydantic
models that derive from `schemas.Body`; answers are the services' frozen views. Services raise the errors of
`recaller.core.errors`, which `errors.py` turns into problem documents: an endpoint catches nothing.
"""
