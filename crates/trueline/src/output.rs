//! Printing what was asked for: as a table for people, as JSON or YAML for programs.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write as _, stdout};

use clap::ValueEnum;
use serde_json::Value;

use crate::failure::Failure;

/// How to print.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub(crate) enum Format {
    /// Columns for people.
    #[default]
    Table,
    /// The API's JSON.
    Json,
    /// The same as YAML.
    Yaml,
}

/// A column: its heading and how to get its text from an item.
pub(crate) type Column = (&'static str, fn(&Value) -> String);

/// The text of a member, `a.b` for nested ones; nothing for null.
pub(crate) fn member(item: &Value, path: &str) -> String {
    let found = path.split('.').try_fold(item, |value, key| value.get(key));
    match found {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Some(other) => other.to_string(),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Writes to standard output; [`print!`] and [`println!`] come here.
///
/// Whoever reads only the beginning has what was wanted: the program ends as if all had been read. When the text
/// cannot be written for another reason (a full disk), it ends with 1 and says so.
pub(crate) fn put(text: Arguments<'_>) {
    let Err(error) = stdout().write_fmt(text).and_then(|()| stdout().flush()) else { return };
    if error.kind() == ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    eprintln!("trueline: The output cannot be written: {error}.");
    std::process::exit(1);
}

/// Prints a list.
pub(crate) fn list(format: Format, items: &[Value], columns: &[Column]) -> Result<(), Failure> {
    match format {
        Format::Table => print!("{}", table(items, columns)),
        _ => print!("{}", document(format, &Value::Array(items.to_vec()))?),
    }
    Ok(())
}

/// Prints one thing: as a table, one line a field.
pub(crate) fn one(format: Format, item: &Value, columns: &[Column]) -> Result<(), Failure> {
    if format != Format::Table {
        print!("{}", document(format, item)?);
        return Ok(());
    }
    let width = columns.iter().map(|(heading, _)| heading.len()).max().unwrap_or(0);
    for (heading, text) in columns {
        println!("{heading:width$}  {}", clean(&text(item)));
    }
    Ok(())
}

/// The value as JSON or YAML.
pub(crate) fn document(format: Format, value: &Value) -> Result<String, Failure> {
    let broken = |e: &dyn std::fmt::Display| Failure::new(format!("The answer could not be printed: {e}."));
    match format {
        Format::Json | Format::Table => {
            serde_json::to_string_pretty(value).map(|text| text + "\n").map_err(|e| broken(&e))
        }
        Format::Yaml => serde_saphyr::to_string(value).map_err(|e| broken(&e)),
    }
}

fn table(items: &[Value], columns: &[Column]) -> String {
    let mut rows: Vec<Vec<String>> = vec![columns.iter().map(|(h, _)| h.to_uppercase()).collect()];
    rows.extend(items.iter().map(|i| columns.iter().map(|(_, text)| clean(&text(i))).collect()));
    let widths: Vec<usize> = (0..columns.len())
        .map(|c| rows.iter().map(|row| row[c].chars().count()).max().unwrap_or(0))
        .collect();
    let mut out = String::new();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    out
}

/// Text of others as one line without control characters: it must not move the cursor or colour the terminal.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tables_line_up_and_carry_no_control_characters() {
        let items =
            [json!({"name": "web", "more": {"n": 1}}), json!({"name": "a\u{1b}[31mb", "more": {"n": null}})];
        let columns: [Column; 2] = [("name", |i| member(i, "name")), ("count", |i| member(i, "more.n"))];
        assert_eq!(table(&items, &columns), "NAME     COUNT\nweb      1\na [31mb\n");
    }
}
