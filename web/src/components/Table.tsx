// Tables that become lists on narrow screens and that sort by what the address says.
import { lazy, Suspense, type ReactNode } from 'react';
import { Icon } from './Icon';

export interface Column<T> {
  key: string;
  label: string;
  cell: (row: T) => ReactNode;
  /** What the column sorts by; without it the column does not sort here. */
  by?: (row: T) => string | number;
  /** Whether the server sorts by it. */
  sorts?: boolean;
  /** Its share of the width in a table of many rows, such as `20%`. */
  width?: string;
  /** The column that names the row. */
  lead?: boolean;
  end?: boolean;
}

interface Props<T> {
  label: string;
  /** A class beside those that every table has. */
  look?: string | undefined;
  columns: Column<T>[];
  rows: T[];
  id: (row: T) => string;
  /** `name` or `-name`, as kept in the address. */
  sort?: string | undefined;
  onSort?: (sort: string) => void;
  /** How many rows there are in all, null while that is not known; left out when all are there. */
  total?: number | null;
  /** Called when the last rows come into sight. */
  onEnd?: () => void;
}

/** From how many rows on only those in sight are drawn. */
const MANY = 40;

const WindowedRows = lazy(() => import('./WindowedRows')) as unknown as typeof import('./WindowedRows').default;

/** Orders rows by a column's value; a leading hyphen turns the order around. */
export function sorted<T>(rows: T[], columns: Column<T>[], sort: string | undefined): T[] {
  const column = columns.find((each) => each.key === sort?.replace('-', ''));
  const by = column?.by;
  if (!by) return rows;
  const sign = sort?.startsWith('-') ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [x, y] = [by(a), by(b)];
    return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), 'en', { numeric: true }));
  });
}

function Heading<T>({ column, sort, onSort }: { column: Column<T>; sort: string | undefined; onSort: ((sort: string) => void) | undefined }) {
  const up = sort === column.key;
  const down = sort === `-${column.key}`;
  const order = up ? 'ascending' : down ? 'descending' : undefined;
  return (
    <th scope="col" style={column.width ? { width: column.width } : undefined} aria-sort={order} className={column.end ? 'end' : undefined}>
      {(column.by || column.sorts) && onSort ? (
        <button type="button" onClick={() => onSort(up ? `-${column.key}` : column.key)}>
          {column.label}
          {order && <Icon name={up ? 'up' : 'down'} tiny />}
        </button>
      ) : (
        column.label || <span className="hidden">Actions</span>
      )}
    </th>
  );
}

/** The cells of one row. */
export function Cells<T>({ columns, row }: { columns: Column<T>[]; row: T }) {
  return columns.map((column) => (
    <td key={column.key} data-label={column.label} className={column.lead ? 'lead' : column.end ? 'end' : undefined}>
      {column.cell(row)}
    </td>
  ));
}

function Rows<T>({ columns, rows, id }: Pick<Props<T>, 'columns' | 'rows' | 'id'>) {
  return (
    <tbody>
      {rows.map((row) => (
        <tr key={id(row)}>
          <Cells columns={columns} row={row} />
        </tr>
      ))}
    </tbody>
  );
}

/** A table of rows. */
export function Table<T>({ label, look, columns, rows, id, sort, onSort, total, onEnd }: Props<T>) {
  const ordered = sorted(rows, columns, sort);
  const many = ordered.length > MANY;
  return (
    <table className={['lists', many && 'steady', look].filter(Boolean).join(' ')} aria-label={label} aria-rowcount={many ? (total === null ? -1 : ordered.length + 1) : undefined}>
      <thead>
        <tr>
          {columns.map((column) => (
            <Heading key={column.key} column={column} sort={sort} onSort={onSort} />
          ))}
        </tr>
      </thead>
      {many ? (
        <Suspense fallback={<Rows columns={columns} rows={ordered.slice(0, MANY)} id={id} />}>
          <WindowedRows columns={columns} rows={ordered} id={id} onEnd={onEnd} />
        </Suspense>
      ) : (
        <Rows columns={columns} rows={ordered} id={id} />
      )}
    </table>
  );
}
