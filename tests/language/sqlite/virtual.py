"""Virtual tables: what they hold stands in tables of their own, or they hold nothing."""

from tests.language.cases import Case

SECTION = "Virtual tables"
BASE = """
    CREATE TABLE docs (id INTEGER PRIMARY KEY, title TEXT, body TEXT);
    INSERT INTO docs VALUES (1, 'one', 'red green'), (2, 'two', 'green blue'), (3, 'x', 'blue red');
    CREATE TABLE log (what); INSERT INTO log VALUES ('begun');
"""
_OWN = """
    CREATE VIRTUAL TABLE words USING {} (title, body{});
    INSERT INTO words (rowid, title, body) SELECT id, title, body FROM docs;
"""
_FIVE, _FOUR, _THREE = (_OWN.format(f"fts{n}", "") for n in (5, 4, 3))
_OUT = _OWN.format("fts5", ", content='docs', content_rowid='id'")
_OUT4 = _OWN.format("fts4", ", content='docs'")
_LESS = _OWN.format("fts5", ", content=''")
_LESS_DELETE = _OWN.format("fts5", ", content='', contentless_delete=1")
_BARE = _OWN.format("fts5", ", detail=none, columnsize=0")
_PREFIX = _OWN.format("fts5", ", tokenize='porter ascii', prefix='2 3', detail=column")
_TRIGGERED = (
    _OUT
    + """
    CREATE TRIGGER docs_ai AFTER INSERT ON docs BEGIN
        INSERT INTO words (rowid, title, body) VALUES (new.id, new.title, new.body); END;
    CREATE TRIGGER docs_ad AFTER DELETE ON docs BEGIN
        INSERT INTO words (words, rowid, title, body)
        VALUES ('delete', old.id, old.title, old.body); END;
    CREATE VIEW found AS SELECT w.title FROM words AS w WHERE w.title > 'a';
"""
)
_MAP = """
    CREATE VIRTUAL TABLE map USING {} (id, x0, x1, y0, y1{});
    INSERT INTO map (id, x0, x1, y0, y1)
    WITH RECURSIVE c (x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c WHERE x < 300)
    SELECT x, x, x + 1, x * 2 % 17, x * 2 % 17 + 3 FROM c;
"""
_TREE, _WHOLE = _MAP.format("rtree", ", +name"), _MAP.format("rtree_i32", "")
_GEO = """
    CREATE VIRTUAL TABLE geo USING geopoly (name);
    INSERT INTO geo (name, _shape) VALUES ('a', '[[0,0],[1,0],[0,1],[0,0]]'), ('b', '[[5,5],[9,5],[5,9],[5,5]]');
"""
_SPECIAL = "INSERT INTO words (words) VALUES ('{}')"
_FIVES = (_FIVE, _OUT, _LESS, _BARE, _PREFIX)
_WRITE = "INSERT INTO words (rowid, title, body) VALUES (77, 'new', 'purple')"
CASES = [
    *(Case(_WRITE, setup=setup) for setup in (*_FIVES, _FOUR, _OUT4, _THREE)),
    *(Case("DROP TABLE words", setup=setup) for setup in (*_FIVES, _FOUR, _OUT4, _THREE)),
    *(
        Case(
            'ALTER TABLE words RENAME TO "more words"; ' + _WRITE.replace("words", '"more words"'),
            setup=setup,
        )
        for setup in (_FIVE, _LESS, _FOUR, _THREE, _TRIGGERED)
    ),
    Case("ALTER TABLE map RENAME TO atlas; DELETE FROM atlas WHERE id < 50", setup=_TREE),
    Case("ALTER TABLE words RENAME TO other; ALTER TABLE other RENAME TO words", setup=_FIVE),
    Case("ALTER TABLE words RENAME TO other; CREATE TABLE words (a)", setup=_FIVE),
    Case("ALTER TABLE docs RENAME TO papers", setup=_TRIGGERED),
    *(
        Case("UPDATE words SET body = 'neutral' WHERE rowid = 2", setup=s)
        for s in (_FIVE, _BARE, _FOUR, _THREE)
    ),
    *(Case("DELETE FROM words WHERE rowid = 1", setup=s) for s in (_FIVE, _PREFIX, _FOUR, _THREE)),
    *(Case("DELETE FROM words", setup=s) for s in (_FIVE, _FOUR, _THREE)),
    Case("DELETE FROM words WHERE rowid = 2", setup=_LESS_DELETE, since=343),
    Case(
        "INSERT OR REPLACE INTO words (rowid, title, body) VALUES (2, 'z', 'w')",
        setup=_LESS_DELETE,
        since=343,
    ),
    Case("DROP TABLE words", setup=_LESS_DELETE, since=343),
    Case("INSERT OR REPLACE INTO words (rowid, title) VALUES (2, 'z')", setup=_FIVE),
    Case(
        "INSERT INTO docs VALUES (9, 'nine', 'purple'); DELETE FROM docs WHERE id = 1",
        setup=_TRIGGERED,
    ),
    *(Case(_SPECIAL.format("rebuild"), setup=s) for s in (_FIVE, _OUT, _FOUR, _THREE)),
    *(Case(f"{_WRITE}; " + _SPECIAL.format("optimize"), setup=s) for s in (*_FIVES, _FOUR, _THREE)),
    *(Case(_SPECIAL.format("integrity-check"), setup=s) for s in (_FIVE, _OUT, _FOUR)),
    *(Case(_SPECIAL.format("delete-all"), setup=s) for s in (_OUT, _LESS)),
    Case("INSERT INTO words (words, rank) VALUES ('merge', 500)", setup=_FIVE),
    *(
        Case(f"INSERT INTO words (words, rank) VALUES ('{name}', {value})", setup=_FIVE)
        for name, value in (
            ("automerge", 8),
            ("crisismerge", 16),
            ("pgsz", 512),
            ("usermerge", 4),
            ("rank", "'bm25(10.0)'"),
            ("hashsize", 100),
        )
    ),
    Case(
        "INSERT INTO words (words, rank) VALUES ('secure-delete', 1); DELETE FROM words WHERE rowid = 2",
        setup=_FIVE,
        since=342,
    ),
    Case(
        "INSERT INTO words (words, rowid, title, body) VALUES ('delete', 1, 'one', 'red green')",
        setup=_LESS,
    ),
    *(
        Case(_SPECIAL.format(word), setup=s)
        for word in ("merge=200,8", "automerge=4")
        for s in (_FOUR,)
    ),
    *(
        Case(f"CREATE VIRTUAL TABLE made USING fts{n} (a, b); INSERT INTO made VALUES ('x', 'y')")
        for n in (3, 4, 5)
    ),
    Case(
        "CREATE VIRTUAL TABLE made USING fts4 (a, b, notindexed=b, languageid='lid', prefix='2', order=desc, compress=upper, uncompress=lower)"
    ),
    Case("CREATE VIRTUAL TABLE made USING fts4 (a, matchinfo=fts3); INSERT INTO made VALUES ('x')"),
    Case(
        'CREATE VIRTUAL TABLE IF NOT EXISTS main."my words" USING fts5 (a, tokenize = "unicode61 remove_diacritics 2")'
    ),
    *(
        Case("UPDATE map SET x0 = x0 + 1, x1 = x1 + 1 WHERE id % 3", setup=s)
        for s in (_TREE, _WHOLE)
    ),
    *(Case("DELETE FROM map WHERE id < 200", setup=s) for s in (_TREE, _WHOLE)),
    *(Case("DROP TABLE map", setup=s) for s in (_TREE, _WHOLE)),
    Case("INSERT OR REPLACE INTO map VALUES (200, 1, 2, 3, 4, 'z')", setup=_TREE),
    Case(
        "CREATE VIRTUAL TABLE made USING rtree_i32 (id, x0, x1); INSERT INTO made VALUES (1, 2, 3)"
    ),
    Case("CREATE VIRTUAL TABLE made USING fts5vocab ('words', 'row')", setup=_FIVE),
    Case(
        "CREATE VIRTUAL TABLE made USING fts5vocab (words, instance); DROP TABLE made; DROP TABLE words",
        setup=_FIVE,
    ),
    Case(
        "CREATE VIRTUAL TABLE made USING fts4aux (words); ALTER TABLE made RENAME TO aux",
        setup=_FOUR,
    ),
    Case("CREATE VIRTUAL TABLE made USING fts3tokenize ('simple')"),
    Case("INSERT INTO log SELECT value FROM json_each('[1]')"),
    Case("CREATE VIEW made AS SELECT value FROM json_tree('[1]'), pragma_table_info('docs')"),
    Case("DELETE FROM words_data", "refused", "virtual-table", _FIVE),
    Case("DROP TABLE words_data", "refused", "virtual-table", _FIVE),
    Case("ALTER TABLE words_content ADD COLUMN q", "refused", "virtual-table", _FIVE),
    Case("ALTER TABLE words_content RENAME TO other", "refused", "virtual-table", _FIVE),
    Case("CREATE INDEX i ON words_config (v)", "refused", "virtual-table", _FIVE),
    Case(
        "CREATE TRIGGER g AFTER INSERT ON words_docsize BEGIN SELECT 1; END",
        "refused",
        "virtual-table",
        _FIVE,
    ),
    Case("CREATE TABLE words_mine (a)", setup=_FIVE),
    Case("CREATE VIRTUAL TABLE made USING nothing (a)", "refused", "create-virtual-table"),
    Case("CREATE VIRTUAL TABLE made USING json_each", "refused", "create-virtual-table"),
    Case("CREATE VIRTUAL TABLE geo USING geopoly (name)"),
    Case("INSERT INTO geo (name, _shape) VALUES ('c', '[[2,2],[3,2],[2,3],[2,2]]')", setup=_GEO),
    Case("UPDATE geo SET name = 'z' WHERE rowid = 1", setup=_GEO),
    Case("DELETE FROM geo", setup=_GEO),
    Case("ALTER TABLE geo RENAME TO earth", setup=_GEO),
    Case("DROP TABLE geo", setup=_GEO),
    Case("CREATE VIRTUAL TABLE made USING dbstat (main)"),
    Case("INSERT INTO log SELECT name FROM dbstat WHERE name = 'docs'"),
]
FAILING = [
    Case("ALTER TABLE words ADD COLUMN q", setup=_FIVE),
    Case("ALTER TABLE words DROP COLUMN body", setup=_FIVE),
    Case("ALTER TABLE words RENAME body TO text", setup=_FIVE),
    Case("DELETE FROM words", setup=_LESS),
    Case("UPDATE words SET body = 'z'", setup=_LESS),
    Case("CREATE INDEX i ON words (body)", setup=_FIVE),
    Case("CREATE TRIGGER g AFTER INSERT ON words BEGIN SELECT 1; END", setup=_FIVE),
    Case(_SPECIAL.format("nothing"), setup=_FIVE),
    Case(_SPECIAL.format("delete-all"), setup=_FIVE),
    Case("INSERT INTO map (id, x0, x1, y0, y1) VALUES (1, 2, 1, 0, 0)", setup=_TREE),
]
