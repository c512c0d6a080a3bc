// Health rules: a list, and a dialog that makes, changes and tries one.
import type { HealthRule } from '../../api/types';
import type { Column } from '../../components/Table';
import { Time } from '../../components/Time';
import { ListPage, type ListSearch } from '../../frame/ListPage';
import { deleteHealthRule, healthRulesQuery } from './data';
import { HealthRuleDialog } from './HealthRuleDialog';
import { texts } from './texts';

/** What a rule says, in the order in which it is looked at. */
function Said({ rule }: { rule: HealthRule }) {
  const parts = [
    [texts.inProgress, rule.in_progress],
    [texts.failed, rule.failed],
    [texts.current, rule.current],
    [texts.message, rule.message],
  ] as const;
  return (
    <div className="stack tight">
      {parts.map(
        ([label, text]) =>
          text && (
            <div key={label}>
              <span className="small muted">{label}</span> <code className="break">{text}</code>
            </div>
          ),
      )}
    </div>
  );
}

const COLUMNS: Column<HealthRule>[] = [
  { key: 'name', label: texts.columns.name, lead: true, by: (row) => row.name, cell: (row) => <span className="strong">{row.name}</span> },
  { key: 'rule', label: texts.columns.rule, cell: (row) => <Said rule={row} /> },
  { key: 'saved', label: texts.columns.saved, by: (row) => row.saved_at, cell: (row) => <><Time at={row.saved_at} /> <span className="muted">{row.saved_by}</span></> },
];

/** The page of health rules. */
export function HealthRulesPage({ search }: { search: ListSearch }) {
  return <ListPage to="/configuration/health-rules" search={search} texts={texts} query={healthRulesQuery} columns={COLUMNS} dialog={(row, close) => <HealthRuleDialog rule={row} onClose={close} />} remove={deleteHealthRule} />;
}
