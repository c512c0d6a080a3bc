//! Stories of values: saved as versions, refused with line and column, in force, previewed, changed in Git.

use serde_json::{Value, json};

use crate::application::{deployed, furnish, furnished, made};
use crate::program::{ADMIN_PASSWORD, Database, Program};

crate::stories!(
    versions_are_kept_and_compared,
    what_is_wrong_is_shown_at_its_place,
    effective_values_show_all_layers,
    previews_show_what_changes,
    what_cannot_be_previewed_is_named,
    what_is_changed_in_git_is_taken_in,
    without_helm_people_are_told,
    by_command_line,
);

const SHOP: &str = "/api/v1/applications/shop";
const BASE: &str = "/api/v1/applications/shop/values";
const OVERRIDE: &str = "/api/v1/applications/shop/values?environment=prod";

async fn versions_are_kept_and_compared(database: Database) {
    let (_program, admin) = furnished(database).await;
    made(&admin, "shop").await;
    let first = admin.get(BASE).await;
    assert_eq!(first.header("etag"), "\"1\"");
    let first = first.expect(200);
    assert_eq!((&first["number"], &first["environment"]), (&json!(1), &Value::Null));
    assert!(first["yaml"].as_str().unwrap().starts_with("# Base values of shop"));
    let none = admin.get(OVERRIDE).await;
    assert_eq!((none.header("etag"), none.json()), ("\"0\"", Value::Null));

    let on = |number: i64| admin.clone().with("if-match", &format!("\"{number}\""));
    let two = json!({"yaml": "replicas: 2\n", "message": "More"});
    on(7).put(BASE, &two).await.problem(412, "stale");
    let answer = on(1).put(BASE, &two).await;
    assert_eq!(answer.header("etag"), "\"2\"");
    let saved = answer.expect(200);
    for (field, want) in [
        ("number", json!(2)),
        ("author", json!("admin")),
        ("message", json!("More")),
        ("origin", json!("saved")),
        // `printf 'replicas: 2\n' | git hash-object --stdin`
        ("blob", json!("eb5c26739ea8767a00de3d6e1932c340ce323472")),
    ] {
        assert_eq!(saved[field], want, "{field}");
    }
    // Of two who saw the same version, the second is told.
    on(1).put(BASE, &json!({"yaml": "replicas: 3\n"})).await.problem(412, "stale");
    // The same once more is no new version.
    assert_eq!(on(2).put(BASE, &two).await.expect(200)["number"], 2);
    on(1).put(OVERRIDE, &json!({"yaml": "port: 3000\n"})).await.problem(412, "stale");
    let over = on(0).put(OVERRIDE, &json!({"yaml": "port: 3000\n"})).await.expect(200);
    assert_eq!((&over["number"], &over["environment"]), (&json!(1), &json!("prod")));
    on(0).put(OVERRIDE, &json!({"yaml": "port: 3001\n"})).await.problem(412, "stale");

    let history = admin.get(&format!("{BASE}/history")).await.expect(200);
    let numbers: Vec<&Value> = history["items"].as_array().unwrap().iter().map(|v| &v["number"]).collect();
    assert_eq!(numbers, [2, 1]);
    let entries = admin.get("/api/v1/audit?action=values.saved").await.expect(200);
    assert_eq!(entries["items"].as_array().unwrap().len(), 2, "{entries:#}");
    admin.get(&format!("{BASE}?environment=none")).await.problem(404, "not_found");
    admin.get("/api/v1/applications/none/values").await.problem(404, "not_found");
}

async fn what_is_wrong_is_shown_at_its_place(database: Database) {
    let (_program, admin) = furnished(database).await;
    made(&admin, "shop").await;
    for (path, yaml, line, column, message) in [
        (BASE, "a: [1\nb: 2\n", 2, 2, "this is not YAML"),
        (BASE, "replicas: 1\nreplicas: 2\n", 2, 1, "`replicas` is already set in line 1"),
        (BASE, "port: 80\nreplcias: 2\n", 2, 1, "did you mean `replicas`?"),
        (BASE, "image:\n  tag: 1.4\n", 2, 8, "what is needed here is: string"),
        (OVERRIDE, "# why\nreplicas: many\n", 2, 11, "what is needed here is: integer"),
        (OVERRIDE, "- a\n", 1, 1, "values are a mapping"),
        (BASE, "a: &a [x]\nb: *c\n", 2, 4, "this is not YAML"),
    ] {
        let problem = admin.put(path, &json!({"yaml": yaml})).await.problem(422, "invalid_values");
        let found = &problem["problems"][0];
        assert_eq!((&found["line"], &found["column"]), (&json!(line), &json!(column)), "{yaml}: {problem:#}");
        assert!(found["message"].as_str().unwrap().contains(message), "{yaml}: {problem:#}");
        let error = &problem["errors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!("yaml"), &json!("invalid_values")));
        let place = format!("line {line}, column {column}");
        assert!(error["message"].as_str().unwrap().contains(&place), "{problem:#}");
    }
    let large = json!({"yaml": format!("# {}", "x".repeat(1024 * 1024))});
    let problem = admin.put(BASE, &large).await.problem(422, "invalid_values");
    assert!(problem["detail"].as_str().unwrap().contains("at most 1048576 are allowed"), "{problem:#}");
    assert_eq!(admin.get(BASE).await.expect(200)["number"], 1, "nothing was saved");
}

async fn effective_values_show_all_layers(database: Database) {
    let (_program, admin) = furnished(database).await;
    made(&admin, "shop").await;
    admin.put(BASE, &json!({"yaml": "replicas: 2\nport: 3000\n"})).await.expect(200);
    admin.put(OVERRIDE, &json!({"yaml": "replicas: 3\nservice: {annotations: {a: b}}\n"})).await.expect(200);
    let yaml = |query: &'static str| {
        let admin = admin.clone();
        async move {
            let path = format!("{SHOP}/effective-values{query}");
            admin.get(&path).await.expect(200)["yaml"].as_str().unwrap().to_owned()
        }
    };
    let base = yaml("").await;
    assert!(base.contains("replicas: 2\n") && base.contains("repository: \"\"\n"), "{base}");
    let prod = yaml("?environment=prod&image=registry.acme.dev/shop:1.4.2").await;
    for line in
        ["replicas: 3", "port: 3000", "    a: b", "  tag: 1.4.2", "  repository: registry.acme.dev/shop"]
    {
        assert!(prod.lines().any(|l| l == line), "{line}: {prod}");
    }
    let problem = admin.get(&format!("{SHOP}/effective-values?image=shop")).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["code"], "tag_missing");
}

async fn previews_show_what_changes(database: Database) {
    let (_program, admin) = furnished(database).await;
    made(&admin, "shop").await;
    let preview = |image: &'static str| {
        let admin = admin.clone();
        async move {
            let body = json!({"environment": "prod", "image": image});
            admin.post(&format!("{SHOP}/preview"), &body).await.expect(200)
        }
    };
    // Before any account is configured, and before the first deployment.
    let first = preview("shop:1").await;
    assert_eq!((&first["objects"], &first["changed"]), (&json!(3), &json!(3)), "{first:#}");
    assert_eq!(first["compared_with"], Value::Null);
    assert_eq!(first["manifests"][0]["change"], "added");
    assert_eq!(first["values"]["path"], "values.yaml");
    assert!(first["notes"].as_str().unwrap().contains("runs 1 pod of shop:1"), "{first:#}");
    assert_eq!(preview("shop:1").await["digest"], first["digest"], "the same again");
    assert_ne!(preview("shop:2").await["digest"], first["digest"], "another image");

    let creating = admin.clone().with("if-none-match", "*");
    creating.put("/api/v1/gitops-configs/inside", &json!({"provider": "built-in"})).await.expect(201);
    let wanted = json!({"environment": "prod", "image": "shop:1", "digest": first["digest"]});
    let deployments = format!("{SHOP}/deployments");
    let outdated = json!({"environment": "prod", "image": "shop:2", "digest": first["digest"]});
    admin.post(&deployments, &outdated).await.problem(409, "preview_outdated");
    admin.post(&deployments, &wanted).await.expect(202);
    let stored = testkit::poll("the deployment has ended", || async {
        let deployment = admin.get(&format!("{deployments}/1")).await.expect(200);
        (!deployment["end"].is_null()).then_some(deployment)
    })
    .await;
    assert_eq!((&stored["end"], &stored["digest"]), (&json!("stored"), &first["digest"]), "{stored:#}");

    let same = preview("shop:1").await;
    assert_eq!((&same["changed"], &same["values"]), (&json!(0), &Value::Null), "{same:#}");
    assert_eq!(same["compared_with"], 1);
    admin.put(OVERRIDE, &json!({"yaml": "replicas: 4\n"})).await.expect(200);
    let more = preview("shop:2").await;
    let paths: Vec<&Value> = more["manifests"].as_array().unwrap().iter().map(|f| &f["path"]).collect();
    assert_eq!(
        paths,
        [
            "manifests/shop-production/Deployment.apps.shop.yaml",
            "manifests/shop-production/PodDisruptionBudget.policy.shop.yaml"
        ]
    );
    let lines: Vec<String> = more["manifests"][0]["hunks"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|h| h["lines"].as_array().unwrap().clone())
        .filter(|l| l["kind"] != " ")
        .map(|l| format!("{}{}", l["kind"].as_str().unwrap(), l["text"].as_str().unwrap()))
        .collect();
    for line in
        ["-  replicas: 1", "+  replicas: 4", "-          image: \"shop:1\"", "+          image: \"shop:2\""]
    {
        assert!(lines.contains(&line.to_owned()), "{line}: {lines:#?}");
    }
}

async fn what_cannot_be_previewed_is_named(database: Database) {
    let (_program, admin) = furnished(database).await;
    made(&admin, "shop").await;
    for (environment, image, field, code) in [
        ("none", "shop:1", "environment", "unknown"),
        ("prod", "shop", "image", "tag_missing"),
        ("prod", "Shop:1", "image", "invalid"),
    ] {
        let body = json!({"environment": environment, "image": image});
        let problem = admin.post(&format!("{SHOP}/preview"), &body).await.problem(422, "invalid");
        let error = &problem["errors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!(field), &json!(code)), "{problem:#}");
    }
    admin.put(BASE, &json!({"yaml": "ingress: {enabled: true}\n"})).await.expect(200);
    let body = json!({"environment": "prod", "image": "shop:1"});
    let problem = admin.post(&format!("{SHOP}/preview"), &body).await.problem(422, "template_failed");
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("deployment/templates/ingress.yaml, line 6, column 5: ingress.hosts is empty"),
        "{detail}"
    );
}

async fn what_is_changed_in_git_is_taken_in(database: Database) {
    let (program, admin) = furnished(database).await;
    made(&admin, "shop").await;
    let import = format!("{BASE}/import");
    admin.post(&import, &json!({})).await.problem(409, "nothing_in_git");
    let creating = admin.clone().with("if-none-match", "*");
    creating.put("/api/v1/gitops-configs/inside", &json!({"provider": "built-in"})).await.expect(201);
    assert_eq!(deployed(&admin, "shop", "shop:1").await["end"], "stored");
    assert_eq!(admin.post(&import, &json!({})).await.expect(200)["number"], 1, "nothing was changed");

    let shop = admin.get(SHOP).await.expect(200);
    let url = shop["clone_url"].as_str().unwrap();
    let (user, folder) = (("admin", ADMIN_PASSWORD), program.folder().to_owned());
    let work = folder.join("work");
    program.git(&folder, user, &["clone", "--quiet", url, "work"]).await.good();
    let push = |file: &'static str, text: &'static str, message: &'static str| {
        let (program, work) = (&program, work.clone());
        async move {
            std::fs::write(work.join(file), text).unwrap();
            program.git(&work, user, &["add", "--all"]).await.good();
            program.git(&work, user, &["commit", "--quiet", "-m", message]).await.good();
            program.git(&work, user, &["push", "--quiet", "origin", "HEAD"]).await.good();
        }
    };
    push("values.yaml", "replicas: 2\n", "Two pods\n\nFor the sale.").await;
    push("notes.txt", "unrelated\n", "Something else").await;
    push("environments/prod/override.yaml", "port: 3000\n", "Port of production").await;
    let refused = deployed(&admin, "shop", "shop:2").await;
    assert_eq!(refused["failure"]["code"], "inputs_changed_in_git", "{refused:#}");

    let base = admin.post(&import, &json!({})).await.expect(200);
    for (field, want) in [
        ("number", json!(2)),
        ("yaml", json!("replicas: 2\n")),
        ("author", json!("Ann")),
        ("origin", json!("git")),
        ("message", json!("Two pods\n\nFor the sale.")),
    ] {
        assert_eq!(base[field], want, "{field}");
    }
    let over = admin.post(&import, &json!({"environment": "prod"})).await.expect(200);
    assert_eq!((&over["yaml"], &over["message"]), (&json!("port: 3000\n"), &json!("Port of production")));
    let stored = deployed(&admin, "shop", "shop:2").await;
    assert_eq!(stored["end"], "stored", "{stored:#}");

    program.git(&work, user, &["pull", "--quiet", "--rebase"]).await.good();
    push("values.yaml", "replicas: [\n", "Broken").await;
    admin.post(&import, &json!({})).await.problem(422, "invalid_values");
    assert_eq!(admin.get(BASE).await.expect(200)["number"], 2, "nothing was taken in");
}

async fn without_helm_people_are_told(database: Database) {
    let program = Program::start_with(database, &[("TRUELINE_HELM", "/nowhere/helm")]).await;
    let admin = furnish(&program).await;
    made(&admin, "shop").await;
    let body = json!({"environment": "prod", "image": "shop:1"});
    let problem = admin.post(&format!("{SHOP}/preview"), &body).await.problem(409, "helm_missing");
    assert!(problem["detail"].as_str().unwrap().contains("install Helm 3.22"), "{problem:#}");
    assert!(program.log().contains("helm"), "serve says so at its start: {}", program.log());
    // What needs no rendering goes on.
    admin.put(BASE, &json!({"yaml": "replicas: 2\n"})).await.expect(200);
}

async fn by_command_line(database: Database) {
    let (program, admin) = furnished(database).await;
    made(&admin, "shop").await;
    let login = ["login", program.url(), "--user", "admin", "--password-stdin"];
    program.cli(&login, ADMIN_PASSWORD).await.good();
    let file = program.folder().join("base.yaml");
    std::fs::write(&file, "replicas: 2\n").unwrap();
    let path = file.to_str().unwrap();
    program.cli(&["app", "values", "shop", "--file", path, "--message", "More"], "").await.good();
    assert_eq!(program.cli(&["app", "values", "shop"], "").await.good(), "replicas: 2\n");
    let over = ["app", "values", "shop", "--environment", "prod", "--file", "-"];
    program.cli(&over, "port: 3000\n").await.good();
    let shown = program.cli(&["app", "values", "shop", "--environment", "prod", "-o", "json"], "").await;
    assert_eq!(shown.json()["yaml"], "port: 3000\n");
    let refused = program.cli(&over, "port: [\n").await;
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("override, line 2, column 1: this is not YAML"), "{refused:?}");
    let history = program.cli(&["app", "values", "shop", "--history", "-o", "json"], "").await.json();
    assert_eq!(history.as_array().unwrap().len(), 2);
    let effective = ["app", "values", "shop", "--environment", "prod", "--effective"];
    let effective = program.cli(&effective, "").await.good();
    assert!(effective.contains("port: 3000\n") && effective.contains("replicas: 2\n"), "{effective}");

    let diff = ["app", "diff", "shop", "--environment", "prod"];
    let nothing = program.cli(&diff, "").await;
    assert_eq!(nothing.code, 2, "{nothing:?}");
    let shown = program.cli(&[&diff[..], &["--image", "shop:1"]].concat(), "").await.good();
    assert!(shown.contains("+++ manifests/shop-production/Deployment.apps.shop.yaml\n"), "{shown}");
    assert!(shown.contains("objects change; nothing is deployed yet. Digest: "), "{shown}");
}
