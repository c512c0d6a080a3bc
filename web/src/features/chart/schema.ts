// The values of a chart's schema as rows; what the schema leaves out is told by the chart's defaults.
import type { Known } from '../../components/editor/complete';

export interface SchemaRow {
  path: string;
  type: string;
  words: string;
  preset: string;
  required: boolean;
}

interface Node {
  type?: string | string[];
  description?: string;
  title?: string;
  default?: unknown;
  enum?: unknown[];
  properties?: Record<string, Node>;
  items?: Node;
  required?: string[];
  $ref?: string;
}

const DEPTH = 6;
/** More rows are no hint any more. */
export const MOST = 400;

const object = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

function resolve(root: Node, node: Node): Node {
  if (!node.$ref?.startsWith('#/')) return node;
  const found = node.$ref.slice(2).split('/').reduce<unknown>((at, name) => (object(at) ? (at as Record<string, unknown>)[decodeURIComponent(name)] : undefined), root);
  return object(found) ? { ...found, ...node } : node;
}

function typeOf(node: Node): string {
  if (node.enum) return node.enum.map((each) => JSON.stringify(each)).join(', ');
  const type = Array.isArray(node.type) ? node.type.join(' or ') : (node.type ?? '');
  return node.items?.type ? `${type} of ${String(node.items.type)}` : type;
}

const preset = (value: unknown) => (value === undefined || (object(value) && Object.keys(value).length > 0) ? '' : JSON.stringify(value));

/** The rows, depth first, at most [`MOST`]; none for what is no schema. `known`: comments and values of the defaults. */
export function schemaRows(schema: unknown, known: Map<string, Known> = new Map()): SchemaRow[] {
  const rows: SchemaRow[] = [];
  if (!object(schema)) return rows;
  const walk = (raw: Node, path: string, required: boolean, depth: number) => {
    const node = resolve(schema, raw);
    const told = known.get(path);
    if (path) rows.push({ path, type: typeOf(node), words: node.description ?? node.title ?? told?.comment ?? '', preset: preset(node.default) || (told?.value ?? ''), required });
    if (depth >= DEPTH) return;
    const inside = node.properties ?? (node.items ? resolve(schema, node.items).properties : undefined) ?? {};
    for (const [name, child] of Object.entries(inside)) {
      if (rows.length >= MOST) return;
      if (object(child)) walk(child, [path + (node.items && !node.properties ? '[]' : ''), name].filter(Boolean).join('.'), node.required?.includes(name) ?? false, depth + 1);
    }
  };
  walk(schema, '', false, 0);
  return rows;
}

/** The schema of a chart from its text; null when there is none, or it is no JSON. */
export function schemaOf(text: string | null): unknown {
  try {
    return text ? (JSON.parse(text) as unknown) : null;
  } catch {
    return null;
  }
}
