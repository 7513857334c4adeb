// Says in the top bar whether the page follows the server. htmx opens and
// reopens the stream; the element that carries it is [data-live-stream].
const indicator = document.querySelector("[data-live]");

function say(state) {
  if (!indicator) return;
  indicator.hidden = false;
  if (indicator.dataset.live === state) return;
  indicator.dataset.live = state;
  indicator.querySelector("[data-live-word]").textContent = indicator.dataset[`word${state[0].toUpperCase()}${state.slice(1)}`];
}

document.addEventListener("htmx:sse:after:connection", () => say("on"));
document.addEventListener("htmx:sse:error", () => say("lost"));
document.addEventListener("htmx:sse:close", (event) => {
  if (event.detail.reason !== "removed") say("lost");
});
