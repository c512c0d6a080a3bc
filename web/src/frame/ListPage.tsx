// A page that is a list: its head with the way to make one, and the list. `?new` and `?sort` are in the address.
import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { LinkButton } from '../components/Button';
import { ListCard, type ListCardProps } from '../components/ListCard';
import { PageHead } from './PageHead';

export interface ListSearch {
  new?: boolean | undefined;
  sort?: string | undefined;
}

interface Props<T> extends Omit<ListCardProps<T>, 'sort' | 'onSort' | 'action' | 'change' | 'empty'> {
  to: '/environments' | '/configuration/projects';
  search: ListSearch;
  lead: string;
  empty: { title: string; hint: string };
  /** Whether the reader may make, change and delete. */
  may: boolean;
  create: string;
  edit: string;
  /** What asks for one thing; null for a new one. */
  dialog: (row: T | null, close: () => void) => ReactNode;
}

/** The page. */
export function ListPage<T>({ to, search, lead, empty, may, create, edit, dialog, remove, ...list }: Props<T>) {
  const navigate = useNavigate();
  const put = (change: ListSearch) => void navigate({ to, search: { ...search, ...change }, replace: true });
  const action = may && (
    <LinkButton to={to} search={{ ...search, new: true }} look="primary">
      {create}
    </LinkButton>
  );
  return (
    <>
      <PageHead title={list.title} actions={action}>
        {lead}
      </PageHead>
      <ListCard
        {...list}
        empty={{ ...empty, action }}
        change={may ? { verb: edit, dialog } : undefined}
        remove={may ? remove : undefined}
        sort={search.sort}
        onSort={(sort) => put({ sort })}
      />
      {may && search.new && dialog(null, () => put({ new: undefined }))}
    </>
  );
}
