// @gitbeaker/rest, the client for JavaScript that GitLab's documentation names: lists, creates, reads and deletes a
// project on the host whose line of JSON is in $SIMULATED_HOST.
import { Gitlab } from "@gitbeaker/rest";

const host = JSON.parse(process.env.SIMULATED_HOST);
const [account] = host.accounts;
const api = new Gitlab({ host: host.url, token: account.tokens[0].token });
const step = (text) => console.log(`@gitbeaker/rest: ${text}`);

const me = await api.Users.showCurrentUser();
if (me.username !== account.username) throw new Error(`signed in as ${me.username}`);
step(`signed in as ${me.username}`);

const group = await api.Groups.show(host.scope);
const count = async () => (await api.Groups.allProjects(group.id, { perPage: 2 })).length;
const before = await count();
step(`${before} projects in ${group.full_path}`);

const made = [];
for (const name of ["client-trial", "client-trial-2", "client-trial-3"]) {
  made.push(await api.Projects.create({ name, namespaceId: group.id }));
}
if ((await count()) !== before + 3) throw new Error("a page of the list is missing");
step(`created ${made.map((p) => p.path_with_namespace).join(", ")}, listed in pages of two`);

const read = await api.Projects.show(`${host.scope}/client-trial`);
if (read.id !== made[0].id) throw new Error("another project was read");
step(`read ${read.web_url}, empty: ${read.empty_repo}`);

for (const project of made) {
  await api.Projects.remove(project.id);
  const kept = await api.Projects.show(project.id).catch(() => undefined);
  if (kept) await api.Projects.remove(project.id, { permanentlyRemove: true, fullPath: kept.path_with_namespace });
}
if ((await count()) !== before) throw new Error("they were not deleted");
step("deleted them, for good on a second call");
