import { act, renderHook } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readDraft, rememberPerson, useDialogDraft, useDraft } from './drafts';
import { call, Problem, query, rememberSession, whenSessionEnds } from './http';

const answer = (status: number, body: unknown, type = 'application/json') => vi.stubGlobal('fetch', vi.fn(async () => new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers: { 'content-type': type } })));

const refusal = async () => {
  try {
    await call('GET', '/projects');
  } catch (error) {
    return error as Problem;
  }
  throw new Error('it was not refused');
};

afterEach(() => {
  rememberSession(null);
  whenSessionEnds(() => {});
});

describe('calls', () => {
  it('carries version, key and anti-forgery token on changes only', async () => {
    rememberSession({ user: { id: '', name: 'admin', email: '', password_is_initial: false }, roles: [], csrf: 'c1' });
    answer(200, {});
    await call('PUT', '/x', { body: { a: 1 }, version: 3, key: 'k' });
    await call('GET', '/x');
    const sent = vi.mocked(fetch).mock.calls.map(([, init]) => Object.fromEntries(new Headers(init?.headers)));
    expect(sent[0]).toMatchObject({ 'if-match': '"3"', 'idempotency-key': 'k', 'x-csrf-token': 'c1', 'content-type': 'application/json' });
    expect(sent[1]).not.toHaveProperty('x-csrf-token');
  });

  it('keeps the words and the fields of a refusal', async () => {
    answer(422, { type: '', title: 'Invalid', status: 422, code: 'invalid', detail: 'The name is taken.', errors: [{ field: 'name', code: 'taken', message: 'Taken.' }] });
    const problem = await refusal();
    expect([problem.status, problem.code, problem.message, problem.errors[0]?.field]).toEqual([422, 'invalid', 'The name is taken.', 'name']);
  });

  it('does not show the page of a proxy, and says when nothing answers', async () => {
    answer(502, '<html>Bad gateway</html>', 'text/html');
    expect((await refusal()).message).toBe('The server answered with status 502 and no explanation.');
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('fetch failed');
    });
    expect((await refusal()).code).toBe('unreachable');
  });

  it('tells when the session has ended', async () => {
    const ended = vi.fn();
    whenSessionEnds(ended);
    answer(401, { code: 'not_signed_in', status: 401, title: '', detail: '', type: '' });
    await refusal();
    expect(ended).toHaveBeenCalledOnce();
  });

  it('builds queries from what is set', () => {
    expect(query({ a: 'x y', b: '', c: undefined, d: null, e: 0 })).toBe('?a=x+y&e=0');
    expect(query({})).toBe('');
  });
});

describe('drafts', () => {
  interface Entries {
    name: string;
    secret: string;
  }

  const start = (initial: Entries, key = 'form') => renderHook(({ value, at }) => useDraft<Entries>(at, value, ['secret']), { initialProps: { value: initial, at: key } });

  it('survives a reload without its secrets, for each person apart', () => {
    rememberPerson('ada');
    const first = start({ name: '', secret: '' });
    act(() => first.result.current.set({ name: 'acme', secret: 's3cret' }));
    first.unmount();
    expect(JSON.stringify({ ...localStorage })).not.toContain('s3cret');
    const again = start({ name: '', secret: '' });
    expect(again.result.current.value).toEqual({ name: 'acme', secret: '' });
    rememberPerson('bob');
    expect(start({ name: '', secret: '' }).result.current.value.name).toBe('');
  });

  it('lets untouched fields follow what was read anew', () => {
    rememberPerson('ada');
    const form = start({ name: 'one', secret: '' });
    expect(form.result.current.changed).toBe(false);
    form.rerender({ value: { name: 'two', secret: '' }, at: 'form' });
    expect(form.result.current.value.name).toBe('two');
    act(() => form.result.current.set({ name: 'mine' }));
    form.rerender({ value: { name: 'three', secret: '' }, at: 'form' });
    expect(form.result.current.value.name).toBe('mine');
    act(() => form.result.current.discard());
    expect(form.result.current.value.name).toBe('three');
    expect(readDraft('form')).toBeNull();
  });

  it('shows another draft when it is asked for another form', () => {
    rememberPerson('ada');
    const form = start({ name: '', secret: '' }, 'a');
    act(() => form.result.current.set({ name: 'for a' }));
    form.rerender({ value: { name: '', secret: '' }, at: 'b' });
    expect(form.result.current.value.name).toBe('');
    form.rerender({ value: { name: '', secret: '' }, at: 'a' });
    expect(form.result.current.value.name).toBe('for a');
  });

  it('of a dialog comes back, and is said to, only while what it was typed over is the same', () => {
    rememberPerson('ada');
    const dialog = (name: string) => renderHook(() => useDialogDraft<Entries>('user', { name, secret: '' }, ['secret']));
    const first = dialog('one');
    act(() => first.result.current.set({ name: 'mine', secret: 's3cret' }));
    expect([first.result.current.restored, first.result.current.changed]).toEqual([false, true]);
    first.unmount();
    const again = dialog('one');
    expect(again.result.current).toMatchObject({ value: { name: 'mine', secret: '' }, restored: true, outdated: false });
    again.unmount();
    const changed = dialog('two');
    expect(changed.result.current).toMatchObject({ value: { name: 'two' }, restored: false, outdated: true });
    changed.unmount();
    expect(dialog('one').result.current).toMatchObject({ value: { name: 'one' }, restored: false, outdated: false });
  });
});
