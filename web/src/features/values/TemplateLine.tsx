// Which template an application has, and the panel that changes it: first what that does, in three differences.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import type { Application, Template } from '../../api/types';
import { announce } from '../../components/Announcer';
import { Button } from '../../components/Button';
import { Dialog, useLateFocus } from '../../components/Dialog';
import { SelectField } from '../../components/Field';
import { errorOf, Form, Summary } from '../../components/Form';
import { Asked } from '../../components/States';
import { applicationQuery, changeTemplate, templatesQuery } from '../application/data';
import { PreviewState } from '../deployment/PreviewState';
import { usePreview } from '../deployment/useDeploy';
import { environmentsQuery } from '../environment/data';
import { useMay } from '../session/data';
import { texts } from './texts';

const words = texts.template;
const nameOf = (template: Pick<Template, 'name' | 'version'>) => `${template.name}@${template.version}`;

interface PanelProps {
  application: Application;
  now: string;
  chosen: string;
  templates: Template[];
  put: (change: string | undefined) => void;
}

function Body({ application, now, chosen, templates, put }: PanelProps) {
  const client = useQueryClient();
  const body = useRef<HTMLDivElement>(null);
  useLateFocus(body);
  const environments = useQuery(environmentsQuery).data?.items ?? [];
  const [wanted, setWanted] = useState<string>();
  const environment = wanted ?? application.environments.find((each) => each.current)?.environment ?? environments[0]?.name ?? '';
  const image = application.environments.find((each) => each.environment === environment)?.current?.image ?? application.environments.find((each) => each.current)?.current?.image;
  const template = chosen || now;
  const other = template !== now;
  const { preview, ready, current } = usePreview(application.name, environment, other ? { template, ...(image ? { image } : {}) } : null);
  const change = useMutation({
    mutationFn: () => changeTemplate(application, template),
    onSuccess: async (stored) => {
      announce(words.changed(template));
      client.setQueryData(applicationQuery(application.name).queryKey, stored);
      await client.invalidateQueries({ queryKey: ['application', application.name] });
      put(undefined);
    },
  });
  return (
    <Form onSubmit={() => other && !change.isPending && change.mutate()} error={change.error} summary={<span className="hidden" />} aria-label={words.title(application.name)}>
      <div className="scrolling" ref={body}>
        {change.error && <Summary error={change.error} />}
        <SelectField label={words.which} name="template" value={template} onText={put} options={templates.map((each) => ({ value: nameOf(each), label: `${each.title} ${each.version}` }))} hint={templates.find((each) => nameOf(each) === template)?.description} error={errorOf(change.error, 'template')} />
        {other ? (
          <>
            <p className="muted">{words.words}</p>
            {environments.length === 0 && <p className="muted">{words.noEnvironment}</p>}
            {environments.length > 0 && <SelectField label={words.environment} name="environment" value={environment} onText={setWanted} options={environments.map((each) => ({ value: each.name, label: each.name }))} />}
            <PreviewState data={preview.data} error={preview.error} ready={ready} waiting={preview.isFetching || !current} />
          </>
        ) : (
          <p className="muted">{words.same}</p>
        )}
      </div>
      <footer>
        {other && (
          <Button type="submit" look="primary" busy={change.isPending}>
            {words.submit(template)}
          </Button>
        )}
        <span className="right">
          <Button look="quiet" onClick={() => put(undefined)}>
            {words.close}
          </Button>
        </span>
      </footer>
    </Form>
  );
}

/** The line above the values, with the panel when it is open. */
export function TemplateLine({ application, change }: { application: Application; change: string | undefined }) {
  const navigate = useNavigate();
  const manager = useMay('manager', application.project);
  const templates = useQuery(templatesQuery);
  const put = (next: string | undefined) => void navigate({ to: '.', search: (before: object) => ({ ...before, change: next }), replace: change !== undefined });
  if (application.source.kind !== 'template') return null;
  const now = nameOf({ name: application.source.name, version: application.source.version ?? '' });
  return (
    <div className="toolbar">
      <span className="muted">{words.now(`${application.source.name} ${application.source.version ?? ''}`)}</span>
      {manager && (
        <Button small onClick={() => put('')}>
          {words.change}
        </Button>
      )}
      {change !== undefined && manager && (
        <Dialog kind="panel" title={words.title(application.name)} onClose={() => put(undefined)}>
          <Asked of={templates} what="templates">{(kinds) => <Body application={application} now={now} chosen={change} templates={kinds.items} put={put} />}</Asked>
        </Dialog>
      )}
    </div>
  );
}
