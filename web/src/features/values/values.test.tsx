import { act, renderHook, screen, waitFor } from '@testing-library/react';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { expect, it } from 'vitest';
import { Problem } from '../../api/http';
import { rememberPerson } from '../../api/drafts';
import type { ProblemBody, Values } from '../../api/types';
import { connect, open } from '../../testing/page';
import { Stub } from '../../testing/stub';
import { problemsIn, useValues } from './useValues';

const problem = (body: Partial<ProblemBody>) => new Problem({ type: '', title: '', status: 422, code: 'invalid_values', detail: '', ...body });

it('finds lines in what the server says is wrong', () => {
  expect(problemsIn(problem({ problems: [{ path: 'a.b', line: 3, column: 7, message: 'no' }] }))).toEqual([{ path: 'a.b', line: 3, column: 7, message: 'no' }]);
  const told = problem({ errors: [{ field: 'yaml', code: 'invalid', message: 'A tab is not allowed (line 12, column 3).' }, { field: 'message', code: '', message: 'x' }] });
  expect(problemsIn(told)).toEqual([{ path: '', line: 12, column: 3, message: 'A tab is not allowed (line 12, column 3).' }]);
  expect(problemsIn(new Error('x'))).toEqual([]);
});

const values = (number: number, yaml: string, author = 'admin'): Values & { application: string } => ({ number, yaml, author, environment: null, blob: '', message: '', origin: 'saved', created_at: '', application: 'shop' });

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
