// Tables that become lists on narrow screens and that sort by what the address says.
import type { ReactNode } from 'react';
import { Icon } from './Icon';

export interface Column<T> {
  key: string;
  label: string;
  cell: (row: T) => ReactNode;
  /** What the column sorts by; without it the column does not sort. */
  by?: (row: T) => string | number;
  /** The column that names the row. */
  lead?: boolean;
  end?: boolean;
}

interface Props<T> {
  label: string;
  columns: Column<T>[];
  rows: T[];
  id: (row: T) => string;
  /** `name` or `-name`, as kept in the address. */
  sort?: string | undefined;
  onSort?: (sort: string) => void;
}

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
    <th scope="col" aria-sort={order} className={column.end ? 'end' : undefined}>
      {column.by && onSort ? (
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

/** A table of rows. */
export function Table<T>({ label, columns, rows, id, sort, onSort }: Props<T>) {
  return (
    <table className="lists" aria-label={label}>
      <thead>
        <tr>
          {columns.map((column) => (
            <Heading key={column.key} column={column} sort={sort} onSort={onSort} />
          ))}
        </tr>
      </thead>
      <tbody>
        {sorted(rows, columns, sort).map((row) => (
          <tr key={id(row)}>
            {columns.map((column) => (
              <td key={column.key} data-label={column.label} className={column.lead ? 'lead' : column.end ? 'end' : undefined}>
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
