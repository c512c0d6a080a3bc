import { expect, it } from 'vitest';
import { aboutAt, commentsOf, pathAt, suggestionsAt, type Knowledge } from './complete';

const defaults = `# How many run.
replicas: 1

## @param auth.enabled Asks for a password
## @param auth.password [string] The password
auth:
  enabled: true # on
  password: ""
# -- Where it is kept.
persistence:
  # Its size.
  size: 8Gi
  labels: {}
hosts:
  - name: a
    port: 80
`;
const schema = {
  $defs: { mode: { enum: ['standalone', 'replication'], description: 'How it runs.' } },
  properties: {
    architecture: { $ref: '#/$defs/mode' },
    auth: { properties: { enabled: { type: 'boolean', description: 'Whether a password is asked for.' }, existing: { type: 'string' } } },
    hosts: { items: { properties: { name: { type: 'string' }, port: { type: 'integer' } } } },
  },
};
const knowledge: Knowledge = { schema, defaults };

/** What is offered where `|` stands. */
function at(text: string, known: Knowledge = knowledge) {
  const [before = ''] = text.split('|');
  const lines = before.split('\n');
  return suggestionsAt(text.replace('|', ''), lines.length - 1, lines.at(-1)!.length, known)?.options.map((each) => each.label) ?? null;
}

it('reads the comments of defaults, also those that name their value', () => {
  const known = commentsOf(defaults);
  expect([...known].map(([path, { comment, value }]) => [path, comment, value])).toEqual([
    ['replicas', 'How many run.', '1'],
    ['auth.enabled', 'Asks for a password', 'true'],
    ['auth.password', 'The password', '""'],
    ['auth', '', ''],
    ['persistence', 'Where it is kept.', ''],
    ['persistence.size', 'Its size.', '8Gi'],
    ['persistence.labels', '', '{}'],
    ['hosts', '', ''],
    ['hosts.[].name', '', 'a'],
    ['hosts.[].port', '', '80'],
  ]);
});

it('knows under which keys the cursor stands', () => {
  const lines = 'a:\n  b:\n    c: 1\n\n    \nd:\n  - e: 1\n    f'.split('\n');
  expect(pathAt(['d:', '- e: 1', '  '], 2, 2)).toEqual(['d', '[]']);
  expect([pathAt(lines, 4, 4), pathAt(lines, 3, 0), pathAt(lines, 7, 4)]).toEqual([['a', 'b'], [], ['d', '[]']]);
});

it('offers keys of schema and defaults, without those that are there', () => {
  expect(at('|')).toEqual(['architecture', 'auth', 'hosts', 'replicas', 'persistence']);
  expect(at('replicas: 2\npe|')).toEqual(['architecture', 'auth', 'hosts', 'persistence']);
  expect(at('auth:\n  |')).toEqual(['enabled', 'existing', 'password']);
  expect(at('auth:\n  password: x\n  |\n  existing: y')).toEqual(['enabled']);
  expect(at('hosts:\n  - na|')).toEqual(['name', 'port']);
});

it('offers words for values, with the default', () => {
  expect(at('architecture: |')).toEqual(['standalone', 'replication']);
  expect(at('auth:\n  enabled: |')).toEqual(['true', 'false']);
  expect(at('persistence:\n  size: |')).toEqual(['8Gi']);
});

it('offers nothing in comments and texts, nor of what nobody knows', () => {
  expect([at('# a|'), at('a: b c|'), at('|', { schema: null, defaults: '' })]).toEqual([null, null, []]);
  expect(at('|', { schema: { properties: { a: { $ref: '#/properties/a' } } }, defaults: '' })).toEqual(['a']);
});

it('takes no time over long or odd texts', () => {
  const odd = `${'a: '.repeat(2000)}\n${'['.repeat(5000)}\n${'- '.repeat(3000)}\n`.repeat(20);
  const began = performance.now();
  commentsOf(odd);
  at(`${odd}|`);
  expect(performance.now() - began).toBeLessThan(2000);
});

it('tells what is known of a key, and of nothing else', () => {
  const knowledge = {
    schema: { properties: { mode: { enum: ['a', 'b'], description: 'How it runs.' }, jobs: { type: 'array', items: { properties: { name: { type: 'string' } } } } } },
    defaults: '# How it runs, say the defaults.\nmode: a\nauth:\n  # Who comes in.\n  user: app # the app\njobs: []\n',
  };
  const text = 'mode: b\nauth:\n  "user": x\n  other: 1\njobs:\n  - name: y\n# mode: z\n';
  const at = (row: number, column: number) => aboutAt(text, row, column, knowledge);
  expect(at(0, 2)).toEqual({ path: 'mode', from: 0, to: 4, type: '', preset: 'a', words: ['a', 'b'], info: 'How it runs.' });
  expect(at(2, 4)).toMatchObject({ path: 'auth.user', from: 2, to: 8, preset: 'app', info: 'Who comes in.' });
  expect(at(5, 5)).toMatchObject({ path: 'jobs[].name', type: 'string' });
  expect([at(0, 7), at(3, 3), at(6, 3), at(7, 0)]).toEqual([null, null, null, null]);
});

it('goes on in the next line below a key that holds others', () => {
  const knowledge = { schema: { properties: { mode: { type: 'string' }, backup: { properties: { keep: {} } } } }, defaults: 'auth:\n  user: app\njobs:\n  - name: x\n' };
  const applied = (text: string, row: number, column: number) => suggestionsAt(text, row, column, knowledge)?.options.map((each) => each.apply);
  expect(applied('', 0, 0)).toEqual(['mode: ', 'backup:\n  ', 'auth:\n  ', 'jobs: ']);
  expect(applied('auth:\n  ', 1, 2)).toEqual(['user: ']);
});
