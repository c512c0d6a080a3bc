//! Recorded real answers, read by the same parsers. They are data for tests, found where the descriptions are.

use serde::de::DeserializeOwned;

use super::wire::{Group, Project, User, Version};

fn read<T: DeserializeOwned>(file: &str) -> Option<T> {
    let text = std::fs::read(testkit::contract::folder()?.join("recorded").join(file)).unwrap();
    Some(serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{file}: {e}")))
}

#[test]
fn recorded_answers_are_read() {
    if testkit::contract::folder().is_none() {
        return testkit::skip("recorded answers: GitLab", "they are not at hand");
    }
    for (file, name) in [("go-scm/gitlab/user.json", "john_smith"), ("narkoz-gitlab/user.json", "john.smith")]
    {
        assert_eq!(read::<User>(file).unwrap().username, name, "{file}");
    }
    assert_eq!(read::<Vec<User>>("go-scm/gitlab/user_search.json").unwrap()[0].id, 1);
    assert_eq!(read::<Group>("go-scm/gitlab/group.json").unwrap().full_path, "twitter");
    assert_eq!(read::<Vec<Group>>("go-scm/gitlab/groups.json").unwrap()[0].full_path, "twitter");
    for (file, version) in
        [("narkoz-gitlab/version.json", "8.13.0-pre"), ("atlantis/version-response.json", "1.25.4")]
    {
        assert_eq!(read::<Version>(file).unwrap().version.as_deref(), Some(version), "{file}");
    }
    for (file, path, level) in [
        ("go-scm/gitlab/repo.json", "diaspora/diaspora", None),
        // Both ways of membership: the greater one counts.
        ("dependabot/gitlab/bump_repo.json", "gocardless/bump", Some(50)),
    ] {
        let project: Project = read(file).unwrap();
        assert_eq!((project.path_with_namespace.as_str(), project.level()), (path, level), "{file}");
        assert!(!project.marked() && project.http_url_to_repo.ends_with(".git"), "{file}");
    }
    assert_eq!(read::<Vec<Project>>("go-scm/gitlab/repos.json").unwrap().len(), 1);
}
