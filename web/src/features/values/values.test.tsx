import { act, renderHook, screen, waitFor } from '@testing-library/react';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { expect, it } from 'vitest';
import { Problem } from '../../api/http';
import { rememberPerson } from '../../api/drafts';
import type { ProblemBody, Values } from '../../api/types';
import { connect, open } from '../../testing/page';
import { Stub } from '../../testing/stub';
import { difference } from './difference';
import { problemsIn, useValues } from './useValues';

const problem = (body: Partial<ProblemBody>) => new Problem({ type: '', title: '', status: 422, code: 'invalid_values', detail: '', ...body });

it('finds lines in what the server says is wrong', () => {
  expect(problemsIn(problem({ problems: [{ path: 'a.b', line: 3, column: 7, message: 'no' }] }))).toEqual([{ path: 'a.b', line: 3, column: 7, message: 'no' }]);
  const told = problem({ errors: [{ field: 'yaml', code: 'invalid', message: 'A tab is not allowed (line 12, column 3).' }, { field: 'message', code: '', message: 'x' }] });
  expect(problemsIn(told)).toEqual([{ path: '', line: 12, column: 3, message: 'A tab is not allowed (line 12, column 3).' }]);
  expect(problemsIn(new Error('x'))).toEqual([]);
});

const values = (number: number, yaml: string, author = 'admin'): Values & { application: string } => ({ number, yaml, author, environment: null, blob: '', message: '', origin: 'saved', merge: 'merge', created_at: '', application: 'shop' });

function start(stub: Stub, stored: Values | null) {
  connect(stub);
  rememberPerson('ada');
  const client = new QueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>;
  return renderHook(({ read }) => useValues('shop', undefined, read), { wrapper, initialProps: { read: stored } });
}

it('saves over the version that was read when typing began, and keeps the text when someone was faster', async () => {
  const stub = new Stub().enter();
  stub.values.push(values(1, 'replicas: 1\n'));
  const editor = start(stub, values(1, 'replicas: 1\n'));
  act(() => editor.result.current.edit({ yaml: 'replicas: 2\n' }));
  stub.values.push(values(2, 'replicas: 5\n', 'maria'));
  // A background refresh shows the newer version; what is typed still stands on the older one.
  editor.rerender({ read: values(2, 'replicas: 5\n', 'maria') });
  act(() => editor.result.current.save());
  await waitFor(() => expect(editor.result.current.theirs?.author).toBe('maria'));
  expect(editor.result.current.draft.value.yaml).toBe('replicas: 2\n');
  act(() => editor.result.current.saveMine());
  await waitFor(() => expect(editor.result.current.saved).toBe('Saved as version 3. Saving is not deploying.'));
  expect(stub.values.at(-1)?.yaml).toBe('replicas: 2\n');
});

it('tells wrong lines and saves nothing', async () => {
  const stub = new Stub().enter();
  const editor = start(stub, null);
  act(() => editor.result.current.edit({ yaml: '# first\nreplicas: many\n' }));
  act(() => editor.result.current.save());
  await waitFor(() => expect(editor.result.current.problems).toEqual([{ path: 'replicas', line: 2, column: 11, message: '"many" is not a number.' }]));
  expect(stub.values).toEqual([]);
  expect(JSON.stringify({ ...localStorage })).toContain('replicas: many');
});

it('shows values to those who may not change them, without a way to save', async () => {
  const stub = new Stub().enter('vera', [{ role: 'viewer', project: 'storefront' }]);
  stub.application('shop', 'storefront');
  stub.values.push(values(1, 'replicas: 1\n'));
  open('/applications/shop/template', stub);
  await screen.findByText(/managers of the project can change them/);
  expect(screen.queryByRole('button', { name: 'Save' })).toBeNull();
});

/** A difference as `diff` writes it. */
const written = (before: string | null, after: string) => difference('values.yaml', before, after)?.hunks.map((hunk) => `@${hunk.old_start},${hunk.new_start} ${hunk.lines.map((line) => line.kind + line.text).join('|')}`);

it('finds the lines that differ between two versions', () => {
  const many = Array.from({ length: 20 }, (_, at) => `line${at}`);
  const cases: [string | null, string, string[] | undefined][] = [
    ['a\n', 'a\n', undefined],
    [null, 'a\nb\n', ['@1,1 +a|+b']],
    ['a\nb\nc\n', 'a\nc\n', ['@1,1  a|-b| c']],
    ['a\nb\nc\n', 'x\nb\ny\n', ['@1,1 -a|+x| b|-c|+y']],
    ['a\nb\nc\na\nb\nb\na\n', 'c\nb\na\nb\na\nc\n', ['@1,1 -a|-b| c|+b| a| b|-b| a|+c']],
    [many.join('\n'), many.with(1, 'x').with(15, 'y').join('\n'), ['@1,1  line0|-line1|+x| line2| line3| line4', '@13,13  line12| line13| line14|-line15|+y| line16| line17| line18']],
    ['a\n', '', ['@1,1 -a']],
  ];
  expect(cases.map(([before, after]) => written(before, after))).toEqual(cases.map(([, , hunks]) => hunks));
});

it('makes one text of the other, whatever they are', () => {
  let seed = 42;
  const next = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor(seed / 65_536) % below;
  };
  for (let round = 0; round < 300; round += 1) {
    const [before, after] = [0, 1].map(() => Array.from({ length: next(12) }, () => 'abc'[next(3)]!).join('\n'));
    const lines = difference('x', before!, after!)?.hunks.flatMap((hunk) => hunk.lines) ?? [];
    const of = (kind: string) => lines.filter((line) => line.kind === kind).map((line) => line.text);
    const changed = (text: string, kind: string) => text.split('\n').filter(Boolean).length - of(kind).length;
    expect(changed(before!, '-')).toBe(changed(after!, '+'));
  }
});

it('shows what changed between versions, and compares any two', async () => {
  const stub = new Stub().enter();
  stub.application('shop', 'storefront');
  stub.values.push(values(1, 'replicas: 1\n'), values(2, 'replicas: 2\n'), values(3, 'replicas: 2\nport: 80\n', 'maria'));
  const { user } = open('/applications/shop/template?view=history', stub);
  const comparison = await screen.findByRole('region', { name: 'What changed' });
  expect(comparison.querySelector('.diff')?.textContent).toContain('version 2 → version 3');
  expect([...comparison.querySelectorAll('.add, .del')].map((line) => line.textContent)).toEqual(['+ port: 80']);
  await user.selectOptions(screen.getByLabelText('Compared with'), 'version 1, admin');
  await waitFor(() => expect([...comparison.querySelectorAll('.add, .del')].map((line) => line.textContent)).toEqual(['- replicas: 1', '+ replicas: 2', '+ port: 80']));
  await user.click(screen.getByRole('link', { name: 'version 1' }));
  await waitFor(() => expect([...comparison.querySelectorAll('.add, .del')].map((line) => line.textContent)).toEqual(['+ replicas: 1']));
});
