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

// Drafts are saved a little after the last key, and after the form has changed
// its shape.
let typing = 0;

function saveSoon(region) {
  const draft = region?.querySelector("[data-draft]");
  if (!draft) return;
  clearTimeout(typing);
  typing = setTimeout(() => htmx.trigger("#draft-state", "draft"), 800);
}

document.addEventListener("input", (event) => saveSoon(event.target.closest("[data-form]")));
document.addEventListener("htmx:after:swap", (event) => {
  if (event.target.matches?.("[data-form]")) saveSoon(event.target);
});

// What has just been saved can be discarded.
document.addEventListener("htmx:after:swap", () => {
  const drop = document.querySelector("[data-draft-drop]");
  if (drop && document.querySelector("[data-draft]").textContent.trim() !== "") drop.hidden = false;
});
document.addEventListener("submit", () => clearTimeout(typing));

function sayDraft(state) {
  const draft = document.querySelector("[data-draft]");
  if (!draft) return;
  draft.dataset.state = state;
  draft.textContent = draft.dataset[state];
}

document.addEventListener("htmx:before:request", (event) => {
  if (event.target.matches("[data-draft]")) sayDraft("saving");
});
document.addEventListener("htmx:error", (event) => {
  if (event.target.matches?.("[data-draft]")) sayDraft("failed");
});
document.addEventListener("htmx:before:swap", (event) => {
  if (event.target.matches?.("[data-draft]") && event.detail.ctx?.response?.raw?.ok === false) {
    event.preventDefault();
    sayDraft("failed");
  }
});

// A chosen file is sent at once, and its progress shown; the server answers
// with the form that holds it.
document.addEventListener("change", (event) => {
  const input = event.target;
  const region = input.closest("[data-form]");
  if (input.type !== "file" || !region || input.files.length === 0) return;
  const form = input.form;
  const field = input.closest("[data-file]");
  const progress = field.querySelector("progress");
  const failure = field.querySelector("[data-file-error]");
  const body = new FormData(form);
  body.append("_op", `update:${input.name.replace("_file:", "")}`);
  const request = new XMLHttpRequest();
  request.open("POST", region.dataset.form);
  request.setRequestHeader("HX-Request", "true");
  progress.hidden = false;
  failure.hidden = true;
  request.upload.addEventListener("progress", (sent) => {
    if (sent.lengthComputable) progress.value = (100 * sent.loaded) / sent.total;
  });
  const fail = () => {
    progress.hidden = true;
    failure.textContent = request.status === 413 ? field.dataset.fileLarge : field.dataset.file;
    failure.hidden = false;
  };
  request.addEventListener("error", fail);
  request.addEventListener("load", () => {
    if (request.status !== 200) return fail();
    const id = input.id;
    const parsed = new DOMParser().parseFromString(request.responseText, "text/html");
    const fresh = document.adoptNode(parsed.getElementById(region.id));
    region.replaceWith(fresh);
    htmx.process(fresh);
    document.getElementById(id)?.focus();
    saveSoon(fresh);
  });
  request.send(body);
});
