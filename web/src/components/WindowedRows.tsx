// The rows of a long table: only those in sight, and a few around them, are in the document.
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Cells, type Column } from './Table';

/** How many rows beyond what is seen are kept. */
const AROUND = 12;
/** How many rows before the end the next part is asked for. */
const AHEAD = 30;
/** A row's height in pixels until it was measured. */
const GUESS = 46;

interface Props<T> {
  columns: Column<T>[];
  rows: T[];
  id: (row: T) => string;
  onEnd?: (() => void) | undefined;
}

function Space({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr className="space" aria-hidden="true" style={{ height }}>
      <td />
    </tr>
  );
}

/** The body of the table. Rows measure themselves, since texts wrap. */
export default function WindowedRows<T>({ columns, rows, id, onEnd }: Props<T>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [margin, setMargin] = useState(0);
  useLayoutEffect(() => {
    if (body.current) setMargin(Math.round(body.current.getBoundingClientRect().top + window.scrollY));
  }, []);
  const list = useWindowVirtualizer({ count: rows.length, estimateSize: () => GUESS, overscan: AROUND, scrollMargin: margin, getItemKey: (index) => id(rows[index]!) });
  const items = list.getVirtualItems();
  const last = items.at(-1);
  const atEnd = last !== undefined && last.index >= rows.length - AHEAD;
  useEffect(() => {
    if (atEnd) onEnd?.();
  }, [atEnd, rows.length, onEnd]);
  return (
    <tbody ref={body}>
      <Space height={(items[0]?.start ?? margin) - margin} />
      {items.map((item) => (
        <tr key={item.key} ref={list.measureElement} data-index={item.index} aria-rowindex={item.index + 2}>
          <Cells columns={columns} row={rows[item.index]!} />
        </tr>
      ))}
      <Space height={list.getTotalSize() - ((last?.end ?? margin) - margin)} />
    </tbody>
  );
}
