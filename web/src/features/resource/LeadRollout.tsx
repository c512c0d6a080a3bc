// How a Rollout of Argo Rollouts is led: on, to its end, or back to the version before.
import { useState } from 'react';
import type { Resource, RolloutStep } from '../../api/types';
import { Button } from '../../components/Button';
import { Ask } from '../../components/Dialog';
import { Notice, ProblemWords } from '../../components/States';
import { lead } from './data';
import { texts } from './texts';
import { isRollout } from './tree';
import { useAction } from './useAction';

interface Props {
  application: string;
  environment: string;
  resource: Resource;
}

/** What may be said to one that is as it is. */
const stepsOf = ({ status }: Resource): RolloutStep[] => {
  if (status === 'suspended') return ['promote', 'promote_fully', 'abort'];
  if (status === 'progressing') return ['promote_fully', 'abort'];
  return status === 'degraded' ? ['retry'] : [];
};

function Question({ application, environment, resource, step, onClose }: Props & { step: RolloutStep; onClose: () => void }) {
  const { name } = resource.object;
  const words = texts.rollout[step];
  const action = useAction(application, environment, () => lead(application, environment, resource.object, step), words.done(name), onClose);
  return (
    <Ask title={words.ask(name)} action={words.action} busy={action.isPending} onYes={() => action.mutate()} onClose={onClose}>
      {action.error && (
        <Notice tone="bad">
          <ProblemWords error={action.error} />
        </Notice>
      )}
      <p>{words.words}</p>
    </Ask>
  );
}

export function LeadRollout(props: Props) {
  const [open, setOpen] = useState<RolloutStep | null>(null);
  if (!isRollout(props.resource)) return null;
  return (
    <>
      {stepsOf(props.resource).map((step) => (
        <Button key={step} onClick={() => setOpen(step)}>{texts.rollout[step].action}</Button>
      ))}
      {open && <Question {...props} step={open} onClose={() => setOpen(null)} />}
    </>
  );
}
