// Makes src/api/generated/ from the committed description of the API: the types that are sent and taken, and
// the list of its operations. Own code, because the generators on offer need a compiler that TypeScript 7 is
// not any more, and because a value that may be null is always sent: only in requests may it be left out.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const source = new URL('../../docs/reference/openapi.json', import.meta.url);
const target = new URL('../src/api/generated/', import.meta.url);
const api = JSON.parse(readFileSync(source, 'utf8'));
const schemas = api.components.schemas;
const METHODS = ['get', 'put', 'post', 'patch', 'delete'];

const nameOf = (reference) => reference.split('/').at(-1);

/** Names of all schemas that a piece of the description leads to. */
function reach(piece, seen) {
  if (Array.isArray(piece)) for (const each of piece) reach(each, seen);
  else if (piece && typeof piece === 'object') {
    if (typeof piece.$ref === 'string' && !seen.has(nameOf(piece.$ref))) {
      seen.add(nameOf(piece.$ref));
      reach(schemas[nameOf(piece.$ref)], seen);
    }
    for (const each of Object.values(piece)) reach(each, seen);
  }
  return seen;
}

const operations = Object.entries(api.paths).flatMap(([path, item]) => METHODS.filter((method) => item[method]).map((method) => ({ method, path, ...item[method] })));
const sent = reach(operations.map((operation) => operation.responses), new Set());
const taken = reach(operations.map((operation) => operation.requestBody), new Set());
/** Whether a schema is part of answers; one that nothing names stands in a list, copied. */
const answers = (name) => sent.has(name) || !taken.has(name);

const union = (types) => [...new Set(types)].join(' | ');

/** The TypeScript type of a schema. */
function typeOf(schema, depth = 0) {
  if (!schema || Object.keys(schema).every((key) => key === 'description')) return 'unknown';
  if (schema.$ref) return nameOf(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return union(schema.enum.map((value) => JSON.stringify(value)));
  const variants = schema.oneOf ?? schema.anyOf;
  if (variants) return union(variants.map((variant) => typeOf(variant, depth)));
  if (schema.allOf) return schema.allOf.map((each) => typeOf(each, depth)).join(' & ');
  if (Array.isArray(schema.type)) return union(schema.type.map((type) => typeOf({ ...schema, type }, depth)));
  if (schema.type === 'array') return `Array<${typeOf(schema.items, depth)}>`;
  if (schema.type === 'integer' || schema.type === 'number') return 'number';
  if (schema.type === 'string' || schema.type === 'boolean' || schema.type === 'null') return schema.type;
  if (schema.properties) return objectOf(schema, true, depth);
  return 'Record<string, unknown>';
}

const takesNull = (schema) => (Array.isArray(schema.type) && schema.type.includes('null')) || (schema.oneOf ?? schema.anyOf ?? []).some((each) => each.type === 'null');

const comment = (text, indent) => (text ? `${indent}/** ${text.replaceAll(/\s+/g, ' ').trim()} */\n` : '');

/** The members of an object; in answers a value that may be null is always there. */
function objectOf(schema, answered, depth) {
  const indent = '  '.repeat(depth + 1);
  const members = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const always = (schema.required ?? []).includes(name) || (answered && takesNull(property));
    return `${comment(property.description, indent)}${indent}${name}${always ? '' : '?'}: ${typeOf(property, depth + 1)};\n`;
  });
  return `{\n${members.join('')}${'  '.repeat(depth)}}`;
}

const HEAD = '// Generated from docs/reference/openapi.json by `npm run codegen`. Do not edit.\n\n';
const types = Object.keys(schemas).toSorted().map((name) => {
  const schema = schemas[name];
  const head = comment(schema.description, '');
  if (schema.properties && !schema.allOf) return `${head}export interface ${name} ${objectOf(schema, answers(name), 0)}\n`;
  return `${head}export type ${name} = ${typeOf(schema)};\n`;
});
const lines = operations
  .filter((operation) => operation.path.startsWith('/api/v1/'))
  .map((operation) => `  '${operation.method.toUpperCase()} ${operation.path.slice('/api/v1'.length)}',\n`)
  .toSorted();

mkdirSync(target, { recursive: true });
writeFileSync(new URL('schema.ts', target), HEAD + types.join('\n'));
writeFileSync(new URL('operations.ts', target), `${HEAD}/** Every operation below \`/api/v1\`. */\nexport const operations: readonly string[] = [\n${lines.join('')}];\n`);
