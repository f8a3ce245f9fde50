"""What lies beyond the one database that the journal is of, and why it is refused.

Such statements change the server, or the session alone: no journal of one database could hold
what was there before, and most of them run outside any transaction.
"""

from __future__ import annotations

REASONS = {
    "role": "roles and their membership are the server's, for all of its databases",
    "database": "it is a matter of the server, and the journal lies within the database",
    "tablespace": "tablespaces are directories of the server, for all of its databases",
    "system": "it writes the server's configuration, a file beside all databases",
    "parameter": "who may set what is a matter of the server, for all of its databases",
    "load": "nobody can tell what a library does once it is loaded",
    "discard": "it takes away the settings and temporary tables that the capture stands on",
    "cursor-with-hold": "its query runs when the transaction ends, after the last look",
    "subscription": "it belongs to the server and reaches another one",
}
"""By a refusal's name, or the last word of it."""
