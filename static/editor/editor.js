// The editor of workflow documents, bundled by scripts/build-assets.mjs.
//
// It takes the place of the page's text field, which keeps the text for the
// form, and asks the server what is wrong with it while somebody types: the
// answer is the same fragment that a check without JavaScript shows. The editor
// lives in a shadow root, whose style sheets are constructed: the page's policy
// allows no inline style.

import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { defaultKeymap, history, historyKeymap, indentWithTab, isolateHistory } from "@codemirror/commands";
import { bracketMatching, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { yaml } from "@codemirror/lang-yaml";

import { startBuilder, keptForm } from "./builder.js";
import { completionsFrom } from "./schema.js";
import { highlighting, theme } from "./theme.js";

const pause = 350; // ms without a change after which the text is checked
const largest = 1_100_000; // characters that are sent for checking

function start(box) {
  const field = box.querySelector("[data-editor-source]");
  const form = field.form;
  const state = { saved: field.value, timer: 0, asked: 0, leaving: false };

  const host = document.createElement("div");
  host.className = "editor-host";
  field.after(host);
  field.hidden = true;
  const root = host.attachShadow({ mode: "open" });
  const view = new EditorView({ root, parent: root, state: stateOf(box, field.value, () => changed()) });
  document.getElementById("editor-label")?.addEventListener("click", () => view.focus());

  function changed() {
    field.value = view.state.doc.toString();
    clearTimeout(state.timer);
    state.timer = setTimeout(check, pause);
  }

  // check asks what is wrong with the text; with the name and value of a button
  // it asks for what the button does, and takes over the changed text. An answer
  // to a text that has gone on meanwhile is left: the button is asked for again.
  async function check(button) {
    const turn = (state.asked += 1);
    clearTimeout(state.timer);
    if (field.value.length > largest) return;
    const sent = field.value;
    const data = new FormData(form);
    if (button) data.set(button.name, button.value);
    const before = controlsOf(box);
    try {
      const answer = await fetch(box.dataset.check, { method: "POST", body: new URLSearchParams(data), headers: { "HX-Request": "true" } });
      if (!answer.ok) return;
      if (button && field.value !== sent) return check(button);
      if (!button && turn !== state.asked) return;
      if (button) state.asked += 1; // answers about the text before are void
      show(box, await answer.text(), before);
      take(box, view, state);
      mark(box, view);
    } catch (error) {
      console.warn("editor: not checked: %s", error);
    }
  }

  form.addEventListener("submit", () => {
    field.value = view.state.doc.toString();
    state.leaving = true;
  });
  addEventListener("beforeunload", (event) => {
    if (!state.leaving && field.value !== state.saved) event.preventDefault();
  });
  const goTo = (line, column) => {
    const at = positionOf(view.state.doc, line, column);
    view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
  };
  box.addEventListener("click", (event) => {
    const row = event.target.closest("[data-editor-line]")?.closest("[data-line]");
    if (!row) return;
    event.preventDefault();
    goTo(Number(row.dataset.line), Number(row.dataset.column ?? 1));
    view.focus();
  });
  box.addEventListener("change", (event) => {
    if (event.target.matches("[data-editor-form]")) check();
  });
  startBuilder(box, check, (line) => goTo(line, 1));
  box.tandemEditor = { view, check, setText: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }) };
  mark(box, view);
}

// controlsOf holds what the controls of the chosen step say.
function controlsOf(box) {
  const controls = box.querySelectorAll("[data-builder-form] :is(input, select, textarea)[id]");
  return new Map([...controls].map((control) => [control.id, control.type === "checkbox" ? control.checked : control.value]));
}

// take puts a text that the server has changed into the editor, as one step
// that can be undone, by as small a change as there is.
function take(box, view, state) {
  const changed = box.querySelector("[data-editor-changed]");
  if (!changed) return;
  const text = changed.value;
  changed.remove();
  const old = view.state.doc.toString();
  let from = 0;
  while (from < Math.min(old.length, text.length) && old[from] === text[from]) from += 1;
  let tail = 0;
  while (tail < Math.min(old.length, text.length) - from && old[old.length - 1 - tail] === text[text.length - 1 - tail]) tail += 1;
  if (old === text) return;
  view.dispatch({
    changes: { from, to: old.length - tail, insert: text.slice(from, text.length - tail) },
    effects: EditorView.scrollIntoView(Math.min(from, text.length), { y: "center" }),
    userEvent: "input.builder",
    annotations: isolateHistory.of("full"),
  });
  clearTimeout(state.timer); // the answer was about this text
}

function stateOf(box, doc, changed) {
  return EditorState.create({
    doc,
    extensions: [
      lineNumbers(),
      lintGutter(),
      history(),
      drawSelection(),
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      highlightActiveLine(),
      highlightSelectionMatches(),
      search({ top: true }),
      yaml(),
      syntaxHighlighting(highlighting),
      theme,
      autocompletion({ override: [completionsFrom(box.dataset.schema)], icons: false }),
      keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap, indentWithTab]),
      EditorState.tabSize.of(2),
      EditorView.contentAttributes.of({ tabindex: "0", "aria-label": document.getElementById("editor-label")?.textContent ?? "" }),
      EditorView.updateListener.of((update) => update.docChanged && changed()),
    ],
  });
}

// show puts an answer in the place of the result. A graph that is the same
// stays, with its zoom; where the text has errors the last graph stays too, as
// one that is behind.
function show(box, html, before) {
  const old = box.querySelector("[data-editor-result]");
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-editor-result]");
  if (!fresh) return;
  const was = old.querySelector("[data-graph]");
  const is = fresh.querySelector("[data-graph]");
  const source = (graph) => graph?.querySelector("[data-graph-source]")?.textContent;
  const active = old.contains(document.activeElement) ? document.activeElement : null;
  const added = document.importNode(fresh, true);
  if (was && is && source(was) === source(is)) {
    added.querySelector("[data-graph]").replaceWith(was);
    was.removeAttribute("data-behind");
  } else if (was && !is) {
    was.dataset.behind = "true";
    added.append(was.closest("section") ?? was);
  } else if (was && is) {
    added.querySelector("[data-graph-canvas]").style.minHeight = `${was.querySelector("[data-graph-canvas]").clientHeight}px`;
  }
  keptForm(old, added, before);
  old.replaceWith(added);
  refocus(added, active);
  document.dispatchEvent(new Event("htmx:after:swap"));
}

// refocus keeps the focus where it was, or goes where the answer says.
function refocus(added, active) {
  const marked = added.querySelector("[data-focus], [data-builder-form] [autofocus]");
  const next = marked?.disabled ? marked.parentElement.querySelector("button:not([disabled])") : marked;
  if (next) next.focus();
  else if (active?.isConnected) active.focus();
  else if (active?.id) document.getElementById(active.id)?.focus();
}

// mark shows the problems of the result at their lines.
function mark(box, view) {
  const { doc } = view.state;
  const diagnostics = [];
  for (const row of box.querySelectorAll("[data-editor-result] .editor-problems [data-line]")) {
    const number = Number(row.dataset.line);
    if (number < 1) continue;
    const from = positionOf(doc, number, Number(row.dataset.column));
    const to = Math.max(from, doc.lineAt(from).to);
    diagnostics.push({ from, to, severity: "warning" in row.dataset ? "warning" : "error", message: row.querySelector("[data-editor-problem]").textContent });
  }
  diagnostics.sort((a, b) => a.from - b.from);
  view.dispatch(setDiagnostics(view.state, diagnostics));
}

function positionOf(doc, line, column) {
  const at = doc.line(Math.min(Math.max(line, 1), doc.lines));
  return Math.min(at.from + Math.max(column - 1, 0), at.to);
}

document.querySelectorAll("[data-editor]").forEach(start);
