"""OpenTelemetry: the tracer that the environment sets up, and spans through it.

Semantic conventions: https://opentelemetry.io/docs/specs/semconv/database/database-spans/
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import msgspec

from journal import spans
from journal.errors import Usage
from journal.spans import Told

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider as Provider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span, Tracer, TracerProvider

FLUSHING = 3.0
"""Seconds that the end of a call waits for its spans to be sent."""

_SETS_UP = (
    "OTEL_TRACES_EXPORTER",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_PYTHON_TRACER_PROVIDER",
)
_CARRIED = ("traceparent", "tracestate")
_TIMEOUTS = ("OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT")
_PROTOCOLS = {"http/protobuf": "otlp_proto_http", "grpc": "otlp_proto_grpc"}


class _Open(msgspec.Struct):
    """A span that has not ended; ``run`` is the one that it was opened for."""

    span: Span
    run: str
    first: int = 0


def configured(environment: Mapping[str, str]) -> bool:
    """Tell whether the environment asks for spans."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    return environment.get("OTEL_TRACES_EXPORTER") != "none" and any(
        environment.get(name) for name in _SETS_UP
    )


@contextmanager
def traced(environment: Mapping[str, str]) -> Iterator[None]:
    """Make spans of the block where the environment asks for them, and send them at its end.

    Without OTEL_* variables nothing is imported. What cannot be sent is lost; the block is
    not held up for longer than ``FLUSHING``.

    Raises:
        Usage: the variables name what is not installed.
    """
    if not configured(environment):
        yield
        return
    try:
        from opentelemetry.trace import ProxyTracerProvider, get_tracer_provider  # noqa: PLC0415
    except ImportError:
        raise _absent("OpenTelemetry") from None
    provider: object = get_tracer_provider()
    ours = None
    if isinstance(provider, ProxyTracerProvider):
        provider = ours = _provider(environment)
    try:
        with trace_with(provider, environment=environment):  # type: ignore[arg-type]
            yield
    finally:
        flush = getattr(provider, "force_flush", None)
        if flush is not None:
            flush(int(FLUSHING * 1000))
        if ours is not None:
            ours.shutdown()


@contextmanager
def trace_with(
    provider: TracerProvider, *, environment: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Make the spans of the block with a provider of the caller's.

    They stand below the current span, else below TRACEPARENT of ``environment``.
    """
    from opentelemetry import context, trace  # noqa: PLC0415 - an extra
    from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415
        TraceContextTextMapPropagator,
    )

    token = None
    if not trace.get_current_span().get_span_context().is_valid:
        given = environment or {}
        carrier = {name: given[name.upper()] for name in _CARRIED if given.get(name.upper())}
        token = context.attach(TraceContextTextMapPropagator().extract(carrier))
    spans.use(_Spans(provider.get_tracer("clew")))
    try:
        yield
    finally:
        spans.use(None)
        if token is not None:
            context.detach(token)


class _Spans:
    """Makes spans with a tracer of OpenTelemetry."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._open: ContextVar[tuple[_Open, ...]] = ContextVar("clew_spans", default=())

    @contextmanager
    def span(self, name: str, attributes: Mapping[str, Told]) -> Iterator[None]:
        """Make a span; an error is told by its class and SQLSTATE alone."""
        from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415 - an extra

        with self._tracer.start_as_current_span(
            name,
            attributes=dict(attributes),
            record_exception=False,
            set_status_on_exception=False,
        ) as made:
            run = str(attributes.get("clew.run", ""))
            token = self._open.set((*self._open.get(), _Open(span=made, run=run)))
            try:
                yield
            except BaseException as error:
                made.set_attribute("error.type", type(error).__name__)
                if state := getattr(error, "sqlstate", ""):
                    made.set_attribute("db.response.status_code", str(state))
                made.set_status(Status(StatusCode.ERROR))
                raise
            finally:
                self._open.reset(token)

    def about(self, attributes: Mapping[str, Told]) -> None:
        """Tell something of the outermost span; ``clew.verb`` names it."""
        for one in self._open.get()[:1]:
            one.span.set_attributes(dict(attributes))
            if verb := attributes.get("clew.verb"):
                one.span.update_name(f"clew {verb}")
            if "error.type" in attributes:
                from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415 - an extra

                one.span.set_status(Status(StatusCode.ERROR))

    def tell(self, attributes: Mapping[str, Told]) -> None:
        """Tell something of the current span."""
        for one in self._open.get()[-1:]:
            one.span.set_attributes(dict(attributes))

    def appended(self, run: str, first: int, last: int) -> None:
        """Tell every span positions; of the run only those that stand within what it was."""
        within = True
        for one in reversed(self._open.get()):
            one.first = one.first or first
            one.span.set_attributes({"clew.position.first": one.first, "clew.position.last": last})
            if run and within:
                one.span.set_attribute("clew.run", run)
            within = within and not one.run

    def carried(self) -> Mapping[str, str]:
        """Return TRACEPARENT, and TRACESTATE where there is one."""
        from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415 - an extra
            TraceContextTextMapPropagator,
        )

        carrier: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(carrier)
        return {name.upper(): value for name, value in carrier.items()}


def _provider(environment: Mapping[str, str]) -> Provider:
    """Make a provider as the environment says: resource, sampler and limits are the SDK's."""
    try:
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace import TracerProvider as Sdk  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        raise _absent("the SDK of OpenTelemetry") from None
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)  # each retry is a warning
    named = environment.get("OTEL_SERVICE_NAME") or "service.name=" in environment.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    made = Sdk(
        resource=Resource.create({} if named else {"service.name": "clew"}),
        shutdown_on_exit=False,
    )
    for name in environment.get("OTEL_TRACES_EXPORTER", "otlp").split(","):
        made.add_span_processor(BatchSpanProcessor(_exporter(name.strip(), environment)))
    return made


def _exporter(name: str, environment: Mapping[str, str]) -> SpanExporter:
    """Load an exporter by the name that OTEL_TRACES_EXPORTER gives; the console is stderr."""
    if name == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter  # noqa: PLC0415

        return ConsoleSpanExporter(out=sys.stderr)
    if name == "otlp":
        protocol = environment.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or environment.get(
            "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"
        )
        name = _PROTOCOLS.get(protocol, name)
    from importlib.metadata import entry_points  # noqa: PLC0415 - only here

    for found in entry_points(group="opentelemetry_traces_exporter", name=name):
        bounded = any(environment.get(one) for one in _TIMEOUTS) or not name.startswith("otlp")
        made: SpanExporter = found.load()(**({} if bounded else {"timeout": FLUSHING}))
        return made
    raise _absent(f"the exporter {name}")


def _absent(what: str) -> Usage:
    return Usage(
        f"OTEL_* asks for spans, but {what} is not installed",
        hint="Install it with pip install 'clew[otel]', or unset the variables.",
    )
