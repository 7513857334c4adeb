"""An example: tasks of Celery that do steps of Tandem.

    TANDEM_REDIS=redis://127.0.0.1:6379/0 celery -A celery_tasks worker --loglevel info
"""

import os

from celery import Celery

redis = os.environ.get("TANDEM_REDIS", "redis://127.0.0.1:6379/0")
app = Celery("celery_tasks", broker=redis, backend=redis)


@app.task(name="words.count", bind=True)
def count(self, text):
    """The keyword arguments are the step's `with`; what is returned is its result.

    The key is the same for every attempt: pass it on to what the task changes.
    """
    if not text.strip():
        raise ValueError("there are no words to count")
    return {"words": len(text.split()), "key": self.request.get("tandem_idempotency_key")}
