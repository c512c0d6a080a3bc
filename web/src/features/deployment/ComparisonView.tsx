// What differs between two deployments: inputs, effective values, chart, secrets by name, manifests.
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { Comparison, Deployment, FileDiff } from '../../api/types';
import { Diffs } from '../../components/Diff';
import { SelectField } from '../../components/Field';
import { Asked } from '../../components/States';
import { comparisonQuery, deploymentsQuery } from './data';
import { SecretDiffs } from './PreviewView';
import { cameInForce, wordOf } from './subject';
import { texts } from './texts';

function Part({ title, files, open }: { title: string; files: FileDiff[]; open: number }) {
  if (files.length === 0) return null;
  return (
    <div className="stack tight">
      <p className="line">
        <b>{title}</b> <span className="small muted">{texts.compareCounts(files.length)}</span>
      </p>
      <Diffs files={files} open={open} />
    </div>
  );
}

/** The differences. */
export function Differences({ comparison }: { comparison: Comparison }) {
  const { inputs, values, manifests, chart, secrets } = comparison;
  const parts = texts.compareParts;
  const nothing = inputs.length + manifests.length + chart.length === 0 && !values && secrets.every((each) => each.entries.every((entry) => entry.change === 'same'));
  if (nothing) return <p className="muted">{texts.compareNothing}</p>;
  return (
    <div className="stack">
      <Part title={parts.inputs} files={inputs} open={4} />
      <Part title={parts.values} files={values ? [values] : []} open={1} />
      <SecretDiffs secrets={secrets} />
      <Part title={parts.manifests} files={manifests} open={4} />
      <Part title={parts.chart} files={chart} open={0} />
    </div>
  );
}

/** The deployment that another one is compared with, unless one is chosen: the one in force before it there. */
export function before(deployments: Deployment[], deployment: Deployment): Deployment | undefined {
  return deployments.filter((each) => each.environment === deployment.environment && each.number < deployment.number && cameInForce(each)).toSorted((a, b) => b.number - a.number)[0];
}

/** Compares a deployment with any other one; which is in the address. */
export function ComparisonSection({ deployment, other }: { deployment: Deployment; other: number | undefined }) {
  const navigate = useNavigate();
  const { application, number } = deployment;
  const all = useQuery(deploymentsQuery(application)).data?.items ?? [];
  const others = all.filter((each) => each.number !== number && each.commit);
  const chosen = others.find((each) => each.number === other) ?? before(others, deployment) ?? others[0];
  const compared = useQuery({ ...comparisonQuery(application, number, chosen?.number ?? 0), enabled: chosen !== undefined });
  return (
    <section className="card" aria-label={texts.comparison}>
      <header>
        <h2>{texts.comparison}</h2>
      </header>
      <div className="body stack">
        {chosen ? (
          <>
            <SelectField
              label={texts.compareWith}
              name="with"
              value={String(chosen.number)}
              onText={(text) => void navigate({ to: '.', search: (search: object) => ({ ...search, with: Number(text) }), replace: true })}
              options={others.map((each) => ({ value: String(each.number), label: texts.comparePlain(each.number, `${each.environment}, ${wordOf(each)}`) }))}
            />
            <Asked of={compared} what="the differences">{(data) => <Differences comparison={data} />}</Asked>
          </>
        ) : (
          <p className="muted">{texts.compareNone}</p>
        )}
      </div>
    </section>
  );
}
