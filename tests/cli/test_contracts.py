"""The keys of the JSON answers that programs rely on."""

from itertools import pairwise

from tests.cli.typing_in import Typist


def test_status(typist: Typist) -> None:
    """Status answers with every key of the contract."""
    typist.begin()
    typist.file("0003_more.sql", "create table more (id integer primary key);\n")
    answer = typist.json("status", str(typist.migrations))
    assert answer["journal"].keys() == {"id", "name"}
    assert answer["journal"]["name"] == "test"
    assert answer["head"]["position"] == len(typist.lines("log"))
    assert len(answer["head"]["digest"]) == 64
    assert answer["applied"] == ["0001_people", "0002_letters"]
    assert answer["pending"] == ["0003_more"]
    empty = ("changed_files", "renamed_files", "missing_files", "late_files", "incomplete", "drift")
    assert all(answer[key] == [] for key in empty)
    assert answer["open_conflicts"] == 0
    assert answer["next"].startswith("clew apply")


def test_status_exit_code(typist: Typist) -> None:
    """With --exit-code, work to do ends with 1, and none with 0."""
    typist.begin()
    typist.type("status", str(typist.migrations), "--exit-code")
    typist.file("0003_more.sql", "create table more (id integer primary key);\n")
    typist.type("status", str(typist.migrations), "--exit-code", code=1)
    typist.type("status", str(typist.migrations))


def test_log(typist: Typist) -> None:
    """The log is one entry a line, gapless, each naming the digest before it."""
    typist.begin()
    entries = typist.lines("log")
    keys = [
        "position",
        "type",
        "run",
        "recorded_at",
        "actor",
        "evidence",
        "digest",
        "previous",
        "data",
    ]
    assert all(list(entry) == keys for entry in entries)
    assert [entry["position"] for entry in entries] == list(range(1, len(entries) + 1))
    assert entries[0]["previous"] == "00" * 32
    for before, after in pairwise(entries):
        assert after["previous"] == before["digest"]
    started = [entry for entry in entries if entry["type"] == "RunStarted"]
    assert [entry["data"]["migration"] for entry in started] == ["0001_people", "0002_letters"]
    assert started[0]["data"]["reason"] == "because"
    assert typist.json("log") == entries


def test_log_holds_no_user_data(typist: Typist) -> None:
    """No entry holds a value of a row, or the text of a statement."""
    typist.begin()
    assert "Ada" not in typist.type("log", "--format", "jsonl")


def test_rollback_plan(typist: Typist) -> None:
    """The plan names from, to, steps, what is irreversible and what changed since."""
    typist.begin()
    typist.application("update person set name = 'Changed' where id = 2")
    answer = typist.json("rollback", "before:0002_letters", "--plan")
    head = typist.json("status", str(typist.migrations))["head"]["position"]
    assert answer["from"] == head
    assert answer["to"] < head
    assert answer["irreversible"] == []
    for step in answer["steps"]:
        assert {"kind", "rows", "sql"} <= step.keys()
        assert ("object" in step) != ("table" in step)
    assert "person" in {step.get("table", "").split(".")[-1] for step in answer["steps"]}
    (changed,) = answer["changed_since"]
    assert changed["table"].endswith("person")
    assert changed["journaled"]["name"] == "BELA"
    assert changed["live"]["name"] == "Changed"


def test_rollback_answers(typist: Typist) -> None:
    """A rollback says where it went, and its migrations are pending again."""
    typist.begin()
    answer = typist.json("rollback", "before:0002_letters", "--yes", "--reason", "no")
    assert answer["done"]
    status = typist.json("status", str(typist.migrations))
    assert status["applied"] == ["0001_people"]
    assert status["pending"] == ["0002_letters"]
    assert status["head"]["position"] == answer["head"]


def test_rows(typist: Typist) -> None:
    """Rows are objects by column name, as they were at any position."""
    typist.begin()
    assert typist.lines("rows", "person") == [
        {"id": 1, "name": "ADA", "born": 1815, "email": "x@example.org"},
        {"id": 2, "name": "BELA", "born": 1881, "email": "x@example.org"},
    ]
    assert typist.lines("rows", "person", "--at", "before:0002_letters") == [
        {"id": 1, "name": "Ada", "born": 1815},
        {"id": 2, "name": "Bela", "born": 1881},
    ]
    assert len(typist.lines("rows", "person", "-n", "1")) == 1


def tamper(typist: Typist, position: int) -> None:
    """Change a letter of an entry, as an owner of the database could."""
    if typist.url.startswith("sqlite"):
        names = typist.application(
            "select name from sqlite_master where type = 'trigger' and name like 'clew_%'"
        )
        for (name,) in names:
            typist.application(f'drop trigger "{name}"')
        new = "cast(replace(body, 'because', 'whyever') as blob)"
        typist.application(f"update clew_entry set body = {new} where position = {position}")
        return
    typist.application("alter table clew.entry disable trigger all")
    new = "convert_to(replace(convert_from(body, 'UTF8'), 'because', 'whyever'), 'UTF8')"
    typist.application(f"update clew.entry set body = {new} where position = {position}")


def test_verify(typist: Typist) -> None:
    """Verify tells that the record proves itself, and where it does not, with exit code 6."""
    typist.begin()
    answer = typist.json("verify")
    assert answer["ok"] is True
    assert answer["problems"] == []
    assert answer["entries"] == len(typist.lines("log"))
    head = answer["head"]
    assert head == typist.json("status", str(typist.migrations))["head"]["digest"]
    tamper(typist, 3)
    answer = typist.json("verify", code=6)
    assert answer["ok"] is False
    assert answer["problems"][0] == {
        "position": 3,
        "kind": "altered",
        "found": answer["problems"][0]["found"],
    }


def test_schema_and_diff(typist: Typist) -> None:
    """Schema and difference tell objects and rows between two positions, both ways."""
    typist.begin()
    then = typist.json("schema", "person", "--at", "before:0002_letters")
    assert [c["name"] for c in then["objects"][0]["columns"]] == ["id", "name", "born"]
    answer = typist.json("diff", "before:0002_letters", "head", "--data")
    assert [(one["change"], one["path"][-2:]) for one in answer["schema"]] == [
        ("added", ["person", "email"])
    ]
    assert "Ada" in [row["values"]["name"] for t in answer["data"] for row in t["rows"]]
    back = typist.json("diff", "head", "before:0002_letters", "--data")
    assert back["from"] == answer["to"]
    assert [one["change"] for one in back["schema"]] == ["dropped"]
    assert sum(t["lost"] for t in back["data"]) == sum(t["gained"] for t in answer["data"])


def test_check_and_accept(typist: Typist) -> None:
    """Drift is named, ends check with 1, and is gone once it was accepted with a reason."""
    typist.begin()
    assert typist.json("check") == {
        "ok": True,
        "position": typist.json("check")["position"],
        "drift": [],
    }
    typist.application("create index by_name on person (name)")
    found = typist.json("check", code=1)
    assert [(one["change"], one["path"][-1]) for one in found["drift"]] == [("added", "by_name")]
    typist.type("accept", code=2)
    typist.type("accept", "--reason", "by hand")
    typist.type("check")
    typist.type("accept", "--reason", "again", code=1)


def test_one_difference_is_accepted(typist: Typist) -> None:
    """What drifted is numbered and worded as DDL, and taken in alone where it is named."""
    typist.begin()
    typist.application("create index by_name on person (name)")
    typist.application("create table pet (id integer)")
    found = typist.json("check", code=1)["drift"]
    assert [one["number"] for one in found] == [1, 2]
    assert all(len(one["ddl"]) == 1 for one in found)
    number = next(str(one["number"]) for one in found if one["path"][-1] == "by_name")
    answer = typist.json("accept", number, "--reason", "by hand")
    assert len(answer["left"]) == 1
    left = typist.json("status")
    assert (left["drift"], len(left["drift_ddl"])) == (answer["left"], 1)
    typist.type("accept", "nothing", "--reason", "by hand", code=4)
    typist.type("accept", "pet", "--reason", "by hand")
    typist.type("check")


def test_marks(typist: Typist) -> None:
    """A mark names a position for every verb, is refused twice, and can be taken off."""
    typist.begin()
    answer = typist.json("mark", "release", "--at", "after:0001_people")
    assert typist.lines("rows", "person", "--at", "@release")[0]["name"] == "Ada"
    typist.type("mark", "release", code=3)
    assert answer["at"] == typist.json("mark", "release", "--remove")["at"]
    typist.type("show", "@release", code=4)


def test_show(typist: Typist) -> None:
    """An entry is shown with its run and the text of its statement."""
    typist.begin()
    answer = typist.json("show", "before:0002_letters")
    assert answer["entries"][0]["type"] == "RunCompleted"
    whole = typist.json("show", answer["run"]["run"])
    assert any("insert into person" in text for text in whole["content"].values())
    assert typist.json("show", "before:0002_letters", "--run") == whole
    assert "insert into person" in typist.type("show", "before:0002_letters", "--run")
