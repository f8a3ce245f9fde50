"""Text search: configurations, dictionaries, parsers and templates."""

from __future__ import annotations

from tests.language.cases import Case

SECTION = "Text search"

BASE = """
create schema app;
create schema "Odd ""schema"" 🙂";
create text search dictionary app.plain (template = pg_catalog.simple, stopwords = english);
create text search dictionary app.stem (template = snowball, language = german);
create text search dictionary "Odd ""schema"" 🙂"."Di ct" (template = simple, accept = false);
create text search configuration app.notes (copy = pg_catalog.english);
alter text search configuration app.notes
    alter mapping for asciiword, word with app.plain, pg_catalog.english_stem;
create text search dictionary app.loose (template = pg_catalog.simple, stopwords = english);
create text search configuration app.texts (copy = pg_catalog.english);
alter text search configuration app.texts
    alter mapping for asciiword, word with app.loose, pg_catalog.english_stem;
create text search configuration app.bare (parser = default);
create text search configuration "Odd ""schema"" 🙂"."Con fig" (copy = pg_catalog.simple);
alter text search configuration "Odd ""schema"" 🙂"."Con fig"
    alter mapping for word with "Odd ""schema"" 🙂"."Di ct";
comment on text search configuration app.notes is 'of people';
comment on text search dictionary app.plain is 'nothing but words';
create table app.note (
    id integer primary key, body text,
    found tsvector generated always as (to_tsvector('app.notes', body)) stored
);
insert into app.note (id, body) select i, 'the cats of ' || i from generate_series(1, 20) i;
create table app.page (id integer primary key, body text, words tsvector);
create index page_words on app.page using gin (to_tsvector('app.notes', body));
create trigger page_words before insert or update on app.page
    for each row execute function tsvector_update_trigger(words, 'app.notes', body);
insert into app.page (id, body) select i, 'dogs ' || i from generate_series(1, 20) i;
create index page_texts on app.page using gin (to_tsvector('app.texts', body));
create view app.words as select id, to_tsvector('app.texts', body) as words from app.page;
create function app.search(text) returns tsvector stable
    return to_tsvector('app.notes', $1);
"""

_PARSER = (
    "create text search parser app.parsing (start = prsd_start, gettoken = prsd_nexttoken,"
    " end = prsd_end, lextypes = prsd_lextype, headline = prsd_headline)"
)
_TEMPLATE = "create text search template app.shape (init = dsimple_init, lexize = dsimple_lexize)"
_FREE = "create text search configuration app.free (copy = app.notes)"

CASES = (
    Case("create text search dictionary app.fresh (template = simple)"),
    Case("create text search dictionary app.fresh (template = simple, stopwords = 'russian')"),
    Case("create text search dictionary app.fresh (template = snowball, language = french)"),
    Case(
        "create text search dictionary app.fresh (template = pg_catalog.synonym,"
        " synonyms = synonym_sample, casesensitive = true)"
    ),
    Case('create text search dictionary "Q""uo te 🙂" (template = simple, accept = false)'),
    Case("create text search configuration app.fresh (parser = pg_catalog.default)"),
    Case("create text search configuration app.fresh (copy = app.notes)"),
    Case("create text search configuration app.fresh (copy = pg_catalog.french)"),
    Case('create text search configuration "Q""uo te 🙂" (copy = app.bare)'),
    Case("alter text search dictionary app.loose (stopwords = german)"),
    Case("alter text search dictionary app.loose (stopwords)"),
    Case("alter text search dictionary app.loose (accept = false)"),
    Case("alter text search dictionary app.loose (dummy)"),
    Case("alter text search dictionary app.stem (language = english, stopwords = 'english')"),
    Case("alter text search dictionary app.plain rename to ordinary"),
    Case('alter text search dictionary app.plain rename to "or ""din ary"'),
    Case("alter text search dictionary app.plain set schema public"),
    Case("alter text search dictionary app.plain owner to clew_other", superuser=True),
    Case("comment on text search dictionary app.plain is null"),
    Case("comment on text search dictionary app.stem is E'it''s\\nnew'"),
    Case("alter text search configuration app.texts add mapping for blank with app.loose"),
    Case("alter text search configuration app.bare add mapping for word, email with simple"),
    Case("alter text search configuration app.texts drop mapping for word"),
    Case("alter text search configuration app.texts drop mapping if exists for blank, word"),
    Case("alter text search configuration app.texts alter mapping for word with simple, app.stem"),
    Case("alter text search configuration app.texts alter mapping replace app.loose with app.stem"),
    Case(
        "alter text search configuration app.texts"
        " alter mapping for word replace app.loose with simple"
    ),
    Case("alter text search configuration app.notes rename to papers"),
    Case("alter text search configuration app.bare rename to barest"),
    Case("alter text search configuration app.notes set schema public"),
    Case("alter text search configuration app.notes owner to clew_other", superuser=True),
    Case("comment on text search configuration app.notes is 'others'"),
    Case("comment on text search configuration app.bare is 'others'"),
    # A stored column keeps what was made with the former ones, and could not be made again so.
    Case(
        "alter text search configuration app.notes drop mapping for email",
        "refused",
        "generated-values",
    ),
    Case("alter text search dictionary app.plain (stopwords)", "refused", "generated-values"),
    Case("drop text search configuration app.bare"),
    Case("drop text search configuration if exists app.nothing, app.bare cascade"),
    Case('drop text search configuration "Odd ""schema"" 🙂"."Con fig"'),
    Case("drop text search configuration app.free", setup=_FREE),
    Case('drop text search dictionary "Odd ""schema"" 🙂"."Di ct" cascade'),
    Case("drop text search dictionary app.stem"),
    Case("drop text search dictionary app.plain cascade", "rebuild"),
    # A configuration that a generated column, an index, a view and a function are made of.
    Case("drop text search configuration app.notes cascade", "rebuild"),
    Case("drop schema app cascade"),
    Case('drop schema "Odd ""schema"" 🙂" cascade'),
    Case("alter schema app rename to application"),
    Case("alter table app.note drop column found", "rebuild"),
    Case("alter table app.note drop column body cascade", "rebuild"),
    Case("alter table app.note alter column id type bigint", "rebuild"),
    Case("drop table app.note, app.page cascade"),
    Case("drop index app.page_words"),
    Case("drop trigger page_words on app.page"),
    Case("drop view app.words"),
    Case("create index more on app.note using gin (to_tsvector('app.notes', body))"),
    Case("update app.note set body = 'other cats' where id < 5"),
    Case("update app.page set body = 'other dogs' where id < 5"),
    Case(_PARSER, superuser=True),
    Case(_TEMPLATE, superuser=True),
    Case("alter text search parser app.parsing rename to other", setup=_PARSER, superuser=True),
    Case("alter text search parser app.parsing set schema public", setup=_PARSER, superuser=True),
    Case("comment on text search parser app.parsing is 'mine'", setup=_PARSER, superuser=True),
    Case("drop text search parser app.parsing", setup=_PARSER, superuser=True),
    Case(
        "drop text search parser app.parsing cascade",
        setup=f"{_PARSER}; create text search configuration app.own (parser = app.parsing);"
        " alter text search configuration app.own add mapping for word with simple",
        superuser=True,
    ),
    Case("alter text search template app.shape rename to other", setup=_TEMPLATE, superuser=True),
    Case("alter text search template app.shape set schema public", setup=_TEMPLATE, superuser=True),
    Case("comment on text search template app.shape is 'mine'", setup=_TEMPLATE, superuser=True),
    Case("drop text search template app.shape", setup=_TEMPLATE, superuser=True),
    Case(
        "drop text search template app.shape cascade",
        setup=f"{_TEMPLATE}; create text search dictionary app.own (template = app.shape);"
        " alter text search configuration app.bare add mapping for word with app.own",
        superuser=True,
    ),
    Case("do $$ begin create text search configuration app.by (copy = app.notes); end $$"),
    Case("do $$ begin drop text search configuration app.bare; end $$"),
)
