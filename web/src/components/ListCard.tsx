// A list of one kind of thing with what belongs to it: empty state, order, changing and deleting a row.
import { useMutation, useQueryClient, type QueryKey } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { Page } from '../api/types';
import { Button } from './Button';
import { Ask } from './Dialog';
import { Asked, Empty, Notice, ProblemWords, type Request } from './States';
import { Table, type Column } from './Table';

/** How a row is deleted. */
export interface Removal<T> {
  /** The verb at the row. */
  verb: string;
  /** The verb of the question. */
  action: string;
  question: (name: string) => string;
  words: string;
  run: (row: T) => Promise<unknown>;
  /** Which rows can be deleted; all when left out. */
  may?: (row: T) => boolean;
}

export interface ListCardProps<T> {
  title: string;
  asked: Request<Page<T>>;
  queryKey: QueryKey;
  columns: Column<T>[];
  name: (row: T) => string;
  empty?: { title: string; hint: string; action?: ReactNode };
  /** The verb at a row that changes it, and what asks for the changes; left out when the reader may not. */
  change?: { verb: string; dialog: (row: T, close: () => void) => ReactNode } | undefined;
  remove?: Removal<T> | undefined;
  /** Stands at the end of the card's head; without it the card has no head. */
  action?: ReactNode;
  sort?: string | undefined;
  onSort?: (sort: string) => void;
}

function Verb({ children, name, onClick }: { children: string; name: string; onClick: () => void }) {
  return (
    <Button small look="quiet" onClick={onClick}>
      {children}
      <span className="hidden"> {name}</span>
    </Button>
  );
}

function Remove<T>({ row, name, removal, queryKey, onClose }: { row: T; name: string; removal: Removal<T>; queryKey: QueryKey; onClose: () => void }) {
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => removal.run(row),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey });
    },
  });
  return (
    <Ask title={removal.question(name)} action={removal.action} danger busy={remove.isPending} onYes={() => remove.mutate()} onClose={onClose}>
      {remove.error && (
        <Notice tone="bad">
          <ProblemWords error={remove.error} />
        </Notice>
      )}
      <p>{removal.words}</p>
    </Ask>
  );
}

/** The columns with the verbs of a row behind them, as far as the reader has any. */
function withVerbs<T>({ columns, name, change, remove }: ListCardProps<T>, onChange: (row: T) => void, onRemove: (row: T) => void): Column<T>[] {
  if (!change && !remove) return columns;
  const verbs: Column<T> = {
    key: 'actions',
    label: '',
    end: true,
    cell: (row) => (
      <span className="nowrap">
        {change && <Verb name={name(row)} onClick={() => onChange(row)}>{change.verb}</Verb>}{' '}
        {remove && (remove.may?.(row) ?? true) && <Verb name={name(row)} onClick={() => onRemove(row)}>{remove.verb}</Verb>}
      </span>
    ),
  };
  return [...columns, verbs];
}

/** The card. Its rows are known by their names. */
export function ListCard<T>(props: ListCardProps<T>) {
  const { title, asked, queryKey, name, empty, change, remove, action, sort, onSort } = props;
  const [changing, setChanging] = useState<T | null>(null);
  const [removing, setRemoving] = useState<T | null>(null);
  return (
    <section className="card" aria-label={title}>
      {action && (
        <header>
          <h2>{title}</h2>
          <span className="right">{action}</span>
        </header>
      )}
      <Asked of={asked} what={title.toLowerCase()}>
        {(page) =>
          page.items.length === 0 && empty ? (
            <Empty title={empty.title} action={empty.action}>
              {empty.hint}
            </Empty>
          ) : (
            <Table label={title} columns={withVerbs(props, setChanging, setRemoving)} rows={page.items} id={name} sort={sort} {...(onSort ? { onSort } : {})} />
          )
        }
      </Asked>
      {changing && change?.dialog(changing, () => setChanging(null))}
      {removing && remove && <Remove row={removing} name={name(removing)} removal={remove} queryKey={queryKey} onClose={() => setRemoving(null)} />}
    </section>
  );
}
