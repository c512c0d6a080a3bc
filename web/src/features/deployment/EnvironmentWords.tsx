// What the environments of an application are at, in a line of a list.
import type { Application } from '../../api/types';
import { Tag } from '../../components/Tag';
import { texts } from '../hold/texts';
import { DriftTag } from '../resource/DriftTag';
import { DeploymentTag } from './DeploymentTag';
import { wordOf } from './subject';

/** Each environment that it was deployed to, with its tag or version; `none` while there is none. */
export function EnvironmentWords({ application, none }: { application: Application; none: string }) {
  const deployed = application.environments.filter((each) => each.deployment ?? each.hold);
  return (
    <span className="line">
      {deployed.map((each) => (
        <span key={each.environment} className="line small">
          {each.environment} <b>{each.current ? wordOf(each.current) : '–'}</b>
          {each.deployment && each.deployment.end !== 'stored' && each.deployment.end !== 'healthy' && <DeploymentTag deployment={each.deployment} project={application.project} />}
          {each.drift && <DriftTag drift={each.drift} />}
          {each.hold && <Tag tone="warn" icon="warn">{texts.onHold}</Tag>}
        </span>
      ))}
      {deployed.length === 0 && <span className="faint">{none}</span>}
    </span>
  );
}
