// The components in all their states, to look at: `/gallery` of the development server.
import { useState, type ReactNode } from 'react';
import { Problem } from '../api/http';
import { stubCheck, stubUpgrade } from '../testing/gallery-data';
import { redis } from '../testing/stub-charts';
import { PreviewView } from '../features/deployment/PreviewView';
import { SecretEntries } from '../features/secret-values/SecretEntries';
import { CheckReport } from '../features/gitops-config/CheckReport';
import { Button } from './Button';
import { CopyText } from './CopyText';
import { Diff } from './Diff';
import { Editor } from './editor/Editor';
import { Checkbox, RadioField, SelectField, TextArea, TextField } from './Field';
import { Icon } from './Icon';
import { Markdown } from './Markdown';
import { Stages } from './Stages';
import { Empty, Failed, Loading, Notice } from './States';
import { Table } from './Table';
import { Tag } from './Tag';
import { Time } from './Time';

const ignore = () => {};
const problem = new Problem({ type: 'about:blank', title: 'Conflict', status: 409, code: 'in_use', detail: 'The account is used by shop and billing.', request_id: 'req-7' });

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="card" aria-label={title}>
      <header>
        <h2>{title}</h2>
      </header>
      <div className="body stack">{children}</div>
    </section>
  );
}

function Buttons() {
  return (
    <Section title="Buttons and tags">
      <div className="line">
        <Button look="primary">Save</Button>
        <Button>Check only</Button>
        <Button look="danger">Delete</Button>
        <Button look="quiet">Close</Button>
        <Button look="primary" busy>
          Saving
        </Button>
        <Button small>Small</Button>
        <Button aria-label="Close" look="quiet">
          <Icon name="no" />
        </Button>
      </div>
      <div className="line">
        <Tag tone="good" icon="ok">In Git</Tag>
        <Tag tone="warn" icon="warn">Warned</Tag>
        <Tag tone="bad" icon="no">Failed</Tag>
        <Tag tone="info" icon="turn">Going on</Tag>
        <Tag>Not deployed</Tag>
        <CopyText text="c1a90b7f00c1a90b7f00" shown="c1a90b7" what="commit" />
        <Time at="2026-01-01T00:00:00Z" />
      </div>
    </Section>
  );
}

function Fields() {
  const [choice, setChoice] = useState<'one' | 'two'>('one');
  const options = [
    { value: 'one' as const, label: 'One for each application', hint: 'github.com/acme/gitops-shop' },
    { value: 'two' as const, label: 'Ask for each' },
  ];
  return (
    <Section title="Fields">
      <div className="two">
        <TextField label="Name" name="a" required value="shop" onText={ignore} hint="Lower-case letters." />
        <TextField label="Name" name="b" required value="My Shop" onText={ignore} error="A space is not allowed in a name." />
        <TextField label="Git host" name="c" readOnly value="https://github.com" onText={ignore} aside={<button type="button" className="textlink">Use another</button>} />
        <TextField label="Token" name="d" type="password" value="" placeholder="•••••••••• stored" onText={ignore} />
        <SelectField label="Project" name="e" value="one" options={options.map(({ value, label }) => ({ value, label }))} onText={ignore} />
        <TextArea label="Certificates" name="f" mono value="-----BEGIN CERTIFICATE-----" onText={ignore} />
      </div>
      <RadioField legend="Repositories" name="g" value={choice} options={options} onValue={setChoice} />
      <RadioField legend="Credential" name="h" segments value={choice} options={options.map(({ value, label }) => ({ value, label }))} onValue={setChoice} />
      <RadioField legend="Account" name="j" inline value={choice} options={options} onValue={setChoice} />
      <TextField
        label="Organization"
        name="k"
        value="https://github.com/acme"
        onText={ignore}
        error={
          <>
            This is an address; the organization is acme.{' '}
            <button type="button" className="textlink">
              Use acme
            </button>
          </>
        }
      />
      <Checkbox name="i" checked onChecked={ignore}>
        Use for new applications
      </Checkbox>
    </Section>
  );
}

function States() {
  return (
    <>
      <Section title="Empty, loading, error, notices">
        <Empty title="No applications yet" action={<Button look="primary">New application</Button>}>
          An application is something of your team’s own.
        </Empty>
        <Loading />
        <Failed error={problem} onRetry={ignore} />
        <Notice tone="warn">maria saved this account while you were editing it.</Notice>
        <Notice tone="good">Saved. acme works.</Notice>
        <Notice tone="info">Nothing changes.</Notice>
      </Section>
      <Section title="Stages">
        <Stages
          label="Stages"
          stages={[
            { key: 'a', title: 'Rendered', state: 'passed', aside: '9 ms' },
            { key: 'b', title: 'Delete the test repository', state: 'warned', aside: '80 ms', why: 'The token lacks delete_repo.' },
            { key: 'c', title: 'Commit to Git', state: 'failed', aside: '1.2 s', why: 'A branch rule refuses the push.' },
            { key: 'd', title: 'Committing to Git', state: 'running' },
            { key: 'e', title: 'Released', state: 'waiting' },
            { key: 'f', title: 'Push', state: 'skipped', aside: 'not tried' },
          ]}
        />
      </Section>
    </>
  );
}

function Things() {
  const [sort, setSort] = useState('name');
  const rows = [{ name: 'shop', project: 'storefront' }, { name: 'billing', project: 'finance' }];
  return (
    <>
      <Section title="Table">
        <Table
          label="Applications"
          rows={rows}
          id={(row) => row.name}
          sort={sort}
          onSort={setSort}
          columns={[
            { key: 'name', label: 'Name', lead: true, by: (row) => row.name, cell: (row) => row.name },
            { key: 'project', label: 'Project', by: (row) => row.project, cell: (row) => row.project },
          ]}
        />
      </Section>
      <Section title="Difference and editor">
        <Diff
          file={{
            path: 'manifests/Deployment.apps.shop.yaml',
            change: 'changed',
            hunks: [
              { old_start: 1, new_start: 1, lines: [{ kind: ' ', text: 'spec:' }, { kind: '-', text: '  replicas: 1' }, { kind: '+', text: '  replicas: 2' }] },
              { old_start: 40, new_start: 40, lines: [{ kind: ' ', text: 'status: {}' }] },
            ],
          }}
        />
        <Editor label="Values" text={'# How many pods\nreplicas: many\nimage:\n  tag: "1.4.2"\n'} problems={[{ path: 'replicas', line: 2, column: 11, message: 'is not a number' }]} />
      </Section>
    </>
  );
}

function Charts() {
  const [entries, setEntries] = useState([{ path: 'auth.password', value: 'typed' }]);
  return (
    <>
      <Section title="What an upgrade changes">
        <PreviewView preview={stubUpgrade} />
      </Section>
      <Section title="Secret values">
        <SecretEntries entries={entries} onEntries={setEntries} />
      </Section>
      <Section title="Markdown from outside">
        <Markdown text={redis.readme ?? ''} />
      </Section>
    </>
  );
}

/** All components. */
export default function Gallery() {
  return (
    <main className="page stack">
      <h1>Gallery</h1>
      <Buttons />
      <Fields />
      <States />
      <Things />
      <Charts />
      <CheckReport check={stubCheck} running={false} unsaved={{ active: 'acme' }} />
    </main>
  );
}
