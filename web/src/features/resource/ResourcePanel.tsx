// One object of what runs: its state and why, its events, its log, and what can be done with it.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Happening, Resource } from '../../api/types';
import { Button } from '../../components/Button';
import { Ask, Dialog } from '../../components/Dialog';
import { TextField } from '../../components/Field';
import { errorOf } from '../../components/Form';
import { FormDialog } from '../../components/FormDialog';
import { Asked, Notice, ProblemWords } from '../../components/States';
import { Tag } from '../../components/Tag';
import { Time } from '../../components/Time';
import { happeningsQuery, restart, scale } from './data';
import { HealthTag } from './HealthTag';
import { LeadRollout } from './LeadRollout';
import { LogView } from './LogView';
import { texts } from './texts';
import { canRestart, canScale, countOf, sameObject } from './tree';
import { useAction } from './useAction';

interface Props {
  application: string;
  environment: string;
  resource: Resource;
}

function Happenings({ events }: { events: Happening[] }) {
  if (events.length === 0) return <p className="small muted">{texts.eventsNone}</p>;
  return (
    <ul className="stack tight">
      {events.map((each) => (
        <li key={`${each.object.kind} ${each.object.name} ${each.reason} ${each.message}`} className="happening">
          <Tag tone={each.type === 'Warning' ? 'warn' : 'plain'} {...(each.type === 'Warning' ? { icon: 'warn' as const } : {})}>{each.reason}</Tag> <span className="break">{each.message}</span>{' '}
          <span className="small muted">
            {texts.times(each.count)} {each.last_at && <Time at={each.last_at} />}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** The events of an object; of all when none is given. */
export function Events({ application, environment, resource }: Omit<Props, 'resource'> & { resource?: Resource }) {
  const asked = useQuery(happeningsQuery(application, environment));
  return (
    <section className="stack tight" aria-label={resource ? texts.eventsOf(resource.object.name) : texts.events}>
      <h3>{texts.events}</h3>
      <Asked of={asked} what="events">{({ events }) => <Happenings events={resource ? events.filter((each) => sameObject(each.object, resource.object)) : events} />}</Asked>
    </section>
  );
}

function Restart({ application, environment, resource, onClose }: Props & { onClose: () => void }) {
  const action = useAction(application, environment, () => restart(application, environment, resource.object), texts.restarted(resource.object.name), onClose);
  return (
    <Ask title={texts.restartAsk(resource.object.name)} action={texts.restart} busy={action.isPending} onYes={() => action.mutate()} onClose={onClose}>
      {action.error && (
        <Notice tone="bad">
          <ProblemWords error={action.error} />
        </Notice>
      )}
      <p>{texts.restartWords}</p>
    </Ask>
  );
}

function Scale({ application, environment, resource, onClose }: Props & { onClose: () => void }) {
  const [typed, setTyped] = useState(String(resource.wanted ?? 1));
  const [wrong, setWrong] = useState('');
  const count = /^\d{1,6}$/.test(typed.trim()) ? Number(typed) : null;
  const action = useAction(application, environment, () => scale(application, environment, resource.object, count ?? 0), texts.scaled(resource.object.name, count ?? 0), onClose);
  return (
    <FormDialog title={texts.scaleAsk(resource.object.name)} action={texts.scale} saving={action} onSubmit={() => (count === null ? setWrong(texts.replicasWrong) : action.mutate())} onClose={onClose}>
      <TextField
        label={texts.replicas}
        name="replicas"
        inputMode="numeric"
        value={typed}
        onText={(text) => {
          setWrong('');
          setTyped(text);
        }}
        hint={texts.replicasHint}
        error={wrong || errorOf(action.error, 'replicas')}
        data-autofocus
      />
    </FormDialog>
  );
}

function Actions(props: Props) {
  const { resource } = props;
  const [open, setOpen] = useState<'restart' | 'scale' | null>(null);
  const close = () => setOpen(null);
  if (!canRestart(resource) && !canScale(resource)) return null;
  return (
    <div className="line">
      {canRestart(resource) && <Button onClick={() => setOpen('restart')}>{texts.restart}</Button>}
      {canScale(resource) && <Button onClick={() => setOpen('scale')}>{texts.scale}</Button>}
      <LeadRollout {...props} />
      {open === 'restart' && <Restart {...props} onClose={close} />}
      {open === 'scale' && <Scale {...props} onClose={close} />}
    </div>
  );
}

/** The panel; `deployer` says whether its reader may change anything. */
export function ResourcePanel({ deployer, onClose, ...props }: Props & { deployer: boolean; onClose: () => void }) {
  const { application, environment, resource } = props;
  const { object, status, message } = resource;
  const count = countOf(resource);
  return (
    <Dialog kind="panel" title={object.name} aside={<HealthTag health={status} />} onClose={onClose}>
      <div className="scrolling">
        {message && status !== 'healthy' && <Notice tone={status === 'degraded' ? 'bad' : 'info'}>{message}</Notice>}
        <dl className="pairs">
          <dt>{texts.facts.kind}</dt>
          <dd>
            {object.kind} <span className="muted small">{[object.group, resource.version].filter(Boolean).join('/')}</span> {resource.parent !== null && <span className="muted small">{texts.made}</span>}
          </dd>
          <dt>{texts.facts.namespace}</dt>
          <dd>{object.namespace ? <code>{object.namespace}</code> : texts.whole}</dd>
          {count && (
            <>
              <dt>{texts.facts.ready}</dt>
              <dd>{texts.ready(...count)}</dd>
            </>
          )}
        </dl>
        {deployer && <Actions {...props} />}
        <Events application={application} environment={environment} resource={resource} />
        {object.kind === 'Pod' && <LogView application={application} environment={environment} pod={object.name} containers={resource.containers} />}
      </div>
    </Dialog>
  );
}
