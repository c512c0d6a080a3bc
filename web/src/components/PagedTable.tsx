// A table over a list that the server sends part by part: the next part is asked for before its end is reached.
import type { InfiniteData } from '@tanstack/react-query';
import { useCallback, type ReactNode } from 'react';
import type { Page } from '../api/types';
import { Button } from './Button';
import { Failed, Loading } from './States';
import { Table, type Column } from './Table';

interface Pages<T> {
  data: InfiniteData<Page<T>> | undefined;
  error: unknown;
  isPending: boolean;
  /** Whether what is shown belongs to the search before. */
  isPlaceholderData?: boolean;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
  refetch: () => unknown;
}

interface Props<T> {
  title: string;
  /** A class of the table. */
  look?: string;
  pages: Pages<T>;
  columns: Column<T>[];
  id: (row: T) => string;
  /** Shown in place of an empty table. */
  empty: ReactNode;
  more: string;
  sort?: string | undefined;
  onSort?: (sort: string) => void;
}

/** The card with the table. */
export function PagedTable<T>({ title, look, pages, columns, id, empty, more, sort, onSort }: Props<T>) {
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <section className={pages.isPlaceholderData ? 'card stale' : 'card'} aria-label={title} aria-busy={pages.isPending || pages.isPlaceholderData}>
      {pages.isPending && <Loading what={title.toLowerCase()} />}
      {Boolean(pages.error) && <Failed error={pages.error} onRetry={() => void pages.refetch()} />}
      {pages.data && rows.length === 0 && empty}
      {rows.length > 0 && <Table label={title} look={look} columns={columns} rows={rows} id={id} sort={sort} {...(onSort ? { onSort } : {})} total={hasNextPage ? null : rows.length} onEnd={onEnd} />}
      {hasNextPage && (
        <footer>
          <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {more}
          </Button>
        </footer>
      )}
    </section>
  );
}
