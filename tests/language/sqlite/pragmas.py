"""Every PRAGMA of the documentation has an outcome: telling, a setting, a number kept, or refused."""

from tests.language.cases import Case
from tests.sqlite.there_and_back import POPULATED

SECTION = "PRAGMA"
BASE = POPULATED
_TELLING = """
    collation_list compile_options data_version database_list foreign_key_check foreign_key_list(pet)
    freelist_count function_list index_info(person_email) index_list(pet) index_xinfo(person_email)
    integrity_check integrity_check(pet) main.quick_check(3) module_list page_count pragma_list
    table_info(person) table_list table_xinfo=visit
    analysis_limit application_id auto_vacuum automatic_index busy_timeout cache_size cache_spill
    cell_size_check checkpoint_fullfsync defer_foreign_keys encoding foreign_keys fullfsync
    hard_heap_limit ignore_check_constraints journal_mode journal_size_limit legacy_alter_table
    locking_mode max_page_count mmap_size page_size query_only read_uncommitted recursive_triggers
    reverse_unordered_selects schema_version secure_delete soft_heap_limit synchronous temp_store
    threads trusted_schema user_version wal_autocheckpoint writable_schema
"""
_SETTINGS = """
    analysis_limit=100 automatic_index=OFF busy_timeout=5 cache_size=-4000 main.cache_spill=OFF
    cell_size_check=ON checkpoint_fullfsync=1 defer_foreign_keys=ON foreign_keys=OFF fullfsync=1
    hard_heap_limit=0 journal_size_limit=1000 legacy_alter_table=ON mmap_size=0 secure_delete=ON
    reverse_unordered_selects=ON soft_heap_limit=0 threads=2 case_sensitive_like=ON
    wal_autocheckpoint=10 shrink_memory incremental_vacuum incremental_vacuum(2) optimize
    optimize(-1)
"""
_BLINDING = """
    auto_vacuum=FULL encoding='UTF-16' journal_mode=WAL locking_mode=EXCLUSIVE max_page_count=9
    page_size=8192 query_only=ON read_uncommitted=ON recursive_triggers=ON schema_version=9
    temp_store=MEMORY temp_store_directory='x' writable_schema=ON ignore_check_constraints=ON
    data_store_directory='x' wal_checkpoint wal_checkpoint(TRUNCATE) main.journal_mode='off'
    temp.writable_schema=1 writable_schema=RESET trusted_schema=OFF
"""
_UNKNOWN = """
    count_changes=1 default_cache_size=5 empty_result_callbacks=1 full_column_names=1
    legacy_file_format=1 parser_trace=1 short_column_names=0 vdbe_trace=1 no_such_pragma
    no_such_pragma=5
"""
_AFTER = "; UPDATE person SET name = 'After' WHERE id = 3"
CASES = [
    *(Case(f"PRAGMA {name}") for name in _TELLING.split()),
    *(Case(f"PRAGMA {name}{_AFTER}") for name in _SETTINGS.split()),
    Case("PRAGMA user_version = 7"),
    Case("PRAGMA main.user_version(-7)"),
    Case("PRAGMA application_id = 0x1234"),
    Case("PRAGMA user_version = 0", setup="PRAGMA user_version = 12;"),
    Case(
        "PRAGMA reverse_unordered_selects = 1; DELETE FROM person; ALTER TABLE note ADD z",
        "rebuild",
    ),
    *(Case(f"PRAGMA {name}", "refused") for name in _BLINDING.split()),
    *(Case(f"PRAGMA {name}", "refused", "pragma") for name in _UNKNOWN.split()),
]
FAILING = [
    Case("PRAGMA synchronous = OFF"),
    Case("PRAGMA main.synchronous = EXTRA"),
]
