// What every page does beyond its HTML; all of it has a way without.

// Ctrl+K, Cmd+K and / lead to the search field.
document.addEventListener("keydown", (event) => {
  const typing = event.composedPath()[0].closest?.("input, textarea, select, [contenteditable]"); // in the editor's shadow too
  const shortcut = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
  const slash = event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
  const search = document.querySelector("[data-search]");
  if (search && (shortcut || slash)) {
    event.preventDefault();
    search.focus();
    search.select();
  }
});

// Menus and confirmations, which are <details>, close on Escape and on a click
// elsewhere.
const popups = "details.menu-pop[open], details.confirm[open]";

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const popup of document.querySelectorAll(popups)) {
    popup.open = false;
    if (popup.contains(document.activeElement)) popup.querySelector("summary").focus();
  }
});

document.addEventListener("click", (event) => {
  for (const popup of document.querySelectorAll(popups)) {
    if (!popup.contains(event.target)) popup.open = false;
  }
});

// Of tabs that do not all fit, the current one is in view.
for (const tabs of document.querySelectorAll(".tabs-line")) {
  const current = tabs.querySelector("[aria-current]");
  if (current) tabs.scrollLeft = current.offsetLeft + current.offsetWidth / 2 - tabs.offsetLeft - tabs.clientWidth / 2;
}

// A list of problems is read first.
function focusProblems() {
  document.querySelector("[data-focus]:not([data-focused])")?.focus();
  document.querySelectorAll("[data-focus]").forEach((element) => (element.dataset.focused = "true"));
}

focusProblems();
document.addEventListener("htmx:after:swap", focusProblems);
