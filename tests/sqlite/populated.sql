CREATE TABLE person (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice
    name TEXT NOT NULL,
    email TEXT COLLATE NOCASE DEFAULT 'none',
    age INT CHECK (person.age IS NULL OR age >= 0),
    "select" REAL, 'odd "name' BLOB, [emoji 🙂] ANY
);
CREATE UNIQUE INDEX person_email ON person (email) WHERE email <> 'none';
CREATE INDEX "person by name" ON person (name COLLATE NOCASE DESC, lower(email));
CREATE TABLE pet (
    id INTEGER PRIMARY KEY, owner INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    name TEXT, weight NUMERIC DEFAULT (1 + 1), UNIQUE (owner, name)
);
CREATE TABLE vet (code TEXT PRIMARY KEY, city TEXT DEFAULT CURRENT_TIMESTAMP) WITHOUT ROWID;
CREATE TABLE visit (
    pet INTEGER REFERENCES pet ON DELETE SET NULL ON UPDATE CASCADE, vet TEXT REFERENCES vet,
    day TEXT, fee REAL, total AS (fee * 2), kept REAL GENERATED ALWAYS AS (fee + 1) STORED,
    PRIMARY KEY (vet, day) ON CONFLICT ABORT
);
CREATE TABLE note (body, extra TEXT);
CREATE TABLE pair (a TEXT, b TEXT, v BLOB, PRIMARY KEY (b, a)) WITHOUT ROWID;
CREATE TABLE exact_one (id INTEGER PRIMARY KEY, n INT NOT NULL, t TEXT, x ANY) STRICT;
CREATE TABLE tree (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES tree (id));
CREATE TABLE "Odd table ""🙂""" ("a b" TEXT, "group" INTEGER);
CREATE TABLE log (what TEXT);
CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT);
CREATE VIEW person_view AS SELECT id, name, email FROM person;
CREATE VIEW view_of_view AS SELECT v.name FROM person_view AS v JOIN pet ON pet.owner = v.id;
CREATE TRIGGER person_log AFTER UPDATE OF name ON person
BEGIN INSERT INTO log VALUES (old.name || ' became ' || new.name); END;
CREATE TRIGGER pet_log AFTER DELETE ON pet BEGIN INSERT INTO log VALUES (old.name); END;
CREATE TRIGGER view_insert INSTEAD OF INSERT ON person_view
BEGIN INSERT INTO person (name, email) VALUES (new.name, new.email); END;
INSERT INTO person VALUES
    (3, 'Ann', 'ann@x', 30, 1.0, x'00ff', 'q'), (7, 'Bob', 'none', NULL, 2.5, NULL, 9),
    (8, 'Cyd', 'none', 0, -0.0, 'text', 9223372036854775807), (20, 'Dee', 'd@x', 5, 1e300, '', NULL);
DELETE FROM person WHERE id = 20;
INSERT INTO pet VALUES (1, 3, 'Rex', 4), (2, 3, 'Tom', 2.5), (9, 7, 'Kit', 'heavy');
INSERT INTO vet VALUES ('v1', 'Oslo'), ('v2', NULL);
INSERT INTO visit (pet, vet, day, fee) VALUES (1, 'v1', 'mon', 10), (NULL, 'v1', 'tue', 0.5);
INSERT INTO note (rowid, body, extra) VALUES
    (5, 1, 'a'), (6, '1', 'b'), (90, 1.0, CAST(x'61006200' AS TEXT)), (91, x'31', CAST(x'ff61' AS TEXT));
INSERT INTO pair VALUES ('1', '2', 3), ('1', '1', x''), ('2', '1', NULL);
INSERT INTO exact_one VALUES (1, 1, 'a', '5'), (2, 2, NULL, 5);
INSERT INTO tree VALUES (1, NULL), (2, 1), (3, 1);
INSERT INTO "Odd table ""🙂""" (rowid, "a b", "group") VALUES (77, 'x', 1), (5, 'y', 2);
INSERT INTO log (rowid, what) VALUES (4, 'begun');
INSERT INTO counted VALUES (41);
DELETE FROM counted;
