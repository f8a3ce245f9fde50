"""Event triggers."""

from __future__ import annotations

from journal.postgresql.catalog.triggers import ENABLED
from journal.postgresql.catalog.whole import Whole

EVENT_TRIGGER = Whole(
    kind="event trigger",
    family="event_trigger",
    catalog="pg_event_trigger",
    name="o.evtname",
    owner="o.evtowner",
    text="""
    pg_catalog.format('create event trigger %%I on %%I', o.evtname, o.evtevent)
        || coalesce(' when tag in (' || (select string_agg(quote_literal(g.tag), ', '
            order by g.place) from unnest(o.evttags) with ordinality g(tag, place)) || ')', '')
        || ' execute function ' || o.evtfoid::regproc || '()'""",
    more=(("enabled", ENABLED.format("o.evtenabled")),),
)
