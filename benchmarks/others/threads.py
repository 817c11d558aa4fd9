"""smtplib on several connections: `python threads.py FOLDER PORT MAILS CONNECTIONS`; prints mails a second.

Each thread keeps its connection; the mails are written beforehand and nothing is recorded.
"""

import json
import smtplib
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

folder, port, mails, connections = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
data = (folder / "mail.eml").read_bytes()


def lane(_: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as server:
        for number in range(mails // connections):
            server.sendmail("reminders@lakeside.example", [f"person.{number}@lakeside.example"], data)


began = time.perf_counter()
with ThreadPoolExecutor(connections) as pool:
    list(pool.map(lane, range(connections)))
print(json.dumps({"rate": mails // connections * connections / (time.perf_counter() - began)}))
