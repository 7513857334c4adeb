// Completion from the document's JSON Schema: keys where a key can stand, values
// where the schema lists them. The place in the document is read from the
// indentation of block YAML, and from braces on the line of the cursor.

const deepest = 12; // references that are followed

// completionsFrom gives a source of completions; the schema is fetched when it
// is asked for the first time.
export function completionsFrom(address) {
  let schema;
  return async (context) => {
    schema ??= fetch(address).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
    const root = await schema;
    return root ? complete(root, context) : null;
  };
}

function complete(root, context) {
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  const at = placeOf(context.state.doc, line, before);
  const value = /(?:^|[\s{,-])"?([\w.-]+)"?:[ \t]+"?([\w.-]*)$/.exec(before);
  if (value) {
    const options = valuesOf(schemasAt(root, [...at.path, value[1]]));
    return options.length ? { from: context.pos - value[2].length, options, validFor: /^[\w.-]*$/ } : null;
  }
  const key = /(?:^|[\s{,-])([\w.-]*)$/.exec(before);
  const entry = before.slice(Math.max(before.lastIndexOf("{"), before.lastIndexOf(",")) + 1);
  if (!key || (!context.explicit && !key[1]) || /[#:]\s*\S+\s+\S*$/.test(entry)) return null;
  const options = keysOf(schemasAt(root, at.path, at.has), at.has);
  return options.length ? { from: context.pos - key[1].length, options, validFor: /^[\w.-]*$/ } : null;
}

// placeOf gives the keys that lead to where a line stands, "*" for an item of a
// list, and the values of siblings above that choose between alternatives.
function placeOf(doc, line, before) {
  const lead = /^(\s*)((?:- +)*)/.exec(before);
  let indent = lead[1].length + lead[2].length;
  const path = [];
  const has = {};
  if (lead[2]) path.unshift(...lead[2].trim().split(/ +/).map(() => "*"));
  let limit = lead[1].length;
  let own = indent;
  for (let number = line.number - 1; number >= 1 && limit >= 0; number -= 1) {
    const text = doc.line(number).text;
    const entry = /^(\s*)((?:- +)*)"?([\w.-]+)"?:\s*(.*)$/.exec(text);
    if (!entry) continue;
    const dash = entry[1].length;
    const inner = dash + entry[2].length;
    if (inner === own && !lead[2]) has[entry[3]] = entry[4];
    if (inner < limit || (inner === limit && path[0] === "*" && !entry[2])) {
      if (entry[4] && !entry[4].startsWith("#")) continue;
      path.unshift(entry[3]);
      limit = inner;
      if (entry[2] && dash < inner) {
        path.unshift("*");
        limit = dash;
      }
    } else if (entry[2] && inner === limit && dash < limit && !path.length) {
      path.unshift("*");
      limit = dash;
    }
    if (limit === 0 && path[0] !== "*") break;
  }
  const open = /\{([^{}]*)$/.exec(before);
  if (open) {
    const holder = /"?([\w.-]+)"?:\s*\{[^{}]*$/.exec(before);
    if (holder) path.push(holder[1]);
    for (const pair of open[1].matchAll(/([\w.-]+):\s*([^,]*)/g)) has[pair[1]] = pair[2].trim();
  }
  return { path, has };
}

// schemasAt gives all schemas that may hold at a path. has are the values of the
// siblings at its end, which choose between alternatives there.
function schemasAt(root, path, has = {}) {
  let list = spread(root, root, 0, path.length ? {} : has);
  path.forEach((key, i) => {
    const known = i === path.length - 1 ? has : {};
    list = list.flatMap((schema) => {
      if (key === "*") return schema.items ? spread(root, schema.items, 0, known) : [];
      const next = schema.properties?.[key] ?? (typeof schema.additionalProperties === "object" ? schema.additionalProperties : null);
      return next ? spread(root, next, 0, known) : [];
    });
  });
  return list;
}

// holds tells whether a condition on siblings can be true.
function holds(condition, has) {
  const plain = (text) => text?.replace(/\s+#.*$/, "").replace(/^["']|["']$/g, "").trim();
  return Object.entries(condition.properties ?? {}).every(([key, of]) => !("const" in of) || !has[key] || plain(has[key]) === of.const);
}

// spread follows references and lists the alternatives that the siblings leave.
function spread(root, schema, depth, has) {
  if (!schema || typeof schema !== "object" || depth > deepest) return [];
  const list = [schema];
  if (schema.$ref?.startsWith("#/")) {
    const target = schema.$ref.slice(2).split("/").reduce((at, key) => at?.[key], root);
    list.push(...spread(root, target, depth + 1, has));
  }
  for (const word of ["allOf", "anyOf", "oneOf"]) {
    for (const one of schema[word] ?? []) list.push(...spread(root, one, depth + 1, has));
  }
  if (!schema.if || holds(schema.if, has)) list.push(...spread(root, schema.then, depth + 1, has));
  list.push(...spread(root, schema.else, depth + 1, has));
  return list;
}

function keysOf(schemas, has) {
  const found = new Map();
  for (const schema of schemas) {
    for (const [key, of] of Object.entries(schema.properties ?? {})) {
      if (!(key in has) && !found.has(key)) found.set(key, { label: key, type: "property", info: of.description, apply: `${key}: ` });
    }
  }
  return [...found.values()];
}

function valuesOf(schemas) {
  const found = new Map();
  for (const schema of schemas) {
    const values = [...(schema.enum ?? []), ...("const" in schema ? [schema.const] : []), ...(schema.type === "boolean" ? [true, false] : [])];
    for (const value of values) found.set(String(value), { label: String(value), type: "enum" });
  }
  return [...found.values()];
}
