// What a check of a cluster found: its stages as they pass, the rights that are missing, and the roles that give them.
import type { ClusterCheck, MissingRight } from '../../api/types';
import { CopyText } from '../../components/CopyText';
import { Stages } from '../../components/Stages';
import { Table, type Column } from '../../components/Table';
import { Time } from '../../components/Time';
import { stagesOf } from '../gitops-config/CheckReport';
import { CheckTag } from './ClusterState';
import { texts } from './texts';

const COLUMNS: Column<MissingRight>[] = [
  {
    key: 'what',
    label: texts.missingColumns.what,
    lead: true,
    cell: (row) => (
      <code className="break">
        {row.verb} {row.resource}
        {row.group && `.${row.group}`}
      </code>
    ),
  },
  { key: 'where', label: texts.missingColumns.where, cell: (row) => (row.namespace ? <code>{row.namespace}</code> : texts.everywhere) },
  { key: 'why', label: texts.missingColumns.why, cell: (row) => <span className="small">{row.reason}</span> },
];

const keyOf = (row: MissingRight) => `${row.verb} ${row.resource} ${row.group} ${row.namespace ?? ''}`;

/** The rights that are missing, and the manifest to copy. */
export function Missing({ check }: { check: ClusterCheck }) {
  if (check.missing.length === 0) return null;
  return (
    <section className="card" aria-label={texts.missing}>
      <header>
        <h2>{texts.missing}</h2>
        <span className="right small muted">{check.missing.length}</span>
      </header>
      <p className="body small muted">{texts.missingLead}</p>
      <Table label={texts.missing} columns={COLUMNS} rows={check.missing} id={keyOf} />
      {check.manifest && (
        <div className="body stack tight">
          <h3>{texts.manifest}</h3>
          <p className="small muted">{texts.manifestLead}</p>
          <div>
            <CopyText text={check.manifest} shown={texts.manifestCopy} what={texts.manifestWhat} />
          </div>
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls by the arrow keys */}
          <pre className="block" tabIndex={0} role="group" aria-label={texts.manifest}>
            {check.manifest}
          </pre>
        </div>
      )}
    </section>
  );
}

/** The stages of a check; `none` says why there is none. */
export function ClusterReport({ check, live, none = texts.uncheckedYet }: { check: ClusterCheck | null; live: boolean; none?: string }) {
  return (
    <section className="card" aria-label={texts.check}>
      <header>
        <h2>{texts.check}</h2>
        {check && !live && <CheckTag check={check} />}
        {check && !live && (
          <span className="right small muted">
            <Time at={check.at} />
          </span>
        )}
      </header>
      {check ? <Stages stages={stagesOf(check)} label={texts.check} live={live} /> : <p className="body small muted">{live ? texts.checking : none}</p>}
      {check?.user && !live && (
        <p className="body small muted">
          {texts.signedIn} <b>{check.user}</b>
          {check.groups.length > 0 && `, ${texts.groups.toLowerCase()} ${check.groups.join(', ')}`}
        </p>
      )}
    </section>
  );
}
