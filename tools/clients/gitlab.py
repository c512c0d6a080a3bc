"""python-gitlab: lists, creates, reads and deletes a project on the host whose line of JSON is in
$SIMULATED_HOST."""

import json
import os
import sys

# Beside this file, which has the name of the client's own package.
sys.path = [p for p in sys.path if os.path.abspath(p or ".") != os.path.dirname(os.path.abspath(__file__))]

import gitlab  # noqa: E402

host = json.loads(os.environ["SIMULATED_HOST"])
account = host["accounts"][0]
api = gitlab.Gitlab(host["url"], private_token=account["tokens"][0]["token"])


def step(text):
    print(f"python-gitlab: {text}")


api.auth()
assert api.user.username == account["username"], api.user.username
step(f"signed in as {api.user.username}, version {api.version()[0]}")

token = api.personal_access_tokens.get("self")
step(f"the token has {', '.join(token.scopes)}")

group = api.groups.get(host["scope"])
before = len(group.projects.list(get_all=True))
step(f"{before} projects in {group.full_path}")

made = api.projects.create({"name": "client-trial", "namespace_id": group.id})
step(f"created {made.path_with_namespace} as {made.id}")
try:
    api.projects.create({"name": "client-trial", "namespace_id": group.id})
    raise SystemExit("a name was given twice")
except gitlab.exceptions.GitlabCreateError as error:
    step(f"refused the name a second time: {error}")

read = api.projects.get(f"{host['scope']}/client-trial")
assert read.id == made.id
step(f"read {read.web_url}, default branch: {read.default_branch}")

made.delete()
kept = api.projects.get(made.id)
assert kept.marked_for_deletion_on, kept
made.delete(permanently_remove=True, full_path=kept.path_with_namespace)
assert len(group.projects.list(get_all=True)) == before
step(f"deleted it: kept as {kept.path}, then for good")
