// How the editor looks: the page's own colours, which reach into its shadow
// root as custom properties.

import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const mono = "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace";

export const theme = EditorView.theme({
  "&": { color: "var(--color-base-content)", backgroundColor: "var(--color-base-100)", fontSize: "0.9rem", height: "100%" },
  "&.cm-focused": { outline: "2px solid var(--color-primary)", outlineOffset: "1px" },
  ".cm-scroller": { fontFamily: mono, lineHeight: "1.55", overflow: "auto" },
  ".cm-content": { caretColor: "var(--color-base-content)", padding: "0.5rem 0" },
  ".cm-cursor": { borderLeftColor: "var(--color-base-content)" },
  ".cm-gutters": { backgroundColor: "var(--color-base-200)", color: "var(--muted)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine": { backgroundColor: "color-mix(in oklab, var(--color-base-content) 4%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in oklab, var(--color-primary) 28%, transparent)",
  },
  ".cm-tooltip": { backgroundColor: "var(--color-base-100)", color: "var(--color-base-content)", border: "1px solid var(--line)", borderRadius: "0.4rem" },
  ".cm-tooltip-autocomplete > ul": { fontFamily: mono },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--color-primary)", color: "var(--color-primary-content)" },
  ".cm-panels": { backgroundColor: "var(--color-base-200)", color: "var(--color-base-content)" },
  ".cm-diagnostic": { fontFamily: "system-ui, sans-serif" },
});

export const highlighting = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--code-key)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-text)" },
  { tag: [tags.comment, tags.lineComment], color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.keyword, tags.atom, tags.bool, tags.number, tags.typeName, tags.labelName], color: "var(--code-word)" },
]);
