// The panel at the side that installs a chart: where, as what, with which values, and below at once what that
// makes; then the stages in the same place.
import { useQuery } from '@tanstack/react-query';
import { useMemo, useRef } from 'react';
import type { Chart, ChartDetail, Environment, Project } from '../../api/types';
import { Button, LinkButton } from '../../components/Button';
import { Dialog, useLateFocus } from '../../components/Dialog';
import { Editor } from '../../components/editor/Editor';
import { SelectField, TextField } from '../../components/Field';
import { errorOf, Form, Summary } from '../../components/Form';
import { Restored } from '../../components/Restored';
import { Asked, Empty, Loading, Notice } from '../../components/States';
import { Tag } from '../../components/Tag';
import { applicationQuery } from '../application/data';
import { useLiveApplication } from '../application/live';
import { DeploymentStages } from '../deployment/DeploymentStages';
import { Notes } from '../deployment/Notes';
import { PreviewState } from '../deployment/PreviewState';
import { texts as deploymentTexts } from '../deployment/texts';
import { useFollowed } from '../deployment/useDeploy';
import { environmentsQuery } from '../environment/data';
import { projectsQuery } from '../project/data';
import { SecretEntries } from '../secret-values/SecretEntries';
import { may, useSession } from '../session/data';
import { schemaOf } from './schema';
import { likelySecrets } from './secrets';
import { texts } from './texts';
import { useInstall } from './useInstall';

const words = texts.form;

export interface InstallSearch {
  /** The environment that the panel is open for; empty while none is chosen. */
  install?: string | undefined;
  /** The application that was made, and the deployment whose stages the panel shows. */
  as?: string | undefined;
  deployment?: number | undefined;
}

interface Props {
  chart: Chart;
  version: string;
  detail: ChartDetail | undefined;
  search: InstallSearch;
  put: (change: InstallSearch) => void;
}

function Fields({ chart, version, detail, search, put, projects, environments, onClose }: Props & { projects: Project[]; environments: Environment[]; onClose: () => void }) {
  const environment = search.install ?? '';
  const state = useInstall(chart.repository, chart.name, version, environment, projects);
  const { value, set, refused } = state;
  const body = useRef<HTMLDivElement>(null);
  useLateFocus(body);
  const knowledge = useMemo(() => detail && { schema: schemaOf(detail.schema), defaults: detail.default_values }, [detail]);
  const likely = useMemo(() => likelySecrets(detail?.default_values ?? ''), [detail]);
  return (
    <Form onSubmit={() => state.start((as, deployment) => put({ as, deployment }))} error={state.error} summary={<span className="hidden" />} aria-label={words.title(chart.name)}>
      <div className="scrolling" ref={body}>
        {state.outdated ? <Notice tone="warn">{deploymentTexts.outdated}</Notice> : state.error && <Summary error={state.error} />}
        {state.restored && <Restored of="panel" onDiscard={state.discard} />}
        <SelectField
          label={words.environment}
          name="environment"
          required
          value={environment}
          onText={(install) => put({ install })}
          options={[{ value: '', label: words.chooseEnvironment }, ...environments.map((each) => ({ value: each.name, label: each.name }))]}
          error={errorOf(refused, 'environment')}
        />
        <div className="two">
          <TextField label={words.name} name="name" required value={value.name} onText={(name) => set({ name })} hint={words.nameHint} error={errorOf(refused, 'name')} autoCapitalize="none" />
          <SelectField label={words.project} name="project" required value={value.project} onText={(project) => set({ project })} options={projects.map((each) => ({ value: each.name, label: each.name }))} error={errorOf(refused, 'project')} />
        </div>
        <div className="field" data-field="values">
          <span className="label" id="install-values">
            {words.values}
          </span>
          <Editor label={words.values} text={value.yaml} problems={state.problems} onText={(yaml) => yaml !== value.yaml && set({ yaml })} knowledge={knowledge} low />
          <span className="hint">{errorOf(refused, 'values') ?? words.valuesHint}</span>
          {detail && (
            <details>
              <summary>{words.defaults}</summary>
              <Editor label={texts.defaults(chart.name, version)} text={detail.default_values} readOnly low />
            </details>
          )}
        </div>
        <SecretEntries entries={state.secrets} onEntries={state.setSecrets} likely={likely} />
        <TextField label={words.message} name="message" value={value.message} onText={(message) => set({ message })} hint={words.messageHint} autoComplete="off" spellCheck error={errorOf(refused, 'message')} />
        {state.early && <Notice tone="info">{deploymentTexts.early}</Notice>}
        {!state.ready && <p className="muted">{words.unready}</p>}
        <PreviewState data={state.preview.data} error={state.preview.error} ready={state.ready} waiting={state.waiting} />
      </div>
      <footer>
        <Button type="submit" look="primary" busy={state.busy}>
          {environment ? words.submit(chart.name, version, environment) : words.nothing}
        </Button>
        <span className="right">
          <Button look="quiet" onClick={onClose}>
            {words.close}
          </Button>
        </span>
      </footer>
    </Form>
  );
}

function Entry(props: Props & { onClose: () => void }) {
  const session = useSession();
  const projects = useQuery(projectsQuery);
  const environments = useQuery(environmentsQuery);
  return (
    <Asked of={projects} what="projects">
      {(page) => (
        <Asked of={environments} what="environments">
          {(places) => {
            const mine = page.items.filter((project) => may(session, 'manager', project.name));
            if (mine.length === 0) return <Empty title={words.noProject} action={may(session, 'administrator') && <LinkButton to="/configuration/projects" search={{ new: true }}>{words.makeProject}</LinkButton>} />;
            if (places.items.length === 0) return <Empty title={words.noEnvironment} action={may(session, 'administrator') && <LinkButton to="/environments" search={{ new: true }}>{words.makeEnvironment}</LinkButton>} />;
            return <Fields {...props} projects={mine} environments={places.items} />;
          }}
        </Asked>
      )}
    </Asked>
  );
}

function Progress({ name, number, again, onClose }: { name: string; number: number; again: () => void; onClose: () => void }) {
  useLiveApplication(name);
  const deployment = useFollowed(name, number);
  const project = useQuery(applicationQuery(name)).data?.project ?? '';
  return (
    <div className="fill">
      <div className="scrolling">
        {deployment ? (
          <>
            <section className="card" aria-label={deploymentTexts.timeline}>
              <DeploymentStages deployment={deployment} project={project} />
            </section>
            <Notes deployment={deployment} />
          </>
        ) : (
          <Loading what="the deployment" />
        )}
      </div>
      <footer>
        <LinkButton to="/applications/$name" params={{ name }} look="primary">
          {words.toApplication}
        </LinkButton>
        <Button onClick={again}>{words.another}</Button>
        <span className="right">
          <Button look="quiet" onClick={onClose} data-autofocus>
            {words.close}
          </Button>
        </span>
      </footer>
    </div>
  );
}

/** The install panel. */
export function InstallPanel(props: Props) {
  const { chart, version, search, put } = props;
  const close = () => put({ install: undefined, as: undefined, deployment: undefined });
  const title = search.install ? words.titleTo(chart.name, search.install) : words.title(chart.name);
  return (
    <Dialog kind="panel" title={title} aside={<Tag>{version}</Tag>} onClose={close}>
      {search.as && search.deployment ? (
        <Progress name={search.as} number={search.deployment} again={() => put({ as: undefined, deployment: undefined })} onClose={close} />
      ) : (
        <Entry {...props} onClose={close} />
      )}
    </Dialog>
  );
}
