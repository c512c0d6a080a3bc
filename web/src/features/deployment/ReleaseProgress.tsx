// How far the cluster is with a deployment: objects applied, what it refused, what is not healthy yet, and
// deletions that wait for a person.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Deployment, ObjectKey, Release } from '../../api/types';
import { announce } from '../../components/Announcer';
import { Button } from '../../components/Button';
import { TextField } from '../../components/Field';
import { errorOf } from '../../components/Form';
import { FormDialog } from '../../components/FormDialog';
import { useMay } from '../session/data';
import { confirmDeletions, deploymentQuery, putDeployment } from './data';
import { texts } from './texts';

const words = texts.guard;
/** So many objects are named; the rest is counted. */
const FEW = 20;

/** An object in a line: its kind and where it is. */
export const nameOf = ({ kind, namespace, name }: ObjectKey) => `${kind} ${namespace ? `${namespace}/` : ''}${name}`;

function Told({ title, told }: { title: string; told: { object: ObjectKey; sentence: string }[] }) {
  if (told.length === 0) return null;
  return (
    <div className="stack tight">
      <b className="small">{title}</b>
      <ul className="stack tight">
        {told.map((each) => (
          <li key={nameOf(each.object)} className="small">
            <code className="break">{nameOf(each.object)}</code> <span className="break">{each.sentence}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Objects that were refused, and those that are not healthy, each in the cluster's words; `ended` is no longer waited for. */
export function Objects({ release, ended = false }: { release: Release; ended?: boolean }) {
  return (
    <>
      <Told title={texts.refused} told={release.refusals} />
      <Told title={ended ? texts.unhealthyInTheEnd : texts.unhealthy} told={release.unhealthy.map(({ object, message }) => ({ object, sentence: message }))} />
    </>
  );
}

interface GuardProps {
  deployment: Deployment;
  confirm: NonNullable<Release['confirm']>;
  project: string;
}

function ConfirmDialog({ deployment, confirm, onClose }: Omit<GuardProps, 'project'> & { onClose: () => void }) {
  const client = useQueryClient();
  const { application, number } = deployment;
  const [typed, setTyped] = useState('');
  const saving = useMutation({
    mutationFn: () => confirmDeletions(application, number, { digest: confirm.digest, application: typed.trim() }),
    onSuccess: (stored) => {
      announce(words.confirmed);
      putDeployment(client, stored);
      onClose();
    },
    // What would be deleted may have changed: it is shown anew.
    onError: () => void client.invalidateQueries({ queryKey: deploymentQuery(application, number).queryKey }),
  });
  return (
    <FormDialog title={words.question(confirm.objects.length)} action={words.action} danger saving={saving} onSubmit={saving.mutate} onClose={onClose}>
      <p>{words.words}</p>
      <ul className="stack tight">
        {confirm.objects.slice(0, FEW).map((each) => (
          <li key={nameOf(each)}>
            <code className="break">{nameOf(each)}</code>
          </li>
        ))}
        {confirm.objects.length > FEW && <li className="muted">{words.more(confirm.objects.length - FEW)}</li>}
      </ul>
      <TextField label={words.typed} name="application" required value={typed} onText={setTyped} hint={words.typedHint(application)} error={errorOf(saving.error, 'application')} autoCapitalize="none" data-autofocus />
    </FormDialog>
  );
}

function Guard({ deployment, confirm, project }: GuardProps) {
  const deployer = useMay('deployer', project);
  const [open, setOpen] = useState(false);
  return (
    <div className="stack tight" role="alert">
      <p>
        <b>{words.title}</b> {words.lead}
      </p>
      <ul className="stack tight">
        {confirm.reasons.map((each) => (
          <li key={each}>{each}</li>
        ))}
      </ul>
      {!deployer && <p>{words.notYou}</p>}
      {deployer && (
        <div>
          <Button small look="danger" onClick={() => setOpen(true)}>
            {words.action}…
          </Button>
        </div>
      )}
      {open && <ConfirmDialog deployment={deployment} confirm={confirm} onClose={() => setOpen(false)} />}
    </div>
  );
}

/** What goes on in the cluster now. */
export function ReleaseProgress({ deployment, project }: { deployment: Deployment; project: string }) {
  const { release } = deployment;
  if (!release) return null;
  return (
    <div className="stack tight">
      {release.message && <p className="break">{release.message}</p>}
      {release.of > 0 && release.applied < release.of && <progress max={release.of} value={release.applied} aria-label={texts.objectsDone(release.applied, release.of)} />}
      {release.confirm && <Guard deployment={deployment} confirm={release.confirm} project={project} />}
      <Objects release={release} />
    </div>
  );
}
