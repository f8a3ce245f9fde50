"""A populated library: the file that most scripts are played on."""

BASE = """
create table writer (id integer primary key, name text not null unique collate nocase, born text, mood text default 'glad');
create table book (id integer primary key autoincrement, writer integer references writer (id) on delete cascade on update cascade,
    title text not null, price numeric default 9.5 check (price >= 0), data blob, words integer,
    size integer generated always as (coalesce(words, 0) * 2) stored, seen generated always as (upper(title)) virtual,
    unique (writer, title) on conflict abort);
create table loan (book integer references book (id) on delete restrict, reader text default 'r', since text default '2021-05-05',
    primary key (book, reader)) without rowid;
create table note (id integer primary key, book integer references book (id) on delete set null deferrable initially deferred,
    words text unique on conflict replace, n integer unique on conflict ignore);
create table strict_one (a integer not null, b text, c real, d blob, e any) strict;
create table bare (a, b);
create table audit (n integer primary key autoincrement, what text, old, new);
create table "Odd ""Name" ("a b" integer, "quo""te" text, [select] text, `ünï` text, "%s :x ?" text);
create view titles as select b.id, b.title, w.name from book b left join writer w on w.id = b.writer;
create index book_title on book (title collate nocase desc) where words > 3;
create index book_words on book (words + 1, title);
create trigger noted_in after insert on book begin insert into audit (what, new) values ('insert', new.title); end;
create trigger noted_up after update of title, words on book when old.title is not new.title
    begin insert into audit (what, old, new) values ('update', old.title, new.title); end;
create trigger noted_out before delete on book begin insert into audit (what, old) values ('delete', old.title); end;
create trigger forbidding before insert on book when new.title = 'forbidden'
    begin select raise(abort, 'the title is forbidden'); end;
create trigger ignoring before insert on book when new.title = 'nothing' begin select raise(ignore); end;
create trigger failing before update on book when new.title = 'failing' begin select raise(fail, 'failed'); end;
create trigger titled instead of insert on titles begin
    insert into book (writer, title) values ((select id from writer where name = new.name), new.title); end;
create trigger untitled instead of delete on titles begin delete from book where id = old.id; end;
insert into writer (name, born) values ('Ada', '1815'), ('Bela', '1881'), ('Čapek', null), ('d''Or', '');
insert into book (writer, title, price, data, words) values (1, 'notes', 10, x'00ff', 100), (1, 'letters', 0, null, 0),
    (2, 'strings', 12.34, 'text', 5), (3, 'robots', 7, 1.5, null);
insert into loan values (1, 'a', '2020'), (2, 'b', null);
insert into note (book, words, n) values (1, 'one', 1), (3, 'two', 2), (null, 'three', null);
insert into strict_one values (1, 'a', 1.5, x'00', 'any'), (2, null, -0.0, null, 3);
insert into bare values (1, 'one'), (2.5, null), (null, x'ff'), ('text', -0.0);
insert into "Odd ""Name" values (1, 'it''s', '"', 'ß', '%s'), ('not a number', '\\', '', '😀', ':x');
"""
