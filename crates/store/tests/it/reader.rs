//! What an actor may see.

use model::application::Source;
use model::deployment::End;
use model::project::Project;
use model::role::{Actor, Identity, Role, Scope};
use model::values::Slot;
use store::{
    ApplicationFilter, ApplicationOrder, ApplicationSource, ApplicationState, AuditFilter, EnvironmentState,
    Page, Reader, Store,
};

use crate::samples::{Shop, actor, application, audit_entry, gitops_config, project, user, write};
use crate::world::on_both;

/// The shop of team, and a second project with an application of its own.
async fn two_teams(store: &Store) -> (Shop, Project) {
    let shop = Shop::in_store(store).await;
    let other = project("other");
    write(store, async |tx| {
        tx.insert_project(&other).await?;
        tx.insert_application(&application("cart", other.id)).await?;
        tx.insert_application(&application("cart-100", other.id)).await
    })
    .await
    .unwrap();
    (shop, other)
}

async fn application_names(reader: &Reader<'_>, project: &str, search: &str) -> Vec<String> {
    in_pages(
        reader,
        &ApplicationFilter { project: project.into(), search: search.into(), ..Default::default() },
    )
    .await
}

/// The names in their order, read one page of two after the other.
async fn in_pages(reader: &Reader<'_>, filter: &ApplicationFilter) -> Vec<String> {
    let (mut names, mut cursor) = (Vec::new(), None);
    loop {
        let listed = reader.applications(filter, &Page { limit: 2, cursor }).await.unwrap();
        names.extend(listed.items.iter().map(|a| a.name.to_string()));
        cursor = listed.next;
        if cursor.is_none() {
            return names;
        }
    }
}

on_both! {
    async fn what_an_actor_may_not_see_does_not_exist(world) {
        let store = &world.store;
        let (shop, other) = two_teams(store).await;
        let everyone = actor(Role::Viewer, Scope::Installation);
        let of_team = actor(Role::Viewer, Scope::Project(shop.project.id));
        let nobody = Actor { roles: Vec::new(), ..everyone.clone() };
        for (actor, projects, applications) in [
            (&everyone, 2, vec!["cart", "cart-100", "shop"]),
            (&of_team, 1, vec!["shop"]),
            (&nobody, 0, vec![]),
        ] {
            let reader = store.reader(actor);
            assert_eq!(reader.projects("", &Page::default()).await.unwrap().items.len(), projects);
            assert_eq!(application_names(&reader, "", "").await, applications);
            let sees_other = projects == 2;
            assert_eq!(reader.project_by_name("other").await.unwrap().is_some(), sees_other);
            assert_eq!(reader.project(other.id).await.unwrap().is_some(), sees_other);
            assert_eq!(reader.application_by_name("cart").await.unwrap().is_some(), sees_other);
            let counts = reader.count_applications(&[shop.project.id, other.id]).await.unwrap();
            assert_eq!(counts.len(), projects);
            assert_eq!(counts.get(&other.id).copied(), sees_other.then_some(2));
        }
    }

    async fn applications_are_searched(world) {
        let store = &world.store;
        two_teams(store).await;
        let everyone = actor(Role::Viewer, Scope::Installation);
        let reader = store.reader(&everyone);
        assert_eq!(application_names(&reader, "other", "").await, ["cart", "cart-100"]);
        assert_eq!(application_names(&reader, "", "RT-1").await, ["cart-100"]);
        assert_eq!(application_names(&reader, "team", "cart").await, [""; 0]);
        assert_eq!(application_names(&reader, "", "%").await, [""; 0]);
        assert_eq!(application_names(&reader, "none", "").await, [""; 0]);
        assert_eq!(reader.projects("TEA", &Page::default()).await.unwrap().items.len(), 1);
    }

    async fn applications_are_ordered_over_all_pages(world) {
        let store = &world.store;
        let (shop, _) = two_teams(store).await;
        let late = application("a-late-one", shop.project.id);
        write(store, async |tx| tx.insert_application(&late).await).await.unwrap();
        let everyone = actor(Role::Viewer, Scope::Installation);
        let reader = store.reader(&everyone);
        for (order, want) in [
            (ApplicationOrder::Name, ["a-late-one", "cart", "cart-100", "shop"]),
            (ApplicationOrder::Project, ["cart", "cart-100", "a-late-one", "shop"]),
            (ApplicationOrder::Created, ["shop", "cart", "cart-100", "a-late-one"]),
        ] {
            let filter = ApplicationFilter { order, ..Default::default() };
            assert_eq!(in_pages(&reader, &filter).await, want, "{order:?}");
            let back = ApplicationFilter { descending: true, ..filter };
            let want: Vec<&str> = want.into_iter().rev().collect();
            assert_eq!(in_pages(&reader, &back).await, want, "{order:?} downwards");
        }
        let filter = ApplicationFilter { order: ApplicationOrder::Project, ..Default::default() };
        let page = Page { limit: 2, cursor: Some("bm8gaWQ".into()) };
        assert!(matches!(reader.applications(&filter, &page).await, Err(store::Error::InvalidCursor)));
    }

    async fn applications_are_filtered_by_where_and_how_they_stand(world) {
        let store = &world.store;
        let (shop, _) = two_teams(store).await;
        let everyone = actor(Role::Viewer, Scope::Installation);
        let reader = store.reader(&everyone);
        let of = async |environment: &str, state| {
            let filter = ApplicationFilter { environment: environment.into(), state, ..Default::default() };
            in_pages(&reader, &filter).await
        };
        let (there, others) = (vec!["shop".to_owned()], vec!["cart".to_owned(), "cart-100".to_owned()]);
        let mut first = shop.deploy(store).await;
        assert_eq!(of("", Some(ApplicationState::Running)).await, there);
        assert_eq!(of("", Some(ApplicationState::None)).await, others);
        assert_eq!(of("production", None).await, there);
        assert_eq!(of("elsewhere", None).await, [""; 0]);
        assert_eq!(of("elsewhere", Some(ApplicationState::None)).await.len(), 3);
        first.end = Some(End::Stored);
        write(store, async |tx| tx.update_deployment(&first).await).await.unwrap();
        assert_eq!(of("production", Some(ApplicationState::Stored)).await, there);
        assert_eq!(of("", Some(ApplicationState::Running)).await, [""; 0]);
        let mut second = shop.deploy(store).await;
        second.end = Some(End::Failed);
        write(store, async |tx| tx.update_deployment(&second).await).await.unwrap();
        assert_eq!(of("", Some(ApplicationState::Failed)).await, there);
        assert_eq!(of("", Some(ApplicationState::Stored)).await, [""; 0], "only the newest one counts");
        for (end, state, other) in [
            (End::Healthy, ApplicationState::Healthy, ApplicationState::Degraded),
            (End::Degraded, ApplicationState::Degraded, ApplicationState::Healthy),
        ] {
            let mut third = shop.deploy(store).await;
            third.end = Some(end);
            write(store, async |tx| tx.update_deployment(&third).await).await.unwrap();
            assert_eq!((of("", Some(state)).await, of("", Some(other)).await), (there.clone(), vec![]));
        }
    }

    async fn applications_are_filtered_by_what_they_are_deployed_from(world) {
        let store = &world.store;
        let (shop, other) = two_teams(store).await;
        let mut cache = application("cache", other.id);
        cache.source = Source::Chart { repository: "acme".into(), chart: "redis".into() };
        write(store, async |tx| tx.insert_application(&cache).await).await.unwrap();
        let everyone = actor(Role::Viewer, Scope::Installation);
        let of_team = actor(Role::Viewer, Scope::Project(shop.project.id));
        for (actor, source, want) in [
            (&everyone, ApplicationSource::Chart, vec!["cache"]),
            (&everyone, ApplicationSource::Template, vec!["cart", "cart-100", "shop"]),
            (&of_team, ApplicationSource::Chart, vec![]),
        ] {
            let filter = ApplicationFilter { source: Some(source), ..Default::default() };
            assert_eq!(in_pages(&store.reader(actor), &filter).await, want, "{source:?}");
        }
    }

    async fn an_environment_shows_its_latest_and_its_current_deployment(world) {
        let store = &world.store;
        let (shop, _) = two_teams(store).await;
        let mut first = shop.deploy(store).await;
        first.end = Some(End::Stored);
        first.version = write(store, async |tx| tx.update_deployment(&first).await).await.unwrap();
        let mut second = shop.deploy(store).await;
        second.end = Some(End::Failed);
        second.version = write(store, async |tx| tx.update_deployment(&second).await).await.unwrap();
        let viewer = actor(Role::Viewer, Scope::Project(shop.project.id));
        let applications = [shop.application.clone()];
        let states = store.reader(&viewer).environment_states(&applications).await.unwrap();
        let want = EnvironmentState {
            environment: shop.environment.id,
            latest: Some(second.clone()),
            current: Some(first),
            hold: None,
            drift: None,
        };
        assert_eq!(states[&shop.application.id], [want]);
        let stranger = actor(Role::Administrator, Scope::Project(model::ProjectId(uuid::Uuid::nil())));
        let reader = store.reader(&stranger);
        assert!(reader.environment_states(&applications).await.unwrap().is_empty());
        assert!(reader.environment_states(&[]).await.unwrap().is_empty());
        assert!(reader.deployments(&shop.application, None, &Page::default()).await.unwrap().items.is_empty());
        assert_eq!(reader.deployment_by_number(&shop.application, 1).await.unwrap(), None);
        assert_eq!(reader.latest_values(&shop.application, Slot::Base).await.unwrap(), None);
        let history = reader.values_history(&shop.application, Slot::Base, &Page::default()).await.unwrap();
        assert!(history.items.is_empty());
        let reader = store.reader(&viewer);
        assert_eq!(reader.deployment_by_number(&shop.application, 2).await.unwrap(), Some(second));
        assert_eq!(reader.latest_values(&shop.application, Slot::Base).await.unwrap(), Some(shop.base.clone()));
    }

    async fn global_things_are_for_administrators_of_the_installation(world) {
        let store = &world.store;
        let (acme, ann, bob) = (gitops_config("acme"), user("ann"), user("bob"));
        let team = project("team");
        write(store, async |tx| {
            tx.insert_gitops_config(&acme).await?;
            tx.insert_user(&ann).await?;
            tx.insert_user(&bob).await?;
            tx.audit(&audit_entry("project.created", "project/team", Some(team.id))).await?;
            tx.audit(&audit_entry("gitops_config.saved", "gitops-config/acme", None)).await
        })
        .await
        .unwrap();
        let page = Page::default();
        for (role, scope, configs, users, entries) in [
            (Role::Administrator, Scope::Installation, 1, 2, 2),
            (Role::Administrator, Scope::Project(team.id), 0, 1, 1),
            (Role::Manager, Scope::Installation, 0, 1, 0),
        ] {
            let actor = Actor { identity: Identity::User(ann.id), ..actor(role, scope) };
            let reader = store.reader(&actor);
            assert_eq!(reader.gitops_configs(&page).await.unwrap().items.len(), configs);
            assert_eq!(reader.gitops_config_by_name("acme").await.unwrap().is_some(), configs == 1);
            assert_eq!(reader.users(&page).await.unwrap().items.len(), users);
            assert!(reader.user_by_name("ann").await.unwrap().is_some(), "everyone sees themselves");
            assert_eq!(reader.user_by_name("bob").await.unwrap().is_some(), users == 2);
            assert_eq!(reader.audit(&AuditFilter::default(), &page).await.unwrap().items.len(), entries);
            assert!(reader.tokens().await.unwrap().is_empty());
        }
    }
}
