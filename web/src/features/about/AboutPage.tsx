// About: which version this is, and where its interfaces are.
import { queryOptions, useQuery } from '@tanstack/react-query';
import { call } from '../../api/http';
import type { Version } from '../../api/types';
import { Asked } from '../../components/States';
import { PageHead } from '../../frame/PageHead';

const texts = {
  title: 'About',
  lead: 'A GitOps control plane: everything you deploy is written to Git first.',
  version: 'Version',
  api: 'API description',
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
