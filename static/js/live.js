// Keeps open pages up to date by one stream for all pages of the browser that
// are in view: HTTP/1.1 allows six connections, and a tab in the background
// needs none. Pages in view wait in line for a lock; who has it opens the stream
// for all, tells the others what arrives, and gives it up when it goes out of
// view. A stream tells everything anew when it is opened, so nothing is missed.

const indicator = document.querySelector("[data-live]");
let topic = document.querySelector("[data-live-topic]")?.dataset.liveTopic;
const hub = indicator?.dataset.liveHub;

const maxTopics = 16; // of one stream, as the server has it
const gather = 60; // ms to wait for the pages that answer or come
const firstDelay = 500; // ms before a lost stream is opened again, doubled up to
const longestDelay = 30_000;

const page = `${Date.now()}-${Math.random()}`;
const shareable = "locks" in navigator && "BroadcastChannel" in window;
const channel = shareable ? new BroadcastChannel(`tandem-live ${hub}`) : null;

// say shows in the top bar whether the page follows the server.
function say(state) {
  indicator.hidden = false;
  if (indicator.dataset.live === state) return;
  indicator.dataset.live = state;
  indicator.querySelector("[data-live-word]").textContent = indicator.dataset[`word${state[0].toUpperCase()}${state.slice(1)}`];
}

// show merges what arrived for this page. Fragments come one after another.
let showing = Promise.resolve();

function show(text) {
  const element = document.querySelector("[data-live-topic]");
  showing = showing
    .then(() => htmx.swap({ sourceElement: element, target: element, text, swap: "none" }))
    .then(followOn)
    .catch((error) => console.error("live:", error));
}

// followOn follows something else once what arrived says so.
function followOn() {
  const named = document.querySelector("[data-live-topic]")?.dataset.liveTopic;
  if (!named || named === topic) return;
  topic = named;
  if (inView) tell({ kind: "here", topic });
}

// Messages between pages: {kind, page, topic, …}.
function tell(message) {
  channel?.postMessage({ page, ...message });
  receive({ page, ...message });
}

function receive(message) {
  switch (message.kind) {
    case "html":
      if (message.topic === topic && inView) show(message.text);
      break;
    case "state":
      if (message.topics.includes(topic) && inView) say(message.state);
      break;
    case "who":
      if (inView && message.page !== page) channel.postMessage({ kind: "here", page, topic });
      break;
    case "here":
    case "gone":
      leader?.hear(message);
  }
}

// Leader holds the stream.
class Leader {
  pages = new Map([[page, topic]]);
  delay = firstDelay;

  constructor() {
    tell({ kind: "who" });
    this.openSoon(gather);
  }

  hear(message) {
    if (message.kind === "gone") this.pages.delete(message.page);
    else this.pages.set(message.page, message.topic);
    if (message.kind === "here") this.openSoon(gather);
  }

  openSoon(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), delay);
  }

  open() {
    this.source?.close();
    const topics = [...new Set(this.pages.values())].slice(0, maxTopics);
    const source = new EventSource(`${hub}?${new URLSearchParams(topics.map((t) => ["on", t]))}`);
    this.source = source;
    source.addEventListener("open", () => {
      this.delay = firstDelay;
      tell({ kind: "state", state: "on", topics });
    });
    topics.forEach((t, i) => source.addEventListener(String(i), (event) => tell({ kind: "html", topic: t, text: event.data })));
    source.addEventListener("end", (event) => tell({ kind: "state", state: "lost", topics: [topics[Number(event.data)]] }));
    source.addEventListener("error", () => {
      source.close();
      tell({ kind: "state", state: "lost", topics });
      this.openSoon(this.delay * (0.7 + Math.random() * 0.6));
      this.delay = Math.min(this.delay * 2, longestDelay);
    });
  }

  close() {
    clearTimeout(this.timer);
    this.source?.close();
  }
}

let leader = null;
let inView = false;
let leave = null; // ends what enter began

// lead is the leader until the page leaves.
function lead(left) {
  if (left.aborted) return undefined;
  leader = new Leader();
  return new Promise((resolve) => {
    left.addEventListener("abort", () => {
      leader.close();
      leader = null;
      resolve();
    });
  });
}

function enter() {
  if (inView) return;
  inView = true;
  leave = new AbortController();
  const left = leave.signal;
  if (!shareable) {
    lead(left);
    return;
  }
  channel.postMessage({ kind: "here", page, topic });
  navigator.locks.request(`tandem-live ${hub}`, { signal: left }, () => lead(left)).catch((error) => {
    if (error.name !== "AbortError") throw error;
  });
}

function exit() {
  if (!inView) return;
  inView = false;
  channel?.postMessage({ kind: "gone", page });
  leave.abort();
}

if (topic && hub) {
  channel?.addEventListener("message", (event) => receive(event.data));
  const look = () => (document.hidden ? exit() : enter());
  document.addEventListener("visibilitychange", look);
  window.addEventListener("pagehide", exit);
  window.addEventListener("pageshow", look);
  look();
}
