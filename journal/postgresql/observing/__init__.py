"""Observing another program's run: an exported snapshot, and a gate before what would lose rows.

``observe`` exports a snapshot and holds ACCESS SHARE on every table. Whoever wants to drop,
truncate or rewrite one waits until its rows, as of the snapshot, are copied into the journal's
schema. What is only written is read through the snapshot, afterwards. Both sessions sleep on the
server, so what they hold outlives the process that made them.
"""
