import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { Diff } from './Diff';
import CodeEditor, { diagnosticsOf } from './editor/CodeEditor';
import { Stages } from './Stages';
import { sorted, type Column } from './Table';
import { duration, inDays, onTheClock, relative } from './Time';

it('tells times as people do', () => {
  const now = Date.parse('2026-11-22T12:00:00Z');
  const cases: [string, string][] = [
    ['2026-11-22T11:59:58Z', 'just now'],
    ['2026-11-22T11:59:20Z', '40 seconds ago'],
    ['2026-11-22T11:48:00Z', '12 minutes ago'],
    ['2026-11-21T11:00:00Z', 'yesterday'],
    ['2027-01-02T12:00:00Z', 'next month'],
    ['2026-12-12T12:00:00Z', 'in 20 days'],
    ['nonsense', ''],
  ];
  expect(cases.map(([at]) => relative(at, now))).toEqual(cases.map(([, words]) => words));
  expect([0, 82, 999, 4100].map(duration)).toEqual(['0 ms', '82 ms', '999 ms', '4.1 s']);
});

it('sorts numbers as numbers and names as people do', () => {
  const columns: Column<{ name: string; count: number }>[] = [
    { key: 'name', label: '', by: (row) => row.name, cell: () => null },
    { key: 'count', label: '', by: (row) => row.count, cell: () => null },
  ];
  const rows = [{ name: 'v10', count: 2 }, { name: 'v9', count: 10 }, { name: 'V1', count: 1 }];
  const order = (sort?: string) => sorted(rows, columns, sort).map((row) => row.name);
  expect([order(), order('name'), order('-count'), order('no-such')]).toEqual([
    ['v10', 'v9', 'V1'],
    ['V1', 'v9', 'v10'],
    ['v9', 'v10', 'V1'],
    ['v10', 'v9', 'V1'],
  ]);
});

it('places problems at their lines, also beyond the end of the text', () => {
  const state = EditorState.create({ doc: 'replicas: many\nport: 80' });
  const at = (line: number, column: number) => diagnosticsOf(state, [{ path: 'replicas', line, column, message: 'wrong' }]).map(({ from, to, message }) => [from, to, message]);
  expect(at(1, 11)).toEqual([[10, 14, 'replicas: wrong']]);
  expect(at(99, 99)).toEqual([[23, 23, 'replicas: wrong']]);
  expect(at(0, 0)).toEqual([[0, 14, 'replicas: wrong']]);
});

it('says the state of a stage in words, not by colour alone', () => {
  render(<Stages label="Check" stages={[{ key: 'a', title: 'Reach', state: 'passed', aside: '82 ms' }, { key: 'b', title: 'Create', state: 'failed', why: 'It lacks repo.' }]} />);
  expect(screen.getAllByRole('listitem').map((item) => item.textContent)).toEqual(['Passed: Reach82 ms', 'Failed: CreateIt lacks repo.']);
});

it('shows text of other servers as text', () => {
  render(<Diff file={{ path: '<img src=x>', change: 'changed', hunks: [{ old_start: 1, new_start: 1, lines: [{ kind: '+', text: '<script>alert(1)</script>' }] }] }} />);
  expect(document.querySelector('img, script')).toBeNull();
  expect(document.body.textContent).toContain('+ <script>alert(1)</script>');
});

it('counts days, and tells the time of the day', () => {
  const now = new Date(2026, 10, 22, 12, 0).getTime();
  const at = (day: number, hour = 9, month = 10) => new Date(2026, month, day, hour, 12).toISOString();
  expect([at(22, 13), at(23, 13), at(42, 13), at(20, 11)].map((each) => inDays(each, now))).toEqual(['in 1 hour', 'tomorrow', 'in 20 days', '2 days ago']);
  expect([at(22), at(21, 23), at(2), new Date(2025, 11, 31, 9, 12).toISOString()].map((each) => onTheClock(each, now))).toEqual(['today 09:12', 'yesterday 23:12', '2 Nov 09:12', '31 Dec 2025 09:12']);
});

it('keeps what is typed while the page still draws what was typed before', () => {
  const drawn = (text: string) => <CodeEditor label="Values" text={text} />;
  const { container, rerender } = render(drawn('a'));
  const content = container.querySelector('.editor')?.shadowRoot?.querySelector<HTMLElement>('.cm-content');
  const view = content && EditorView.findFromDOM(content);
  if (!view) throw new Error('There is no editor.');
  for (const letter of ['b', 'c']) view.dispatch({ changes: { from: view.state.doc.length, insert: letter } });
  for (const late of ['ab', 'abc']) {
    rerender(drawn(late));
    expect(view.state.doc.toString()).toBe('abc');
  }
  rerender(drawn('from outside'));
  expect(view.state.doc.toString()).toBe('from outside');
});
