// The builder beside the text: its buttons are asked of the server as the text
// is checked, without leaving the page. Without scripts they send the page.

// startBuilder makes the controls of the builder, and the nodes of the graph,
// work in place. ask sends a button; goTo shows a line of the text.
export function startBuilder(box, ask, goTo) {
  let queue = Promise.resolve();
  const send = (name, value) => (queue = queue.then(() => ask({ name, value })));
  const choose = async (path, fromGraph) => {
    await send("_choose", path);
    const chosen = box.querySelector("[data-builder-chosen]");
    if (!chosen) return;
    goTo(Number(chosen.dataset.line));
    if (fromGraph) box.querySelector("[data-graph-canvas]")?.focus();
  };

  box.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button?.closest("[data-builder]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (button.name === "_choose") choose(button.value);
    else send(button.name, button.value);
  }, true);
  box.addEventListener("change", (event) => {
    if (event.target.closest("[data-builder-form]")) send("do", "fill");
  });
  box.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (key === "Enter" && target.dataset.enter) {
      event.preventDefault();
      document.getElementById(target.dataset.enter).click();
    } else if (key === "Enter" && target.matches("[data-builder-form] input")) {
      event.preventDefault();
      send("do", "fill");
    } else if ((key === "ArrowDown" || key === "ArrowUp") && target.matches(".builder-step")) {
      event.preventDefault();
      step(box, target, key === "ArrowDown" ? 1 : -1)?.focus();
    } else if ((key === "n" || key === "p") && target.matches("[data-graph-canvas]") && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      event.stopPropagation();
      const next = step(box, box.querySelector(".builder-step[aria-current]"), key === "n" ? 1 : -1);
      if (next) choose(next.value, true);
    } else if (key === "Enter" && target.matches("[data-graph-canvas]")) {
      document.getElementById("builder-chosen")?.focus();
    }
  });
  startGraph(box, choose);
}

// step gives the button of the step before or after one.
function step(box, from, by) {
  const all = [...box.querySelectorAll(".builder-step")];
  return from ? all[all.indexOf(from) + by] : all.at(by > 0 ? 0 : -1);
}

// startGraph lets a click on a node choose its step, and marks and shows the
// chosen one.
function startGraph(box, choose) {
  let pressed = null;
  box.addEventListener("pointerdown", (event) => {
    const node = event.target.closest("[data-graph-canvas] :is(g.node, g.cluster)");
    pressed = node ? { node, x: event.clientX, y: event.clientY } : null;
  }, true);
  box.addEventListener("pointerup", (event) => {
    const from = pressed;
    pressed = null;
    if (!from || Math.hypot(event.clientX - from.x, event.clientY - from.y) > 5) return;
    const row = [...box.querySelectorAll("[data-graph-twin] [data-step]")].find((one) => nodeOf(box, one.dataset.node) === from.node);
    if (row) choose(row.dataset.step, true);
  });
  new MutationObserver(() => markChosen(box)).observe(box, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-graph-drawn"] });
  markChosen(box);
}

const nodeOf = (box, name) => box.querySelector(`g.node[id*="-flowchart-${name}-"], g.cluster[id$="-${name}"], g.cluster[id="${name}"]`);

function markChosen(box) {
  const path = box.querySelector("[data-builder-chosen]")?.dataset.step;
  const row = path && box.querySelector(`[data-graph-twin] [data-step="${CSS.escape(path)}"]`);
  const node = row && nodeOf(box, row.dataset.node);
  for (const other of box.querySelectorAll("[data-graph-canvas] .chosen")) {
    if (other !== node) other.classList.remove("chosen");
  }
  if (!node || node.classList.contains("chosen")) return;
  node.classList.add("chosen");
  showInFrame(node);
}

// showInFrame scrolls a node to the middle of the graph's frame, unless all of it
// is in view there.
function showInFrame(node) {
  const canvas = node.closest("[data-graph-canvas]");
  const frame = canvas.getBoundingClientRect();
  const at = node.getBoundingClientRect();
  if (at.left >= frame.left && at.right <= frame.right && at.top >= frame.top && at.bottom <= frame.bottom) return;
  canvas.scrollLeft += at.left + at.width / 2 - frame.left - frame.width / 2;
  canvas.scrollTop += at.top + at.height / 2 - frame.top - frame.height / 2;
}

// keptForm leaves the controls of the chosen step in their places when an
// answer has the same ones, so that whoever goes on typing there is not
// disturbed. before is what they said when the question was asked.
export function keptForm(old, added, before) {
  const was = old.querySelector("[data-builder-form]");
  const is = added.querySelector("[data-builder-form]");
  if (!was || !is || !was.contains(document.activeElement) || is.querySelector("[aria-invalid]") || was.querySelector("[aria-invalid]")) return;
  if (stepOf(was) !== stepOf(is) || namesOf(was) !== namesOf(is)) return;
  for (const control of is.querySelectorAll(":is(input, select, textarea)[id]")) {
    const mine = document.getElementById(control.id);
    if (control.type === "checkbox") {
      if (mine.checked === before.get(control.id)) mine.checked = control.checked;
    } else if (mine.value === before.get(control.id) && mine.value !== control.value) {
      mine.value = control.value;
    }
  }
  was.querySelector("[name=_base]").value = is.querySelector("[name=_base]").value;
  is.replaceWith(was);
}

const stepOf = (part) => part.closest("[data-builder-chosen]").dataset.step;
const namesOf = (part) => [...part.querySelectorAll("[name]")].map((control) => `${control.name} ${control.id}`).join("\n");
