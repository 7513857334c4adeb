// Warns before a session ends for want of use, so that nothing typed is lost.
// Other windows put the end off: before it warns, it asks the server, which
// counts the question as no use.
const clock = document.querySelector("[data-session]");
const slack = 60; // the server is exact to a minute

function show(name) {
  for (const part of ["idle", "last", "over"]) {
    clock.querySelector(`[data-session-${part}]`).hidden = part !== name;
  }
}

let timer;

// plan waits until there is something to say: in seconds from here on.
function plan(left, last) {
  clearTimeout(timer);
  const warn = Number(clock.dataset.warn);
  const end = Math.min(left - slack, last);
  if (end <= 0) {
    timer = setTimeout(() => ask(), 1000 * Math.max(slack / 4, 15));
  } else if (end <= warn) {
    timer = setTimeout(() => ask(), 1000 * Math.min(end + 1, 30));
  } else {
    timer = setTimeout(() => ask(), 1000 * Math.min(end - warn, 24 * 3600));
  }
}

// say shows what the server has told.
function say({ left, last }) {
  const warn = Number(clock.dataset.warn);
  if (last <= warn) show("last");
  else if (left - slack <= warn) show("idle");
  else show("");
  plan(left, last);
}

async function ask(method = "GET") {
  try {
    const answer = await fetch(clock.dataset.session, {
      method,
      redirect: "error",
      headers: { Accept: "application/json" },
    });
    if (answer.status === 401) return show("over");
    if (!answer.ok) throw new Error(String(answer.status));
    say(await answer.json());
  } catch {
    timer = setTimeout(() => ask(), 30000); // the server is away: what is shown stays
  }
}

if (clock) {
  clock.querySelector("[data-session-stay]").addEventListener("submit", (event) => {
    event.preventDefault();
    ask("POST");
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) ask(); // timers sleep with the computer
  });
  plan(Number(clock.dataset.left), Number(clock.dataset.last));
}
