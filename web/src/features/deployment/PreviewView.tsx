// What a deployment would change: values first, then manifests.
import type { Preview } from '../../api/types';
import { Diff, Diffs } from '../../components/Diff';
import { Notice } from '../../components/States';
import { texts } from './texts';

/** The differences of a preview. */
export function PreviewView({ preview, open }: { preview: Preview; open?: number }) {
  const nothing = preview.changed === 0 && !preview.values;
  return (
    <section className="stack" aria-label={texts.preview}>
      <div className="line">
        <h2>{texts.preview}</h2>
        <span className="muted small">
          {texts.objects(preview.changed, preview.objects)}, {preview.compared_with === null ? texts.first : texts.comparedWith(preview.compared_with)}
        </span>
      </div>
      {nothing && <Notice tone="info">{texts.nothing}</Notice>}
      {preview.values && <Diff file={preview.values} />}
      <Diffs files={preview.manifests} {...(open === undefined ? {} : { open })} />
      {preview.notes && (
        <details>
          <summary>{texts.notes}</summary>
          <pre className="block">{preview.notes}</pre>
        </details>
      )}
    </section>
  );
}
