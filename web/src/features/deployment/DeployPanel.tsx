// The panel at the side that deploys: what, why, what changes; then its stages in the same place.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Application, Source } from '../../api/types';
import { Button, LinkButton } from '../../components/Button';
import { Ask, Dialog } from '../../components/Dialog';
import { Checkbox, SelectField, TextField } from '../../components/Field';
import { errorOf, Form, Summary } from '../../components/Form';
import { Restored } from '../../components/Restored';
import { Loading, Notice } from '../../components/States';
import { Tag } from '../../components/Tag';
import { environmentsQuery } from '../environment/data';
import { chartQuery } from '../chart/data';
import { compareVersions } from '../chart/version';
import { HoldNotice } from '../hold/HoldNotice';
import type { LayoutSearch } from '../application/ApplicationLayout';
import { DeploymentStages } from './DeploymentStages';
import { DeployValues } from './DeployValues';
import { ImageField } from './ImageField';
import { PreviewState } from './PreviewState';
import { actionOf, wordOf } from './subject';
import { texts } from './texts';
import { useDeploy, useFollowed } from './useDeploy';
import { useUnsaved } from './useUnsaved';

type State = ReturnType<typeof useDeploy>;

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

/** The version of a chart: those of its repository, or those that were deployed when it does not answer. */
function VersionField({ source, state }: { source: Source; state: State }) {
  const chart = useQuery({ ...chartQuery(source.repository ?? '', source.name), retry: false });
  const now = state.current?.chart.version;
  const here = state.deployments.map((each) => each.chart.version);
  const known = chart.data?.list.map((each) => each.version) ?? [];
  const version = state.aim.version ?? '';
  const versions = [...new Set([...known, ...here, version])].filter(Boolean).toSorted((a, b) => compareVersions(b, a));
  return (
    <SelectField
      label={texts.version}
      name="version"
      required
      value={version}
      onText={(next) => state.set({ version: next })}
      options={versions.map((each) => ({ value: each, label: each === now ? texts.versionNow(each) : each }))}
      hint={chart.error ? texts.versionGone : texts.versionHint}
      error={errorOf(state.error, 'version')}
    />
  );
}

function What({ application, state }: { application: Application; state: State }) {
  const { aim, current, error, set } = state;
  if (aim.restore) return null;
  if (application.source.kind === 'chart') return <VersionField source={application.source} state={state} />;
  return <ImageField image={aim.image ?? ''} onImage={(image) => set({ image })} deployments={state.deployments} current={current} error={state.missing || errorOf(error, 'image')} />;
}

function Restoring({ environment, number }: { environment: string; number: number }) {
  return <Notice tone="info">{texts.restoreWords(environment, number)}</Notice>;
}

/** Generated values are kept; making them anew asks once, and is shown in the preview before anything happens. */
function Anew({ environment, search, put, offered }: { environment: string; offered: boolean } & Pick<Props, 'search' | 'put'>) {
  const [asking, setAsking] = useState(false);
  if (search.anew) {
    return (
      <Notice tone="warn">
        {texts.anew.on}
        <div className="line">
          <Button small onClick={() => put({ anew: undefined })}>
            {texts.anew.off}
          </Button>
        </div>
      </Notice>
    );
  }
  if (!offered) return null;
  return (
    <div>
      <Button small onClick={() => setAsking(true)}>
        {texts.anew.action}
      </Button>
      {asking && (
        <Ask
          title={texts.anew.question}
          action={texts.anew.action}
          danger
          onYes={() => {
            setAsking(false);
            put({ anew: true });
          }}
          onClose={() => setAsking(false)}
        >
          <p>{texts.anew.words(environment)}</p>
        </Ask>
      )}
    </div>
  );
}

/** What a deployment may do to objects that stand in its way in the cluster; closed, for it is rarely wanted. */
function InCluster({ environment, state }: { environment: string; state: State }) {
  const there = useQuery(environmentsQuery).data?.items.find((each) => each.name === environment)?.cluster;
  if (!there) return null;
  return (
    <details>
      <summary>{texts.inCluster}</summary>
      <div className="stack tight">
        <Checkbox name="adopt" checked={state.force.adopt} onChecked={(adopt) => state.setForce({ adopt })}>
          {texts.adopt} <span className="small muted">{texts.adoptHint}</span>
        </Checkbox>
        <Checkbox name="recreate" checked={state.force.recreate} onChecked={(recreate) => state.setForce({ recreate })}>
          {texts.recreate} <span className="small muted">{texts.recreateHint}</span>
        </Checkbox>
      </div>
    </details>
  );
}

function Entry({ application, search, put, onClose }: Props) {
  const environment = search.deploy ?? '';
  const unsaved = useUnsaved(application.name, environment);
  const state = useDeploy(application, environment, search, unsaved, put);
  const held = application.environments.find((each) => each.environment === environment)?.hold ?? null;
  const { preview } = state;
  return (
    <Form onSubmit={() => environment && state.start((deployment) => put({ deployment, image: undefined, version: undefined, restore: undefined, anew: undefined }))} error={state.error} summary={<span className="hidden" />}>
      <div className="scrolling">
        {state.outdated ? <Notice tone="warn">{texts.outdated}</Notice> : state.error && <Summary error={state.error} />}
        {!search.restore && <EnvironmentField value={environment} onValue={(deploy) => put({ deploy, anew: undefined })} />}
        {environment && (
          <>
            {(state.restored || (unsaved.restored && !search.restore)) && (
              <Restored
                of="panel"
                onDiscard={() => {
                  if (state.restored) state.discard();
                  if (unsaved.restored && !search.restore) unsaved.discard();
                }}
              />
            )}
            {held && <HoldNotice application={application} environment={environment} hold={held} />}
            {search.restore && <Restoring environment={environment} number={search.restore} />}
            <What application={application} state={state} />
            {!search.restore && <DeployValues application={application} environment={environment} version={state.aim.version} unsaved={unsaved} error={state.error ?? preview.error} />}
            <TextField label={texts.message} name="message" value={state.message} onText={(message) => state.set({ message })} hint={texts.messageHint} autoComplete="off" spellCheck error={errorOf(state.error, 'message')} data-autofocus={search.restore ? true : undefined} />
            <InCluster environment={environment} state={state} />
            {state.early && <Notice tone="info">{texts.early}</Notice>}
            <PreviewState data={preview.data} error={preview.error} ready={state.ready} waiting={state.waiting} />
            {!search.restore && <Anew environment={environment} search={search} put={put} offered={preview.data?.generated.some((each) => each.kept) ?? false} />}
          </>
        )}
      </div>
      <footer>
        {environment && (
          <Button type="submit" look="primary" busy={state.busy}>
            {actionOf(application, environment, state.aim, state.current)}
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
              <b>{wordOf(deployment)}</b> <span className="muted break">{deployment.image || deployment.chart.name}</span>
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

function titleOf({ name, source, environments }: Application, { deploy, restore }: LayoutSearch): string {
  if (!deploy) return texts.panelTitle(name);
  if (restore) return texts.restoreTitle(name, deploy);
  const there = environments.find((each) => each.environment === deploy)?.current;
  return source.kind === 'chart' && there ? texts.upgradeTitle(name, deploy) : texts.panelTo(name, deploy);
}

/** The deploy panel. */
export function DeployPanel(props: Props) {
  const { application, search, onClose } = props;
  const title = titleOf(application, search);
  return (
    <Dialog kind="panel" title={title} aside={search.deployment ? <Tag>{texts.numbered(search.deployment)}</Tag> : undefined} onClose={onClose}>
      {search.deployment ? <Progress {...props} /> : <Entry {...props} />}
    </Dialog>
  );
}
