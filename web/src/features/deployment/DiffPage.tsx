// What a deployment would change, without deploying.
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { SelectField } from '../../components/Field';
import { Asked, Empty, Loading } from '../../components/States';
import { applicationQuery } from '../application/data';
import { texts as applicationTexts } from '../application/texts';
import { environmentsQuery } from '../environment/data';
import { deploymentsQuery } from './data';
import { isComplete } from './image';
import { ImageField } from './ImageField';
import { PreviewView } from './PreviewView';
import { wantedOf } from './subject';
import { texts } from './texts';
import { usePreview } from './useDeploy';

interface Props {
  name: string;
  environment?: string | undefined;
  image?: string | undefined;
}

/** The tab *Diff*. */
export function DiffPage({ name, environment, image }: Props) {
  const navigate = useNavigate();
  const environments = useQuery(environmentsQuery).data?.items ?? [];
  const application = useQuery(applicationQuery(name)).data;
  const deployments = useQuery(deploymentsQuery(name)).data?.items ?? [];
  const chosen = environment ?? environments[0]?.name ?? '';
  const current = application?.environments.find((each) => each.environment === chosen)?.current ?? null;
  const shown = image ?? current?.image ?? deployments[0]?.image ?? '';
  const version = current?.chart.version ?? deployments[0]?.chart.version;
  const { preview, ready } = usePreview(name, chosen, application ? wantedOf(application, { image: shown, version }) : null);
  const put = (change: { environment?: string; image?: string }) => void navigate({ to: '.', search: { environment, image, ...change }, replace: true });
  if (environments.length === 0) return <Empty title={applicationTexts.noEnvironments}>{applicationTexts.noEnvironmentsHint}</Empty>;
  return (
    <div className="stack wide">
      <p className="muted">{texts.diffLead}</p>
      <div className="two">
        <SelectField label={texts.environment} name="environment" value={chosen} onText={(next) => put({ environment: next })} options={environments.map((each) => ({ value: each.name, label: each.name }))} />
        {application?.source.kind !== 'chart' && <ImageField image={shown} onImage={(next) => put({ image: next })} deployments={deployments} current={current} error={shown && !isComplete(shown) ? texts.incomplete : undefined} />}
      </div>
      {ready && (
        <Asked of={preview} what="the preview">
          {(data) => (
            <>
              <PreviewView preview={data} open={20} />
              <div className="line">
                <Link to="." search={{ environment, image, deploy: chosen }} className="button primary">
                  {texts.deploy('', '')}
                </Link>
              </div>
            </>
          )}
        </Asked>
      )}
      {ready && preview.isFetching && !preview.data && <Loading what="the preview" />}
    </div>
  );
}
