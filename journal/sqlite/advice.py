"""What to do about errors that are nobody's SQL: a disk that is full, a file that is gone."""

from __future__ import annotations

_NAMES = {
    "SQLITE_FULL": "Make room on the disk, or raise PRAGMA max_page_count; then run it again.",
    "SQLITE_IOERR": "Look after the disk: is it full, worn out, or was the file taken away?",
    "SQLITE_READONLY": "Who may write to the file and its directory?",
    "SQLITE_CANTOPEN": "SQLite keeps files beside the database, and temporary ones where"
    " SQLITE_TMPDIR says: who may write there?",
    "SQLITE_CORRUPT": "The file is damaged: see PRAGMA integrity_check, and restore a backup.",
    "SQLITE_NOTADB": "The file is damaged: see PRAGMA integrity_check, and restore a backup.",
    "SQLITE_NOMEM": "There is no memory left: end other programs, or give it more.",
    "SQLITE_READONLY_DBMOVED": "The file was moved or replaced meanwhile: put it back, and run it again.",
}


def advice(name: str) -> str:
    """Return what to do about an error of this name; empty where its words say all."""
    if name in _NAMES:
        return _NAMES[name]
    known = (text for kind, text in _NAMES.items() if name.startswith(f"{kind}_"))
    return next(known, "")
