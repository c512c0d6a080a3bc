// About: which version this is, where its interfaces are, and what is not there yet.
import { queryOptions, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { call } from '../../api/http';
import type { Version } from '../../api/types';
import { Asked } from '../../components/States';
import { PageHead } from '../../frame/PageHead';

const texts = {
  title: 'About',
  lead: 'A GitOps control plane: everything you deploy is written to Git first.',
  version: 'Version',
  api: 'API description',
  clusters: 'Clusters',
  clustersLead: 'Clusters are not there yet.',
  clustersBody: 'For now an environment states which Kubernetes version manifests are made for; Trueline keeps the desired state in Git, and something else, such as Argo CD or Flux, applies it.',
};

const versionQuery = queryOptions({ queryKey: ['version'], queryFn: () => call<Version>('GET', '/version'), staleTime: Number.POSITIVE_INFINITY });

/** The page about this program. */
export function AboutPage() {
  const version = useQuery(versionQuery);
  return (
    <>
      <PageHead title={texts.title}>{texts.lead}</PageHead>
      <section className="card narrow">
        <div className="body">
          <Asked of={version}>
            {(data) => (
              <dl className="pairs">
                <dt>{texts.version}</dt>
                <dd>{data.version}</dd>
                <dt>{texts.api}</dt>
                <dd>
                  <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>
                </dd>
              </dl>
            )}
          </Asked>
        </div>
      </section>
    </>
  );
}

function NotYet({ title, lead, children }: { title: string; lead: string; children: ReactNode }) {
  return (
    <>
      <PageHead title={title}>{lead}</PageHead>
      <section className="card narrow">
        <p className="body">{children}</p>
      </section>
    </>
  );
}

/** Says plainly that clusters come later. */
export function ClustersPage() {
  return (
    <NotYet title={texts.clusters} lead={texts.clustersLead}>
      {texts.clustersBody}
    </NotYet>
  );
}
