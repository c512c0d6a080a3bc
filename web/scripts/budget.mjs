// Refuses a build whose first load is over its budget: index.html, what it loads at once, and the font.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const FIRST_LOAD = 250 * 1024;
const PAGE = 60 * 1024;
const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));
const size = (file) => {
  const bytes = readFileSync(new URL(file, dist));
  return file.endsWith('.woff2') ? bytes.length : gzipSync(bytes, { level: 9 }).length;
};

/** A chunk with everything that it loads at once. */
function filesOf(key, seen = new Set()) {
  const chunk = manifest[key];
  if (!chunk || seen.has(chunk.file)) return seen;
  seen.add(chunk.file);
  for (const file of [...(chunk.css ?? []), ...(chunk.assets ?? [])]) seen.add(file);
  for (const each of chunk.imports ?? []) filesOf(each, seen);
  return seen;
}

const total = (files) => [...files].reduce((sum, file) => sum + size(file), 0);
const first = filesOf('index.html');
const fonts = readdirSync(new URL('assets/', dist)).filter((name) => name.endsWith('.woff2')).map((name) => `assets/${name}`);
for (const font of fonts) first.add(font);
const firstSize = total(first) + size('index.html');
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;
console.log(`first load: ${kilobytes(firstSize)} of ${kilobytes(FIRST_LOAD)}, compressed, fonts included`);

let good = firstSize <= FIRST_LOAD;
for (const [key, chunk] of Object.entries(manifest)) {
  if (!chunk.isDynamicEntry || key.includes('/editor/')) continue;
  const further = [...filesOf(key)].filter((file) => !first.has(file));
  const bytes = total(further);
  if (bytes > PAGE) {
    console.error(`${key}: ${kilobytes(bytes)}, more than ${kilobytes(PAGE)}`);
    good = false;
  }
}
const editor = total([...filesOf('src/components/editor/CodeEditor.tsx')].filter((file) => !first.has(file)));
console.log(`editor, when one is opened: ${kilobytes(editor)}`);
if (!good) process.exit(1);
