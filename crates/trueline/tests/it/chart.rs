//! Stories of charts: found, shown, and a version whose digest changed.

use serde_json::{Value, json};
use testkit::chart_repository::{ChartRepository, packed};

use super::chart_repository::added;
use super::user::{PASSWORD, make};
use crate::program::{Database, Program};

crate::stories!(
    charts_are_found_and_shown,
    charts_of_all_repositories_are_found_together,
    a_version_that_changed_is_refused_until_it_is_accepted,
    archives_that_lie_are_refused,
    what_an_index_says_twice_or_of_others_is_bounded,
    the_command_line_does_it_all,
);

const REFRESH: &str = "/api/v1/chart-repositories/acme/refresh";

fn names(listed: &Value) -> Vec<String> {
    let items = listed["items"].as_array().unwrap();
    items
        .iter()
        .map(|i| format!("{} {}", i["name"].as_str().unwrap(), i["version"].as_str().unwrap()))
        .collect()
}

async fn charts_are_found_and_shown(database: Database) {
    let repository = ChartRepository::start().await;
    let crd = "apiVersion: apiextensions.k8s.io/v1\nmetadata: {name: teas.acme.dev}\n";
    let digest = repository.publish(
        "redis",
        "1.10.0",
        &[
            ("Chart.yaml", "apiVersion: v2\nname: redis\nversion: 1.10.0\ndescription: Cache\ndependencies:\n- {name: common, \
                            version: 2.x, repository: https://a.dev, condition: common.enabled}\n"),
            ("values.yaml", "# How many\nreplicas: 1\n"),
            ("values.schema.json", "{\"type\": \"object\"}"),
            ("README.md", "# Redis <script>"),
            ("crds/all.yaml", crd),
            ("charts/common/Chart.yaml", "apiVersion: v2\nname: common\nversion: 2.0.0\n"),
        ],
    );
    repository.publish("redis", "1.9.0", &[]);
    repository.publish("redis", "2.0.0-rc.1", &[]);
    repository.publish("redis-cluster", "0.1.0", &[]);
    repository.publish("valkey", "1.0.0", &[]);
    repository.describe("valkey", "1.0.0", "description: Like Redis\nkeywords: [cache]");
    repository.publish("old-redis", "1.0.0", &[]);
    repository.describe("old-redis", "1.0.0", "deprecated: true");
    let program = Program::start(database).await;
    let admin = program.admin().await;
    added(&admin, &repository).await;
    make(&admin, "ann", json!([])).await;
    let ann = program.sign_in("ann", PASSWORD).await;
    let found = ann.get("/api/v1/charts?search=Redis").await.expect(200);
    let want = ["redis 1.10.0", "redis-cluster 0.1.0", "valkey 1.0.0", "old-redis 1.0.0"];
    assert_eq!(names(&found), want, "the newest stable version; deprecated ones last");
    assert_eq!(found["items"][0]["versions"], 3);
    // Page by page the same.
    let first = ann.get("/api/v1/charts?search=Redis&limit=3").await.expect(200);
    let next = first["next"].as_str().unwrap();
    let rest = ann.get(&format!("/api/v1/charts?search=Redis&limit=3&cursor={next}")).await.expect(200);
    assert_eq!([names(&first), names(&rest)].concat(), want);
    assert!(rest["next"].is_null());
    assert_eq!(names(&ann.get("/api/v1/charts?search=cache").await.expect(200)), ["valkey 1.0.0"]);
    assert_eq!(names(&ann.get("/api/v1/charts?repository=acme").await.expect(200)).len(), 4);
    ann.get("/api/v1/charts?repository=none").await.problem(404, "not_found");

    let chart = ann.get("/api/v1/charts/acme/redis").await.expect(200);
    let versions: Vec<_> = chart["list"].as_array().unwrap().iter().map(|v| v["version"].clone()).collect();
    assert_eq!(versions, ["2.0.0-rc.1", "1.10.0", "1.9.0"]);
    assert_eq!(chart["list"][1]["digest"], json!(digest));
    let path = "/api/v1/charts/acme/redis/versions/1.10.0";
    let shown = ann.get(path).await.expect(200);
    assert_eq!(shown["readme"], "# Redis <script>");
    assert_eq!(shown["default_values"], "# How many\nreplicas: 1\n");
    assert_eq!(shown["schema"], "{\"type\": \"object\"}");
    assert_eq!(shown["digest"], json!(digest));
    assert_eq!(shown["crds"], json!(["teas.acme.dev"]));
    assert_eq!(shown["dependencies"][0]["condition"], "common.enabled");
    let bare = ann.get("/api/v1/charts/acme/valkey/versions/1.0.0").await.expect(200);
    assert_eq!((&bare["schema"], &bare["readme"]), (&Value::Null, &Value::Null), "it has none: {bare:#}");
    // Once seen, it needs its repository no more.
    repository.down(true);
    ann.get(path).await.expect(200);
    ann.get("/api/v1/charts/acme/redis/versions/1.9.0").await.problem(503, "chart_repository_failing");
    ann.get("/api/v1/charts/acme/redis/versions/9.9.9").await.problem(404, "not_found");
    ann.get("/api/v1/charts/acme/none").await.problem(404, "not_found");
}

/// The same name in two repositories is two charts; what is removed takes nothing of the other along.
async fn charts_of_all_repositories_are_found_together(database: Database) {
    let (one, other) = (ChartRepository::start().await, ChartRepository::start().await);
    one.publish("redis", "1.0.0", &[("values.yaml", "of: one\n")]);
    one.publish("redis-cluster", "1.0.0", &[]);
    other.publish("redis", "2.0.0", &[("values.yaml", "of: other\n")]);
    other.publish("web", "1.0.0", &[]);
    other.describe("web", "1.0.0", "description: Keeps its sessions in redis");
    let program = Program::start(database).await;
    let admin = program.admin().await;
    added(&admin, &one).await;
    let path = "/api/v1/chart-repositories/other";
    admin.clone().with("if-none-match", "*").put(path, &json!({"url": other.url()})).await.expect(201);
    let found = async |query: &str| {
        let listed = admin.get(&format!("/api/v1/charts?{query}")).await.expect(200);
        let items = listed["items"].as_array().expect("a list").clone();
        let name = |item: &Value| {
            format!("{}/{}", item["repository"].as_str().unwrap(), item["name"].as_str().unwrap())
        };
        items.iter().map(name).collect::<Vec<_>>()
    };
    let want = ["acme/redis", "other/redis", "acme/redis-cluster", "other/web"];
    assert_eq!(found("search=redis").await, want, "the name first, wherever it is");
    assert_eq!(found("search=redis&repository=other").await, ["other/redis", "other/web"]);
    for (repository, version, of) in [("acme", "1.0.0", "one"), ("other", "2.0.0", "other")] {
        let path = format!("/api/v1/charts/{repository}/redis/versions/{version}");
        assert_eq!(admin.get(&path).await.expect(200)["default_values"], format!("of: {of}\n"));
    }
    admin.delete(path).await.expect(204);
    assert_eq!(found("search=redis").await, ["acme/redis", "acme/redis-cluster"]);
    admin.get("/api/v1/charts/other/redis").await.problem(404, "not_found");
}

async fn a_version_that_changed_is_refused_until_it_is_accepted(database: Database) {
    let repository = ChartRepository::start().await;
    repository.publish("shop", "1.0.0", &[]);
    let program = Program::start(database).await;
    let admin = program.admin().await;
    added(&admin, &repository).await;
    let now = repository.publish("shop", "1.0.0", &[("values.yaml", "evil: true\n")]);
    let path = "/api/v1/charts/acme/shop/versions/1.0.0";
    // Before the next look the index still tells the old digest: what comes is not it.
    admin.get(path).await.problem(409, "chart_digest_differs");
    let refreshed = admin.post(REFRESH, &json!({})).await.expect(200);
    assert_eq!(refreshed["changed"], 1, "{refreshed:#}");
    let problem = admin.get(path).await.problem(409, "chart_digest_changed");
    assert!(problem["detail"].as_str().unwrap().contains(&now[..12]), "{problem:#}");
    let listed = admin.get("/api/v1/charts/acme/shop").await.expect(200);
    assert_eq!((&listed["list"][0]["changed"], &listed["list"][0]["digest"]), (&json!(true), &json!(now)));

    let trust = format!("{path}/trust");
    make(&admin, "ann", json!([])).await;
    let ann = program.sign_in("ann", PASSWORD).await;
    ann.post(&trust, &json!({"digest": now})).await.problem(403, "forbidden");
    admin.post(&trust, &json!({"digest": "0".repeat(64)})).await.problem(409, "chart_digest_differs");
    let accepted = admin.post(&trust, &json!({"digest": now})).await.expect(200);
    assert_eq!(accepted["changed"], false);
    assert_eq!(admin.get(path).await.expect(200)["default_values"], "evil: true\n");
    // A version that was taken away and comes back is still the one that was seen.
    repository.withdraw("shop", "1.0.0");
    repository.publish("shop", "2.0.0", &[]);
    admin.post(REFRESH, &json!({})).await.expect(200);
    let listed = admin.get("/api/v1/charts/acme/shop").await.expect(200);
    assert_eq!(
        (&listed["list"][1]["version"], &listed["list"][1]["listed"]),
        (&json!("1.0.0"), &json!(false))
    );
    repository.publish("shop", "1.0.0", &[("values.yaml", "other: true\n")]);
    admin.post(REFRESH, &json!({})).await.expect(200);
    admin.get(path).await.problem(409, "chart_digest_changed");
}

async fn archives_that_lie_are_refused(database: Database) {
    let repository = ChartRepository::start().await;
    repository.publish_archive("shop", "1.0.0", packed("web", "1.0.0", &[]));
    repository.publish_archive("shop", "1.0.1", packed("shop", "1.0.0", &[]));
    repository.publish_archive("shop", "1.0.2", b"no archive".to_vec());
    repository.publish_archive("shop", "1.0.3", packed("shop", "1.0.3", &[("../../x", "")]));
    repository.publish_archive("shop", "1.0.4", with_link("shop", "1.0.4"));
    // 101 MiB of zeros, which are small when they come.
    let bomb = "\0".repeat(101 * 1024 * 1024);
    repository.publish_archive("shop", "1.0.5", packed("shop", "1.0.5", &[("templates/a.yaml", &bomb)]));
    drop(bomb);
    let program = Program::start(database).await;
    let admin = program.admin().await;
    added(&admin, &repository).await;
    for (version, code, says) in [
        ("1.0.0", "chart_archive_lies", "says name \"web\", but \"shop\" was asked for"),
        ("1.0.1", "chart_archive_lies", "says version \"1.0.0\", but \"1.0.1\" was asked for"),
        ("1.0.2", "invalid_chart_archive", "it is no gzip-compressed tar archive"),
        ("1.0.3", "invalid_chart_archive", "it leads out of the chart"),
        ("1.0.4", "invalid_chart_archive", "shop/link\", which is a symbolic link"),
        (
            "1.0.5",
            "chart_archive_too_large",
            "The unpacked size of the chart's archive is more than the 100 MiB allowed",
        ),
    ] {
        let path = format!("/api/v1/charts/acme/shop/versions/{version}");
        let problem = admin.get(&path).await.problem(409, code);
        assert!(problem["detail"].as_str().unwrap().contains(says), "{problem:#}");
    }
}

/// A chart's archive with a link in it: the folder's first file is made one.
fn with_link(name: &str, version: &str) -> Vec<u8> {
    use std::io::{Read as _, Write as _};
    let mut tar = Vec::new();
    let plain = packed(name, version, &[("link", "")]);
    flate2::read::GzDecoder::new(plain.as_slice()).read_to_end(&mut tar).unwrap();
    let path = format!("{name}/link");
    let at = tar.windows(path.len()).position(|part| part == path.as_bytes()).expect("the file is there");
    let header = &mut tar[at..at + 512];
    // Its type and what it leads to; then the header's sum, counted with blanks in its own place.
    header[156] = b'2';
    header[157..168].copy_from_slice(b"/etc/passwd");
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&tar).unwrap();
    gzip.finish().unwrap()
}

/// The first of two entries counts, and it is said; an archive elsewhere is not fetched from a private address, and the
/// rest of the index is of use all the same.
async fn what_an_index_says_twice_or_of_others_is_bounded(database: Database) {
    let (repository, elsewhere) = (ChartRepository::start().await, ChartRepository::start().await);
    let digest = repository.publish("shop", "1.0.0", &[("values.yaml", "first: true\n")]);
    let other = elsewhere.publish("web", "1.0.0", &[]);
    let index = format!(
        "apiVersion: v1\nentries:\n  shop:\n  - {{name: shop, version: 1.0.0, urls: [shop-1.0.0.tgz], digest: {digest}}}\n  - \
         {{name: shop, version: 1.0.0, urls: ['http://10.255.255.1/x.tgz'], digest: {other}}}\n  web:\n  - {{name: web, version: \
         1.0.0, urls: ['{}/web-1.0.0.tgz'], digest: {other}}}\n",
        elsewhere.url()
    );
    repository.set_index(Some(index.into_bytes()));
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let made = added(&admin, &repository).await;
    assert_eq!((&made["charts"], &made["versions"]), (&json!(2), &json!(2)), "{made:#}");
    assert_eq!(made["left_out"], json!(["shop 1.0.0 is listed twice: the first one counts"]), "{made:#}");
    let shown = admin.get("/api/v1/charts/acme/shop/versions/1.0.0").await.expect(200);
    assert_eq!(shown["default_values"], "first: true\n");
    let problem = admin.get("/api/v1/charts/acme/web/versions/1.0.0").await;
    assert_eq!(problem.json()["code"], "private_address", "{problem:?}");
    assert!(elsewhere.seen().is_empty(), "nothing was asked there");
}

async fn the_command_line_does_it_all(database: Database) {
    let repository = ChartRepository::start().await;
    let digest =
        repository.publish("shop", "1.0.0", &[("values.yaml", "a: 1\n"), ("README.md", "# Shop\u{1b}[31m")]);
    let program = Program::start(database).await;
    let login = ["login", program.url(), "--user", "admin", "--password-stdin"];
    program.cli(&login, crate::program::ADMIN_PASSWORD).await.good();
    let url = repository.url();
    let refused = program.cli(&["chart", "repository", "add", "acme", &format!("{url}/x")], "").await;
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains(&format!("enter {url}.")), "{}", refused.stderr);
    program.cli(&["chart", "repository", "add", "acme", &url], "").await.good();
    let listed = program.cli(&["chart", "repository", "list", "-o", "json"], "").await.json();
    assert_eq!(listed[0]["name"], "acme");
    program.cli(&["chart", "repository", "refresh", "acme"], "").await.good();
    let found = program.cli(&["chart", "search", "sho"], "").await.good();
    assert!(found.contains("acme/shop"), "{found}");
    let shown = program.cli(&["chart", "show", "acme/shop"], "").await.good();
    assert!(shown.contains(&digest), "{shown}");
    let version = ["chart", "show", "acme/shop", "--version", "1.0.0"];
    let shown = program.cli(&version, "").await.good();
    assert!(shown.contains("# Shop[31m") && shown.contains("a: 1"), "{shown}");
    let values = program.cli(&[&version[..], &["--values"]].concat(), "").await.good();
    assert_eq!(values, "a: 1\n");
    assert_eq!(program.cli(&["chart", "show", "shop"], "").await.code, 2);
    program.cli(&["chart", "repository", "remove", "acme"], "").await.good();
}
