// The search field as a box of choices: what it finds appears below it, arrows
// go through it, Enter goes there. Without scripts the field leads to a page.

const input = document.querySelector("[data-search]");
const results = () => document.getElementById(input.getAttribute("aria-controls"));
const options = () => [...results().querySelectorAll("[role=option]")];

function choose(option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  if (!option) {
    input.removeAttribute("aria-activedescendant");
    return;
  }
  input.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const all = options();
  const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  choose(all[(at + step + all.length + (at < 0 && step < 0 ? 1 : 0)) % all.length]);
}

function expand(open) {
  input.setAttribute("aria-expanded", String(open && options().length > 0));
}

if (input) {
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  const form = input.closest("form");
  form.addEventListener("focusin", () => expand(true));
  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget)) expand(false);
  });
  input.addEventListener("keydown", (event) => {
    const chosen = document.getElementById(input.getAttribute("aria-activedescendant") ?? "");
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && options().length) move(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Enter" && chosen) chosen.click();
    else if (event.key === "Escape") input.blur();
    else return;
    event.preventDefault();
  });
  document.addEventListener("htmx:after:swap", () => {
    choose(null);
    expand(form.contains(document.activeElement));
  });
}

// A verb that was chosen opens where it is.
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target?.matches("details")) {
    target.open = true;
    target.querySelector("textarea, input, button")?.focus();
  }
}

openTarget();
window.addEventListener("hashchange", openTarget);
