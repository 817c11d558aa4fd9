"""What many have in their crontab: a list, a template, smtplib: `python cron.py FOLDER PORT MAILS`; prints mails a second.

Nothing is recorded, and each mail opens a connection of its own, as such scripts do.
"""

import json
import resource
import smtplib
import sys
import time
from email.message import EmailMessage
from pathlib import Path

folder, port, mails = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
words = json.loads((folder / "mail.json").read_text("utf-8"))


def filled(text: str, number: int) -> str:
    return text.replace("{{ name }}", f"Person {number}").replace("{{ token }}", f"token-{number}")


began = time.perf_counter()
for number in range(mails):
    message = EmailMessage()
    message["Subject"] = filled(words["subject"], number)
    message["From"] = "reminders@lakeside.example"
    message["To"] = f"person.{number}@lakeside.example"
    message.set_content(filled(words["text"], number))
    message.add_alternative(filled(words["html"], number), subtype="html")
    with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as server:
        server.send_message(message)
taken = time.perf_counter() - began
print(json.dumps({"rate": mails / taken, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
