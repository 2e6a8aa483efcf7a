"""Reflex's configuration, made from Recaller's settings."""

import reflex as rx

from recaller.infra.same_origin import BUILD_ORIGIN, SameOriginPlugin
from recaller.settings import Environment, get_settings

settings = get_settings()
is_production = settings.environment is Environment.PRODUCTION

config = rx.Config(
    app_name="recaller",
    frontend_port=settings.port,
    backend_port=settings.port if is_production else settings.port + 1,
    backend_host=settings.host,
    # A production build is served from the address that the browser used, whatever it is.
    api_url=BUILD_ORIGIN if is_production else f"http://localhost:{settings.port + 1}",
    redis_url=settings.redis_url,
    cors_allowed_origins=settings.allowed_origins,
    trusted_proxy_hops=settings.trusted_proxy_hops,
    telemetry_enabled=False,
    show_built_with_reflex=False,
    frozen_lockfile=True,
    frontend_compression_formats=["brotli", "gzip"],
    plugins=[SameOriginPlugin()] if is_production else [],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
