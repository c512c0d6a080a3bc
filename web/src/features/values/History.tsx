// The versions of one set of values, and what changed from one to the other.
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { Values } from '../../api/types';
import { Diff } from '../../components/Diff';
import { SelectField } from '../../components/Field';
import { PagedTable } from '../../components/PagedTable';
import { Empty } from '../../components/States';
import type { Column } from '../../components/Table';
import { Time } from '../../components/Time';
import { valuesHistoryQuery } from './data';
import { difference } from './difference';
import { texts } from './texts';

export interface Versions {
  /** The version that is looked at; the newest when left out. */
  shown?: number | undefined;
  /** The one that it is compared with; the one before when left out. */
  against?: number | undefined;
}

const COLUMNS: Column<Values>[] = [
  {
    key: 'number',
    label: texts.columns.number,
    lead: true,
    cell: (row) => (
      <Link to="." search={(before: object) => ({ ...before, shown: row.number, against: undefined })} replace>
        {texts.version(row.number)}
      </Link>
    ),
  },
  { key: 'who', label: texts.columns.who, cell: (row) => row.author },
  {
    key: 'why',
    label: texts.columns.why,
    cell: (row) => (
      <>
        {row.message}
        {row.origin === 'git' && <span className="muted"> {texts.fromGit}</span>}
      </>
    ),
  },
  { key: 'when', label: texts.columns.when, cell: (row) => <Time at={row.created_at} /> },
];

function Comparison({ all, shown: wanted, against }: { all: Values[] } & Versions) {
  const navigate = useNavigate();
  const shown = all.find((each) => each.number === wanted) ?? all[0];
  if (!shown) return null;
  const other = all.find((each) => each.number === against && each !== shown) ?? all.find((each) => each.number === shown.number - 1) ?? null;
  const put = (change: Versions) => void navigate({ to: '.', search: (before: object) => ({ ...before, ...change }), replace: true });
  const options = all.map((each) => ({ value: String(each.number), label: texts.option(each.number, each.author) }));
  const file = difference(texts.between(other?.number ?? 0, shown.number), other?.yaml ?? null, shown.yaml);
  return (
    <section className="stack" aria-label={texts.comparison}>
      <div className="two">
        <SelectField label={texts.shown} name="version" value={String(shown.number)} options={options} onText={(text) => put({ shown: Number(text), against: undefined })} />
        <SelectField
          label={texts.against}
          name="against"
          value={String(other?.number ?? 0)}
          options={[...options.filter((each) => each.value !== String(shown.number)), { value: '0', label: texts.nothingYet }].filter((each) => each.value !== '0' || !other)}
          onText={(text) => put({ shown: shown.number, against: Number(text) })}
        />
      </div>
      {file ? <Diff file={file} /> : <p className="muted small">{texts.equal}</p>}
      <details>
        <summary>{texts.whole(shown.number)}</summary>
        <pre className="block">{shown.yaml || texts.emptyText}</pre>
      </details>
    </section>
  );
}

/** The view *History*. */
export function History({ name, environment, shown, against }: { name: string; environment: string | undefined } & Versions) {
  const pages = useInfiniteQuery(valuesHistoryQuery(name, environment));
  const all = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="stack">
      <Comparison all={all} shown={shown} against={against} />
      <PagedTable title={texts.history} pages={pages} columns={COLUMNS} id={(row) => String(row.number)} empty={<Empty title={texts.historyNone} />} more={texts.more} />
    </div>
  );
}
