"""A project with Django as people have it, written into a directory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

MANAGE = """\
import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
execute_from_command_line(sys.argv)
"""

SETTINGS = """\
import os
from urllib.parse import unquote, urlsplit

found = urlsplit(os.environ["DATABASE_URL"])
if found.scheme == "sqlite":
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": found.path[1:]}}
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": found.path[1:],
            "USER": found.username,
            "PASSWORD": unquote(found.password or ""),
            "HOST": found.hostname,
            "PORT": found.port,
        }
    }
SECRET_KEY = "none"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "library"]
"""

MODELS = """\
from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=60, unique=True)


class Tag(models.Model):
    label = models.CharField(max_length=30, unique=True)


class Book(models.Model):
    title = models.CharField(max_length=120)
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
    tags = models.ManyToManyField(Tag)
    price = models.DecimalField(max_digits=10, decimal_places=3)
    printed = models.DateField(null=True)
    slug = models.SlugField(unique=True, max_length=140)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["author", "title"], name="one_title")]
"""

INITIAL = """\
from django.db import migrations, models

KEY = models.BigAutoField(
    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
)


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel(
            "Author",
            [
                ("id", KEY),
                ("name", models.CharField(max_length=60, unique=True)),
            ],
        ),
        migrations.CreateModel(
            "Tag",
            [
                ("id", KEY),
                ("label", models.CharField(max_length=30, unique=True)),
            ],
        ),
        migrations.CreateModel(
            "Book",
            [
                ("id", KEY),
                ("title", models.CharField(max_length=80)),
                ("author", models.ForeignKey(on_delete=models.CASCADE, to="library.author")),
                ("tags", models.ManyToManyField(to="library.tag")),
                ("price", models.DecimalField(max_digits=8, decimal_places=2)),
                ("published", models.DateField(null=True)),
            ],
        ),
        migrations.AddConstraint(
            "book", models.UniqueConstraint(fields=["author", "title"], name="one_title")
        ),
    ]
"""

FILL = """\
from datetime import date
from decimal import Decimal

from django.db import migrations


def fill(apps, schema_editor):
    Author, Tag, Book = (apps.get_model("library", name) for name in ("Author", "Tag", "Book"))
    tags = [Tag.objects.create(label=label) for label in ("old", "new", "50% off")]
    for n in range(20):
        author = Author.objects.create(name=f"author {n}")
        for m in range(5):
            book = Book.objects.create(
                title=f"Book {m} of {n}",
                author=author,
                price=Decimal(n) + Decimal("0.5"),
                published=date(2000 + n, 1 + m, 1),
            )
            book.tags.set(tags[: 1 + m % 3])
    Author.objects.filter(name="author 7").delete()


class Migration(migrations.Migration):
    dependencies = [("library", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
"""

SHAPE = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0002_fill")]
    operations = [
        migrations.AlterField("book", "title", models.CharField(max_length=120)),
        migrations.AlterField("book", "price", models.DecimalField(max_digits=10, decimal_places=3)),
        migrations.RenameField("book", "published", "printed"),
        migrations.AddField("book", "slug", models.SlugField(default="", max_length=140)),
    ]
"""

SLUGS = """\
from django.db import migrations, models


def name(apps, schema_editor):
    Book = apps.get_model("library", "Book")
    for book in Book.objects.order_by("id"):
        book.slug = book.title.lower().replace(" ", "-")
        book.save(update_fields=["slug"])


class Migration(migrations.Migration):
    dependencies = [("library", "0003_shape")]
    operations = [
        migrations.RunPython(name, migrations.RunPython.noop),
        migrations.AlterField("book", "slug", models.SlugField(unique=True, max_length=140)),
    ]
"""

FAILING = """\
from django.db import migrations, models


def clash(apps, schema_editor):
    Author = apps.get_model("library", "Author")
    Author.objects.update(name="everybody")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("library", "0004_slugs")]
    operations = [
        migrations.AddField("author", "born", models.IntegerField(null=True)),
        migrations.RunPython(clash),
    ]
"""

MIGRATIONS = {
    "0001_initial": INITIAL,
    "0002_fill": FILL,
    "0003_shape": SHAPE,
    "0004_slugs": SLUGS,
}


class DjangoProject:
    """A directory with ``manage.py``, settings and one application with its migrations."""

    def __init__(self, home: Path, url: str) -> None:
        self.home = home
        self.url = url
        migrations = home / "library" / "migrations"
        migrations.mkdir(parents=True)
        (home / "manage.py").write_text(MANAGE)
        (home / "settings.py").write_text(SETTINGS)
        (home / "library" / "__init__.py").touch()
        (home / "library" / "models.py").write_text(MODELS)
        (migrations / "__init__.py").touch()
        for name, text in MIGRATIONS.items():
            self.migration(name, text)

    def migration(self, name: str, text: str) -> None:
        """Write a migration."""
        (self.home / "library" / "migrations" / f"{name}.py").write_text(text)

    def command(self, *words: str) -> list[str]:
        """Return the command line of ``manage.py``, fit for any directory."""
        return [sys.executable, str(self.home / "manage.py"), *words]

    def manage(self, *words: str, code: int = 0) -> str:
        """Run ``manage.py`` without us, and return what it said."""
        done = subprocess.run(
            self.command(*words),
            env={**os.environ, "DATABASE_URL": self.url},
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout
