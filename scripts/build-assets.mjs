// Writes static/vendor: the style sheet, the libraries, the icon sprite and
// their licences, each with a gzip and a brotli twin. Called by build-assets.sh
// from the top of the checkout. Files whose content stays are left alone.
import { execFileSync } from "node:child_process";
import { buildSync } from "esbuild";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const vendor = "static/vendor";
const modules = "node_modules";

const text = (path) => readFileSync(path, "utf8");

function ship(name, content) {
  const path = `${vendor}/${name}`;
  const bytes = Buffer.from(content);
  const complete = [path, `${path}.gz`, `${path}.br`].every(existsSync);
  if (complete && readFileSync(path).equals(bytes)) return;
  writeFileSync(path, bytes);
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  const quality = bytes.length > 1_000_000 ? 9 : 11;
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }));
}

// packed gives a file of Stoplight Elements, when its package is what it was.
const elementsSum =
  "ac36cdb20482368ef8972579edc073ca6fbc17af3f4768fb50fab8af7c39a8aeb4f2f5fc00f349853abed8c91b4e3b0cddb521148a11748db6e6d948f392a908";

function packed(name) {
  const sum = createHash("sha512").update(readFileSync(".cache/stoplight-elements-9.0.25.tgz")).digest("hex");
  if (sum !== elementsSum) {
    throw new Error(".cache/stoplight-elements-9.0.25.tgz is not what was chosen: remove it and build again");
  }
  return text(`.cache/package/${name}`);
}

// script drops the hint to a source map that is not shipped.
function script(path) {
  return text(path).replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n");
}

// sprite makes one symbol of each icon named in static/icons.txt.
function sprite() {
  const names = text("static/icons.txt").split("\n").filter(Boolean);
  const symbols = names.map((name) => {
    const icon = text(`${modules}/lucide-static/icons/${name}.svg`);
    const shapes = icon.replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, "").replaceAll(/\s+/g, " ").trim();
    const attributes = `fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"`;
    return `<symbol id="${name}" viewBox="0 0 24 24" ${attributes}>${shapes}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
}

function licences() {
  const packages = ["@mermaid-js/tiny", ...editorPackages(), "daisyui", "htmx.org", "lucide-static", "tailwindcss"];
  const all = packages.map((name) => `${name}\n\n${text(`${modules}/${name}/LICENSE`)}`);
  return [...all, `@stoplight/elements\n\n${packed("LICENSE")}`].join("\n\n");
}

// editorPackages are what the editor of workflow documents is made of.
function editorPackages() {
  const all = ["style-mod", "w3c-keyname", "crelt", "@marijn/find-cluster-break"];
  for (const scope of ["@codemirror", "@lezer"]) all.push(...readdirSync(`${modules}/${scope}`).map((name) => `${scope}/${name}`));
  return all.sort();
}

// editor is one file: nothing but the page of the editor loads it.
function editor() {
  const made = buildSync({
    entryPoints: ["static/editor/editor.js"], bundle: true, minify: true, write: false,
    format: "esm", target: "es2022", charset: "utf8", legalComments: "none", logLevel: "warning",
  });
  return made.outputFiles[0].text;
}

function styles() {
  return execFileSync(`${modules}/.bin/tailwindcss`, ["--input", "static/css/app.css", "--minify"], {
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 16 << 20,
  });
}

ship("app.css", styles());
ship("htmx.js", script(`${modules}/htmx.org/dist/htmx.min.js`));
ship("mermaid.js", text(`${modules}/@mermaid-js/tiny/dist/mermaid.tiny.js`));
ship("editor.js", editor());
ship("elements.js", packed("web-components.min.js").replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n"));
ship("elements.css", packed("styles.min.css").replace(/\n?\/\*# sourceMappingURL=.*\*\/\s*$/, "\n"));
ship("icons.svg", sprite());
ship("licenses.txt", licences());
