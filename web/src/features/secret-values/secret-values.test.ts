import { expect, it } from 'vitest';
import { areWhole, joined, mappingOf, partsOf, problemsOf } from './entries';

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
