// Single keys: each does what a control of the page does, and can be turned off.
// [data-key] is pressed by its key, [data-key-focus] gets the focus; in a list
// the controls of the row with the focus come first.

const writes = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], dialog";

const rows = () => [...document.querySelectorAll("[data-rows] > *")].filter((row) => row.querySelector("a.row-link"));
const rowAt = () => document.activeElement?.closest("[data-rows] > *");

function move(by) {
  const all = rows();
  if (all.length === 0) return false;
  const at = all.indexOf(rowAt());
  const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
  all[next].querySelector("a.row-link").focus();
  return true;
}

function find(attribute, key) {
  const selector = `[${attribute}="${CSS.escape(key)}"]`;
  return rowAt()?.querySelector(selector) ?? [...document.querySelectorAll(selector)].find((control) => !control.closest("[data-rows]"));
}

function goTo(place) {
  const controls = "button:not([disabled], [hidden]), a[href], input:not([type=hidden], [disabled]), select:not([disabled]), textarea:not([disabled])";
  place.closest("details")?.setAttribute("open", "");
  const control = place.matches(controls) ? place : [...place.querySelectorAll(controls)].find((c) => c.offsetParent);
  control?.focus();
}

async function showKeys(link) {
  document.getElementById("keys-dialog")?.remove();
  const answer = await fetch(link.href, { headers: { "HX-Request": "true" } });
  if (!answer.ok) return location.assign(link.href);
  const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
  const dialog = document.adoptNode(parsed.getElementById("keys-dialog"));
  document.body.append(dialog);
  dialog.showModal();
}

function press(key) {
  if (key === "j") return move(1);
  if (key === "k") return move(-1);
  if (key === "ArrowDown" || key === "ArrowUp") return rowAt() ? move(key === "ArrowDown" ? 1 : -1) : false;
  const help = document.querySelector("[data-keys-help]");
  if (key === "?" && help) {
    showKeys(help);
    return true;
  }
  const control = find("data-key", key);
  if (control) {
    control.click();
    return true;
  }
  const place = find("data-key-focus", key);
  if (place) goTo(place);
  return Boolean(place);
}

document.addEventListener("keydown", (event) => {
  if (document.body.dataset.keys === "off" || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.composedPath()[0].closest?.(writes)) return; // in the editor's shadow too
  if (press(event.key)) event.preventDefault();
});
