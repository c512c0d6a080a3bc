// Generated from docs/reference/openapi.json by `npm run codegen`. Do not edit.

/** Asks for the identity itself. */
export interface AgeExport {
  /** The caller's password. */
  password: Secret;
}

/** The age identity that files are sealed to, without its secret. */
export interface AgeIdentity {
  /** When it was made. */
  created_at: string;
  /** Those before it, the newest first: they still open what was sealed to them. */
  earlier: Array<EarlierIdentity>;
  /** When it was last exported; null when it was not: losing the installation loses what it opens. */
  exported_at: string | null;
  /** Whom to seal to, `age1…`. */
  recipient: string;
}

/** Identities to take in. */
export interface AgeImport {
  /** One `AGE-SECRET-KEY-1…` a line, as an export or `age-keygen` writes them; comment lines do not matter. */
  identity: Secret;
}

/** An application. */
export interface Application {
  /** Where Git clones it from, as far as that is known. */
  clone_url: string | null;
  /** When it was made. */
  created_at: string;
  /** When its deletion was asked for. */
  deleting_at: string | null;
  /** Why it is still there although it is to go, as the last try found it, and when the next one is. */
  deletion_failure: string | null;
  /** A stable word for that: `hook_failed` where a hook of its own fails (`skip_hooks=true` does without), else `cluster_first` while it runs in a cluster, or the code of what its Git host answered. */
  deletion_failure_code: string | null;
  /** The environments that it was deployed to, or that are held. */
  environments: Array<EnvironmentState>;
  /** Name of the GitOps configuration that its repository lives in. */
  gitops_config: string | null;
  /** Its identity. */
  id: string;
  /** Its name; also the release name. */
  name: string;
  /** Its folder in the repository; empty for the root. */
  path: string;
  /** The project's name. */
  project: string;
  repository: Repository | null;
  /** What it is deployed from. */
  source: Source;
  /** Counts changes; the ETag. */
  version: number;
}

/** What is to change of an application. */
export interface ApplicationChange {
  /** The template that new deployments take, `name` or `name@version`: a shipped one, or one that the application was deployed from before. */
  template: string;
}

/** One changed field. */
export interface AuditChange {
  /** After; the word `changed` for secrets. */
  after: string | null;
  /** Before; null when there was nothing, and for secrets. */
  before: string | null;
  /** The field. */
  field: string;
}

/** One entry of the audit. */
export interface AuditEntry {
  /** Noun and verb in the past, such as `project.created`. */
  action: string;
  /** Who did it. */
  actor: string;
  /** When it happened. */
  at: string;
  /** What changed. */
  changes: Array<AuditChange>;
  /** Its identity. */
  id: string;
  /** How the actor was known: `user:<id>`, `token:<id>` or `system`. */
  identity: string;
  /** The address that the request came from; empty for workers. */
  origin: string;
  /** The project's name, if one is concerned and still there. */
  project: string | null;
  /** The id of the request; empty for workers. */
  request: string;
  /** Kind and name, such as `project/web`. */
  subject: string;
}

/** Which branch of a repository holds an environment. */
export type Branch = "default" | "per-environment";

/** An application after its template was changed. */
export interface ChangedApplication {
  /** The application. */
  application: Application;
  /** Values that do not fit the template: until they are changed, nothing can be deployed. */
  unfit: Array<UnfitValues>;
}

/** Who changed a field. */
export interface Changer {
  /** When it last changed something in the object. */
  at: string | null;
  /** The name that the program gave itself, such as `kubectl-edit`. */
  manager: string;
}

/** A chart and its newest version. */
export interface Chart {
  /** The version of what it installs; may be empty. */
  app_version: string;
  /** Whether its makers advise against the newest version. */
  deprecated: boolean;
  /** One sentence; may be empty. From outside: text, never markup. */
  description: string;
  /** Words that it is to be found by. */
  keywords: Array<string>;
  /** Its name; in a registry it may hold slashes. */
  name: string;
  /** Its repository's name. */
  repository: string;
  /** The newest stable version, or the newest of all where none is stable. */
  version: string;
  /** How many versions there are. */
  versions: number;
}

/** From which chart to which. */
export interface ChartChange {
  from: DeployedChart | null;
  /** The chart of this one; its digest is null where it is not known yet. */
  to: DeployedChart;
}

/** A chart that another one names as a part of it. */
export interface ChartDependency {
  /** What it is called within the chart, where that is not its name. */
  alias: string | null;
  /** The paths in the values that switch it on; empty when it always is. */
  condition: string;
  /** Its name. */
  name: string;
  /** Where it is published; empty for one that lies in the chart. */
  repository: string;
  /** The versions that will do. */
  version: string;
}

/** What is in one version of a chart. All texts are from outside: text, never markup. */
export interface ChartDetails {
  /** The version of what it installs; may be empty. */
  app_version: string;
  /** The names of its custom resource definitions. */
  crds: Array<string>;
  /** When it was published, as the repository tells it; may be empty. */
  created: string;
  /** `values.yaml` as written. */
  default_values: string;
  /** The charts that it names as parts of it. */
  dependencies: Array<ChartDependency>;
  /** Whether its makers advise against it. */
  deprecated: boolean;
  /** One sentence. */
  description: string;
  /** The archive's SHA-256. */
  digest: string;
  /** The page of its makers. */
  home: string;
  /** Its name. */
  name: string;
  /** Its README, Markdown as written; null where it has none. */
  readme: string | null;
  /** Its repository's name. */
  repository: string;
  /** `values.schema.json` as written; null where it has none. */
  schema: string | null;
  /** The version. */
  version: string;
}

/** A chart repository. Its secrets are never sent. */
export interface ChartRepository {
  /** Certificates of private authorities, PEM. */
  ca_pem: string | null;
  /** How many versions have another digest now than when they were first seen. */
  changed: number;
  /** How many charts it lists. */
  charts: number;
  /** The certificate that is shown to the server, PEM; its key is never sent. */
  client_certificate_pem: string | null;
  /** When it was made. */
  created_at: string;
  failure: RefreshFailure | null;
  /** Whether a password or token is stored. */
  has_secret: boolean;
  /** What kind of server it is. */
  kind: ChartRepositoryKind;
  /** What its index lists and was left out, in sentences; the first few. */
  left_out: Array<string>;
  /** Its name. */
  name: string;
  /** The charts of a registry that does not list its own, as entered. */
  names: Array<string>;
  /** The address of the proxy that leads to it; its password is never sent. */
  proxy: string | null;
  /** When a look last succeeded; what it listed then is what is shown. */
  refreshed_at: string | null;
  /** When it was saved last. */
  saved_at: string;
  /** Who saved it last. */
  saved_by: string;
  /** When it was last looked at. */
  tried_at: string | null;
  /** Its address. */
  url: string;
  /** The user name to sign in with; empty for none. */
  username: string;
  /** Counts changes; the ETag. */
  version: number;
  /** How many versions these have. */
  versions: number;
}

/** A look at a chart repository that somebody saves, and how far it has come. Its last stage saves the repository. */
export interface ChartRepositoryCheck {
  /** When it was asked for. */
  created_at: string;
  /** Whether it failed. Then nothing was saved, unless its failed stage has the code `stopped`: it was begun several times and never ended, and may or may not have been saved. */
  failed: boolean;
  /** When it ended; null while it goes on. */
  finished_at: string | null;
  /** Its identity. */
  id: string;
  /** Name of the chart repository; it need not exist. */
  repository: string;
  /** Who asked. */
  requested_by: string;
  /** The stages in order. The title of `index` says how much was read, as `Read index.yaml: 12.0 of 50.0 MB`. */
  stages: Array<CheckStage>;
  /** The address that was probably meant. */
  suggestion: string | null;
}

/** A chart repository to be saved. Secrets that are left out stay as they are stored, unless the address, the user, the proxy or the trust changes. */
export interface ChartRepositoryInput {
  /** Certificates of private authorities, PEM. */
  ca_pem?: string | null;
  /** The charts of a registry that does not list its own. */
  charts?: Array<string>;
  /** The certificate to show to the server, PEM. */
  client_certificate_pem?: string | null;
  client_key_pem?: Secret | null;
  /** The address of the proxy that leads to it. */
  proxy?: string | null;
  proxy_password?: Secret | null;
  secret?: Secret | null;
  /** The address: `https://…` for one with an `index.yaml`, `oci://…` for a registry. */
  url: string;
  /** The user name to sign in with. */
  username?: string;
}

/** What kind of server a chart repository is. */
export type ChartRepositoryKind = "http" | "oci";

/** One version of a chart. */
export interface ChartVersion {
  /** The version of what it installs; may be empty. */
  app_version: string;
  /** Whether these differ: it cannot be installed before an administrator accepts the new one. */
  changed: boolean;
  /** When it was published, as the repository tells it; may be empty. */
  created: string;
  /** Whether its makers advise against it. */
  deprecated: boolean;
  /** The archive's SHA-256 as the repository tells it now; null where it does not. */
  digest: string | null;
  /** Whether the repository still lists it. */
  listed: boolean;
  /** The SHA-256 that it had when it was first seen, or that was accepted since. */
  trusted_digest: string | null;
  /** The version. */
  version: string;
}

/** A chart with all its versions. */
export type ChartWithVersions = Chart & {
  /** Its versions, the newest first; those that are listed no more at the end. */
  list: Array<ChartVersion>;
};

/** A check and what it found so far. */
export interface Check {
  /** Name of the configuration checked; it need not exist. */
  config: string;
  /** When it was asked for. */
  created_at: string;
  /** What was learned on the way. */
  facts: CheckFacts;
  /** Whether a required stage failed. */
  failed: boolean;
  /** When it ended. */
  finished_at: string | null;
  /** Its identity. */
  id: string;
  /** Who asked. */
  requested_by: string;
  /** The stages in order. */
  stages: Array<CheckStage>;
}

/** What a check learned about an account. */
export interface CheckFacts {
  /** Default branch of a new repository. */
  default_branch: string | null;
  /** When the credential ends, where the host tells. */
  expires_at: string | null;
  /** The account that the credential belongs to. */
  identity: string | null;
  /** `organization` or `user`, where the host tells. */
  owner_kind: string | null;
  /** The key of the project that is used because none was entered. */
  project: string | null;
  rate_left: RateLeft | null;
  /** The scopes held, where the host tells. */
  scopes: Array<string> | null;
}

/** One line of a check's report. */
export interface CheckStage {
  diagnosis: Diagnosis | null;
  /** How long it took. */
  milliseconds: number;
  /** Whether nothing is saved when it fails. */
  required: boolean;
  /** Its word: `reach`, `authenticate`, `scope`, `list`, `create`, `clone`, `rules`, `push`, `delete`; of a chart repository `reach`, `tls`, `authenticate`, `index`, `charts`. */
  stage: string;
  /** How it went: `waiting`, `running`, `passed`, `warned`, `failed` or `skipped`. */
  state: string;
  /** What it is called for this account. */
  title: string;
}

/** A cluster. Its kubeconfig is never sent. */
export interface Cluster {
  /** How many API versions and kinds it serves. */
  api_versions: number;
  check: ClusterCheck | null;
  /** The context of the kubeconfig; null for its current one. */
  context: string | null;
  /** Whether namespaces that are not there may be made. */
  create_namespaces: boolean;
  /** When it was made. */
  created_at: string;
  /** The environments in it. */
  environments: Array<string>;
  /** Its identity. */
  id: string;
  /** Its version as it says it, such as `v1.36.3`; while it is away the last one known. */
  kubernetes_version: string | null;
  /** Its name. */
  name: string;
  /** When it was saved last. */
  saved_at: string;
  /** Who saved it last. */
  saved_by: string;
  /** The API server's address. */
  server: string;
  /** How Trueline comes to it. */
  source: ClusterSource;
  /** How it is. */
  state: ClusterState;
  /** Since when. */
  state_since: string | null;
  /** Counts changes; the ETag. */
  version: number;
}

/** One look at a cluster. */
export interface ClusterCheck {
  /** When it was. */
  at: string;
  /** Whether a required stage failed. */
  failed: boolean;
  /** The groups of that user. */
  groups: Array<string>;
  /** The smallest roles that allow it, as YAML for `kubectl apply`; null if nothing is missing in any namespace. */
  manifest: string | null;
  /** What is needed and not allowed. */
  missing: Array<MissingRight>;
  /** The stages in order: `reach`, `tls`, `authenticate`, `version`, `rights`. */
  stages: Array<CheckStage>;
  /** Who the cluster takes Trueline for; empty if it was not asked. */
  user: string;
}

/** A cluster to be saved. What is left out stays as it is stored. */
export interface ClusterInput {
  /** The context of the kubeconfig; its current one if empty, or if left out together with a kubeconfig. */
  context?: string | null;
  /** Whether namespaces that are not there may be made; not if left out at first. */
  create_namespaces?: boolean | null;
  kubeconfig?: Secret | null;
  /** Whether it may be another cluster than before although applications run there: made anew, and what ran in it is gone. */
  made_anew?: boolean;
  source?: ClusterSource | null;
}

/** What an object in a cluster is known by. */
export interface ClusterObject {
  /** The group of its kind; empty for the oldest kinds. */
  group: string;
  /** Its kind. */
  kind: string;
  /** Its name. */
  name: string;
  /** Its namespace; empty for objects of the whole cluster. */
  namespace: string;
}

/** How Trueline comes to a cluster. */
export type ClusterSource = "kubeconfig" | "in-cluster";

/** How a cluster is. */
export type ClusterState = "unchecked" | "here" | "away" | "refused";

/** Deletions that wait for a person. */
export interface Confirmation {
  /** What the confirmation has to name. */
  digest: string;
  /** What would be deleted. */
  objects: Array<ClusterObject>;
  /** Why that is asked. */
  reasons: Array<string>;
}

/** A confirmation of deletions. */
export interface ConfirmationInput {
  /** The name of the application, typed by the person. */
  application: string;
  /** The digest of the deletions. */
  digest: string;
}

/** Objects that are to be as Git says again. */
export interface Correction {
  /** Which; all that differ where none is named. */
  objects?: Array<ClusterObject>;
}

/** What becomes of the CustomResourceDefinitions that charts bring in their folder `crds`. None is ever pruned. */
export type CrdRule = "create" | "apply" | "skip";

/** Custom resource definitions of a chart. */
export interface Crds {
  /** Their names. */
  names: Array<string>;
  /** What becomes of them, by the rule of the environment: `create`, `apply` or `skip`. */
  rule: string;
}

/** What happens to a repository when its application goes. */
export type Deletion = "keep" | "archive" | "delete";

/** What deleting an application would do in its clusters. */
export interface DeletionPreview {
  /** The environments in which it runs in a cluster, by name. */
  environments: Array<EnvironmentDeletion>;
}

/** The chart of a deployment. */
export interface DeployedChart {
  /** SHA-256 of its archive, hexadecimal; null for a template. */
  digest: string | null;
  /** Its name. */
  name: string;
  /** The chart repository; null for a template. */
  repository: string | null;
  /** Its version. */
  version: string;
}

/** A deployment: one attempt to make an environment run something. */
export interface Deployment {
  /** Whether objects in the cluster that are somebody else's become the application's. */
  adopt: boolean;
  /** Whether what the chart generates was generated anew. */
  anew: boolean;
  /** The application's name. */
  application: string;
  /** Who asked. */
  author: string;
  /** The branch, once a push was begun. */
  branch: string | null;
  /** The chart. */
  chart: DeployedChart;
  /** The name of the environment's cluster; null where its state is only stored in Git. */
  cluster: string | null;
  /** The commit, once it is on the branch. */
  commit: string | null;
  /** The commit's page, where the host has one. */
  commit_url: string | null;
  /** When it was asked for. */
  created_at: string;
  /** The preview's digest, once rendered. */
  digest: string | null;
  end: End | null;
  /** The environment's name. */
  environment: string;
  failure: Failure | null;
  /** When it ended. */
  finished_at: string | null;
  /** Its identity. */
  id: string;
  /** The image as given; empty where the chart is told none. */
  image: string;
  /** Why, in the author's words; may be empty. */
  message: string;
  /** What the chart's author has to say to people, once rendered. */
  notes: string | null;
  /** Counts up from 1 within the application. */
  number: number;
  /** Whether objects with a changed immutable field are deleted and made anew. */
  recreate: boolean;
  release: Release | null;
  /** Git tree id of what is rendered: the state. */
  rendered_tree: string | null;
  /** The number of the deployment whose sealed files it seals anew for the recipients of today; nothing else changes. Null for all others. */
  reseals: number | null;
  /** The number of the deployment whose state it brings back. */
  restores: number | null;
  /** The last stage passed. */
  stage: Stage;
  /** What happened when. */
  timeline: Array<TimelineEntry>;
}

/** What is different between two deployments of an application. */
export interface DeploymentDiff {
  /** The chart's files. */
  chart: Array<FileDiff>;
  /** The number of the old one; null when there is none before. */
  from: number | null;
  /** What people wrote: base values and override. */
  inputs: Array<FileDiff>;
  /** The objects, below the environment's folder `rendered`. */
  manifests: Array<FileDiff>;
  /** Secret values and Secrets, by names only. */
  secrets: Array<SecretChange>;
  /** The number of the new one. */
  to: number;
  values: FileDiff | null;
}

/** One file of a deployment. */
export interface DeploymentFile {
  /** Git blob id. */
  blob: string;
  /** Path below the application's folder in its repository. */
  path: string;
}

/** Namespaces of clusters. `*` stands for any characters. */
export interface Destination {
  /** The name of the cluster, or a pattern of several. */
  cluster: string;
  /** The names of the namespaces, or patterns; at least one. */
  namespaces: Array<string>;
}

/** Why something does not work, and what to do about it. */
export interface Diagnosis {
  /** A stable word for programs. */
  code: string;
  /** The page where it is given. */
  link: string | null;
  /** The exact scope or role that is missing, in the host's spelling. */
  missing: string | null;
  /** What, where, why, and what to do. */
  sentence: string;
}

/** One line of a difference. */
export interface DiffLine {
  /** Where it is. */
  kind: LineKind;
  /** Its text. */
  text: string;
}

/** Where a cluster is no longer as Git says. */
export interface Drift {
  /** The number of the deployment that it was compared with, the last one in Git; null where nothing of the application came into Git for the environment yet. */
  deployment: number | null;
  /** The objects that differ. */
  objects: Array<DriftedObject>;
}

/** What becomes of what differs in an environment's cluster from what Git says. */
export type DriftRule = "show" | "correct";

/** What differs in a cluster from Git. */
export interface DriftState {
  /** How many objects differ. */
  objects: number;
  /** Why it is not put right, although the environment says so; null where that was not refused. */
  refused: string | null;
  /** Since when, as far as looks tell. */
  since: string;
}

/** A field that is not as Git says. */
export interface DriftedField {
  /** What the cluster has; null where it has nothing. */
  cluster: string | null;
  /** What Git says; null where it says nothing. Values of Secrets are `***`. */
  git: string | null;
  /** Where, such as `spec.template.spec.containers[web].image`. */
  path: string;
  who: Changer | null;
}

/** An object that is not as Git says. */
export interface DriftedObject {
  /** What is different in it. */
  differences: Array<DriftedField>;
  /** Whether it is not there at all. */
  missing: boolean;
  /** Which. */
  object: ClusterObject;
}

/** An identity that others were put in the place of. */
export interface EarlierIdentity {
  /** When it was made. */
  created_at: string;
  /** When it was last exported. */
  exported_at: string | null;
  /** Whether it was taken in from elsewhere, only to open: nothing was ever sealed to it here. */
  imported: boolean;
  /** Its recipient. */
  recipient: string;
}

/** The values in force. */
export interface EffectiveValues {
  /** As YAML. */
  yaml: string;
}

/** How a deployment ended. */
export type End = "stored" | "healthy" | "degraded" | "failed" | "superseded";

/** What makes a cluster follow. */
export type Engine = "none" | "apply";

/** What becomes of an entry. */
export type EntryChange = "added" | "removed" | "changed" | "same" | "unopened";

/** An environment. */
export interface Environment {
  /** Further API versions to render for. */
  api_versions: Array<string>;
  /** Which branch of each repository holds it. */
  branch: Branch;
  /** The name of its cluster; null where its state is only stored in Git. */
  cluster: string | null;
  /** What becomes of the CustomResourceDefinitions of charts. */
  crds: CrdRule;
  /** When it was made. */
  created_at: string;
  /** One line for people. */
  description: string;
  /** What becomes of what differs in its cluster from Git. */
  drift: DriftRule;
  /** What makes a cluster follow. */
  engine: Engine;
  /** Its identity. */
  id: string;
  /** The Kubernetes version to render for; with a cluster its own, as it was when it was last seen. */
  kubernetes_version: string;
  /** Its name. */
  name: string;
  /** The namespace that manifests are rendered for. */
  namespace: string;
  /** Who can open its sealed files beside Trueline: age recipients. */
  recipients: Array<string>;
  /** Counts changes; the ETag. */
  version: number;
}

/** What to change of an environment; what is left out stays. */
export interface EnvironmentChange {
  /** Further API versions to render for. */
  api_versions?: Array<string> | null;
  /** The name of its cluster, empty for none; refused while something runs there. */
  cluster?: string | null;
  crds?: CrdRule | null;
  /** One line for people. */
  description?: string | null;
  drift?: DriftRule | null;
  /** The Kubernetes version to render for. */
  kubernetes_version?: string | null;
  /** The namespace in its cluster; refused while something runs there, and without a cluster. */
  namespace?: string | null;
  /** Who can open its sealed files beside Trueline, all of them: age recipients. Each application's files are sealed for them with its next deployment. */
  recipients?: Array<string> | null;
}

/** What deleting an application would do in one environment. */
export interface EnvironmentDeletion {
  /** Why the cluster cannot be asked now: then nothing else is known. */
  away: string | null;
  /** The cluster's name; null if it is known no longer. */
  cluster: string | null;
  /** What of it holds data: it goes only when that is said. */
  data: Array<ClusterObject>;
  /** The environment's name. */
  environment: string;
  /** What would be deleted, in this order. */
  goes: Array<ClusterObject>;
  /** The namespace. */
  namespace: string;
  /** What would stay. */
  stays: Array<StayingObject>;
  /** What nobody can say anything about now: the cluster does not serve its kind. */
  unseen: Array<ClusterObject>;
  waiting: Confirmation | null;
}

/** What an environment of an application is at. */
export interface EnvironmentState {
  current: Deployment | null;
  deployment: Deployment | null;
  drift: DriftState | null;
  /** The environment's name. */
  environment: string;
  hold: Hold | null;
}

/** The identity itself. */
export interface ExportedIdentity {
  /** All identities, the newest first, as `age-keygen` writes them: `SOPS_AGE_KEY_FILE` takes this text. */
  identity: string;
}

/** Why a deployment failed. */
export interface Failure {
  /** A stable word for programs, such as `inputs_changed_in_git`. */
  code: string;
  /** What the other side said, word for word; may be empty. */
  detail: string;
  /** What, where, why, and what to do. */
  sentence: string;
}

/** What is wrong with one field. */
export interface FieldProblem {
  /** A stable word for programs. */
  code: string;
  /** The field's name, `a.b` for nested ones. */
  field: string;
  /** What was wrong and what would be right. */
  message: string;
  /** What was probably meant: a text that would be right in the field. */
  suggestion: string | null;
}

/** What happens to a file as a whole. */
export type FileChange = "added" | "removed" | "changed";

/** What happens to one file. */
export interface FileDiff {
  /** What happens to it. */
  change: FileChange;
  /** Where it differs. */
  hunks: Array<Hunk>;
  /** The file, below the environment's folder `rendered`. */
  path: string;
}

/** Whether deploying is possible. */
export interface Gate {
  /** The active configuration's name. */
  active: string | null;
  /** The names of those who can configure it. */
  administrators: Array<string>;
  /** Whether it is: a GitOps configuration is active. */
  open: boolean;
  /** What to do while it is closed. */
  sentence: string | null;
}

/** A value that the chart generates. */
export interface Generated {
  /** Whether the value that is deployed stays; otherwise a new one is made. */
  kept: boolean;
  /** The object, such as `Secret shop/database`. */
  object: string;
  /** Where in it, such as `data.password`. */
  path: string;
}

/** A GitOps configuration: one Git account. Its secret is never sent. */
export interface GitopsConfig {
  /** Whether new applications use it. */
  active: boolean;
  /** How many applications live in it. */
  applications: number;
  /** Certificates of private authorities, PEM. */
  ca_pem: string | null;
  check: Check | null;
  /** The certificate that is shown to the host, PEM; its key is never sent. */
  client_certificate_pem: string | null;
  /** When it was made. */
  created_at: string;
  /** The kind of the credential. */
  credential: string;
  /** How the stored credential stands: `ok`, `ending` or `failing`, as its own checks told. */
  credential_state: string;
  /** When the stored credential ends, where the host tells. */
  expires_at: string | null;
  /** The group, where the host has those; else empty. */
  group: string;
  /** Whether a secret is stored. */
  has_secret: boolean;
  /** The host's address; empty for the built-in host. */
  host: string;
  /** Its identity. */
  id: string;
  /** Its name. */
  name: string;
  /** The organization or user account, where the host has those; else empty. */
  organization: string;
  /** The project, where it owns the repositories; else empty. */
  project: string;
  /** The key of the project that new repositories are put in; null where none was entered. */
  project_key: string | null;
  /** The kind of the host. */
  provider: string;
  /** The address of the proxy that leads to the host; its password is never sent. */
  proxy: string | null;
  rate: Rate | null;
  /** The rules for repositories. */
  repositories: RepositoryRules;
  /** When it was saved last. */
  saved_at: string;
  /** Who saved it last. */
  saved_by: string;
  /** The account's user name. */
  username: string;
  /** Counts changes; the ETag. */
  version: number;
  /** The workspace, where the host has those; else empty. */
  workspace: string;
}

/** An account to be checked, and saved if it works. */
export interface GitopsConfigInput {
  /** Whether new applications are to use it; yes if left out. */
  activate?: boolean | null;
  /** Certificates of private authorities, PEM. */
  ca_pem?: string | null;
  /** The address of a repository that the check may push to, on a branch of its own that it deletes again; only where applications name their repositories. Without it the check only reads. Not kept. */
  check_repository?: string | null;
  /** The certificate to show the host, PEM. */
  client_certificate_pem?: string | null;
  client_key_pem?: Secret | null;
  /** The kind of the credential; the kind's first if left out. */
  credential?: string | null;
  /** The group by its id or full path, for a host that has those. */
  group?: string | null;
  /** The host's address; the kind's own if left out. */
  host?: string | null;
  /** The organization or user account, for a host that has those. */
  organization?: string | null;
  /** The project that owns the repositories, for a host that has those. */
  project?: string | null;
  /** The key of the project that new repositories are put in; empty leaves it to the host. */
  project_key?: string | null;
  /** The kind of the host, as `GET /providers` names it. */
  provider: string;
  /** The address of the proxy that leads to the host, with its user name if it asks for one. */
  proxy?: string | null;
  proxy_password?: Secret | null;
  repositories?: RepositoryRulesInput | null;
  secret?: Secret | null;
  /** The account's user name. */
  username?: string | null;
  /** The workspace, for a host that has those. */
  workspace?: string | null;
}

/** Something that happened to an object, as the cluster's parts tell it. */
export interface Happening {
  /** How often. */
  count: number;
  /** When last; null where the cluster does not say. */
  last_at: string | null;
  /** In a sentence. */
  message: string;
  /** To which. */
  object: ClusterObject;
  /** In one word, such as `FailedScheduling`. */
  reason: string;
  /** `Normal` or `Warning`. */
  type: string;
}

/** What happened to objects. */
export interface Happenings {
  /** The newest first, 200 at most. */
  events: Array<Happening>;
}

/** How an object in a cluster is. */
export type Health = "healthy" | "progressing" | "degraded" | "suspended" | "unknown";

/** What an expression gave. */
export type HealthAnswer = "true" | "false" | "text" | "missing" | "failed";

/** Expressions in CEL about a live object: its fields `metadata`, `spec`, `status`, `data`, `apiVersion` and `kind`, and `self`, which is the whole. Each has at most 4096 bytes. The first that is true decides: `in_progress`, `failed`, `current`; when none is, the object is in progress. */
export interface HealthExpressions {
  /** True where the object is what it is to be. */
  current: string;
  /** True where it will not become so by itself. */
  failed?: string | null;
  /** True while it is still becoming so. */
  in_progress?: string | null;
  /** A text that tells people why it is not well. */
  message?: string | null;
}

/** How objects of one kind are, said in CEL. It wins over what Trueline knows of the kind by itself. */
export interface HealthRule {
  /** When it was made. */
  created_at: string;
  /** True where the object is what it is to be. */
  current: string;
  /** True where it will not become so by itself; looked at second. */
  failed: string | null;
  /** The API group; empty for the oldest kinds. */
  group: string;
  /** Its identity. */
  id: string;
  /** True while it is still becoming so; looked at first. */
  in_progress: string | null;
  /** The kind without its group. */
  kind: string;
  /** A text that tells people why it is not well. */
  message: string | null;
  /** The kind with its group, such as `Widget.acme.dev`; the oldest kinds have no group, such as `Pod`. */
  name: string;
  /** When it was saved last. */
  saved_at: string;
  /** Who saved it last. */
  saved_by: string;
  /** Counts changes; the ETag. */
  version: number;
}

/** An expression that was looked at. */
export interface HealthStep {
  /** What it gave. */
  answer: HealthAnswer;
  /** Which: `in_progress`, `failed`, `current` or `message`. */
  expression: string;
  /** More about that; may be empty. */
  said: string;
}

/** What became of trying a health rule. */
export interface HealthTrial {
  /** By what it was judged. */
  by: JudgedBy;
  /** What is said about that; empty where all is well. */
  message: string;
  /** The object's kind with its group. */
  name: string;
  /** How the object is. */
  status: Health;
  /** The expressions that were looked at, in order. */
  steps: Array<HealthStep>;
}

/** An object to try a health rule with. */
export interface HealthTrialInput {
  /** The object as YAML or JSON, as `kubectl get -o yaml` prints it. */
  object: string;
  rule?: HealthExpressions | null;
}

/** A stop on an environment of an application: nothing is deployed there until it is released. */
export interface Hold {
  /** The name of who placed it. */
  by: string;
  /** Since when it stands. */
  created_at: string;
  /** The number of the deployment that rolled back and brought it along; null when it was placed by hand. */
  deployment: number | null;
  /** Why; may be empty. */
  reason: string;
}

/** Lines of a difference that lie together. */
export interface Hunk {
  /** The lines. */
  lines: Array<DiffLine>;
  /** Number of its first line in the new file. */
  new_start: number;
  /** Number of its first line in the old file. */
  old_start: number;
}

/** Paths in the values at which the parts of the image go. */
export interface ImagePaths {
  /** The digest. */
  digest: string;
  /** Registry and repository. */
  repository: string;
  /** The tag. */
  tag: string;
}

/** An installed chart: the application, and the deployment that was taken on. */
export interface Installation {
  /** The application. */
  application: Application;
  /** Its deployment. */
  deployment: Deployment;
}

/** By what an object was judged. */
export type JudgedBy = "given" | "saved" | "table";

/** How many objects there are of a kind. */
export interface KindCount {
  /** How many. */
  count: number;
  /** The kind, such as `Deployment`. */
  kind: string;
}

/** A Rollout, and what it is told. */
export interface Leading {
  /** The Rollout's name. */
  name: string;
  /** Its namespace; needed where several are meant. */
  namespace?: string | null;
  /** What it is told. */
  step: RolloutStep;
}

/** In which of two files a line is. */
export type LineKind = " " | "-" | "+";

/** A token just made: the only time that its secret is shown. */
export interface MadeToken {
  /** What to send as `Authorization: Bearer`. */
  secret: string;
  /** The token. */
  token: Token;
}

/** How the override lay over the base values, and how it does. */
export interface MergeChange {
  from: MergeMode | null;
  /** In this one. */
  to: MergeMode;
}

/** How an environment's override lies over the base values. */
export type MergeMode = "merge" | "replace";

/** A right that the account lacks. */
export interface MissingRight {
  /** The group of the kind; empty for the oldest kinds. */
  group: string;
  /** The namespace; empty for objects of the whole cluster. */
  namespace: string;
  /** What the cluster says about it; often nothing. */
  reason: string;
  /** The kind's name in paths, such as `deployments`. */
  resource: string;
  /** The verb, such as `patch`. */
  verb: string;
}

/** An application to be made. */
export interface NewApplication {
  /** Its name: lower-case letters, digits and hyphens; unique, also the release name. */
  name: string;
  /** The folder in that repository; the root if left out. */
  path?: string | null;
  /** The project's name. */
  project: string;
  /** Address of a repository that exists; one is made if left out. */
  repository?: string | null;
  /** The template, `name` or `name@version`; `deployment` if left out. */
  template?: string | null;
}

/** A deployment to be made. */
export interface NewDeployment {
  /** Whether objects in the cluster that are somebody else's become the application's. */
  adopt?: boolean;
  /** Whether what the chart generates, such as passwords, is generated anew. */
  anew?: boolean;
  /** Digest of the preview that was looked at: the deployment is refused if it would give something else. */
  digest?: string | null;
  /** The environment's name. */
  environment: string;
  /** The image with its tag, its digest or both, such as `registry.acme.dev/shop:1.4.2`; for applications that are deployed from a template. */
  image?: string | null;
  merge?: MergeMode | null;
  /** Why; goes into the commit. At most 4000 characters. */
  message?: string;
  /** The environment's override that is not saved yet, as YAML. */
  override?: string | null;
  /** Whether objects with a changed immutable field are deleted and made anew; never those that hold data. */
  recreate?: boolean;
  /** The number of the deployment whose state is brought back. */
  restore?: number | null;
  secret_values?: Secret | null;
  /** The template to change to, `name@version`. */
  template?: string | null;
  /** Base values that are not saved yet, as YAML: saved with the deployment. */
  values?: string | null;
  /** The version of the chart; the one that the environment has if left out. */
  version?: string | null;
}

/** An environment to be made. */
export interface NewEnvironment {
  /** Further API versions to render for. */
  api_versions?: Array<string>;
  branch?: Branch | null;
  /** The name of its cluster; without one its state is only stored in Git. */
  cluster?: string | null;
  crds?: CrdRule | null;
  /** One line for people, at most 500 characters. */
  description?: string;
  drift?: DriftRule | null;
  engine?: Engine | null;
  /** The Kubernetes version to render for, such as `1.36.3`. */
  kubernetes_version?: string | null;
  /** Its name: lower-case letters, digits and hyphens. It never changes. */
  name: string;
  /** The namespace to render for; its name if left out. */
  namespace?: string | null;
  /** Who can open its sealed files beside Trueline: age recipients. */
  recipients?: Array<string>;
}

/** A hold to be placed. */
export interface NewHold {
  /** Why, in one line; at most 1000 characters. */
  reason?: string;
}

/** A chart to be installed, or to be looked at before. */
export interface NewInstallation {
  /** The chart's name there. */
  chart: string;
  /** Digest of the preview that was looked at: the installation is refused if it would give something else. */
  digest?: string | null;
  /** The environment's name. */
  environment: string;
  /** Address of a Git repository that exists; one is made if left out. */
  git_repository?: string | null;
  /** Why; goes into the commit. At most 4000 characters. */
  message?: string;
  /** The application's name, which is the release's: lower-case letters, digits and hyphens; unique. */
  name: string;
  /** The folder in that repository; the root if left out. */
  path?: string | null;
  /** The project's name. */
  project: string;
  /** The chart repository's name. */
  repository: string;
  secret_values?: Secret | null;
  /** Base values, as YAML. */
  values?: string;
  /** The chart's version. */
  version: string;
}

/** A project to be made. */
export interface NewProject {
  /** One line for people, at most 500 characters. */
  description?: string;
  /** Its name: lower-case letters, digits and hyphens. */
  name: string;
}

/** A token to be made. */
export interface NewToken {
  /** When it ends, in days from now, 1 to 366. */
  expires_in_days: number;
  /** What to call it. */
  name: string;
  /** The project to limit it to; null for the whole installation. */
  project?: string | null;
  /** The most it may do. */
  role: Role;
}

/** A user to be made. */
export interface NewUser {
  /** Its address for commits. */
  email: string;
  /** Its sign-in name. */
  name: string;
  /** The first password, at least 10 characters; its owner is asked to change it. */
  password: Secret;
  /** Its roles. */
  roles?: Array<RoleBinding>;
}

/** A version to be saved. */
export interface NewValues {
  merge?: MergeMode | null;
  /** Why; at most 4000 characters. */
  message?: string;
  /** Changes of secret values that are saved with it, one for each environment: all of it or nothing. */
  secret_values?: Array<SecretValuesBeside>;
  /** The YAML, at most 1 MiB. */
  yaml: string;
}

/** Where a version came from. */
export type Origin = "saved" | "git";

/** What another chart does to a default. */
export type OwnChange = "new" | "gone" | "changed" | "overridden";

/** What another chart means for one value. Values are any JSON, and absent where there is none. */
export interface OwnValue {
  /** The default of the new chart. */
  after?: unknown;
  /** The default of the old chart. */
  before?: unknown;
  /** What happens to the default. */
  change: OwnChange;
  /** What people wrote there; null takes the default away. */
  own?: unknown;
  /** The value's path, such as `image.tag`. */
  path: string;
  /** Whether a secret value lies there, over everything else; it is not shown. */
  secret: boolean;
}

/** One part of a list. */
export interface Page_Application {
  /** The items. */
  items: Array<{
    /** Where Git clones it from, as far as that is known. */
    clone_url: string | null;
    /** When it was made. */
    created_at: string;
    /** When its deletion was asked for. */
    deleting_at: string | null;
    /** Why it is still there although it is to go, as the last try found it, and when the next one is. */
    deletion_failure: string | null;
    /** A stable word for that: `hook_failed` where a hook of its own fails (`skip_hooks=true` does without), else `cluster_first` while it runs in a cluster, or the code of what its Git host answered. */
    deletion_failure_code: string | null;
    /** The environments that it was deployed to, or that are held. */
    environments: Array<EnvironmentState>;
    /** Name of the GitOps configuration that its repository lives in. */
    gitops_config: string | null;
    /** Its identity. */
    id: string;
    /** Its name; also the release name. */
    name: string;
    /** Its folder in the repository; empty for the root. */
    path: string;
    /** The project's name. */
    project: string;
    repository: Repository | null;
    /** What it is deployed from. */
    source: Source;
    /** Counts changes; the ETag. */
    version: number;
  }>;
  /** The cursor of the next part; null at the end. */
  next: string | null;
}

/** One part of a list. */
export interface Page_AuditEntry {
  /** The items. */
  items: Array<{
    /** Noun and verb in the past, such as `project.created`. */
    action: string;
    /** Who did it. */
    actor: string;
    /** When it happened. */
    at: string;
    /** What changed. */
    changes: Array<AuditChange>;
    /** Its identity. */
    id: string;
    /** How the actor was known: `user:<id>`, `token:<id>` or `system`. */
    identity: string;
    /** The address that the request came from; empty for workers. */
    origin: string;
    /** The project's name, if one is concerned and still there. */
    project: string | null;
    /** The id of the request; empty for workers. */
    request: string;
    /** Kind and name, such as `project/web`. */
    subject: string;
  }>;
  /** The cursor of the next part; null at the end. */
  next: string | null;
}

/** One part of a list. */
export interface Page_Chart {
  /** The items. */
  items: Array<{
    /** The version of what it installs; may be empty. */
    app_version: string;
    /** Whether its makers advise against the newest version. */
    deprecated: boolean;
    /** One sentence; may be empty. From outside: text, never markup. */
    description: string;
    /** Words that it is to be found by. */
    keywords: Array<string>;
    /** Its name; in a registry it may hold slashes. */
    name: string;
    /** Its repository's name. */
    repository: string;
    /** The newest stable version, or the newest of all where none is stable. */
    version: string;
    /** How many versions there are. */
    versions: number;
  }>;
  /** The cursor of the next part; null at the end. */
  next: string | null;
}

/** One part of a list. */
export interface Page_ChartRepository {
  /** The items. */
  items: Array<{
    /** Certificates of private authorities, PEM. */
    ca_pem: string | null;
    /** How many versions have another digest now than when they were first seen. */
    changed: number;
    /** How many charts it lists. */
    charts: number;
    /** The certificate that is shown to the server, PEM; its key is never sent. */
    client_certificate_pem: string | null;
    /** When it was made. */
    created_at: string;
    failure: RefreshFailure | null;
    /** Whether a password or token is stored. */
    has_secret: boolean;
    /** What kind of server it is. */
    kind: ChartRepositoryKind;
    /** What its index lists and was left out, in sentences; the first few. */
    left_out: Array<string>;
    /** Its name. */
    name: string;
    /** The charts of a registry that does not list its own, as entered. */
    names: Array<string>;
    /** The address of the proxy that leads to it; its password is never sent. */
    proxy: string | null;
    /** When a look last succeeded; what it listed then is what is shown. */
    refreshed_at: string | null;
    /** When it was saved last. */
    saved_at: string;
    /** Who saved it last. */
    saved_by: string;
    /** When it was last looked at. */
    tried_at: string | null;
    /** Its address. */
    url: string;
    /** The user name to sign in with; empty for none. */
    username: string;
    /** Counts changes; the ETag. */
    version: number;
    /** How many versions these have. */
    versions: number;
  }>;
  /** The cursor of the next part; null at the end. */
  next: string | null;
}

/** One part of a list. */
export interface Page_Cluster {
  /** The items. */
  items: Array<{
    /** How many API versions and kinds it serves. */
    api_versions: number;
    check: ClusterCheck | null;
    /** The context of the kubeconfig; null for its current one. */
    context: string | null;
    /** Whether namespaces that are not there may be made. */
    create_namespaces: boolean;
    /** When it was made. */
    created_at: string;
    /** The environments in it. */
    environments: Array<string>;
    /** Its identity. */
    id: string;
    /** Its version as it says it, such as `v1.36.3`; while it is away the last one known. */
    kubernetes_version: string | null;
    /** Its name. */
    name: string;
    /** When it was saved last. */
    saved_at: string;
    /** Who saved it last. */
    saved_by: string;
    /** The API server's address. */
    server: string;
    /** How Trueline comes to it. */
    source: ClusterSource;
    /** How it is. */
    state: ClusterState;
    /** Since when. */
    state_since: string | null;
    /** Counts changes; the ETag. */
    version: number;
  }>;
  /** The cursor of the next part; null at the end. */
  next: string | null;
}

/** One part of a list. */
export interface Page_Deployment {
  /** The items. */
  items: Array<{
    /** Whether objects in the cluster that are somebody else's become the application's. */
    adopt: boolean;
    /** Whether what the chart generates was generated anew. */
    anew: boolean;
    /** The application's name. */
    application: string;
    /** Who asked. */
    author: string;
    /** The branch, once a push was begun. */
    branch: string | null;
    /** The chart. */
    chart: DeployedChart;
    /** The name of the environment's cluster; null where its state is only stored in Git. */
    cluster: string | null;
    /** The commit, once it is on the branch. */
    commit: string | null;
    /** The commit's page, where the host has one. */
    commit_url: string | null;
    /** When it was asked for. */
    created_at: string;
    /** The preview's digest, once rendered. */
    digest: string | null;
    end: End | null;
    /** The environment's name. */
    environment: string;
    failure: Failure | null;
    /** When it ended. */
    finished_at: string | null;
    /** Its identity. */
    id: string;
    /** The image as given; empty where the chart is told none. */
    image: string;
    /** Why, in the author's words; may be empty. */
    message: string;
    /** What the chart's author has to say to people, once rendered. */
    notes: string | null;
    /** Counts up from 1 within the application. */
    number: number;
    /** Whether objects with a changed immutable field are deleted and made anew. */
    recreate: boolean;
    release: Release | null;
    /** Git tree id of what is rendered: the state. */
    rendered_tree: string | null;
    /** The number of the deployment whose sealed files it seals anew for the recipients of today; nothing else changes. Null for all others. */
    reseals: number | null;
    /** The number of the deployment whose state it brings back. */
    restores: number | null;
    /** The last stage passed. */
    stage: Stage;
    /** What happened when. */
    timeline: Array<TimelineEntry>;
  }>;
  /** The cursor of the next part; null at the end. */
  next: string | null;
}

/** One part of a list. */
export interface Page_DeploymentFile {
  /** The items. */
  items: Array<{
    /** Git blob id. */
    blob: string;
    /** Path below the application's folder in its repository. */
    path: string;
  }>;
  /** The cursor of the next part; null at the end. */
  next: string | null;
}

/** One part of a list. */
export interface Page_Environment {
  /** The items. */
  items: Array<{
    /** Further API versions to render for. */
    api_versions: Array<string>;
    /** Which branch of each repository holds it. */
    branch: Branch;
    /** The name of its cluster; null where its state is only stored in Git. */
    cluster: string | null;
    /** What becomes of the CustomResourceDefinitions of charts. */
    crds: CrdRule;
    /** When it was made. */
    created_at: string;
    /** One line for people. */
    description: string;
    /** What becomes of what differs in its cluster from Git. */
    drift: DriftRule;
    /** What makes a cluster follow. */
    engine: Engine;
    /** Its identity. */
    id: string;
    /** The Kubernetes version to render for; with a cluster its own, as it was when it was last seen. */
    kubernetes_version: string;
    /** Its name. */
    name: string;
    /** The namespace that manifests are rendered for. */
    namespace: string;
    /** Who can open its sealed files beside Trueline: age recipients. */
    recipients: Array<string>;
    /** Counts changes; the ETag. */
    version: number;
  }>;
  /** The cursor of the next part; null at the end. */
  next: string | null;
}

/** One part of a list. */
export interface Page_GitopsConfig {
  /** The items. */
  items: Array<{
    /** Whether new applications use it. */
    active: boolean;
    /** How many applications live in it. */
    applications: number;
    /** Certificates of private authorities, PEM. */
    ca_pem: string | null;
    check: Check | null;
    /** The certificate that is shown to the host, PEM; its key is never sent. */
    client_certificate_pem: string | null;
    /** When it was made. */
    created_at: string;
    /** The kind of the credential. */
    credential: string;
    /** How the stored credential stands: `ok`, `ending` or `failing`, as its own checks told. */
    credential_state: string;
    /** When the stored credential ends, where the host tells. */
    expires_at: string | null;
    /** The group, where the host has those; else empty. */
    group: string;
    /** Whether a secret is stored. */
    has_secret: boolean;
    /** The host's address; empty for the built-in host. */
    host: string;
    /** Its identity. */
    id: string;
    /** Its name. */
    name: string;
    /** The organization or user account, where the host has those; else empty. */
    organization: string;
    /** The project, where it owns the repositories; else empty. */
    project: string;
    /** The key of the project that new repositories are put in; null where none was entered. */
    project_key: string | null;
    /** The kind of the host. */
    provider: string;
    /** The address of the proxy that leads to the host; its password is never sent. */
    proxy: string | null;
    rate: Rate | null;
    /** The rules for repositories. */
    repositories: RepositoryRules;
    /** When it was saved last. */
    saved_at: string;
    /** Who saved it last. */
    saved_by: string;
    /** The account's user name. */
    username: string;
    /** Counts changes; the ETag. */
    version: number;
    /** The workspace, where the host has those; else empty. */
    workspace: string;
  }>;
  /** The cursor of the next part; null at the end. */
  next: string | null;
}

/** One part of a list. */
export interface Page_HealthRule {
  /** The items. */
  items: Array<{
    /** When it was made. */
    created_at: string;
    /** True where the object is what it is to be. */
    current: string;
    /** True where it will not become so by itself; looked at second. */
    failed: string | null;
    /** The API group; empty for the oldest kinds. */
    group: string;
    /** Its identity. */
    id: string;
    /** True while it is still becoming so; looked at first. */
    in_progress: string | null;
    /** The kind without its group. */
    kind: string;
    /** A text that tells people why it is not well. */
    message: string | null;
    /** The kind with its group, such as `Widget.acme.dev`; the oldest kinds have no group, such as `Pod`. */
    name: string;
    /** When it was saved last. */
    saved_at: string;
    /** Who saved it last. */
    saved_by: string;
    /** Counts changes; the ETag. */
    version: number;
  }>;
  /** The cursor of the next part; null at the end. */
  next: string | null;
}

/** One part of a list. */
export interface Page_Project {
  /** The items. */
  items: Array<{
    /** How many applications it has. */
    applications: number;
    /** Which kinds of the whole cluster they may write; null for any. */
    cluster_kinds: Array<string> | null;
    /** When it was made. */
    created_at: string;
    /** One line for people. */
    description: string;
    /** Where its applications may run; null for anywhere. */
    destinations: Array<Destination> | null;
    /** Its identity. */
    id: string;
    /** Its name. */
    name: string;
    /** Counts changes; the ETag. */
    version: number;
  }>;
  /** The cursor of the next part; null at the end. */
  next: string | null;
}

/** One part of a list. */
export interface Page_Provider {
  /** The items. */
  items: Array<{
    /** Whether repositories can be made read-only there. */
    archives: boolean;
    /** Whether repositories can be created there; without it each application names its own. */
    creates: boolean;
    /** The credentials it takes; the first is the default. */
    credentials: Array<ProviderCredential>;
    /** The host's page about what is entered here; may be empty. */
    docs_url: string;
    /** The fields beside host and secret, in order. */
    fields: Array<ProviderField>;
    /** How the host's address is asked for. */
    host: ProviderHost;
    /** The kind's word, such as `github`. */
    kind: string;
    /** The name people know it by. */
    label: string;
    /** Whether it stands in the first row of the page. */
    prominent: boolean;
  }>;
  /** The cursor of the next part; null at the end. */
  next: string | null;
}

/** One part of a list. */
export interface Page_SecretValues {
  /** The items. */
  items: Array<{
    /** Who wrote it. */
    author: string;
    /** The Git blob id of the sealed file. */
    blob: string;
    /** When it was saved. */
    created_at: string;
    /** The environment that they are for. */
    environment: string;
    /** Places of the values, such as `database.password`. */
    keys: Array<string>;
    /** Why; may be empty. */
    message: string;
    /** Counts up from 1; the ETag. */
    number: number;
    /** Where it came from. */
    origin: Origin;
  }>;
  /** The cursor of the next part; null at the end. */
  next: string | null;
}

/** One part of a list. */
export interface Page_Template {
  /** The items. */
  items: Array<{
    /** `values.yaml`: every value with its default and what it is. */
    default_values: string;
    /** One sentence about what it is for. */
    description: string;
    /** Where its image goes. */
    image: ImagePaths;
    /** Its name. */
    name: string;
    /** Its documentation, in Markdown. */
    readme: string;
    /** The JSON schema of its values. */
    schema: Record<string, unknown>;
    /** What people call it. */
    title: string;
    /** Its version. */
    version: string;
  }>;
  /** The cursor of the next part; null at the end. */
  next: string | null;
}

/** One part of a list. */
export interface Page_Token {
  /** The items. */
  items: Array<{
    /** When it was made. */
    created_at: string;
    /** When it ends. */
    expires_at: string;
    /** Its last four characters. */
    hint: string;
    /** Its identity. */
    id: string;
    /** What its owner calls it. */
    name: string;
    /** The project that it is limited to; null for the whole installation. */
    project: string | null;
    /** The most it may do. */
    role: Role;
    /** When it was last used, to the minute. */
    used_at: string | null;
  }>;
  /** The cursor of the next part; null at the end. */
  next: string | null;
}

/** One part of a list. */
export interface Page_User {
  /** The items. */
  items: Array<{
    /** When it was made. */
    created_at: string;
    /** Its address for commits. */
    email: string;
    /** Whether it may sign in. */
    enabled: boolean;
    /** Its identity. */
    id: string;
    /** Its sign-in name. */
    name: string;
    /** Whether the first password has to be changed. */
    password_is_initial: boolean;
    /** Its roles. */
    roles: Array<RoleBinding>;
    /** Counts changes; the ETag. */
    version: number;
  }>;
  /** The cursor of the next part; null at the end. */
  next: string | null;
}

/** One part of a list. */
export interface Page_Values {
  /** The items. */
  items: Array<{
    /** Who wrote it. */
    author: string;
    /** Its Git blob id. */
    blob: string;
    /** When it was saved. */
    created_at: string;
    /** The environment whose override it is; null for base values. */
    environment: string | null;
    /** How it lies over the base values; of base values always `merge`. */
    merge: MergeMode;
    /** Why; may be empty. */
    message: string;
    /** Counts up from 1; the ETag. */
    number: number;
    /** Where it came from. */
    origin: Origin;
    /** Secret values that were saved with it; only in the answer to saving. */
    secret_values?: Array<SavedSecretValues>;
    /** The YAML as written. */
    yaml: string;
  }>;
  /** The cursor of the next part; null at the end. */
  next: string | null;
}

/** The present and the new password. */
export interface PasswordChange {
  /** The present password. */
  current: Secret;
  /** The new password, at least 10 characters. */
  new: Secret;
  /** Whether the caller's API tokens end as well, but the one of this request. */
  revoke_tokens?: boolean;
}

/** What a deployment would change. */
export interface Preview {
  /** The number of objects that are added, removed or changed. */
  changed: number;
  /** The chart. */
  chart: ChartChange;
  /** The number of the deployment that it is compared with; null before the first. */
  compared_with: number | null;
  /** The custom resource definitions that the chart brings. */
  crds: Crds;
  /** Give it with the deployment: that is refused if it would give something else. */
  digest: string;
  /** The values in force, as YAML. */
  effective_values: string;
  /** Values that the chart generates, such as passwords and certificates. */
  generated: Array<Generated>;
  /** How many of each kind. */
  kinds: Array<KindCount>;
  /** What changes in the objects. */
  manifests: Array<FileDiff>;
  /** How the override lies over the base values. */
  merge: MergeChange;
  /** What the template has to say to people. */
  notes: string | null;
  /** The number of objects. */
  objects: number;
  /** What another chart's defaults mean for the values that people wrote. */
  own_values: Array<OwnValue>;
  /** Why that is not known, although another chart is deployed than the last one; null where it is. */
  own_values_unread: string | null;
  /** What becomes of the entries of Secrets. */
  secrets: Array<SecretChange>;
  values: FileDiff | null;
}

/** What a preview is asked for. */
export interface PreviewRequest {
  /** Whether what the chart generates, such as passwords, would be generated anew. */
  anew?: boolean;
  /** The environment's name. */
  environment: string;
  /** The image with its tag, its digest or both; for applications that are deployed from a template. */
  image?: string | null;
  merge?: MergeMode | null;
  /** The environment's override that is not saved yet, as YAML. */
  override?: string | null;
  /** The number of the deployment whose state would be brought back. */
  restore?: number | null;
  secret_values?: Secret | null;
  /** The template to change to, `name@version`. */
  template?: string | null;
  /** Base values that are not saved yet, as YAML: saved with the deployment. */
  values?: string | null;
  /** The version of the chart; the one that the environment has if left out. */
  version?: string | null;
}

/** Problem details (RFC 9457) as sent. */
export interface Problem {
  /** A stable word for programs. */
  code: string;
  /** What, where, why, and what to do. */
  detail: string;
  /** What is wrong with which field. */
  errors: Array<FieldProblem>;
  /** The page of Trueline's own where it can be put right. */
  link: string | null;
  /** The id of the request, as in the log. */
  request_id: string;
  /** The status. */
  status: number;
  /** The status in words. */
  title: string;
  /** `urn:trueline:problem:` and the code. */
  type: string;
}

/** A project. */
export interface Project {
  /** How many applications it has. */
  applications: number;
  /** Which kinds of the whole cluster they may write; null for any. */
  cluster_kinds: Array<string> | null;
  /** When it was made. */
  created_at: string;
  /** One line for people. */
  description: string;
  /** Where its applications may run; null for anywhere. */
  destinations: Array<Destination> | null;
  /** Its identity. */
  id: string;
  /** Its name. */
  name: string;
  /** Counts changes; the ETag. */
  version: number;
}

/** What to change of a project; what is left out stays. */
export interface ProjectChange {
  /** Which kinds of the whole cluster they may write, such as `Namespace` or `*.cert-manager.io`; null for any. */
  cluster_kinds?: Array<string> | null;
  /** One line for people, at most 500 characters. */
  description?: string | null;
  /** Where its applications may run; null for anywhere. */
  destinations?: Array<Destination> | null;
}

/** A kind of Git host and what has to be entered for an account there. */
export interface Provider {
  /** Whether repositories can be made read-only there. */
  archives: boolean;
  /** Whether repositories can be created there; without it each application names its own. */
  creates: boolean;
  /** The credentials it takes; the first is the default. */
  credentials: Array<ProviderCredential>;
  /** The host's page about what is entered here; may be empty. */
  docs_url: string;
  /** The fields beside host and secret, in order. */
  fields: Array<ProviderField>;
  /** How the host's address is asked for. */
  host: ProviderHost;
  /** The kind's word, such as `github`. */
  kind: string;
  /** The name people know it by. */
  label: string;
  /** Whether it stands in the first row of the page. */
  prominent: boolean;
}

/** One kind of credential. */
export interface ProviderCredential {
  /** The host's page where one is made; `{host}` stands for the host's address. */
  create_url: string;
  /** One sentence that explains what it is. */
  hint: string;
  /** Its word, such as `classic-token`. */
  kind: string;
  /** Its name on the page. */
  label: string;
  /** How secrets of this kind begin, where the host gives them a prefix. */
  prefixes: Array<string>;
  /** The scopes, with what each is for. */
  scopes: Array<ProviderScope>;
  /** Label of the secret's field; empty when no secret is asked for. */
  secret_label: string;
  /** Whether the user name is asked for beside the secret. */
  username: boolean;
}

/** One field of the form. */
export interface ProviderField {
  /** The page behind *Learn more*. */
  docs_url: string;
  /** One sentence under the field. */
  hint: string;
  /** Its label, in the provider's own spelling. */
  label: string;
  /** The field's name in requests. */
  name: string;
  /** Whether it has to be filled in. */
  required: boolean;
  /** Whether it names what owns the repositories. */
  scope: boolean;
}

/** How the host's address is asked for. */
export interface ProviderHost {
  /** The address offered. */
  default: string;
  /** Whether the field is closed until the switch is used. */
  fixed: boolean;
  /** One sentence under the field. */
  hint: string;
  /** Label of the field; empty when there is none. */
  label: string;
  /** Text of the switch. */
  switch: string;
}

/** How much a scope is needed. */
export type ProviderNeed = "required" | "optional" | "not-needed";

/** One scope of a credential. */
export interface ProviderScope {
  /** The host's word for it. */
  name: string;
  /** How much. */
  need: ProviderNeed;
  /** What it is needed for. */
  purpose: string;
}

/** What is left of a credential's rate budget at its host. */
export interface Rate {
  /** Calls left until the reset; null where the host does not tell. */
  left: number | null;
  /** Calls between two resets; null where the host does not tell. */
  limit: number | null;
  /** When it is full again; null where the host does not tell. */
  resets_at: string | null;
  /** Until when nothing is sent, because the host asked for it; null when it did not. */
  waiting_until: string | null;
}

/** A rate budget. */
export interface RateLeft {
  /** Calls left. */
  left: number;
  /** Calls allowed in the host's window. */
  limit: number;
}

/** Whether the process can work. */
export interface Readiness {
  /** Whether the database answers. */
  database: boolean;
  /** Whether all of the parts are well. */
  ready: boolean;
  /** Whether the process is about to end. */
  stopping: boolean;
  /** Whether the workers run. */
  workers: boolean;
}

/** Why the last look at a chart repository failed. */
export interface RefreshFailure {
  /** A stable word for programs. */
  code: string;
  /** What, where, why, and what to do. */
  sentence: string;
}

/** An object that was refused. */
export interface RefusedObject {
  /** Which. */
  object: ClusterObject;
  /** Why, word for word. */
  sentence: string;
}

/** How far the release of a deployment into its cluster has come. */
export interface Release {
  /** How many objects are as Git has them. */
  applied: number;
  confirm: Confirmation | null;
  /** What goes on; may be empty. */
  message: string;
  /** How many there are. */
  of: number;
  /** Objects that were refused. */
  refusals: Array<RefusedObject>;
  /** Objects that are not healthy (yet). */
  unhealthy: Array<UnhealthyObject>;
}

/** A Git repository. */
export interface Repository {
  /** Where Git clones it from. */
  clone_url: string;
  /** Its default branch. */
  default_branch: string;
  /** Its name with its owner. */
  full_name: string;
  /** Its page. */
  web_url: string;
}

/** The rules for the repositories of a configuration. */
export interface RepositoryRules {
  /** Address of the committer. */
  committer_email: string;
  /** Name of the committer of all commits. */
  committer_name: string;
  /** Default branch of new repositories; null leaves it to the host. */
  default_branch: string | null;
  /** What happens to a repository when its application goes. */
  deletion: Deletion;
  /** Prefix of the names of repositories, without the hyphen. */
  prefix: string;
  /** Where an application's repository comes from. */
  source: RepositorySource;
  /** Who can see new repositories. */
  visibility: Visibility;
}

/** Rules for repositories to be set; what is left out stays, or is the default. */
export interface RepositoryRulesInput {
  /** Address of the committer. */
  committer_email?: string | null;
  /** Name of the committer of all commits. */
  committer_name?: string | null;
  /** Default branch of new repositories; empty leaves it to the host. */
  default_branch?: string | null;
  deletion?: Deletion | null;
  /** Prefix of the names of repositories, without the hyphen. */
  prefix?: string | null;
  source?: RepositorySource | null;
  visibility?: Visibility | null;
}

/** Where an application's repository comes from. */
export type RepositorySource = "per-application" | "ask";

/** How far sealing anew is. */
export interface Reseal {
  /** How many of them are sealed for the recipients of today. */
  done: number;
  /** Whether nothing is left to try. */
  ended: boolean;
  /** Those that could not be sealed anew: ask again once what each says is put right. */
  failed: Array<Unsealed>;
  /** When it was asked for. */
  requested_at: string | null;
  /** Who asked for it; null when nobody ever did. */
  requested_by: string | null;
  /** How many environments of applications are part of it. */
  total: number;
}

/** An object that runs. */
export interface Resource {
  /** The names of a pod's containers, those that start it first; of all else none. */
  containers: Array<string>;
  /** What it says about that; may be empty. */
  message: string;
  /** Which. */
  object: ClusterObject;
  /** The index of what made it, in this list; null for what Git has. */
  parent: number | null;
  /** How many are ready, for what has replicas or containers. */
  ready: number | null;
  /** How it is. */
  status: Health;
  /** Its identity in the cluster; empty where it is not there. */
  uid: string;
  /** The version that it is watched in. */
  version: string;
  /** Of how many. */
  wanted: number | null;
}

/** What runs of an application in an environment. */
export interface Resources {
  /** Why the cluster cannot be asked now; what is shown may be old. */
  away: string | null;
  /** The cluster's name. */
  cluster: string;
  /** Whether every kind was looked at. */
  complete: boolean;
  /** What it says about that; may be empty. */
  message: string;
  /** The namespace. */
  namespace: string;
  /** The objects, each after what it belongs to. */
  resources: Array<Resource>;
  /** How the worst of them is. */
  status: Health;
}

/** A role; each contains those before it. */
export type Role = "viewer" | "deployer" | "manager" | "administrator";

/** A role and where it holds. */
export interface RoleBinding {
  /** The project's name; null for the whole installation. */
  project: string | null;
  /** The role. */
  role: Role;
}

/** What a Rollout is told: `promote` to go on where it waits, `promote_fully` to leave out all that is left, `abort` to give all requests to the version before again, `retry` to try the one once more from which it went back. */
export type RolloutStep = "promote" | "promote_fully" | "abort" | "retry";

/** Secret values that were saved together with values. */
export interface SavedSecretValues {
  /** The environment. */
  environment: string;
  /** The number of the version. */
  number: number;
}

/** A workload that is to have another number of pods. */
export interface Scaling {
  /** The group of its kind; needed where several are meant. */
  group?: string | null;
  /** Its kind, such as `Deployment`. */
  kind: string;
  /** Its name. */
  name: string;
  /** Its namespace; needed where several are meant. */
  namespace?: string | null;
  /** How many pods, 1,000 at most. */
  replicas: number;
}

/** A secret that a caller sends. */
export type Secret = string;

/** What becomes of the entries of a Secret. Their values are never told. */
export interface SecretChange {
  /** Its entries by name. */
  entries: Array<SecretEntry>;
  /** The Secret, such as `Secret shop/database`; `secret values` for those of people. */
  object: string;
}

/** What becomes of an entry of a Secret. */
export interface SecretEntry {
  /** What becomes of it. */
  change: EntryChange;
  /** Its name. */
  name: string;
}

/** One version of an environment's secret values, without any value. */
export interface SecretValues {
  /** Who wrote it. */
  author: string;
  /** The Git blob id of the sealed file. */
  blob: string;
  /** When it was saved. */
  created_at: string;
  /** The environment that they are for. */
  environment: string;
  /** Places of the values, such as `database.password`. */
  keys: Array<string>;
  /** Why; may be empty. */
  message: string;
  /** Counts up from 1; the ETag. */
  number: number;
  /** Where it came from. */
  origin: Origin;
}

/** A change of an environment's secret values that is saved together with values. */
export interface SecretValuesBeside {
  /** The environment that they are for. */
  environment: string;
  /** The number of the version that was read, 0 for none; not compared if left out. */
  number?: number | null;
  /** Places that are removed before that, such as `database.password`. */
  remove?: Array<string>;
  set?: Secret | null;
}

/** What to change of secret values. */
export interface SecretValuesChange {
  /** Why; at most 4000 characters. */
  message?: string;
  /** Places that are removed before that, such as `database.password`. */
  remove?: Array<string>;
  set?: Secret | null;
}

/** What to take in from Git. */
export interface SecretValuesImport {
  /** The environment that they are for. */
  environment: string;
  /** Whether to take Git's file although what was saved and is not deployed yet would be lost. */
  replace?: boolean;
}

/** Who is signed in. */
export interface Session {
  /** What changes made with the cookie repeat in the header `x-csrf-token`; empty for an API token. */
  csrf: string;
  /** The roles in force. */
  roles: Array<RoleBinding>;
  /** The user. */
  user: SessionUser;
}

/** The signed-in user. */
export interface SessionUser {
  /** Its address for commits. */
  email: string;
  /** Its identity. */
  id: string;
  /** Its name. */
  name: string;
  /** Whether the first password has to be changed. */
  password_is_initial: boolean;
}

/** Name and password. */
export interface SignIn {
  /** The user's name. */
  name: string;
  /** The password. */
  password: Secret;
}

/** What an application is deployed from. */
export interface Source {
  /** Whether it is a shipped template or a chart from a chart repository. */
  kind: SourceKind;
  /** The template's or the chart's name. */
  name: string;
  /** The chart repository; null for a template. */
  repository: string | null;
  /** The template's version; null for a chart, of which each deployment says the version. */
  version: string | null;
}

/** Kinds of what applications are deployed from. */
export type SourceKind = "template" | "chart";

/** The last stage that a deployment has passed. */
export type Stage = "requested" | "rendered" | "committed" | "released" | "finished";

/** An object that would stay. */
export interface StayingObject {
  /** Which. */
  object: ClusterObject;
  /** Why. */
  why: string;
}

/** A shipped deployment template. */
export interface Template {
  /** `values.yaml`: every value with its default and what it is. */
  default_values: string;
  /** One sentence about what it is for. */
  description: string;
  /** Where its image goes. */
  image: ImagePaths;
  /** Its name. */
  name: string;
  /** Its documentation, in Markdown. */
  readme: string;
  /** The JSON schema of its values. */
  schema: Record<string, unknown>;
  /** What people call it. */
  title: string;
  /** Its version. */
  version: string;
}

/** One line of a deployment's timeline. */
export interface TimelineEntry {
  /** When it was passed. */
  at: string;
  /** How long the stage itself took. */
  milliseconds: number;
  /** One line for people; may be empty. */
  note: string;
  /** The stage passed. */
  stage: Stage;
}

/** An API token, without its secret. */
export interface Token {
  /** When it was made. */
  created_at: string;
  /** When it ends. */
  expires_at: string;
  /** Its last four characters. */
  hint: string;
  /** Its identity. */
  id: string;
  /** What its owner calls it. */
  name: string;
  /** The project that it is limited to; null for the whole installation. */
  project: string | null;
  /** The most it may do. */
  role: Role;
  /** When it was last used, to the minute. */
  used_at: string | null;
}

/** The digest of a version that is accepted. */
export interface Trust {
  /** The SHA-256 as the repository tells it now. */
  digest: string;
}

/** Values that do not fit a template. */
export interface UnfitValues {
  /** The environment whose override it is; null for the base values. */
  environment: string | null;
  /** What is wrong, with line and column. */
  message: string;
}

/** An object that is not healthy. */
export interface UnhealthyObject {
  /** What it says about that. */
  message: string;
  /** Which. */
  object: ClusterObject;
  /** How it is. */
  status: Health;
}

/** An environment of an application that could not be sealed anew. */
export interface Unsealed {
  /** The application. */
  application: string;
  /** The number of the deployment that failed; null when it did not come to one. */
  deployment: number | null;
  /** The environment. */
  environment: string;
  /** What, where, why, and what to do. */
  reason: string;
}

/** A user. */
export interface User {
  /** When it was made. */
  created_at: string;
  /** Its address for commits. */
  email: string;
  /** Whether it may sign in. */
  enabled: boolean;
  /** Its identity. */
  id: string;
  /** Its sign-in name. */
  name: string;
  /** Whether the first password has to be changed. */
  password_is_initial: boolean;
  /** Its roles. */
  roles: Array<RoleBinding>;
  /** Counts changes; the ETag. */
  version: number;
}

/** What to change of a user; what is left out stays. */
export interface UserChange {
  /** Its address for commits. */
  email?: string | null;
  /** Whether it may sign in. */
  enabled?: boolean | null;
  password?: Secret | null;
  /** Whether its API tokens end, those that `trueline login` made among them. */
  revoke_tokens?: boolean;
  /** All roles, instead of those held. */
  roles?: Array<RoleBinding> | null;
}

/** One version of an application's base values or of an environment's override. */
export interface Values {
  /** Who wrote it. */
  author: string;
  /** Its Git blob id. */
  blob: string;
  /** When it was saved. */
  created_at: string;
  /** The environment whose override it is; null for base values. */
  environment: string | null;
  /** How it lies over the base values; of base values always `merge`. */
  merge: MergeMode;
  /** Why; may be empty. */
  message: string;
  /** Counts up from 1; the ETag. */
  number: number;
  /** Where it came from. */
  origin: Origin;
  /** Secret values that were saved with it; only in the answer to saving. */
  secret_values?: Array<SavedSecretValues>;
  /** The YAML as written. */
  yaml: string;
}

/** What to take in from Git. */
export interface ValuesImport {
  /** The environment whose override it is; base values if left out. */
  environment?: string | null;
  /** Whether to take Git's text alone, without what was saved and is not deployed yet. */
  replace?: boolean;
}

/** Name and version of the program. */
export interface Version {
  /** The program's name. */
  name: string;
  /** The program's version. */
  version: string;
}

/** Who can see a repository. */
export type Visibility = "private" | "public";

/** A workload that is to be restarted. */
export interface Workload {
  /** The group of its kind; needed where several are meant. */
  group?: string | null;
  /** Its kind, such as `Deployment`. */
  kind: string;
  /** Its name. */
  name: string;
  /** Its namespace; needed where several are meant. */
  namespace?: string | null;
}
