//! Charts found by words, across all repositories.

use helm::search::{Query, Searched, order};
use model::chart::Chart;
use store::{Listed, Page};

use super::named;
use crate::{Control, Error};

/// The charts that match all words, the likeliest first, with their repositories' names. `repository` narrows it
/// to one.
pub async fn search(
    control: &Control,
    text: &str,
    repository: Option<&str>,
    page: &Page,
) -> Result<Listed<(Chart, String)>, Error> {
    let repository = match repository.filter(|name| !name.is_empty()) {
        Some(name) => Some(named(control, name).await?.id),
        None => None,
    };
    let query = Query::new(text);
    let found = control.store.charts_with(query.words(), repository).await?;
    let searched: Vec<Searched<'_>> = found
        .iter()
        .map(|(chart, repository)| Searched {
            name: &chart.name,
            repository,
            description: &chart.description,
            keywords: &chart.keywords,
            deprecated: chart.deprecated,
        })
        .collect();
    let mut ranked: Vec<_> =
        searched.iter().enumerate().filter_map(|(i, chart)| Some((query.rank(chart)?, i))).collect();
    ranked.sort_by(|a, b| order((a.0, &searched[a.1]), (b.0, &searched[b.1])));
    let places: Vec<usize> = ranked.into_iter().map(|(_, i)| i).collect();
    let (from, next) = page.window(places.len())?;
    let mut found: Vec<_> = found.into_iter().map(Some).collect();
    let items = places[from..].iter().take(next.map_or(usize::MAX, |n| n - from));
    let items = items.filter_map(|i| found[*i].take()).collect();
    Ok(Listed { items, next: next.map(Page::at) })
}
