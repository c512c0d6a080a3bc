// What can be written where the cursor stands in values: keys and words from the schema of a chart, with the
// comments of its defaults. It reads lines and their indentation, so that half a document is no obstacle.
export interface Knowledge {
  /** The chart's JSON schema; null when it has none. */
  schema: unknown;
  /** The chart's default values, with their comments. */
  defaults: string;
}

export interface Suggestion {
  label: string;
  /** What stands behind the label: a type, or the default. */
  detail: string;
  /** A sentence about it. */
  info: string;
  /** What is written. */
  apply: string;
}

export interface Known {
  comment: string;
  value: string;
}

interface Schema {
  type?: string | string[];
  description?: string;
  title?: string;
  enum?: unknown[];
  default?: unknown;
  properties?: Record<string, Schema>;
  items?: Schema;
  $ref?: string;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

const ITEM = '[]';
const KEY = /^(\s*)((?:- +)*)(?:"([^"]*)"|'([^']*)'|([^\s#'"[\]{},&*!|>%@-][^:#]*?|-[^\s:][^:#]*?)) *:(?: +(.*))?$/;

interface Line {
  indent: number;
  /** How many hyphens of lists stand before the key. */
  items: number;
  key: string;
  value: string;
}

/** A line with a key; the key's own column counts as its indentation. */
function lineOf(text: string): Line | null {
  const found = KEY.exec(text);
  if (!found) return null;
  const [, space = '', hyphens = '', double, single, bare, value = ''] = found;
  return { indent: space.length + hyphens.length, items: hyphens.split('-').length - 1, key: double ?? single ?? bare ?? '', value };
}

/** Keys with their comments and values, by path: what stands above a key belongs to it. */
export function commentsOf(defaults: string): Map<string, Known> {
  const known = new Map<string, Known>();
  const parents: { indent: number; path: string }[] = [];
  let comment: string[] = [];
  for (const text of defaults.split('\n')) {
    const remark = /^\s*#+ ?(.*)$/.exec(text);
    if (remark) {
      const named = /^@param +(\S+) +(?:\[[^\]]*\] *)?(.*)$/.exec(remark[1]!);
      if (named) known.set(named[1]!, { comment: named[2]!, value: known.get(named[1]!)?.value ?? '' });
      else comment.push(remark[1]!.replace(/^-- ?/, ''));
      continue;
    }
    const line = lineOf(text);
    if (!line) {
      comment = [];
      continue;
    }
    // A hyphen stands before its keys, and may stand at the column of the list's own key.
    const begins = line.items > 0 ? line.indent - 1 : line.indent;
    while (parents.length > 0 && parents.at(-1)!.indent >= begins) parents.pop();
    const base = parents.at(-1)?.path;
    const item = [base, ITEM].filter(Boolean).join('.');
    if (line.items > 0) parents.push({ indent: line.indent - 1, path: item });
    const path = line.items > 0 ? `${item}.${line.key}` : [base, line.key].filter(Boolean).join('.');
    const said = comment.filter((each) => !each.startsWith('@')).join(' ').trim();
    known.set(path, { comment: said || (known.get(path)?.comment ?? ''), value: line.value.replace(/\s+#.*$/, '') });
    parents.push({ indent: line.indent, path });
    comment = [];
  }
  return known;
}

/** The keys that lead to where the cursor stands: those above with less indentation. */
export function pathAt(lines: string[], row: number, column: number): string[] {
  const path: string[] = [];
  const own = /^(\s*)- /.exec(lines[row] ?? '');
  let indent = own ? own[1]!.length : column;
  // A list may stand at the column of its key.
  let inItem = own !== null;
  if (inItem) path.unshift(ITEM);
  for (let at = row - 1; at >= 0 && (indent > 0 || inItem); at -= 1) {
    const line = lineOf(lines[at]!);
    if (!line) continue;
    if (line.items > 0 && line.indent === indent && !inItem) {
      path.unshift(ITEM);
      indent -= line.items * 2;
      inItem = true;
      continue;
    }
    if (line.indent > indent || (line.indent === indent && !inItem) || line.items > 0 || (line.value && !line.value.startsWith('#'))) continue;
    path.unshift(line.key);
    indent = line.indent;
    inItem = false;
  }
  return path;
}

function resolved(root: Schema, schema: Schema | undefined): Schema | undefined {
  let found = schema;
  for (let steps = 0; found?.$ref && steps < 10; steps += 1) {
    found = found.$ref.startsWith('#/') ? found.$ref.slice(2).split('/').reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[decodeURIComponent(name)], root) as Schema | undefined : undefined;
  }
  return found;
}

/** A schema with all that stands beside it in `allOf`, `anyOf` and `oneOf`. */
function variants(root: Schema, schema: Schema | undefined, depth = 0): Schema[] {
  const found = resolved(root, schema);
  if (!found || depth > 4) return [];
  return [found, ...[...(found.allOf ?? []), ...(found.anyOf ?? []), ...(found.oneOf ?? [])].flatMap((each) => variants(root, each, depth + 1))];
}

/** The schemas that hold at a path. */
export function schemasAt(schema: unknown, path: string[]): Schema[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const root = schema as Schema;
  let here = variants(root, root);
  for (const name of path) here = here.flatMap((each) => variants(root, name === ITEM ? each.items : each.properties?.[name]));
  return here;
}

const typeOf = (schema: Schema) => (Array.isArray(schema.type) ? schema.type.join(' or ') : (schema.type ?? ''));
const written = (value: unknown) => (typeof value === 'string' ? (/^[\w./-]+$/.test(value) && !/^(true|false|null|yes|no|on|off|[\d.]+)$/i.test(value) ? value : JSON.stringify(value)) : JSON.stringify(value));

/** Whether more keys stand below a key, so that its value begins on the next line. */
function holdsKeys(schemas: Schema[], known: Map<string, Known>, path: string): boolean {
  return schemas.some((each) => Object.keys(each.properties ?? {}).length > 0) || [...known.keys()].some((each) => each.startsWith(`${path}.`) && !each.startsWith(`${path}.${ITEM}`));
}

/** The keys that may stand below a path; those that hold more keys go on in the next line, behind `indent` columns. */
function keysBelow(knowledge: Knowledge, known: Map<string, Known>, path: string[], indent: number): Suggestion[] {
  const prefix = path.length > 0 ? `${path.join('.')}.` : '';
  const found = new Map<string, Suggestion>();
  const applied = (name: string, schemas: Schema[]) => (holdsKeys(schemas, known, prefix + name) ? `${name}:\n${' '.repeat(indent + 2)}` : `${name}: `);
  for (const schema of schemasAt(knowledge.schema, path)) {
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      const there = schemasAt(knowledge.schema, [...path, name]);
      const [first] = there;
      const told = known.get(prefix + name);
      const shown = first ?? property;
      found.set(name, { label: name, detail: told?.value || typeOf(shown), info: shown.description ?? told?.comment ?? '', apply: applied(name, there) });
    }
  }
  for (const [full, { comment, value }] of known) {
    const name = full.slice(prefix.length);
    if (!full.startsWith(prefix) || !name || name.includes('.') || found.has(name)) continue;
    found.set(name, { label: name, detail: value, info: comment, apply: applied(name, []) });
  }
  return [...found.values()];
}

function valuesOf(knowledge: Knowledge, known: Map<string, Known>, path: string[]): Suggestion[] {
  const info = known.get(path.join('.'))?.comment ?? '';
  const words = schemasAt(knowledge.schema, path).flatMap((schema) => {
    if (schema.enum) return schema.enum;
    return typeOf(schema).includes('boolean') ? [true, false] : [];
  });
  const preset = known.get(path.join('.'))?.value ?? '';
  const all = [...new Set([...words.map(written), ...(preset && !/^[[{|>]/.test(preset) ? [preset] : [])])];
  return all.map((word) => ({ label: word, detail: word === preset ? 'default' : '', info, apply: word }));
}

/** What can be written at a place (line and column from 0), and from which column on it replaces what is there. */
export function suggestionsAt(text: string, row: number, column: number, knowledge: Knowledge, known = commentsOf(knowledge.defaults)): { from: number; options: Suggestion[] } | null {
  const lines = text.split('\n');
  const before = (lines[row] ?? '').slice(0, column);
  if (/(^|\s)#/.test(before)) return null;
  const value = /^(\s*(?:- +)*)([\w.-]+): +(\S*)$/.exec(before);
  if (value) {
    const path = [...pathAt(lines, row, value[1]!.length), value[2]!];
    return { from: column - value[3]!.length, options: valuesOf(knowledge, known, path) };
  }
  const key = /^(\s*(?:- +)*)([\w.-]*)$/.exec(before);
  if (!key) return null;
  const path = pathAt(lines, row, key[1]!.length);
  const indent = key[1]!.length;
  const there = new Set(siblings(lines, row, indent));
  return { from: column - key[2]!.length, options: keysBelow(knowledge, known, path, indent).filter((each) => !there.has(each.label)) };
}

/** What is known of a key. */
export interface About {
  path: string;
  /** Where the key stands in its line, from 0. */
  from: number;
  to: number;
  type: string;
  /** Its default, as it stands in the chart. */
  preset: string;
  /** What may be written, where that is a closed set. */
  words: string[];
  info: string;
}

/** What is known of the key at a place (line and column from 0); null where there is none, or nothing is known. */
export function aboutAt(text: string, row: number, column: number, knowledge: Knowledge, known = commentsOf(knowledge.defaults)): About | null {
  const lines = text.split('\n');
  const line = lineOf(lines[row] ?? '');
  if (!line) return null;
  const quotes = /["']/.test(lines[row]![line.indent] ?? '') ? 2 : 0;
  const to = line.indent + line.key.length + quotes;
  if (column < line.indent || column > to) return null;
  const path = [...pathAt(lines, row, line.indent), line.key];
  const schemas = schemasAt(knowledge.schema, path);
  const told = known.get(path.join('.'));
  if (schemas.length === 0 && !told) return null;
  const info = schemas.find((each) => each.description)?.description ?? told?.comment ?? '';
  const words = schemas.flatMap((each) => each.enum ?? []).map(written);
  return { path: path.join('.').replaceAll(`.${ITEM}`, ITEM), from: line.indent, to, type: typeOf(schemas.find((each) => each.type) ?? {}), preset: told?.value ?? '', words, info };
}

/** The keys that stand beside a line already. */
function siblings(lines: string[], row: number, indent: number): string[] {
  const found: string[] = [];
  for (const step of [-1, 1]) {
    for (let at = row + step; at >= 0 && at < lines.length; at += step) {
      const line = lineOf(lines[at]!);
      if (line && line.indent < indent) break;
      if (line && line.indent === indent) found.push(line.key);
    }
  }
  return found;
}
