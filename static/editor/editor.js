// The editor of workflow documents, bundled by scripts/build-assets.mjs.
//
// It takes the place of the page's text field, which keeps the text for the
// form, and asks the server what is wrong with it while somebody types: the
// answer is the same fragment that a check without JavaScript shows. The editor
// lives in a shadow root, whose style sheets are constructed: the page's policy
// allows no inline style.

import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { yaml } from "@codemirror/lang-yaml";

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

  async function check() {
    const turn = (state.asked += 1);
    if (field.value.length > largest) return;
    const body = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch(box.dataset.check, { method: "POST", body, headers: { "HX-Request": "true" } });
      if (!answer.ok || turn !== state.asked) return;
      show(box, await answer.text());
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
  box.addEventListener("click", (event) => {
    const row = event.target.closest("[data-editor-line]")?.closest("[data-line]");
    if (!row) return;
    event.preventDefault();
    const at = positionOf(view.state.doc, Number(row.dataset.line), Number(row.dataset.column));
    view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
    view.focus();
  });
  box.addEventListener("change", (event) => {
    if (event.target.matches("[data-editor-form]")) check();
  });
  box.tandemEditor = { view, check, setText: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }) };
  mark(box, view);
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
function show(box, html) {
  const old = box.querySelector("[data-editor-result]");
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-editor-result]");
  if (!fresh) return;
  const was = old.querySelector("[data-graph]");
  const is = fresh.querySelector("[data-graph]");
  const source = (graph) => graph?.querySelector("[data-graph-source]")?.textContent;
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
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
  old.replaceWith(added);
  if (focused) document.getElementById(focused)?.focus();
  document.dispatchEvent(new Event("htmx:after:swap"));
}

// mark shows the problems of the result at their lines.
function mark(box, view) {
  const { doc } = view.state;
  const diagnostics = [];
  for (const row of box.querySelectorAll("[data-editor-result] [data-line]")) {
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
