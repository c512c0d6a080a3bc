import { expect, it } from 'vitest';
import { areWhole, isOfList, joined, leftOut, mappingOf, partsOf, problemsOf, together } from './entries';

it('makes a mapping of names with dots', () => {
  expect(mappingOf([{ path: 'auth.password', value: 'a: "b"' }, { path: 'auth.user', value: 'x' }, { path: '', value: 'lost' }, { path: String.raw`tls.tls\.key`, value: 'k' }])).toBe('{"auth":{"password":"a: \\"b\\"","user":"x"},"tls":{"tls.key":"k"}}');
  expect(mappingOf([{ path: ' ', value: '' }])).toBeUndefined();
  expect(mappingOf([{ path: '__proto__.x', value: '1' }])).toBe('{"__proto__":{"x":"1"}}');
});

it('takes names apart and puts them together', () => {
  expect(partsOf(String.raw`a.b\.c.d`)).toEqual(['a', 'b.c', 'd']);
  // As the server writes them.
  expect(joined(['a', 'b.c', 'd', 'e"f', ''])).toBe(String.raw`a."b.c".d."e\"f".""`);
  for (const parts of [['a', 'b.c', 'd'], ['e"f', 'g'], ['', 'h'], ['i[0]']]) expect(partsOf(joined(parts))).toEqual(parts);
  expect(['"a', 'a"b".c', '"a"b.c'].map(partsOf)).toEqual([['"a'], ['a"b"', 'c'], ['"a"b', 'c']]);
});

it('drops nothing silently: what cannot be saved is said at its row', () => {
  const rows = (...paths: string[]) => problemsOf(paths.map((path) => ({ path, value: 'x' })));
  expect(rows('auth.password', 'auth.user', 'other')).toEqual([null, null, null]);
  expect(rows('auth.password', 'auth')).toEqual(['below', null]);
  expect(rows('auth', 'auth')).toEqual(['twice', 'twice']);
  expect(rows('tls."a.b"', 'tls.a')).toEqual([null, null]);
  expect(rows('', 'a..b')).toEqual(['unnamed', 'empty']);
  expect(problemsOf([{ path: ' ', value: '' }])).toEqual([null]);
  expect([areWhole([{ path: '', value: 'lost' }]), areWhole([])]).toEqual([false, true]);
});

it('takes places in lists for what they are, and keys with brackets in quotes', () => {
  expect(partsOf('hosts[0]')).toEqual(['hosts', 0]);
  expect(partsOf(String.raw`a\.b[1][20].c`)).toEqual(['a.b', 1, 20, 'c']);
  expect(partsOf('"a.b"[1].c')).toEqual(['a.b', 1, 'c']);
  for (const key of ['[0]', 'a[b]', 'a[0]b', 'a[-1]']) expect(partsOf(key)).toEqual([key]);
  expect(['hosts[0].name', '"hosts[0]"', 'hosts'].map(isOfList)).toEqual([true, false, false]);
  const rows = ['users[1].name', 'users[0].name', 'users[0].keys[0]', '"users[2]"'].map((path) => ({ path, value: path }));
  expect(JSON.parse(mappingOf(rows)!)).toEqual({ users: [{ name: 'users[0].name', keys: ['users[0].keys[0]'] }, { name: 'users[1].name' }], 'users[2]': '"users[2]"' });
});

it('sets a list as a whole: no entry of it is lost or invented', () => {
  const rows = (...paths: string[]) => problemsOf(paths.map((path) => ({ path, value: 'x' })));
  expect(rows('hosts[0]', 'hosts[1]', 'other')).toEqual([null, null, null]);
  expect(rows('hosts[1]', 'other')).toEqual(['gap', null]);
  expect(rows('a[0].b[1]', 'a[1]', 'c[0].d[0]')).toEqual(['gap', null, null]);
  expect(rows('hosts[0]', 'hosts.first')).toEqual(['mixed', 'mixed']);
  expect(rows('hosts[0]', 'hosts[0].name', 'hosts[0]')).toEqual(['twice', 'below', 'twice']);
  expect(problemsOf([{ path: 'hosts[0]', value: '' }, { path: 'hosts[1]', value: 'x' }])).toEqual(['blank', null]);
  expect(areWhole([{ path: 'hosts[0]', value: '' }, { path: 'hosts[1]', value: '' }])).toBe(true);
  const stored = ['a.hosts[0]', 'a.hosts[1].name', 'a.port', 'b.hosts[0]'];
  expect(together('a.hosts[1].name', stored)).toEqual(['a.hosts[0]', 'a.hosts[1].name']);
  expect(together('a.port', stored)).toEqual(['a.port']);
});

it('sets an empty text only where that is said, and nothing where a row has none', () => {
  const rows = [{ path: 'hosts[0]', value: 'a' }, { path: 'hosts[1]', value: '' }];
  expect(problemsOf(rows)).toEqual([null, 'blank']);
  const said = [rows[0]!, { ...rows[1]!, empty: true }];
  expect([problemsOf(said), mappingOf(said)]).toEqual([[null, null], '{"hosts":["a",""]}']);
  expect([mappingOf([{ path: 'a', value: '' }]), mappingOf([{ path: 'a', value: '', empty: true }])]).toEqual([undefined, '{"a":""}']);
  expect(problemsOf([{ path: '', value: '', empty: true }])).toEqual(['unnamed']);
});

it('refuses a list of which more is stored than is entered, where that is to stay', () => {
  const stored = ['hosts[0]', 'hosts[1]', 'users[0].name', 'users[0].keys[0]', '"a.b"[0]', 'port'];
  expect(leftOut(['hosts[0]'], stored)).toEqual(['hosts[1]']);
  expect(leftOut(['hosts[0]', 'hosts[1].name', 'port', ''], stored)).toEqual([]);
  // Whatever a list holds goes with it, however deep, and however its name is written.
  expect(leftOut(['users[0].name', String.raw`a\.b[1]`], stored)).toEqual(['users[0].keys[0]', '"a.b"[0]']);
  expect(leftOut(['users[0]'], stored)).toEqual(['users[0].name', 'users[0].keys[0]']);
  const rows = [{ path: 'hosts[0]', value: 'x' }, { path: 'port', value: 'x' }];
  expect([problemsOf(rows, stored), problemsOf(rows), areWhole(rows, stored)]).toEqual([['partial', null], [null, null], false]);
  expect(areWhole([...rows, { path: 'hosts[1]', value: '', empty: true }], stored)).toBe(true);
  // What sets nothing takes nothing along.
  expect(areWhole([{ path: 'hosts[0]', value: '' }], stored)).toBe(true);
});
