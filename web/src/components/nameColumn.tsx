// The column that names the rows of a list, and leads to what each row is of.
import { Link, type LinkProps } from '@tanstack/react-router';
import type { Column } from './Table';

type Leads = Pick<LinkProps, 'to' | 'params' | 'search'>;

/** Sorted in the browser unless `more` says that the server does it. */
export function nameColumn<T extends { name: string; description?: string }>(label: string, leads: (row: T) => Leads, more: Partial<Column<T>> & { described?: boolean } = {}): Column<T> {
  const { described, ...rest } = more;
  return {
    key: 'name',
    label,
    lead: true,
    ...(rest.sorts ? {} : { by: (row: T) => row.name }),
    cell: (row) => (
      <>
        <Link {...leads(row)} className="strong">
          {row.name}
        </Link>
        {described && row.description && <span className="muted small"> {row.description}</span>}
      </>
    ),
    ...rest,
  };
}
