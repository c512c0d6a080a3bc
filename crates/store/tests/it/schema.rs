//! Both migration folders make the same schema: tables, columns, keys, indexes.

use std::collections::BTreeSet;
use std::path::Path;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};

use crate::world::World;

/// Changes the SQLite database in a data folder behind the store's back.
pub(crate) async fn by_hand(folder: &Path, statement: &'static str) {
    let url = format!("sqlite://{}", folder.join("trueline.db").display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    connection.execute(statement).await.unwrap();
    connection.close().await.unwrap();
}

const SQLITE: &[&str] = &[
    "SELECT 'column ' || m.name || '.' || c.name || ' ' || LOWER(c.type) || \
       CASE WHEN c.\"notnull\" = 1 THEN ' not null' ELSE '' END || \
       CASE WHEN c.pk > 0 THEN ' key ' || c.pk ELSE '' END \
     FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'",
    "SELECT 'reference ' || m.name || '.' || f.\"from\" || ' to ' || f.\"table\" || '.' || f.\"to\" || ' ' || LOWER(f.on_delete) \
     FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
    "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
];

const POSTGRES: &[&str] = &[
    "SELECT 'column ' || c.table_name || '.' || c.column_name || ' ' || \
       CASE c.data_type WHEN 'bytea' THEN 'blob' ELSE c.data_type END || \
       CASE WHEN c.is_nullable = 'NO' THEN ' not null' ELSE '' END || \
       COALESCE((SELECT ' key ' || k.ordinal_position FROM information_schema.table_constraints t \
         JOIN information_schema.key_column_usage k USING (constraint_name, table_name) \
         WHERE t.constraint_type = 'PRIMARY KEY' AND k.table_name = c.table_name AND k.column_name = c.column_name), '') \
     FROM information_schema.columns c WHERE c.table_schema = 'public'",
    "SELECT 'reference ' || k.table_name || '.' || k.column_name || ' to ' || u.table_name || '.' || u.column_name || ' ' || LOWER(r.delete_rule) \
     FROM information_schema.referential_constraints r \
     JOIN information_schema.key_column_usage k USING (constraint_name) \
     JOIN information_schema.constraint_column_usage u USING (constraint_name)",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%_pkey'",
];

/// Index definitions in one spelling.
fn plain(line: &str) -> String {
    line.replace("public.", "")
        .replace(" USING btree", "")
        .replace("::text", "")
        .replace("::integer", "")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace("WHERE (", "WHERE ")
        .trim_end_matches(')')
        .to_lowercase()
}

fn ours(line: &str) -> bool {
    !line.contains("sqlx_migrations") && !line.contains("sqlite_")
}

macro_rules! schema {
    ($connection:ty, $url:expr, $queries:expr) => {{
        let mut connection = <$connection>::connect($url).await.unwrap();
        let mut lines = BTreeSet::new();
        for query in $queries {
            for row in sqlx::query(AssertSqlSafe(*query)).fetch_all(&mut connection).await.unwrap() {
                lines.insert(plain(&row.get::<String, _>(0)));
            }
        }
        connection.close().await.unwrap();
        lines.into_iter().filter(|line| ours(line)).collect::<Vec<_>>()
    }};
}

#[tokio::test(flavor = "multi_thread")]
async fn both_databases_have_the_same_schema() {
    let sqlite = World::sqlite("schema").await.unwrap();
    let Some(postgres) = World::postgres("schema").await else { return };
    let file = format!("sqlite://{}", sqlite.folder.path().join("trueline.db").display());
    let one = schema!(sqlx::SqliteConnection, &file, SQLITE);
    let other = schema!(sqlx::PgConnection, &postgres.database.as_ref().unwrap().url, POSTGRES);
    assert!(one.len() > 150, "columns, references and indexes are found: {}", one.len());
    assert_eq!(one, other);
}

/// Names sort by their bytes on both: see the migration's first lines.
#[test]
fn every_text_of_postgresql_says_how_it_sorts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/postgres");
    for entry in std::fs::read_dir(folder).unwrap() {
        for line in std::fs::read_to_string(entry.unwrap().path()).unwrap().lines() {
            let column = line.trim_start().split(' ').nth(1);
            assert!(
                column.is_none_or(|kind| kind.trim_end_matches(',') != "TEXT") || line.contains("COLLATE"),
                "{line}"
            );
        }
    }
}

#[test]
fn both_folders_have_the_same_migrations() {
    let names = |folder: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
        std::fs::read_dir(path).unwrap().map(|e| e.unwrap().file_name()).collect::<BTreeSet<_>>()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}
