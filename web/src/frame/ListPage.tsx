// A page that is a list: its head with the way to make one, and the list. `?new` and `?sort` are in the address.
import { useQuery, type UseQueryOptions } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Page } from '../api/types';
import { LinkButton } from '../components/Button';
import { ListCard, type ListCardProps } from '../components/ListCard';
import { useMay } from '../features/session/data';
import { PageHead } from './PageHead';

export interface ListSearch {
  new?: boolean | undefined;
  sort?: string | undefined;
}

/** The words of a list. */
export interface ListTexts {
  title: string;
  lead: string;
  create: string;
  edit: string;
  empty: string;
  emptyHint: string;
  deleteOne: string;
  delete: string;
  deleteAsk: (name: string) => string;
  deleteWords: string;
}

interface Props<T extends { name: string }, Key extends readonly unknown[]> extends Pick<ListCardProps<T>, 'columns'> {
  to: '/environments' | '/configuration/projects' | '/configuration/health-rules' | '/clusters';
  search: ListSearch;
  texts: ListTexts;
  query: UseQueryOptions<Page<T>, Error, Page<T>, Key>;
  /** What asks for one thing; null for a new one. */
  dialog: (row: T | null, close: () => void) => ReactNode;
  remove: (row: T) => Promise<unknown>;
}

/** The page; administrators make, change and delete. */
export function ListPage<T extends { name: string }, Key extends readonly unknown[]>({ to, search, texts, query, columns, dialog, remove }: Props<T, Key>) {
  const navigate = useNavigate();
  const may = useMay('administrator');
  const asked = useQuery(query);
  const put = (change: ListSearch) => void navigate({ to, search: { ...search, ...change }, replace: true });
  const action = may && (
    <LinkButton to={to} search={{ ...search, new: true }} look="primary">
      {texts.create}
    </LinkButton>
  );
  return (
    <>
      <PageHead title={texts.title} actions={action}>
        {texts.lead}
      </PageHead>
      <ListCard
        title={texts.title}
        asked={asked}
        queryKey={query.queryKey}
        columns={columns}
        name={(row) => row.name}
        empty={{ title: texts.empty, hint: texts.emptyHint, action }}
        change={may ? { verb: texts.edit, dialog } : undefined}
        remove={may ? { verb: texts.deleteOne, action: texts.delete, question: texts.deleteAsk, words: texts.deleteWords, run: remove } : undefined}
        sort={search.sort}
        onSort={(sort) => put({ sort })}
      />
      {may && search.new && dialog(null, () => put({ new: undefined }))}
    </>
  );
}
