// An external worker for the topic words/headline. Needs nothing but Node 18 or later.
//
// It reads TANDEM_URL and TANDEM_TOKEN from the environment, does one job after
// the other, and ends after the job at hand on SIGTERM or Ctrl-C. Replace work().

const url = (process.env.TANDEM_URL ?? "http://127.0.0.1:8080").replace(/\/$/, "") + "/api/v1/worker/jobs/";
const token = process.env.TANDEM_TOKEN;
const topics = ["words/headline"];
const lock = 30; // seconds; the lock is extended while a job is worked on
const tries = 5; // of one call that finds no server

let stopping = false;
for (const name of ["SIGTERM", "SIGINT"]) process.on(name, () => { stopping = true; });

const sleep = (seconds) => new Promise((go) => setTimeout(go, seconds * 1000));

// Failed is a job that cannot be done. Whether it is tried again is said by the step's retry.
class Failed extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

// work does one job and gives its result. It may run twice: pass job.idempotency_key on.
async function work(job) {
  const { texts, counts } = job.input_data;
  if (texts.length === 0) throw new Failed("no_texts", "There is nothing to make a headline of.");
  const longest = counts.indexOf(Math.max(...counts));
  return `${texts[longest].toUpperCase()} (${counts[longest]} words)`;
}

// call POSTs to Tandem. It gives status and answer; status 0 when it cannot be reached.
async function call(path, body) {
  let wait = 0.2;
  for (let attempt = 1; ; attempt++) {
    let status = 0;
    let answer = {};
    try {
      const response = await fetch(url + path, {
        method: "POST",
        headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(60_000),
      });
      status = response.status;
      answer = await response.json();
      wait = Number(response.headers.get("Retry-After") ?? wait);
    } catch (error) {
      answer = { detail: String(error) };
    }
    if (![0, 429, 503].includes(status) || attempt === tries) return { status, answer };
    await sleep(wait);
    wait = Math.min(2 * wait, 10);
  }
}

async function run(job) {
  const keeper = setInterval(() => call(`${job.id}/extend`, { lock_for: `${lock}s` }), (lock / 3) * 1000);
  let verb = "complete";
  let body;
  try {
    body = { output_data: await work(job) };
  } catch (error) {
    verb = "fail";
    body = { code: error.code ?? "worker_broken", message: error.message };
  } finally {
    clearInterval(keeper);
  }
  const { status, answer } = await call(`${job.id}/${verb}`, body);
  // 409: the lock is lost, another worker has the job. There is nothing to do.
  console.log(`${job.step_name} ${job.execution_id}: ${verb}, ${status}`);
  if (![200, 409].includes(status)) console.error(answer.detail);
}

console.log("working on", topics.join(", "));
while (!stopping) {
  // A short wait, so that stopping is short. The server holds the answer: this is no busy loop.
  const { status, answer } = await call("fetch", { topics, lock_for: `${lock}s`, wait: "5s", worker: "worker.mjs" });
  if ([401, 403, 422].includes(status)) {
    console.error(answer.detail);
    process.exit(1);
  }
  if (status !== 200) {
    console.error(answer.detail);
    await sleep(5);
    continue;
  }
  for (const job of answer.items) await run(job);
}
