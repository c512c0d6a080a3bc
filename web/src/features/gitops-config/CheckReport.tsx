// What a check found, line by line, as it happens.
import type { Check, CheckStage } from '../../api/types';
import { Outside } from '../../components/Button';
import { Stages, type Stage } from '../../components/Stages';
import { Tag } from '../../components/Tag';
import { duration, inDays, Time } from '../../components/Time';
import './gitops.css';
import { texts } from './texts';

function Why({ stage }: { stage: CheckStage }) {
  const diagnosis = stage.diagnosis;
  if (!diagnosis) return null;
  return (
    <>
      {diagnosis.sentence}
      {diagnosis.missing && (
        <div>
          {texts.missing} <code>{diagnosis.missing}</code>
        </div>
      )}
      {diagnosis.link && (
        <div>
          <Outside href={diagnosis.link}>
            {texts.mend} {diagnosis.link.replace(/^https?:\/\//, '').replace(/\?.*/, '')}
          </Outside>
        </div>
      )}
    </>
  );
}

/** The stages of a check as the list shows them. */
export function stagesOf(check: Pick<Check, 'stages'>): Stage[] {
  return check.stages.map((stage) => ({
    key: stage.stage,
    title: stage.title,
    state: stage.state,
    aside: stage.state === 'skipped' ? texts.notTried : stage.state === 'waiting' || stage.state === 'running' ? '' : duration(stage.milliseconds),
    why: stage.diagnosis ? <Why stage={stage} /> : undefined,
  }));
}

function Verdict({ check, running }: { check: Check | null; running: boolean }) {
  if (running) return <Tag tone="info" icon="turn">{texts.running}</Tag>;
  if (!check) return null;
  const failed = check.stages.filter((stage) => stage.state === 'failed').length;
  if (check.failed) return <Tag tone="bad" icon="no">{texts.reportFailed(failed, check.stages.length)}</Tag>;
  const warned = failed > 0 || check.stages.some((stage) => stage.state === 'warned');
  return warned ? <Tag tone="warn" icon="warn">{texts.reportWarned}</Tag> : <Tag tone="good" icon="ok">{texts.reportOk}</Tag>;
}

function Facts({ check }: { check: Check }) {
  const { expires_at: expires, rate_left: rate, default_branch: branch, identity } = check.facts;
  const format = new Intl.NumberFormat('en');
  const facts = [
    identity && { name: texts.facts.identity, value: identity },
    expires && { name: texts.facts.expires, value: <Time at={expires} words={inDays} /> },
    rate && { name: texts.facts.rate, value: `${format.format(rate.left)} / ${format.format(rate.limit)}` },
    branch && { name: texts.facts.branch, value: branch },
  ].filter((fact) => fact !== null && fact !== '' && fact !== undefined);
  if (facts.length === 0) return null;
  return (
    <dl className="facts small">
      {facts.map((fact) => (
        <div key={fact.name}>
          <dt className="muted">{fact.name}</dt>
          <dd>{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface Props {
  check: Check | null;
  running: boolean;
  /** Whether the report belongs to an attempt that was not saved, and which account stays active. */
  unsaved?: { active: string | null } | null;
}

/** The report beside the form. */
export function CheckReport({ check, running, unsaved }: Props) {
  const total = check?.stages.reduce((sum, stage) => sum + stage.milliseconds, 0) ?? 0;
  return (
    <section className="card" aria-label={texts.report}>
      <header>
        <h2>{texts.report}</h2>
        <Verdict check={check} running={running} />
        {check && !running && (
          <span className="right small muted">
            {duration(total)} · <Time at={check.finished_at ?? check.created_at} />
          </span>
        )}
      </header>
      {check ? <Stages stages={stagesOf(check)} label={texts.report} live={running} /> : <p className="body small muted">{running ? texts.starting : texts.reportNone}</p>}
      {unsaved && check?.failed && !running && (
        <p className="verdict small muted">{unsaved.active ? texts.staysActive(unsaved.active) : texts.nothingSaved}</p>
      )}
      {check && !running && <Facts check={check} />}
    </section>
  );
}
