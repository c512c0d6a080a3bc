// The panel at the side that deploys: what, why, what changes; then its stages in the same place.
import { useQuery } from '@tanstack/react-query';
import type { Application } from '../../api/types';
import { Button, LinkButton } from '../../components/Button';
import { Dialog } from '../../components/Dialog';
import { SelectField, TextField } from '../../components/Field';
import { errorOf, Form, Summary } from '../../components/Form';
import { Loading, Notice, ProblemWords } from '../../components/States';
import { Tag } from '../../components/Tag';
import { environmentsQuery } from '../environment/data';
import type { LayoutSearch } from '../application/ApplicationLayout';
import { DeploymentStages } from './DeploymentStages';
import { tagOf } from './image';
import { ImageField } from './ImageField';
import { PreviewView } from './PreviewView';
import { texts } from './texts';
import { useDeploy, useFollowed } from './useDeploy';

interface Props {
  application: Application;
  search: LayoutSearch;
  put: (change: LayoutSearch) => void;
  onClose: () => void;
}

function EnvironmentField({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  const environments = useQuery(environmentsQuery).data?.items ?? [];
  return (
    <SelectField
      label={texts.environment}
      name="environment"
      required
      value={value}
      onText={onValue}
      options={[{ value: '', label: texts.chooseEnvironment }, ...environments.map((each) => ({ value: each.name, label: each.name }))]}
    />
  );
}

function PreviewState({ state }: { state: ReturnType<typeof useDeploy> }) {
  const { preview, ready, waiting } = state;
  if (!ready) return null;
  if (preview.data) {
    return (
      <div className={waiting ? 'stale' : undefined} aria-busy={waiting}>
        <PreviewView preview={preview.data} />
      </div>
    );
  }
  if (preview.error) {
    return (
      <Notice tone="bad">
        <ProblemWords error={preview.error} />
        <ValueErrors error={preview.error} />
      </Notice>
    );
  }
  return <Loading what="the preview" />;
}

function ValueErrors({ error }: { error: unknown }) {
  const problems = (error as { body?: { problems?: { path: string; line: number; message: string }[] } }).body?.problems ?? [];
  if (problems.length === 0) return null;
  return (
    <ul>
      {problems.map((each) => (
        <li key={each.path + each.line}>
          {each.path || 'line'} {each.line}: {each.message}
        </li>
      ))}
    </ul>
  );
}

function Entry({ application, search, put, onClose }: Props) {
  const environment = search.deploy ?? '';
  const state = useDeploy(application, environment, search.image);
  return (
    <Form onSubmit={() => environment && state.start((deployment) => put({ deployment, image: undefined }))} error={state.error} summary={<span className="hidden" />}>
      <div className="scrolling">
        {state.outdated ? <Notice tone="warn">{texts.outdated}</Notice> : state.error && <Summary error={state.error} />}
        <EnvironmentField value={environment} onValue={(deploy) => put({ deploy })} />
        {environment && (
          <>
            <ImageField
              image={state.image}
              onImage={(image) => state.set({ image })}
              deployments={state.deployments}
              current={state.current}
              error={state.missing || errorOf(state.error, 'image')}
            />
            <TextField label={texts.message} name="message" value={state.message} onText={(message) => state.set({ message })} hint={texts.messageHint} autoComplete="off" spellCheck error={errorOf(state.error, 'message')} />
            {state.early && <Notice tone="info">{texts.early}</Notice>}
            <PreviewState state={state} />
          </>
        )}
      </div>
      <footer>
        {environment && (
          <Button type="submit" look="primary" busy={state.busy}>
            {texts.deploy(state.image && tagOf(state.image), environment)}
          </Button>
        )}
        <span className="right">
          <Button look="quiet" onClick={onClose}>
            {texts.close}
          </Button>
        </span>
      </footer>
    </Form>
  );
}

function Progress({ application, search, put, onClose }: Props) {
  const deployment = useFollowed(application.name, search.deployment);
  return (
    <div className="fill">
      <div className="scrolling">
        {deployment ? (
          <>
            <p>
              <b>{tagOf(deployment.image)}</b> <span className="muted break">{deployment.image}</span>
              {deployment.message && <span className="muted"> · {deployment.message}</span>}
            </p>
            <section className="card" aria-label={texts.timeline}>
              <DeploymentStages deployment={deployment} project={application.project} />
            </section>
          </>
        ) : (
          <Loading what="the deployment" />
        )}
      </div>
      <footer>
        <LinkButton to="/applications/$name/deployments/$number" params={{ name: application.name, number: String(search.deployment) }}>
          {texts.details}
        </LinkButton>
        <Button onClick={() => put({ deployment: undefined })}>{texts.again}</Button>
        <span className="right">
          <Button look="quiet" onClick={onClose} data-autofocus>
            {texts.close}
          </Button>
        </span>
      </footer>
    </div>
  );
}

/** The deploy panel. */
export function DeployPanel(props: Props) {
  const { application, search, onClose } = props;
  const title = search.deploy ? texts.panelTo(application.name, search.deploy) : texts.panelTitle(application.name);
  return (
    <Dialog kind="panel" title={title} aside={search.deployment ? <Tag>{texts.numbered(search.deployment)}</Tag> : undefined} onClose={onClose}>
      {search.deployment ? <Progress {...props} /> : <Entry {...props} />}
    </Dialog>
  );
}
