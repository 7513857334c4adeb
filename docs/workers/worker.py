#!/usr/bin/env python3
"""An external worker for the topic words/count. Needs nothing but Python 3.

It reads TANDEM_URL and TANDEM_TOKEN from the environment, does one job after
the other, and ends after the job at hand on SIGTERM or Ctrl-C. Replace work().
"""

import json
import os
import signal
import sys
import threading
import urllib.error
import urllib.request

URL = os.environ.get("TANDEM_URL", "http://127.0.0.1:8080").rstrip("/") + "/api/v1/worker/jobs/"
TOKEN = os.environ["TANDEM_TOKEN"]
TOPICS = ["words/count"]
LOCK = 30  # seconds; the lock is extended while a job is worked on
TRIES = 5  # of one call that finds no server

stopping = threading.Event()


class Failed(Exception):
    """A job that cannot be done. Whether it is tried again is said by the step's retry."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def work(job):
    """Does one job and returns its result. It may run twice: pass job["idempotency_key"] on."""
    text = job["input_data"]["text"]
    if not text.strip():
        raise Failed("empty_text", "The text has no words.")
    return len(text.split())


def call(path, body):
    """POSTs to Tandem. Returns status and answer; status 0 when it cannot be reached."""
    request = urllib.request.Request(
        URL + path,
        data=json.dumps(body).encode(),
        headers={"Authorization": "Bearer " + TOKEN, "Content-Type": "application/json"},
    )
    wait = 0.2
    for attempt in range(TRIES):
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code not in (429, 503) or attempt + 1 == TRIES:
                return error.code, json.load(error)
            wait = float(error.headers.get("Retry-After", wait))
        except OSError as error:
            if attempt + 1 == TRIES:
                return 0, {"detail": str(error)}
        stopping.wait(wait)
        wait = min(2 * wait, 10)


def keep(job, done):
    """Extends the lock until the job is done, or until it is lost."""
    while not done.wait(LOCK / 3):
        status, _ = call(job["id"] + "/extend", {"lock_for": f"{LOCK}s"})
        if status == 409:
            return


def run(job):
    done = threading.Event()
    keeper = threading.Thread(target=keep, args=(job, done))
    keeper.start()
    try:
        verb, body = "complete", {"output_data": work(job)}
    except Failed as failure:
        verb, body = "fail", {"code": failure.code, "message": str(failure)}
    except Exception as error:  # a fault of work(): Tandem must hear of it
        verb, body = "fail", {"code": "worker_broken", "message": repr(error)}
    finally:
        done.set()
    status, answer = call(f"{job['id']}/{verb}", body)
    keeper.join()
    # 409: the lock is lost, another worker has the job. There is nothing to do.
    print(f"{job['step_name']} {job['execution_id']}: {verb}, {status}", flush=True)
    if status not in (200, 409):
        print(answer.get("detail"), file=sys.stderr, flush=True)


def main():
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())
    print("working on", ", ".join(TOPICS), flush=True)
    while not stopping.is_set():
        # A short wait, so that stopping is short. The server holds the answer: this is no busy loop.
        status, answer = call("fetch", {"topics": TOPICS, "lock_for": f"{LOCK}s", "wait": "5s", "worker": "worker.py"})
        if status in (401, 403, 422):
            sys.exit(answer["detail"])
        if status != 200:
            print(answer.get("detail"), file=sys.stderr, flush=True)
            stopping.wait(5)
            continue
        for job in answer["items"]:
            run(job)


if __name__ == "__main__":
    main()
