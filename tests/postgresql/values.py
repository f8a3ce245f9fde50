"""Values that are easily lost, by type, and the settings under which they are."""

from __future__ import annotations

TYPES = r"""
CREATE TYPE mood AS ENUM ('sad', 'it''s "ok", \', '', '☃');
CREATE TYPE pair AS (a integer, b text, "C d" float8[]);
CREATE TYPE nest AS (p pair, m mood, "null" text);
CREATE TYPE floats AS RANGE (subtype = float8);
CREATE DOMAIN whole AS integer CHECK (value <> 13);
CREATE DOMAIN said AS text COLLATE "C";
CREATE DOMAIN padded AS char(4);
CREATE DOMAIN listed AS integer[];
CREATE DOMAIN paired AS pair;
CREATE TYPE shouted AS ENUM ('a', 'b');
CREATE FUNCTION shout(shouted) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'wrong' $$;
CREATE CAST (shouted AS text) WITH FUNCTION shout(shouted) AS ASSIGNMENT;
CREATE FUNCTION unshout(text) RETURNS shouted LANGUAGE sql IMMUTABLE AS $$ SELECT 'b'::public.shouted $$;
CREATE CAST (text AS shouted) WITH FUNCTION unshout(text) AS IMPLICIT;
CREATE DOMAIN cried AS shouted;
CREATE DOMAIN wept AS cried;
CREATE DOMAIN padding AS padded;
CREATE FUNCTION whisper(pair) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'wrong' $$;
CREATE CAST (pair AS text) WITH FUNCTION whisper(pair) AS ASSIGNMENT;
"""

_CONTROLS = "".join(map(chr, range(1, 32)))
_FLOATS = ["-0", "nan", "infinity", "-infinity", "1e-7", "0.1", "123456.7"]

VALUES: dict[str, list[str]] = {
    "smallint": ["-32768", "32767"],
    "integer": ["-2147483648", "0"],
    "bigint": ["-9223372036854775808", "9223372036854775807"],
    "real": [*_FLOATS, "1e-45", "3.4028235e38", "16777216"],
    "double precision": [*_FLOATS, "5e-324", "1.7976931348623157e308", "0.30000000000000004"],
    "numeric": ["-0.00", "1.10", "nan", "infinity", "1e-300", "9" * 400, "0.000"],
    "numeric(10,2)": ["1.10", "nan"],
    "money": ["-1234567.89", "92233720368547758.07", "0"],
    "boolean": ["t", "f"],
    "text": [
        "",
        " ",
        "NULL",
        "null",
        "\\N",
        "\\",
        "\\\\x41",
        "'",
        '"',
        "{}",
        "(,)",
        "\r\n\t",
        _CONTROLS,
        "\x7f\x80\x9f\u00a0\ufeff\u2028",
        "🙂👩‍👩‍👧\U0010ffff",
        "e\u0301 \u00e9",
        "%s %% :x $1 ?",
        "x" * 1_000_000,
        "'\"\\" * 5000,
    ],
    "character varying": ["", "a  "],
    "character varying(5)": ["abcde", "a    "],
    "bpchar": ["", "a  ", "  "],
    "character(6)": ["", "a", "a b"],
    '"char"': ["", "a", "\\200", "\\377", "\\\\", "'"],
    "name": ["", 'N "x"', "x" * 63],
    "bytea": ["", "\\x00", "\\x5c5c", "\\x" + "".join(f"{n:02x}" for n in range(256)) * 400],
    "date": ["infinity", "-infinity", "4713-01-01 BC", "5874897-12-31", "0001-01-01 BC"],
    "time": ["00:00", "24:00:00", "23:59:59.999999"],
    "time with time zone": ["24:00:00+15:59", "00:00-15:59:59", "12:00:00.1+05:45"],
    "timestamp": ["infinity", "-infinity", "4713-01-01 BC", "294276-12-31 23:59:59.999999"],
    "timestamp with time zone": [
        "infinity",
        "-infinity",
        "4714-11-24 00:00:00+00 BC",
        "294276-12-31 23:59:59.999999+00",
        "1883-11-18 12:03:57.5 America/New_York",
        "2024-10-27 01:30+00",
    ],
    "timestamp(0)": ["2024-01-02 03:04:05"],
    "interval": [
        "0",
        "-1 year -3 days +04:05:06.789",
        "1 mon -1 day",
        "-00:00:00.000001",
        "178000000 years",
        "-2 years 3 mons -4 days -05:06:07",
        "00:00:60",
    ],
    "interval day to second": ["1 day -1 second"],
    "uuid": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    "json": ['{"a": 1,   "a":2}', "null", " 1e3 ", '"\\u0000"', "[1.10]\n", '"\\ud83d\\ude00"'],
    "jsonb": ['{"b": 1.10, "a": [null]}', "null", '"☃"', "1e3", "-0"],
    "jsonpath": ['$."a b"[*] ? (@ > 1)', "strict $"],
    "bit(3)": ["101", "000"],
    "bit varying": ["", "1", "10" * 200],
    "inet": ["1.2.3.4", "1.2.3.4/8", "::1/64", "::ffff:1.2.3.4"],
    "cidr": ["10.0.0.0/8", "2001:db8::/32", "1.2.3.4/32"],
    "macaddr": ["08:00:2b:01:02:03"],
    "macaddr8": ["08:00:2b:01:02:03:04:05"],
    "point": ["(-0,1e-300)", "(nan,infinity)", "(0.1,0.2)"],
    "line": ["{1,-2,0.1}"],
    "lseg": ["[(0,0),(1,-0)]"],
    "box": ["(1,1),(0,0)"],
    "path": ["[(0,0),(1,1)]", "((0,0),(1,1))"],
    "polygon": ["((0,0),(0.1,1),(1,1))"],
    "circle": ["<(0,0),0.1>"],
    "int4range": ["empty", "[1,5)", "(,)", "[1,)"],
    "int8range": ["[1,9223372036854775807)"],
    "numrange": ["(1.10,2.0]", "[1.1,1.1]", "empty"],
    "tsrange": ['["infinity",)', '(-infinity,"2024-01-01 00:00:00"]'],
    "tstzrange": ['["2024-01-01 00:00:00+00","2024-06-01 12:00:00+00")'],
    "daterange": ["[2024-01-01,infinity)", "(,0044-03-15 BC)"],
    "int4multirange": ["{}", "{[1,2),[5,6)}", "{(,)}"],
    "nummultirange": ["{(1.10,2.0],[3,)}"],
    "tstzmultirange": ['{["2024-01-01 00:00:00+00","2024-06-01 12:00:00+00")}'],
    "floats": ["[-0,nan)", "(0.1,0.30000000000000004]"],
    "oid": ["0", "4294967295"],
    "regclass": ["pg_catalog.pg_class", "0", "spare"],
    "regtype": ["integer", "mood", "character varying"],
    "regproc": ["pg_catalog.now", "shout"],
    "regprocedure": ["pg_catalog.now()", "shout(shouted)"],
    "regoper": ["pg_catalog.||/"],
    "regoperator": ["pg_catalog.+(integer,integer)"],
    "regnamespace": ["public", "pg_catalog"],
    "regrole": ["clew_owner"],
    "regconfig": ["simple"],
    "regdictionary": ["simple"],
    "regcollation": ['"C"'],
    "xid": ["4294967295"],
    "xid8": ["18446744073709551615"],
    "cid": ["1"],
    "tid": ["(4294967295,65535)"],
    "pg_lsn": ["16/B374D848", "FFFFFFFF/FFFFFFFF"],
    "pg_snapshot": ["10:20:10,14,15"],
    "txid_snapshot": ["10:20:10,14,15"],
    "tsvector": ["", "'a''b':1A,2 ' c\\\\':3B", "a b"],
    "tsquery": ["", "'a b' & !c:*AB", "a <2> b"],
    "int2vector": ["", "1 -2 3"],
    "oidvector": ["", "1 2"],
    "integer[]": ["{}", "[-1:1]={1,NULL,3}", "{{1,2},{3,4}}", "[0:0][2:3]={{1,2}}"],
    "text[]": ["{}", '{"",NULL,"NULL","a,b","\\"","\\\\"," "}', '{{"{}","("}}'],
    "double precision[]": ["{-0,nan,infinity,0.1}"],
    "bytea[]": ['{"\\\\x00","\\\\x"}'],
    "timestamptz[]": ['{infinity,"0044-03-15 12:00:00+00 BC"}'],
    "json[]": ['{"{\\"a\\":  1}",NULL,"null"}'],
    "money[]": ["{-1.50,NULL}"],
    "interval[]": ['{"-1 year -3 days 04:05:06.7"}'],
    "bpchar[]": ['{"a  ",""}'],
    "mood": ["sad", 'it\'s "ok", \\', "", "☃"],
    "mood[]": ['{"it\'s \\"ok\\", \\\\","",NULL}'],
    "pair": ["(,,)", '(1,"",{})', '(-1,"a ""b"" \\\\ (,)","{NULL,-0}")', '(1,NULL,"[5:5]={1}")'],
    "pair[]": ['{"(,,)",NULL,"(1,\\"x y\\",{nan})"}'],
    "nest": ['("(1,\\"\\"\\"\\",{-0})","",)', "(,,)", '("(,,)",☃,"null")'],
    "whole": ["12"],
    "said": ["", "a "],
    "padded": ["a", ""],
    "listed": ["[3:4]={1,NULL}"],
    "paired": ["(,,)", "(7,z,)"],
    "shouted": ["a", "b"],
    "shouted[]": ["{a,NULL}"],
    "wept": ["a", "b"],
    "padding": ["a", ""],
    "aclitem": ["clew_owner=r/clew_owner"],
    "refcursor": ["", "a b"],
}
"""The text of values, which a statement under plain settings reads."""

XML = {"xml": ['<?xml version="1.0"?><a>  </a>', "text <b/>", "", "<a x='&lt;'/>"]}
EXTENSIONS: dict[str, dict[str, list[str]]] = {
    "hstore": {"hstore": ['"a b"=>"\\"", c=>NULL, ""=>""', ""]},
    "citext": {"citext": ["AbC", "", " "]},
    "ltree": {"ltree": ["a.b_c.D", ""], "lquery": ["a.*{1,2}.b"], "ltree[]": ["{a.b,NULL}"]},
}
WITHOUT_BINARY = ("aclitem",)

HOSTILE = {
    "datestyle": "German",
    "intervalstyle": "sql_standard",
    "extra_float_digits": "-15",
    "bytea_output": "escape",
    "timezone": "Asia/Kathmandu",
    "lc_monetary": "C.UTF-8",
    "array_nulls": "off",
    "quote_all_identifiers": "on",
    "transform_null_equals": "on",
    "row_security": "off",
    "xmloption": "document",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "statement_timeout": "600000",
    "check_function_bodies": "off",
    "search_path": "elsewhere, public",
    "default_toast_compression": "pglz",
    "jit": "off",
}
OTHER = HOSTILE | {
    "datestyle": "SQL, DMY",
    "intervalstyle": "iso_8601",
    "extra_float_digits": "0",
    "timezone": "America/St_Johns",
    "array_nulls": "on",
    "search_path": "pg_catalog",
}
"""Settings on the way back, none of them those on the way there."""
