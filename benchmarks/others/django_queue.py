"""django-post_office sends a queue: `python django_queue.py FOLDER PORT MAILS default|best`; prints mails a second.

It runs in an environment of its own (benchmarks/requirements.txt). FOLDER holds `mail.json`: the words of one of our
mails, with `{{ name }}` and `{{ token }}` where they differ from person to person.
"""

import json
import resource
import sys
import time
from pathlib import Path

import django
from django.conf import settings

folder, port, mails, way = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
PROCESSES = 1 if way == "default" else 2
BEST = {"BATCH_SIZE": 1_000, "THREADS_PER_PROCESS": 8, "LOG_LEVEL": 0}
database = folder / "post_office.db"
database.unlink(missing_ok=True)
settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": database}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    EMAIL_BACKEND="post_office.EmailBackend",
    EMAIL_HOST="127.0.0.1",
    EMAIL_PORT=port,
    POST_OFFICE={} if way == "default" else BEST,
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    USE_TZ=True,
)
django.setup()

from django.core.management import call_command  # noqa: E402 - Django wants its settings first
from post_office import mail  # noqa: E402
from post_office.models import STATUS, Email, EmailTemplate  # noqa: E402

call_command("migrate", verbosity=0)
words = json.loads((folder / "mail.json").read_text("utf-8"))
template = EmailTemplate.objects.create(
    name="warning", subject=words["subject"], content=words["text"], html_content=words["html"]
)
mail.send_many(
    [
        {
            "sender": "reminders@lakeside.example",
            "recipients": [f"person.{number}@lakeside.example"],
            "template": template,
            "context": {"name": f"Person {number}", "token": f"token-{number}"},
            "render_on_delivery": True,
        }
        for number in range(mails)
    ]
)
began = time.perf_counter()
call_command("send_queued_mail", processes=PROCESSES, lockfile=str(folder / "lock"), verbosity=0)
taken = time.perf_counter() - began
assert Email.objects.filter(status=STATUS.sent).count() == mails, "not every mail was sent"
spent = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps({"rate": mails / taken, "memory": max(one.ru_maxrss for one in spent) / 1024}))
