// Live workflow graphs.
//
// Every [data-graph] holds the Mermaid text (data-graph-source), an empty
// canvas (data-graph-canvas) and the table twin. The text is drawn once; after
// that the rows of the twin say which state each node has (data-node,
// data-state) and which edges were taken (data-edge, data-taken), or in a
// comparison what became of them (data-state), and only
// classes of the drawing change. So zoom and scroll stay when the page is
// updated.
//
// The page's policy allows no inline style. Mermaid writes style attributes
// and one style sheet; while it draws, `withoutInlineStyle` turns the former
// into property changes, which the policy allows, and drops the latter: the
// drawing is coloured by the application's own style sheet.

const drawings = new WeakMap();
const smallest = 0.4;
const legible = matchMedia("(max-width: 47.99rem)").matches ? 0.85 : 0.65;
const largest = 2.5;
let counter = 0;
let queue = Promise.resolve();

function startGraphs() {
  for (const graph of document.querySelectorAll("[data-graph]")) {
    if (!drawings.has(graph)) {
      drawings.set(graph, { scale: 1 });
      queue = queue.then(() => start(graph));
    }
  }
}

async function start(graph) {
  const canvas = graph.querySelector("[data-graph-canvas]");
  const source = graph.querySelector("[data-graph-source]");
  if (!canvas || !source || !(await hasMermaid())) return;
  try {
    await draw(canvas, source.textContent);
  } catch (error) {
    console.error("graph: %s", error);
    graph.dataset.graphFailed = "true";
    return;
  }
  graph.querySelectorAll("[data-graph-fold]").forEach((fold) => (fold.open = false));
  graph.dataset.graphDrawn = "true";
  addZoom(graph, canvas);
  applyStates(graph);
  reveal(canvas);
  watch(graph, canvas);
}

// hasMermaid waits for Mermaid, which comes after this script where both came
// with a part of a page.
async function hasMermaid() {
  const script = [...document.querySelectorAll("script[src]")].find((script) => /\/mermaid[^/]*\.js$/.test(script.src));
  if (!window.mermaid && script) await new Promise((done) => ["load", "error"].forEach((end) => script.addEventListener(end, done)));
  return Boolean(window.mermaid);
}

async function draw(canvas, text) {
  window.mermaid.initialize({
    startOnLoad: false,
    securityLevel: "strict",
    htmlLabels: false,
    suppressErrorRendering: true,
    theme: "base",
    look: "classic",
    fontFamily: getComputedStyle(canvas).fontFamily,
    themeVariables: { fontSize: "14px" },
    flowchart: { htmlLabels: false, useMaxWidth: false, nodeSpacing: 48, rankSpacing: 60, padding: 12, wrappingWidth: 220, curve: "basis", subGraphTitleMargin: { top: 8, bottom: 8 } },
  });
  counter += 1;
  const { svg } = await withoutInlineStyle(() => window.mermaid.render(`graph-${counter}`, text, canvas));
  canvas.replaceChildren(adopt(svg));
}

// withoutInlineStyle runs a function while style attributes and style elements
// are kept away from the document.
async function withoutInlineStyle(run) {
  const { setAttribute } = Element.prototype;
  const { createElement } = Document.prototype;
  const { parseFromString } = DOMParser.prototype;
  Element.prototype.setAttribute = function (name, value) {
    if (name === "style") this.style.cssText = value;
    else setAttribute.call(this, name, value);
  };
  Document.prototype.createElement = function (name, ...rest) {
    const inert = String(name).toLowerCase() === "style";
    return createElement.call(this, inert ? "template" : name, ...rest);
  };
  DOMParser.prototype.parseFromString = function (text, type) {
    return parseFromString.call(this, withDataStyle(text), type);
  };
  try {
    return await run();
  } finally {
    Element.prototype.setAttribute = setAttribute;
    Document.prototype.createElement = createElement;
    DOMParser.prototype.parseFromString = parseFromString;
  }
}

// withDataStyle renames the style attributes of markup.
function withDataStyle(text) {
  return String(text).replaceAll(/(<[^>]*?\s)style="/g, '$1data-style="');
}

// adopt makes elements of the drawn text; its styles become properties.
function adopt(text) {
  const parsed = new DOMParser().parseFromString(withDataStyle(text), "text/html");
  const drawing = document.importNode(parsed.querySelector("svg"), true);
  drawing.querySelectorAll("template, style").forEach((element) => element.remove());
  for (const element of [drawing, ...drawing.querySelectorAll("[data-style]")]) {
    if (element.dataset.style) element.style.cssText = element.dataset.style;
    delete element.dataset.style;
  }
  drawing.setAttribute("aria-hidden", "true");
  drawing.setAttribute("focusable", "false");
  return drawing;
}

// applyStates copies what the table twin says to the classes of the drawing.
function applyStates(graph) {
  for (const row of graph.querySelectorAll("[data-graph-twin] [data-node]")) {
    const name = row.dataset.node;
    const node = graph.querySelector(`g.node[id*="-flowchart-${name}-"], g.cluster[id$="-${name}"], g.cluster[id="${name}"]`);
    setState(node, row.dataset.state);
    setCount(node, row.dataset.count ?? "");
  }
  for (const row of graph.querySelectorAll("[data-graph-twin] [data-edge]")) {
    const taken = row.dataset.taken === "true";
    for (const edge of graph.querySelectorAll(`[data-graph-canvas] [data-id="${row.dataset.edge}"]`)) {
      edge.classList.toggle("taken", taken);
      setState(edge, row.dataset.state);
    }
  }
}

function setState(node, state) {
  if (!node || node.classList.contains(`state-${state}`)) return;
  for (const name of [...node.classList]) {
    if (name.startsWith("state-")) node.classList.remove(name);
  }
  if (state) node.classList.add(`state-${state}`);
}

// setCount writes how often a step was visited, or how many items have ended,
// at the upper right corner of its node.
function setCount(node, text) {
  if (!node) return;
  let badge = node.querySelector(":scope > .node-count");
  if (!text) return badge?.remove();
  if (!badge) {
    const shape = node.getBBox(); // of the node: its shape may be moved inside it
    badge = document.createElementNS("http://www.w3.org/2000/svg", "text");
    badge.setAttribute("class", "node-count");
    badge.setAttribute("x", shape.x + shape.width - 2);
    badge.setAttribute("y", shape.y - 4);
    node.append(badge);
  }
  if (badge.textContent !== text) badge.textContent = text;
}

// watch follows the twin, however it is changed or replaced.
function watch(graph, canvas) {
  const observer = new MutationObserver((changes) => {
    if (!graph.isConnected) observer.disconnect();
    else if (changes.some((change) => !canvas.contains(change.target))) applyStates(graph);
  });
  observer.observe(graph, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-state", "data-count", "data-taken"] });
}

// addZoom makes the buttons work; they are hidden until there is a drawing. A
// drawing first fits its frame as long as it stays legible.
function addZoom(graph, canvas) {
  const drawing = canvas.querySelector("svg");
  const { width, height } = drawing.viewBox.baseVal;
  const state = drawings.get(graph);
  const show = (scale) => {
    state.scale = Math.min(Math.max(scale, smallest), largest);
    drawing.setAttribute("width", Math.round(width * state.scale));
    drawing.setAttribute("height", Math.round(height * state.scale));
  };
  const padding = 2 * parseFloat(getComputedStyle(canvas).paddingLeft);
  const fitting = () => Math.min((canvas.clientWidth - padding) / width, 1);
  const steps = { in: () => state.scale * 1.25, out: () => state.scale / 1.25, fit: fitting };
  for (const button of graph.querySelectorAll("[data-graph-zoom]")) {
    button.hidden = false;
    button.addEventListener("click", () => show(steps[button.dataset.graphZoom]()));
  }
  canvas.addEventListener("keydown", (event) => {
    const step = { "+": "in", "=": "in", "-": "out", 0: "fit" }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    show(steps[step]());
  });
  addPan(canvas);
  show(Math.max(fitting(), legible));
}

// addPan lets the drawing be dragged; arrow keys scroll a focused frame anyway.
function addPan(canvas) {
  let from = null;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType !== "mouse") return;
    from = { x: event.clientX + canvas.scrollLeft, y: event.clientY + canvas.scrollTop };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!from) return;
    canvas.scrollLeft = from.x - event.clientX;
    canvas.scrollTop = from.y - event.clientY;
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (from = null));
}

// reveal scrolls a drawing that is wider than its frame to where something is
// going on, else to its beginning.
function reveal(canvas) {
  const spot =
    canvas.querySelector("g.node:is(.state-failed, .state-running, .state-waiting, .state-paused)") ??
    canvas.querySelector('g.node[id*="-flowchart-start"]') ??
    canvas.querySelector("g.node");
  if (!spot) return;
  const frame = canvas.getBoundingClientRect();
  const box = spot.getBoundingClientRect();
  canvas.scrollLeft += box.left + box.width / 2 - frame.left - frame.width / 2;
  if (box.bottom > frame.bottom - 16) canvas.scrollTop += box.top + box.height / 2 - frame.top - frame.height / 2;
}

startGraphs();
document.addEventListener("htmx:after:swap", startGraphs);
