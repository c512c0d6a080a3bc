// The image to deploy, with those that were deployed lately.
import type { Deployment } from '../../api/types';
import { TextField } from '../../components/Field';
import { recentImages, tagOf } from './image';
import { texts } from './texts';

interface Props {
  image: string;
  onImage: (image: string) => void;
  deployments: Deployment[];
  current: Deployment | null;
  error?: string | undefined;
}

/** A field for the image; recent ones are buttons under it. */
export function ImageField({ image, onImage, deployments, current, error }: Props) {
  const recent = recentImages(deployments.map((each) => each.image)).filter((each) => each !== image);
  return (
    <div className="stack tight">
      <TextField label={texts.image} name="image" required mono value={image} onText={(text) => onImage(text.trim())} hint={texts.imageHint} error={error} autoCapitalize="none" />
      {(current || recent.length > 0) && (
        <p className="small muted">
          {current && (
            <>
              {texts.runningNow} <b>{tagOf(current.image)}</b>{' '}
            </>
          )}
          {recent.length > 0 && (
            <>
              {texts.recent}{' '}
              {recent.map((each) => (
                <span key={each}>
                  <button type="button" className="textlink" title={each} onClick={() => onImage(each)}>
                    {tagOf(each)}
                  </button>{' '}
                </span>
              ))}
            </>
          )}
        </p>
      )}
    </div>
  );
}
