"""The example's tasks, and one that takes until it is told to go on."""

import os
import time

from celery_tasks import app
from redis import Redis

client = Redis(unix_socket_path=os.environ["TEST_SOCKET"])


@app.task(name="slow")
def slow(numbers):
    client.incr("runs")
    while not client.exists("go"):
        time.sleep(0.05)
    return numbers
