// Making an application.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useDraft } from '../../api/drafts';
import type { Project, Template } from '../../api/types';
import { announce } from '../../components/Announcer';
import { Button, LinkButton } from '../../components/Button';
import { Checkbox, SelectField, TextField } from '../../components/Field';
import { errorOf, Form } from '../../components/Form';
import { Asked, Empty } from '../../components/States';
import { PageHead } from '../../frame/PageHead';
import { gateQuery, gitopsConfigsQuery } from '../gitops-config/data';
import { projectsQuery } from '../project/data';
import { may, useMay, useSession } from '../session/data';
import { createApplication, templatesQuery } from './data';
import { texts } from './texts';

interface Entries {
  name: string;
  project: string;
  template: string;
  own: boolean;
  repository: string;
  path: string;
}

/** Whether the active account wants each application to name its repository, where that may be known. */
function useAsksForRepository(): boolean {
  const administrator = useMay('administrator');
  const active = useQuery(gateQuery).data?.active;
  const configs = useQuery({ ...gitopsConfigsQuery, enabled: administrator }).data?.items;
  return configs?.find((config) => config.name === active)?.repositories.source === 'ask';
}

function Fields({ projects, templates }: { projects: Project[]; templates: Template[] }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const asks = useAsksForRepository();
  const draft = useDraft<Entries>('application.new', { name: '', project: projects[0]?.name ?? '', template: templates[0]?.name ?? 'deployment', own: asks, repository: '', path: '' });
  const { value, set } = draft;
  const create = useMutation({
    mutationFn: () =>
      createApplication({
        name: value.name.trim(),
        project: value.project,
        template: value.template,
        ...(value.own ? { repository: value.repository.trim(), path: value.path.trim() } : {}),
      }),
    onSuccess: async (application) => {
      draft.discard();
      announce(texts.created(application.name));
      await client.invalidateQueries({ queryKey: ['applications'] });
      await navigate({ to: '/applications/$name', params: { name: application.name } });
    },
  });
  const { error } = create;
  const chosen = templates.find((template) => template.name === value.template);
  return (
    <Form className="card narrow" onSubmit={() => !create.isPending && create.mutate()} error={error} aria-label={texts.newTitle}>
      <div className="body stack">
        <TextField label={texts.name} name="name" required value={value.name} onText={(name) => set({ name })} hint={texts.nameHint} error={errorOf(error, 'name')} autoCapitalize="none" />
        <SelectField
          label={texts.project}
          name="project"
          required
          value={value.project}
          onText={(project) => set({ project })}
          options={projects.map((project) => ({ value: project.name, label: project.name }))}
          hint={texts.projectHint}
          error={errorOf(error, 'project')}
        />
        <SelectField
          label={texts.template}
          name="template"
          value={value.template}
          onText={(template) => set({ template })}
          options={templates.map((template) => ({ value: template.name, label: `${template.title} ${template.version}` }))}
          hint={chosen?.description}
          error={errorOf(error, 'template')}
        />
        <Checkbox name="own" checked={value.own} onChecked={(own) => set({ own })}>
          {texts.repositoryOwn}
        </Checkbox>
        {value.own && (
          <div className="two">
            <TextField label={texts.repositoryAsk} name="repository" required value={value.repository} onText={(repository) => set({ repository })} hint={texts.repositoryAskHint} error={errorOf(error, 'repository')} placeholder="https://" inputMode="url" />
            <TextField label={texts.path} name="path" value={value.path} onText={(path) => set({ path })} hint={texts.pathHint} error={errorOf(error, 'path')} />
          </div>
        )}
      </div>
      <footer>
        <Button type="submit" look="primary" busy={create.isPending}>
          {texts.submit}
        </Button>
        <LinkButton to="/applications" look="quiet" onClick={draft.discard}>
          Cancel
        </LinkButton>
      </footer>
    </Form>
  );
}

/** The page that makes an application. */
export function NewApplicationPage() {
  const session = useSession();
  const administrator = useMay('administrator');
  const projects = useQuery(projectsQuery);
  const templates = useQuery(templatesQuery);
  return (
    <>
      <PageHead title={texts.newTitle}>{texts.newLead}</PageHead>
      <Asked of={projects} what="projects">
        {(page) => {
          const mine = page.items.filter((project) => may(session, 'manager', project.name));
          if (mine.length === 0) {
            return (
              <section className="card">
                <Empty title={texts.noProject} action={administrator && <LinkButton to="/configuration/projects" search={{ new: true }} look="primary">{texts.makeProject}</LinkButton>} />
              </section>
            );
          }
          return (
            <Asked of={templates} what="templates">
              {(kinds) => <Fields projects={mine} templates={kinds.items} />}
            </Asked>
          );
        }}
      </Asked>
    </>
  );
}
