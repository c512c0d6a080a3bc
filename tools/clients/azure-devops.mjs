// azure-devops-node-api, Microsoft's client for JavaScript: lists, creates, reads and deletes a repository on the
// host whose line of JSON is in $SIMULATED_HOST. Before its first call it asks where each area and call is.
import * as azure from "azure-devops-node-api";

const host = JSON.parse(process.env.SIMULATED_HOST);
const [account] = host.accounts;
const organization = host.entered.host;
const web = new azure.WebApi(organization, azure.getPersonalAccessTokenHandler(account.tokens[0].token));
const step = (text) => console.log(`azure-devops-node-api: ${text}`);

const connection = await web.connect();
step(`signed in as ${connection.authenticatedUser.providerDisplayName}`);

const core = await web.getCoreApi();
const projects = await core.getProjects();
if (!projects.some((p) => p.name === host.scope)) throw new Error(`${host.scope} is not listed`);
const project = await core.getProject(host.scope);
step(`project ${project.name} is ${project.state}`);

const git = await web.getGitApi();
const count = async () => (await git.getRepositories(host.scope)).length;
const before = await count();
step(`${before} repositories in ${host.scope}`);

const made = await git.createRepository({ name: "client-trial" }, host.scope);
step(`created ${made.name} as ${made.id}`);

const read = await git.getRepository(made.id, host.scope);
if (read.id !== made.id || read.remoteUrl !== made.remoteUrl) throw new Error("another repository was read");
step(`read ${read.webUrl}, default branch: ${read.defaultBranch ?? "none yet"}`);

// A branch cannot begin at a commit that is not there: told in the answer, not by its status.
const none = "0".repeat(40);
const update = { name: "refs/heads/main", oldObjectId: none, newObjectId: "1".repeat(40) };
const [result] = await git.updateRefs([update], made.id, host.scope);
if (result.success !== false) throw new Error("a missing commit became a branch");
step(`refused a branch: update status ${result.updateStatus}`);

await git.deleteRepository(made.id, host.scope);
if ((await count()) !== before) throw new Error("it was not deleted");
const kept = await git.getRecycleBinRepositories(host.scope);
if (!kept.some((r) => r.id === made.id)) throw new Error("it is not in the recycle bin");
await git.deleteRepositoryFromRecycleBin(host.scope, made.id);
step("deleted it, and emptied the recycle bin");
