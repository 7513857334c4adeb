// Forms: what htmx fetches anew must not undo what was typed meanwhile. All of
// it has a way without scripts.

// before holds the controls of a form as they were when it was sent.
let before = new Map();

const controls = (root) => root.querySelectorAll("input[id], textarea[id], select[id]");
const stateOf = (control) => (control.type === "checkbox" || control.type === "radio" ? control.checked : control.value);

document.addEventListener("htmx:before:request", (event) => {
  const region = event.target.closest("[data-form]");
  if (!region || event.target.closest("[data-draft]")) return;
  before = new Map();
  for (const control of controls(region)) before.set(control.id, stateOf(control));
});

// kept holds what was typed since.
let kept = new Map();

document.addEventListener("htmx:before:swap", (event) => {
  kept = new Map();
  const region = event.target.closest("[data-form]");
  if (!region || event.target.closest("[data-draft]")) return;
  for (const control of controls(region)) {
    if (control.type !== "file" && before.has(control.id) && before.get(control.id) !== stateOf(control)) {
      kept.set(control.id, stateOf(control));
    }
  }
});

document.addEventListener("htmx:after:swap", () => {
  for (const [id, state] of kept) {
    const control = document.getElementById(id);
    if (!control) continue;
    if (control.type === "checkbox" || control.type === "radio") control.checked = state;
    else control.value = state;
  }
  kept = new Map();
});

// A range says its value.
document.addEventListener("input", (event) => {
  if (event.target.type !== "range") return;
  const output = event.target.parentElement.querySelector("output");
  if (output) output.value = event.target.value;
});
